"""The verbs of codemod tests: find places by their text, carry steps out, compare. No test is here."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from sqla_async_codemods import CodemodError, rewrite

from sqla_async_fix.core.edit import Edit
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Execute, RenameMethod, Step

Places = Callable[..., Span]


def place(text: str) -> Places:
    """A function from a part of `text` (and its index among equal parts) to its span."""

    def at(part: str, index: int = 0) -> Span:
        start = -1
        for _ in range(index + 1):
            start = text.index(part, start + 1)
        return Span(start, start + len(part))

    return at


def with_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with its edits, which must be sorted and apart."""
    for left, right in pairwise(edits):
        assert left.span.end < right.span.start
    for edit in reversed(edits):
        assert text[edit.span.start : edit.span.end] != edit.content
        text = text[: edit.span.start] + edit.content + text[edit.span.end :]
    return text


def rewritten(text: str, *steps: Step, keep: frozenset[str] = frozenset()) -> str:
    """The text after the steps, which come out the same in any order, and which parses."""
    edits = rewrite(text, steps, keep=keep)
    assert edits == rewrite(text, steps[::-1], keep=keep)
    result = with_edits(text, edits)
    ast.parse(result)
    return result


def check_transformed(before: str, after: str, steps: Callable[[Places], Sequence[Step]]) -> None:
    """The steps, found by the places of their text, make `after` of `before`."""
    assert rewritten(before, *steps(place(before))) == after


def check_refused(before: str, reason: str, steps: Callable[[Places], Sequence[Step]]) -> None:
    """The steps cannot be carried out, for a reason of one line."""
    with pytest.raises(CodemodError) as caught:
        rewrite(before, steps(place(before)))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


# --- the steps of simple legacy queries ------------------------------------------------------------------------------

_TAILS = {
    "first": (".limit(1)", ".scalar_one_or_none()"),
    "all": ("", ".scalars().all()"),
    "one": ("", ".scalar_one()"),
}


def query_steps(text: str, session: str = "db") -> list[Step]:
    """The steps for every chain `<session>.query(...)...first()`, `.all()` or `.one()`; `.filter` becomes `.where`."""
    return list(_query_steps(text, session))


def _query_steps(text: str, session: str) -> Iterator[Step]:
    offsets = _Offsets(text)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        start = _start(node)
        if node.func.attr in _TAILS and (start is not None or isinstance(node.func.value, ast.Call)):
            suffix, tail = _TAILS[node.func.attr]
            at = None if start is None else offsets.span(start)
            name = (session,) if start is None else ()
            yield Execute(offsets.span(node), at, name, "execute", suffix=(suffix,), tail=(tail,))
        elif node.func.attr == "filter":
            yield RenameMethod(offsets.span(node), "where")


def _start(node: ast.expr) -> ast.Call | None:
    current: ast.AST | None = node
    while isinstance(current, (ast.Call, ast.Attribute)):
        if isinstance(current, ast.Call) and isinstance(current.func, ast.Attribute) and current.func.attr == "query":
            return current
        current = current.func if isinstance(current, ast.Call) else current.value
    return None


class _Offsets:
    """Code-point offsets of `ast` nodes."""

    def __init__(self, text: str) -> None:
        lines = text.replace("\r\n", "\0\n").replace("\r", "\n").replace("\0\n", "\r\n").split("\n")
        self._lines = lines
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Span(self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset))
