"""Widths of lines. Where lines are broken is decided by the codemods."""

from __future__ import annotations

import re

from sqla_async_codemods._tree import Tree

_SHORTEST, _LONGEST = 88, 100


def line_limit(tree: Tree) -> int:
    """How wide a line of this file may become: as its widest, between 88 and 100 columns."""
    return min(max(tree.widest, _SHORTEST), _LONGEST)


def visible_width(text: str) -> int:
    """The width of the widest of some new lines; a comment at the end of one does not count."""
    return max((len(re.sub(r"\s*#[^'\"]*$", "", line).rstrip()) for line in text.splitlines()), default=0)
