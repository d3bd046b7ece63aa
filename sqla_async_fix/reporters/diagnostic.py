"""What every format is made from: a violation with its rows and columns, and colours. No format is here."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from sqla_async_fix.core.edit import Applicability, Edit
from sqla_async_fix.core.source import line_starts
from sqla_async_fix.core.violation import Violation


class Lines:
    """A text's lines, split as Python splits them: rows and columns count from 1, columns in code points."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = line_starts(text)

    def location(self, offset: int) -> tuple[int, int]:
        """Row and column of a code point."""
        row = bisect_right(self._starts, offset)
        return row, offset - self._starts[row - 1] + 1

    def line(self, row: int) -> str:
        """A row's text without its line end."""
        end = self._starts[row] if row < len(self._starts) else len(self._text)
        return self._text[self._starts[row - 1] : end].rstrip("\r\n")

    @property
    def count(self) -> int:
        """How many rows there are; an empty one after a final newline is not counted."""
        return len(self._starts) - (1 if len(self._starts) > 1 and self._starts[-1] == len(self._text) else 0)


@dataclass(frozen=True)
class Diagnostic:
    """A violation as a report shows it: `shown` is the path for humans, `absolute` the one for programs.

    `lines` is None for a file that cannot be read. `applies` says that `--fix` with the same options would mend it.
    `edits` are given to formats that need them, `noqa_row` to those that name the row of a `noqa`.
    """

    violation: Violation
    shown: str
    absolute: str
    lines: Lines | None
    applies: bool
    edits: tuple[Edit, ...] | None = None
    noqa_offset: int | None = None

    @cached_property
    def start(self) -> tuple[int, int]:
        """Row and column of the first character."""
        return self.lines.location(self.violation.span.start) if self.lines is not None else (1, 1)

    @cached_property
    def end(self) -> tuple[int, int]:
        """Row and column behind the last character."""
        return self.lines.location(self.violation.span.end) if self.lines is not None else (1, 1)

    @property
    def is_rule(self) -> bool:
        """Whether it comes from a rule, not from reading or parsing."""
        return self.violation.code not in ("invalid-syntax", "E902")

    @property
    def unsafe(self) -> bool:
        """Whether its fix is an unsafe one."""
        rewrite = self.violation.rewrite
        return rewrite is not None and rewrite.applicability is Applicability.UNSAFE


def _painted(text: str, look: str) -> str:
    # imported here: most runs write no colours
    from rich.color import ColorSystem
    from rich.style import Style as RichStyle

    return RichStyle.parse(look).render(text, color_system=ColorSystem.STANDARD)


class Style:
    """Colours as ruff uses them, or none."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, look: str) -> str:
        """The text as rich understands `look`, such as `bold red`."""
        return _painted(text, look) if self.enabled and text and look else text

    def bold(self, text: str) -> str:
        """What stands out: messages, paths."""
        return self(text, "bold")

    def code(self, text: str) -> str:
        """A rule's code."""
        return self(text, "bold red")

    def mark(self, text: str) -> str:
        """Separators and the star of a fixable violation."""
        return self(text, "cyan")

    def frame(self, text: str) -> str:
        """Line numbers and the lines beside a source excerpt."""
        return self(text, "bold bright_blue")

    def success(self, text: str) -> str:
        """Good news."""
        return self(text, "bold green")
