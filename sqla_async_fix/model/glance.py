"""What the text of a function or class tells without being evaluated. What bodies mean is in `evaluation`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import NEVER, NONE, VALUE, Kind
from sqla_async_fix.model.symbols import ClassInfo, Function
from sqla_async_fix.model.syntax import children, walk

_PLAIN = (ast.Constant, ast.Compare, ast.Dict, ast.DictComp, ast.JoinedStr)
_PLAIN_CALLS = frozenset(("any", "all", "bool", "float", "hasattr", "int", "isinstance", "len", "repr", "str"))
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def result(function: Function) -> Kind | None:
    """What a function gives, if nothing but None and plain values stand behind its `return`s; None where it needs a
    closer look."""
    if function.is_generator or function.is_async:
        return None
    found: Kind = NONE
    pending: list[ast.AST] = list(function.definition.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            if not _is_plain(node.value):
                return None
            found = VALUE if not _is_none(node.value) else found
        elif isinstance(node, (ast.stmt, ast.ExceptHandler, ast.match_case)) and not isinstance(node, _DEFINITIONS):
            pending += children(node)
    return found


def stores(info: ClassInfo) -> dict[str, tuple[list[Function], Kind]]:
    """The methods of a class that give each attribute something that needs a closer look, and the join of the plain
    values that any method gives it."""
    found: dict[str, tuple[list[Function], Kind]] = {}
    for method in info.methods.values():
        for name, value in _assigned(method):
            methods, plain = found.get(name, ([], NEVER))
            if value is None or not _is_plain(value):
                if method not in methods:
                    methods.append(method)
            elif not _is_none(value):
                plain = VALUE
            found[name] = methods, plain
    return found


def _assigned(method: Function) -> Iterator[tuple[str, ast.expr | None]]:
    """The attributes that a method binds, with the values that it assigns to them."""
    for node in method.module.nodes.within(method.definition, ast.Assign, ast.AnnAssign, ast.withitem):
        if isinstance(node, ast.Assign):
            for name in _attributes(node.targets):
                yield name, node.value
        elif isinstance(node, ast.AnnAssign):
            for name in _attributes([node.target]) if node.value is not None else ():
                yield name, node.value
        elif node.optional_vars is not None:
            for name in _attributes([node.optional_vars]):
                yield name, None


def _attributes(targets: list[ast.expr]) -> set[str]:
    nodes = (node for target in targets for node in walk(target) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.ctx, ast.Store)}


def _is_plain(node: ast.expr) -> bool:
    """Whether an expression gives None or a value of Python's own types, or a container of such, whatever its parts
    are."""
    if isinstance(node, _PLAIN):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) or _is_plain(node.operand)
    if isinstance(node, ast.BoolOp):
        return all(_is_plain(value) for value in node.values)
    if isinstance(node, ast.IfExp):
        return _is_plain(node.body) and _is_plain(node.orelse)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLAIN_CALLS


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
