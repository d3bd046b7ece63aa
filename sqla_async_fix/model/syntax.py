"""Walking over syntax trees: what stands below a node, and above it. What the nodes mean is elsewhere."""

from __future__ import annotations

import ast
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar, overload

A = TypeVar("A", bound=ast.AST)
B = TypeVar("B", bound=ast.AST)
C = TypeVar("C", bound=ast.AST)

_TEXTS = frozenset(
    "arg asname attr conversion ctx id is_async kind kwd_attrs level module n name op ops rest s simple tag "
    "type_comment type_ignores".split()
)
"""Fields that hold texts, numbers, or nodes without content: contexts and operators."""

_LEAVES = ("Constant", "MatchSingleton", "Global", "Nonlocal")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = frozenset((*_FUNCTIONS, ast.ClassDef, ast.Module))

_FIELDS = {
    cls: tuple(name for name in reversed(cls._fields) if name not in _TEXTS and cls.__name__ not in _LEAVES)
    for cls in vars(ast).values()
    if isinstance(cls, type) and issubclass(cls, ast.AST)
}
if hasattr(ast, "TypeAlias"):
    _FIELDS[ast.TypeAlias] = tuple(reversed(ast.TypeAlias._fields))


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node, in order of the text; contexts and operators are left out."""
    found: list[ast.AST] = []
    for name in reversed(_FIELDS[node.__class__]):
        value = getattr(node, name)
        if value.__class__ is list:
            found += value
        else:
            found.append(value)
    return [child for child in found if child is not None]


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, in order of the text; contexts and operators are left out."""
    found: list[ast.AST] = []
    pending = [node]
    while pending:
        node = pending.pop()
        if node is not None:
            found.append(node)
            for name in _FIELDS[node.__class__]:
                value = getattr(node, name)
                if value.__class__ is list:
                    pending += value[::-1]
                elif value is not None:
                    pending.append(value)
    return found


class Nodes:
    """The nodes of a file by their class, for who asks again and again what stands within its definitions."""

    def __init__(self, tree: ast.Module) -> None:
        self._ordered: list[ast.AST] = []
        self._extents: dict[ast.AST, tuple[int, int]] = {}
        self._places: defaultdict[type[ast.AST], array[int]] = defaultdict(_numbers)
        self._number(tree)

    @overload
    def within(self, root: ast.AST, first: type[A], /) -> list[A]: ...
    @overload
    def within(self, root: ast.AST, first: type[A], second: type[B], /) -> list[A | B]: ...
    @overload
    def within(self, root: ast.AST, first: type[A], second: type[B], third: type[C], /) -> list[A | B | C]: ...

    def within(self, root: ast.AST, *classes: type[ast.AST]) -> list[Any]:
        """The nodes of some classes at or below a node, in order of the text, as `walk` gives them."""
        if root not in self._extents:
            return [node for node in walk(root) if isinstance(node, classes)]
        found = [place for cls in classes for place in self._between(cls, *self._extents[root])]
        places = sorted(found) if len(classes) > 1 else found
        return [self._ordered[place] for place in places]

    def _between(self, cls: type[ast.AST], start: int, end: int) -> array[int]:
        places = self._places[cls]
        return places[bisect_left(places, start) : bisect_left(places, end)]

    def _number(self, tree: ast.Module) -> None:
        """Walk, with the number of a definition as the mark of its end."""
        found, places = self._ordered, self._places
        pending: list[Any] = [tree]
        while pending:
            node = pending.pop()
            cls = node.__class__
            if cls is int:
                self._extents[found[node]] = node, len(found)
            elif node is not None:
                if cls in _DEFINITIONS:
                    pending.append(len(found))
                places[cls].append(len(found))
                found.append(node)
                for name in _FIELDS[cls]:
                    value = getattr(node, name)
                    if value.__class__ is list:
                        pending += value[::-1]
                    elif value is not None:
                        pending.append(value)


def _numbers() -> array[int]:
    return array("L")


class Parents:
    """The parent of each node of a file, found for one statement of the file or of its classes at a time."""

    def __init__(self, tree: ast.Module) -> None:
        self._known: dict[ast.AST, ast.AST] = {}
        self._closed: list[ast.stmt | None] = list(self._enter(tree))
        self._starts = [_start(statement) for statement in self._closed if statement is not None]

    def get(self, node: ast.AST | None) -> ast.AST | None:
        """The parent of a node; None for the tree itself and what is not of it."""
        if node in self._known:
            return self._known[node]
        if node is None or node.__class__ is ast.Module:
            return None
        if isinstance(node, (ast.expr, ast.stmt)):
            self._open(bisect_right(self._starts, (node.lineno, node.col_offset)) - 1)
        if node not in self._known:
            for index in range(len(self._closed)):
                self._open(index)
        return self._known.get(node)

    def __getitem__(self, node: ast.AST) -> ast.AST:
        found = self.get(node)
        if found is None:
            raise KeyError(node)
        return found

    def __contains__(self, node: ast.AST) -> bool:
        return self.get(node) is not None

    def _enter(self, owner: ast.AST) -> Iterator[ast.stmt]:
        """Note what stands directly in a file or class; gives the statements that are still to be opened."""
        for child in children(owner):
            self._known[child] = owner
            if isinstance(child, ast.ClassDef):
                yield from self._enter(child)
            elif isinstance(child, ast.stmt):
                yield child
            else:
                self._fill(child)

    def _open(self, index: int) -> None:
        if index >= 0 and (statement := self._closed[index]) is not None:
            self._closed[index] = None
            self._fill(statement)

    def _fill(self, root: ast.AST) -> None:
        known = self._known
        for node in walk(root):
            for child in children(node):
                known[child] = node


def _start(statement: ast.stmt) -> tuple[int, int]:
    """Where a statement begins, decorators included."""
    decorators = statement.decorator_list if isinstance(statement, _FUNCTIONS) else []
    first = decorators[0] if decorators else statement
    return first.lineno, first.col_offset
