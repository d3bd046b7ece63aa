"""Rows of a rewritten text as rows of the text on disk, and how many lines came and went. Nothing is rewritten here."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Mapping

from sqla_async_fix.core.source import SourceFile

_PLACE = re.compile(r"(?P<path>[^\s()`]+):(?P<row>\d+)\b")


class Rows:
    """How the lines of one file moved."""

    def __init__(self, before: str, after: str) -> None:
        old, new = before.splitlines(), after.splitlines()
        self._moves = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        self._starts = [move[3] for move in self._moves]
        changed = [move for move in self._moves if move[0] != "equal"]
        self.removed = sum(end - start for _, start, end, _, _ in changed)
        self.added = sum(end - start for _, _, _, start, end in changed)

    def before(self, row: int) -> int:
        """The row that a row (from 1) of the text after comes from, or the nearest one before it."""
        index = bisect_right(self._starts, row - 1) - 1
        # deleted lines start where the lines after them do, and these stand behind
        tag, old_start, old_end, new_start, _ = self._moves[index]
        moved = old_start + row - 1 - new_start
        return moved + 1 if tag == "equal" else max(min(moved, old_end - 1), 0) + 1


class Origins:
    """The rows on disk of places in the rewritten texts."""

    def __init__(self, before: Mapping[str, SourceFile], after: Mapping[str, SourceFile]) -> None:
        self._before = before
        self._after = after
        self._rows: dict[str, Rows] = {}

    def rows(self, path: str) -> Rows:
        """How the lines of a file moved."""
        if path not in self._rows:
            self._rows[path] = Rows(self._before[path].text, self._after[path].text)
        return self._rows[path]

    def row(self, path: str, row: int) -> int:
        """The row on disk of a row of a rewritten text."""
        known = path in self._before and path in self._after
        return self.rows(path).before(row) if known and self._before[path] != self._after[path] else row

    def sentence(self, text: str) -> str:
        """A sentence whose places (`app.py:12`) are those of the rewritten texts, with the rows on disk."""
        return _PLACE.sub(lambda found: f"{found['path']}:{self.row(found['path'], int(found['row']))}", text)
