"""The listed cases: reads `cases/*.md`, in which every case is a heading and an indented program.

    ### first.nolimit: rewritten

        s.query(Customer).filter(Customer.name == "bo").first()

    wrong:

        s.execute(select(Customer).where(Customer.name == "bo")).scalar_one_or_none()

`rewritten`: both forms must be made and do the same. `sync`: the sync form must; the async form may be left.
`reported`: the program must keep its legacy call, with a reason. `either`: what is rewritten must do the same. `gap`:
what is rewritten in the sync form must; that the async form is wrong is known and kept in sight. A `wrong` text is a
rewrite that the oracle must tell from the legacy program. Programs with `run()` get `database`, a file with an engine
and a factory.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .generator import Program
from .harness import Answer
from .programs import DATABASE, module_text
from .tool import Report, examine, examine_all

FOLDER = Path(__file__).parent / "cases"
EXPECTATIONS = ("rewritten", "sync", "gap", "reported", "either")
_HEADING = re.compile(r"### (?P<id>\S+): (?P<expectation>\w+)$")


@dataclass(frozen=True, slots=True)
class Case:
    """One listed program."""

    id: str
    expectation: str
    body: str
    wrong: tuple[str, ...]
    place: str

    @property
    def program(self) -> str:
        """The text of the legacy module."""
        return module_text(self.body)

    @property
    def others(self) -> dict[str, str]:
        """The files that the program needs beside the models."""
        return {"database": DATABASE} if "def run():" in self.body else {}

    def failing(self, report: Report) -> bool:
        """Whether the tool does not do with this program what is expected."""
        if self.expectation == "gap":
            return report.sync in report.wrong
        if report.wrong:
            return True
        if self.expectation == "rewritten":
            return not report.rewritten
        if self.expectation == "sync":
            return report.sync.answer is not Answer.SAME
        if self.expectation == "reported":
            left = (verdict.answer is Answer.NOT_REWRITTEN and verdict.reasons for verdict in report.verdicts)
            return not all(left)
        return False


def examined(chosen: Sequence[Case]) -> list[tuple[Case, Report]]:
    """The cases with reports; one project, but for those that change what holds for all of it, as listeners do."""
    alone = [case for case in chosen if case.others or "event." in case.body]
    together = [case for case in chosen if case not in alone]
    reports = examine_all([Program(case.program, exact=False) for case in together])
    return [*zip(together, reports, strict=True), *((case, examine(case.program, **case.others)) for case in alone)]


def cases() -> list[Case]:
    """Every listed case, in the order of the files. Raises ValueError for one that is not well formed."""
    found = [case for path in sorted(FOLDER.glob("*.md")) for case in _cases(path)]
    ids = [case.id for case in found]
    twice = {name for name in ids if ids.count(name) > 1}
    if twice:
        raise ValueError(f"cases are listed twice: {sorted(twice)}")
    return found


def _cases(path: Path) -> list[Case]:
    found = []
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("### ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = _HEADING.match(lines[start])
        if heading is None or heading["expectation"] not in EXPECTATIONS:
            raise ValueError(f"{path.name}:{start + 1}: not a case: {lines[start]}")
        section = [line for line in lines[start + 1 : end] if not line.startswith("## ")]
        body, *wrong = _blocks(section)
        found.append(Case(heading["id"], heading["expectation"], body, tuple(wrong), f"{path.name}:{start + 1}"))
    return found


def _blocks(lines: list[str]) -> list[str]:
    """The indented programs of a case: the legacy one, then what follows each `wrong:`."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line == "wrong:":
            blocks.append([])
        elif line.startswith("    ") or not line:
            blocks[-1].append(line)
    return [textwrap.dedent("\n".join(block)).strip("\n") for block in blocks]
