"""Widths of lines. Where lines are broken is decided by the codemods."""

from __future__ import annotations

import re

from sqla_async_codemods._tree import Tree
from sqla_async_fix.core.span import Span

_NO_CODE = re.compile(r"[\"'#]")


class Layout:
    """How wide the lines of one file may become."""

    def __init__(self, tree: Tree, line_length: int) -> None:
        self._tree = tree
        # lines with strings and comments are left long by formatters, so they say nothing
        written = (line for line in tree.text.splitlines() if not _NO_CODE.search(line))
        self.limit = max(line_length, min(max(map(len, written), default=0), 100))

    def limit_at(self, span: Span) -> int:
        """How wide new lines in the place of those of `span` may be: no wider than these were, if these are wide."""
        tree = self._tree
        return max(self.limit, visible_width(tree.text[tree.line_start(span.start) : tree.line_end(span.end)]))


def visible_width(text: str) -> int:
    """The width of the widest of some new lines; a comment at the end of one does not count."""
    return max((len(re.sub(r"\s*#[^'\"]*$", "", line).rstrip()) for line in text.splitlines()), default=0)
