"""Walking over syntax trees: what stands below a node, and above it. What the nodes mean is elsewhere."""

from __future__ import annotations

import ast
from bisect import bisect_right
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
    """The nodes below some node by their class, for who asks again and again what stands within it."""

    def __init__(self) -> None:
        self._below: dict[ast.AST, tuple[list[ast.AST], dict[type[ast.AST], list[int]]]] = {}

    @overload
    def within(self, root: ast.AST, first: type[A], /) -> list[A]: ...
    @overload
    def within(self, root: ast.AST, first: type[A], second: type[B], /) -> list[A | B]: ...
    @overload
    def within(self, root: ast.AST, first: type[A], second: type[B], third: type[C], /) -> list[A | B | C]: ...

    def within(self, root: ast.AST, *classes: type[ast.AST]) -> list[Any]:
        """The nodes of some classes at or below a node, in order of the text, as `walk` gives them."""
        if root not in self._below:
            self._below[root] = _numbered(root)
        nodes, places = self._below[root]
        found = [place for cls in classes for place in places.get(cls, ())]
        return [nodes[place] for place in (sorted(found) if len(classes) > 1 else found)]


def _numbered(root: ast.AST) -> tuple[list[ast.AST], dict[type[ast.AST], list[int]]]:
    nodes = walk(root)
    places: dict[type[ast.AST], list[int]] = {}
    for place, node in enumerate(nodes):
        places.setdefault(node.__class__, []).append(place)
    return nodes, places


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
