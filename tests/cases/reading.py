"""Reads case files: Markdown with programs, marks and fixed texts. What is asserted is in `tests/test_cases.py`.

`SAF101.md` holds the cases of one rule, and its marks are all findings of that rule; in a file with another name they
are all findings of all rules in the files of the case itself. Each `##` heading is a case:

    ```py
    # file: shop.py
    user = session.query(User).get(1)  # error: [SAF102]
    ```

    ```py fixed
    # file: shop.py
    user = session.get(User, 1)
    ```

A case is a project: every `py` block is one of its files (`module.py` if the first line names none). `py` blocks before
the first case belong to every case. `fixed` is a file after the safe fixes, `unsafe` after the unsafe ones as well;
a file without a `fixed` block is not changed by the safe fixes. A `toml` block has settings. Marks are comments:

* `# error: [SAF102]`: a finding that starts on this line and can be fixed; `# refused: [SAF102]`: one that cannot.
  `"words"` after it must appear in the message or in the reason for the refusal.
* `# missed: [SAF102]`: should be found and is not. `# false: [SAF102]`: should not be found and is. Known gaps;
  a mark that is no longer true fails.

A case whose title starts with `Known gap: ` holds the answers that are wanted; it fails once the tool gives them.

Marks do not belong to the program. A mark on a line of its own is about the next line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
DEFAULT_FILE = "module.py"

_MARK = re.compile(
    r'[ ]*# (?P<kind>error|refused|missed|false): (?P<codes>(?:\[[\w-]+\] ?)+)(?:"(?P<words>[^"]*)")?[ ]*$'
)
FILE = re.compile(r"# file: (?P<path>\S+)\n")
BLOCK = re.compile(r"^```(?P<info>[a-z ]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_CODE = re.compile(r"SAF\d{3}$")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What a case says about one line (from 1) of one file; `kind` is error, refused, missed or false."""

    path: str
    line: int
    code: str
    kind: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One project with what the tool has to say about it. `code` None: the marks are those of all rules.

    `shared` are the paths of the files that belong to every case of the Markdown file.
    """

    source: str
    title: str
    code: str | None
    files: Mapping[str, str]
    marks: tuple[Mark, ...]
    fixed: Mapping[str, str]
    unsafe: Mapping[str, str]
    settings: Mapping[str, object]
    shared: frozenset[str] = frozenset()

    @property
    def is_gap(self) -> bool:
        """Whether the case says what should be and is not yet."""
        return self.title.startswith("Known gap: ")

    def is_about(self, code: str, path: str) -> bool:
        """Whether findings of this code in this file are marked."""
        return code == self.code or (self.code is None and path not in self.shared)

    @property
    def id(self) -> str:
        """A name for reports."""
        return f"{self.source}: {self.title}"


class CaseError(Exception):
    """A case file is not well formed."""


def read_cases(folder: Path = FOLDER, pattern: str = "*.md") -> list[Case]:
    """Every case of a folder's Markdown files, by file. Raises CaseError."""
    return [case for path in sorted(folder.glob(pattern)) for case in _read(path)]


def _read(path: Path) -> list[Case]:
    text = path.read_text(encoding="utf-8")
    headings = list(HEADING.finditer(text))
    if not headings:
        raise CaseError(f"{path.name}: no case")
    shared = text[: headings[0].start()]
    code = path.stem if _CODE.match(path.stem) else None
    cases = []
    for index, heading in enumerate(headings):
        end = headings[index + 1].start() if index + 1 < len(headings) else len(text)
        cases.append(_case(path.stem, heading["title"], code, shared, text[heading.end() : end]))
    titles = [case.title for case in cases]
    if len(set(titles)) < len(titles):
        raise CaseError(f"{path.name}: {[title for title in titles if titles.count(title) > 1]} are there twice")
    return cases


def _case(source: str, title: str, code: str | None, shared: str, body: str) -> Case:
    files: dict[str, str] = {}
    marks: list[Mark] = []
    expected: dict[str, dict[str, str]] = {"fixed": {}, "unsafe": {}}
    settings: dict[str, object] = {}
    common = [*BLOCK.finditer(shared)]
    for block in (*common, *BLOCK.finditer(body)):
        info, text = block["info"], block["text"]
        if info == "toml":
            settings.update(_flat(tomllib.loads(text)))
            continue
        named = FILE.match(text)
        path = named["path"] if named else DEFAULT_FILE
        text = text[named.end() :] if named else text
        if info == "py":
            if path in files:
                raise CaseError(f"{source}: {title}: {path} is there twice")
            files[path], found = _unmarked(path, text)
            marks += found
        elif info in ("py fixed", "py unsafe"):
            expected[info.removeprefix("py ")][path] = text
        else:
            raise CaseError(f"{source}: {title}: a block called `{info}`")
    unknown = (expected["fixed"].keys() | expected["unsafe"].keys()) - files.keys()
    if unknown or not files:
        raise CaseError(f"{source}: {title}: no program for {sorted(unknown)}")
    given = frozenset(named["path"] for block in common if (named := FILE.match(block["text"])))
    return Case(
        source, title, code, files, tuple(sorted(marks)), expected["fixed"], expected["unsafe"], settings, given
    )


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            values |= _flat(value, f"{prefix}{key}.")
        else:
            values[prefix + key] = tuple(value) if isinstance(value, list) else value
    return values


def _unmarked(path: str, text: str) -> tuple[str, list[Mark]]:
    lines: list[str] = []
    marks: list[Mark] = []
    for line in text.splitlines(keepends=True):
        kept = line.removesuffix("\n")
        while match := _MARK.search(kept):
            alone = not kept[: match.start()].strip()
            place = len(lines) + 1
            codes = re.findall(r"\[([\w-]+)\]", match["codes"])
            marks += [Mark(path, place, code, match["kind"], match["words"] or "") for code in codes]
            kept = kept[: match.start()]
            if alone:
                break
        else:
            lines.append(kept + line[len(line.removesuffix("\n")) :])
            continue
    return "".join(lines), marks
