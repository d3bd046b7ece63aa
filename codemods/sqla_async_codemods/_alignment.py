"""Which lines are indented to stand under what follows an open bracket. Keeping them there is `_draft`'s."""

from __future__ import annotations

import io
import tokenize

from sqla_async_codemods._tree import Tree

_LAYOUT = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})


def aligned_lines(tree: Tree) -> dict[int, int]:
    """The start of each such line, with the offset of the token that it stands under. Files with tabs have none."""
    if "\t" in tree.unit:
        return {}
    aligned: dict[int, int] = {}
    brackets: list[int | None] = []
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
                    aligned[start] = above
            row = token.end[0]
            if token.type == tokenize.OP and token.string in "([{":
                brackets.append(None)
                opened = True
            elif token.type == tokenize.OP and token.string in ")]}" and brackets:
                brackets.pop()
    except (tokenize.TokenError, SyntaxError, IndexError):
        return {}
    return aligned
