"""Many random programs through the oracle and the count of what came of them. One program's verdict is in `tool`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from .generator import Program, generate
from .harness import Answer, compare, project, run_sync
from .tool import Report, examine_all

_BATCH = 20
"""So many programs are one project, for the models are read with each."""


@dataclass(slots=True)
class Tally:
    """What came of a campaign; `wrong` and `left` hold the seed and the story of a program."""

    answers: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    traits: Counter[str] = field(default_factory=Counter)
    exact: int = 0
    exact_rewritten: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the exact programs that were rewritten in both forms."""
        return self.exact_rewritten / self.exact if self.exact else 1.0

    def text(self) -> str:
        """The tally for a reader."""
        lines = [f"{name:30} {count:6}" for name, count in sorted(self.answers.items())]
        lines.append(f"{'exact, rewritten':30} {self.exact_rewritten:6} of {self.exact} ({self.share:.1%})")
        for title, counter in (
            ("legacy raises", self.errors),
            ("left because", self.reasons),
            ("traits left", self.traits),
        ):
            lines += [f"{title}:"] if counter else []
            lines += [f"  {count:6}  {name}" for name, count in counter.most_common(25)]
        lines += [story for _, story in self.wrong[:3]]
        return "\n".join(lines)


def program_of(seed: str) -> Program:
    """The program of a seed, such as `7:123`."""
    return generate(Random(seed))


def campaign(seed: int, programs: int, *, first: int = 0, legacy_only: bool = False) -> Tally:
    """Generate, rewrite, run and judge `programs` programs of a seed, from number `first` on."""
    tally = Tally()
    seeds = [f"{seed}:{number}" for number in range(first, first + programs)]
    for start in range(0, len(seeds), _BATCH):
        batch = {seed: program_of(seed) for seed in seeds[start : start + _BATCH]}
        if legacy_only:
            for name, program in batch.items():
                _stability(tally, name, program)
            continue
        reports = examine_all(list(batch.values()))
        for (name, program), report in zip(batch.items(), reports, strict=True):
            _count(tally, name, program, report)
    return tally


def _stability(tally: Tally, seed: str, program: Program) -> None:
    """Whether the legacy program does the same twice, which all comparing rests on."""
    files = project(program.text, **program.others)
    first = run_sync(files)
    found = compare(first, run_sync(files), is_async=False)
    tally.errors[first.error or "none"] += 1
    tally.answers["stable" if found is None else "unstable"] += 1
    tally.traits.update(program.traits)
    if found or first.error in ("NameError", "SyntaxError", "ImportError"):
        tally.wrong.append((seed, f"{seed}: {first.error} {first.traceback} {found}\n{program.text}"))


def _cause(reason: str) -> str:
    """A reason without the names of one program, so that equal causes are counted together."""
    code, _, sentence = reason.partition(" ")
    causes = [
        part for part in sentence.split(": ")[1:] if "reaches the database" not in part and "it calls" not in part
    ]
    named = re.sub(r" \(program.*\)", "", ": ".join(causes) or sentence)
    return f"{code} " + re.sub(r"`[^`]*`", "`...`", named)


def _count(tally: Tally, seed: str, program: Program, report: Report) -> None:
    tally.answers[f"sync: {report.sync.answer.value}"] += 1
    tally.answers[f"async: {report.asynchronous.answer.value}"] += 1
    if report.legacy.error:
        tally.errors[report.legacy.error] += 1
    if program.exact:
        tally.exact += 1
        tally.exact_rewritten += report.rewritten
    if report.wrong:
        tally.wrong.append((seed, f"seed {seed}\n{report.story()}"))
    elif not report.rewritten:
        tally.left.append((seed, f"seed {seed}\n{report.story()}"))
        tally.traits.update(program.traits)
        left = [v for v in (report.sync, report.asynchronous) if v.answer is Answer.NOT_REWRITTEN]
        reasons = [reason for verdict in left for reason in verdict.reasons]
        tally.reasons[_cause(reasons[0]) if reasons else "no reason given"] += 1
        if not reasons:
            tally.unexplained.append(seed)
