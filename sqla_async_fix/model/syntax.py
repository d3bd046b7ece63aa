"""Walking over syntax trees. What the nodes mean is elsewhere."""

from __future__ import annotations

import ast

_TEXTS = frozenset(
    "arg asname attr conversion ctx id is_async kind kwd_attrs level module n name op ops rest s simple tag "
    "type_comment type_ignores".split()
)
"""Fields that hold texts, numbers, or nodes without content: contexts and operators."""

_LEAVES = ("Constant", "MatchSingleton", "Global", "Nonlocal")

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
