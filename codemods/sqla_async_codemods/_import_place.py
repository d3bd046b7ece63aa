"""Where a new import statement goes, in isort's order. Its text is not here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import libcst as cst

from sqla_async_codemods._import_statement import ImportStatement, sort_key
from sqla_async_codemods._tree import Tree

_FUTURE, _STANDARD, _OTHER, _FIRST_PARTY, _RELATIVE = range(5)


@dataclass(frozen=True, slots=True)
class Place:
    """An offset at a line start, and the line ends that go around the new statement."""

    offset: int
    before: str
    after: str


def import_place(
    tree: Tree,
    statements: Sequence[ImportStatement],
    module: str,
    first_party: frozenset[str],
    name: str = "",
    *,
    is_from: bool = True,
) -> Place:
    """Beside related imports of the file's head; after its docstring where there are none.

    `first_party` are the project's own top-level modules; `module` is never one of them. `name` is the name that the
    statement alone imports, where each name has a statement of its own.
    """
    own = first_party - {module.partition(".")[0]}
    head = _head(tree, [statement for statement in statements if statement.runs and statement.alone])
    if not head:
        return _first_place(tree)
    section = section_of(module, own)
    block = _block(tree, head, module, own)
    if block:
        same = [found for found in block if name and found.module == module]
        order = sort_key([next(found.names())[1] for found in same])
        key = _order(block)
        before = [
            found
            for found in block
            if key(found.is_from, found.modules()[0]) < key(is_from, module)
            or (found in same and order(next(found.names())[1]) < order(name))
        ]
        if before:
            return _line_place(tree, tree.next_line(before[-1].span.end))
        return _line_place(tree, tree.line_start(block[0].span.start))
    earlier = [found for found in head if section_of(found.modules()[0], own) < section]
    if earlier:
        offset = tree.next_line(earlier[-1].span.end)
        later = earlier[-1] is not head[-1]
        return _line_place(
            tree, offset, before="\n", after="" if later and _blank(tree, offset) else "\n" if later else ""
        )
    return _line_place(tree, tree.line_start(head[0].span.start), after="\n")


def _line_place(tree: Tree, offset: int, before: str = "", after: str = "") -> Place:
    unfinished = offset == len(tree.text) and tree.line_start(offset) != offset
    return Place(offset, f"\n{before}" if unfinished else before, after if unfinished else f"\n{after}")


def _blank(tree: Tree, offset: int) -> bool:
    return offset == tree.line_end(offset)


def _head(tree: Tree, statements: Sequence[ImportStatement]) -> list[ImportStatement]:
    """The imports that only a docstring, conditional imports or other imports precede."""
    by_start = {statement.span.start: statement for statement in statements}
    head = []
    for node in tree.module.body:
        found = by_start.get(tree.span(node).start)
        if found is not None:
            head.append(found)
        elif not isinstance(node, (cst.If, cst.Try)) and not is_docstring(node) and head:
            break
    return head


def _block(tree: Tree, head: Sequence[ImportStatement], module: str, own: frozenset[str]) -> list[ImportStatement]:
    """The neighbours to sort the statement into: those of its section, or all where nothing parts the sections."""
    blocks: list[list[ImportStatement]] = []
    for statement in head:
        if section_of(statement.modules()[0], own) == _FUTURE:
            continue
        gap = tree.text[blocks[-1][-1].span.end : statement.span.start] if blocks else ""
        if blocks and len([line for line in gap.split(tree.newline)[1:-1] if not line.strip()]) == 0:
            blocks[-1].append(statement)
        else:
            blocks.append([statement])
    section = section_of(module, own)
    related = [block for block in blocks if any(section_of(found.modules()[0], own) == section for found in block)]
    top = module.partition(".")[0]
    of_package = (
        block
        for block in related
        if any(name.partition(".")[0] == top for statement in block for name in statement.modules())
    )
    of_module = (block for block in related if any(found.module == module for found in block))
    return next(iter((*of_module, *of_package, *related)), [])


def section_of(module: str, own: frozenset[str]) -> int:
    """The section of imports that a module belongs to, in isort's order; `own` are the project's own modules."""
    if module.startswith("."):
        return _RELATIVE
    top = module.partition(".")[0]
    if top == "__future__":
        return _FUTURE
    if top in sys.stdlib_module_names:
        return _STANDARD
    return _FIRST_PARTY if top in own else _OTHER


def sort_place(statement: ImportStatement, own: frozenset[str]) -> tuple[int, int, str]:
    """What imports are sorted by."""
    return section_of(statement.modules()[0], own), int(statement.is_from), statement.modules()[0].lower()


_Key: TypeAlias = Callable[[bool, str], tuple[int | str, int | str]]


def _order(block: Sequence[ImportStatement]) -> _Key:
    """The order that statements are in: by kind and module, as isort does, or by the module alone."""

    def by_kind(is_from: bool, module: str) -> tuple[int | str, int | str]:
        return int(is_from), module.lower()

    def by_module(is_from: bool, module: str) -> tuple[int | str, int | str]:
        return module.lower(), int(is_from)

    for key in (by_kind, by_module):
        found = [key(statement.is_from, statement.modules()[0]) for statement in block]
        if found == sorted(found):
            return key
    return by_kind


def is_docstring(node: cst.CSTNode) -> bool:
    """Whether a statement is nothing but a text."""
    return isinstance(node, cst.SimpleStatementLine) and (
        isinstance(node.body[0], cst.Expr)
        and isinstance(node.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


def _first_place(tree: Tree) -> Place:
    body = tree.module.body
    if body and is_docstring(body[0]):
        offset = tree.next_line(tree.span(body[0]).end)
        return _line_place(tree, offset, before="\n", after="" if len(body) == 1 or _blank(tree, offset) else "\n")
    start = tree.line_start(tree.whole_span(body[0]).start) if body else len(tree.text)
    defines = bool(body) and isinstance(body[0], (cst.FunctionDef, cst.ClassDef))
    return _line_place(tree, start, after="\n\n" if defines else "\n")
