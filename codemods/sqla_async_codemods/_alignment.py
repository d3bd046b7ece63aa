"""Which lines are indented to stand under what follows an open bracket. Keeping them there is `_draft`'s."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

from sqla_async_codemods._tree import Tree

_LAYOUT = frozenset(
    {tokenize.NL, tokenize.COMMENT, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Lines by their starts: the offset of the token that one stands `under`; for one that stands under none, the
    start of the line that it is `within` an open bracket of."""

    under: dict[int, int]
    within: dict[int, int]


def aligned_lines(tree: Tree) -> Alignment:
    """How the lines of a file stand. Those of files with tabs stand by themselves."""
    alignment = Alignment({}, {})
    if "\t" in tree.unit:
        return alignment
    brackets: list[int | None] = []
    openings: list[int] = []
    opened, row = False, 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(tree.text, newline="").readline):
            if token.type in _LAYOUT and not (token.type == tokenize.COMMENT and token.start[0] != row):
                opened = opened and token.type not in (tokenize.NL, tokenize.COMMENT)
                continue
            offset = tree.offset(*token.start)
            if token.type == tokenize.COMMENT:
                opened = False
            elif opened:
                brackets[-1] = offset
                opened = False
            if token.start[0] != row and brackets and (above := brackets[-1]) is not None:
                start = tree.line_start(offset)
                if offset - start == above - tree.line_start(above):
                    alignment.under[start] = above
            if token.start[0] != row and openings and tree.line_start(offset) not in alignment.under:
                alignment.within[tree.line_start(offset)] = openings[-1]
            row = token.end[0]
            if token.type == tokenize.OP and token.string in "([{":
                brackets.append(None)
                openings.append(tree.line_start(offset))
                opened = True
            elif token.type == tokenize.OP and token.string in ")]}" and brackets:
                brackets.pop()
                openings.pop()
    except (tokenize.TokenError, SyntaxError, IndexError):
        return Alignment({}, {})
    return alignment
