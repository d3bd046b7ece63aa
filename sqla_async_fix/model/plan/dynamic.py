"""Methods that `getattr` may reach with a name put together at run time. Calls written out are in `receivers`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from sqla_async_fix.model.kinds import ClassRef, Instance, Kind, ModuleRef
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function

_ANY = re.compile(r"\bgetattr\(")
_CALLED = re.compile(r"\bgetattr\([^()]*\)\(")
"""What is looked at in files that have nothing else to do with the database."""


def reached(colours: Colours) -> Iterator[tuple[Function, Module, ast.expr, str]]:
    """The functions that become asynchronous and may be what a `getattr` gives, each with the place and the reason."""
    changing = [function for function in colours.reasons if colours.is_awaited(function)]
    live = {module.path for module in colours.project.live_modules()}
    for module in colours.project.modules.values() if changing else ():
        if "getattr" not in module.text or not (_CALLED if module.path not in live else _ANY).search(module.text):
            continue
        for node in module.nodes.within(module.tree, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) >= 2:
                prefix, whole = _known_part(node.args[1])
                fitting = [
                    function
                    for function in changing
                    if (function.short_name == prefix if whole else function.short_name.startswith(prefix))
                ]
                for function in _held(node, prefix, fitting, module, colours) if fitting else ():
                    name = function.short_name
                    reason = f"`{module.source(node)}` may be `{name}`, which is awaited then; call it by its name"
                    yield function, module, node, reason


def _known_part(node: ast.expr) -> tuple[str, bool]:
    """How a text surely begins, and whether that is all of it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, True
    if isinstance(node, ast.BinOp):
        return _known_part(node.left)[0], False
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        return str(node.values[0].value), False
    return "", False


def _held(
    node: ast.Call, prefix: str, functions: Sequence[Function], module: Module, colours: Colours
) -> Iterator[Function]:
    """Those of some functions that the object may have which `getattr` looks into."""
    project = colours.project
    kind = _holder(node, module, project)
    if isinstance(kind, (Instance, ClassRef)):
        name = kind.cls if isinstance(kind, Instance) else kind.name
        related = {info.name for info in project.hierarchy(name)}
        yield from (each for each in functions if each.cls is not None and each.cls.name in related)
    elif isinstance(kind, ModuleRef):
        yield from (each for each in functions if each.cls is None and each.module.path == kind.name)
    else:
        parent = parents(module)[node]
        if isinstance(parent, ast.Call) and parent.func is node:
            for each in functions:
                owner = each.cls.node.name if each.cls is not None else module.path
                if prefix or module.mentions(owner):
                    yield each


def _holder(node: ast.Call, module: Module, project: Project) -> Kind | None:
    """What is known of the object that `getattr` looks into."""
    holder, above = node.args[0], parents(module)
    around: ast.AST = node
    while around in above:
        around = above[around]
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope = project.function_at(around)
            if scope is None or not isinstance(holder, ast.Name):
                return None
            first = next(scope.arguments(), None)
            if scope.cls is not None and first is not None and holder.id == first.arg:
                return Instance(scope.cls.name)
            return scope.names.get(holder.id)
    return None
