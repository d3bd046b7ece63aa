"""Methods that may be reached by `getattr` with a name put together at run time. Calls written out are in `planner`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sqla_async_fix.model.kinds import ClassRef, Instance, Kind, ModuleRef
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_ANY = re.compile(r"\bgetattr\(")
_CALLED = re.compile(r"\bgetattr\([^()]*\)\(")
"""What is looked at in files that have nothing else to do with the database."""


def reached(colours: Colours) -> Iterator[tuple[Function, Module, ast.expr, str]]:
    """The functions that become asynchronous and may be what a `getattr` gives, each with the place and the reason."""
    changing = [function for function in colours.reasons if not function.is_async]
    live = {module.path for module in colours.project.live_modules()}
    for module in colours.project.modules.values() if changing else ():
        if not (_CALLED if module.path not in live else _ANY).search(module.text):
            continue
        for node in walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "getattr"
                and len(node.args) >= 2
            ):
                prefix, whole = _known_part(node.args[1])
                for function in changing:
                    name = function.short_name
                    fits = name == prefix if whole else name.startswith(prefix)
                    if fits and _may_hold(node, prefix, function, module, colours):
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


def _may_hold(node: ast.Call, prefix: str, function: Function, module: Module, colours: Colours) -> bool:
    """Whether the object that `getattr` looks into may have a function."""
    holder, above = node.args[0], parents(module)
    kind: Kind | None = None
    around: ast.AST = node
    while around in above:
        around = above[around]
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope = colours.project.function_at(around)
            if scope is not None and isinstance(holder, ast.Name):
                first = next(scope.arguments(), None)
                if scope.cls is not None and first is not None and holder.id == first.arg:
                    kind = Instance(scope.cls.name)
                kind = kind or scope.names.get(holder.id)
            break
    if isinstance(kind, (Instance, ClassRef)):
        if function.cls is None:
            return False
        name = kind.cls if isinstance(kind, Instance) else kind.name
        related = (*colours.project.mro(name), *colours.project.subclasses(name))
        return any(info is function.cls for info in related)
    if isinstance(kind, ModuleRef):
        return function.cls is None and function.module.path == kind.name
    called = isinstance(above[node], ast.Call) and above[node].func is node  # type: ignore[attr-defined]
    owner = function.cls.node.name if function.cls is not None else module.path
    return called and (bool(prefix) or module.mentions(owner))
