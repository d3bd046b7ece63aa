"""Calls on receivers that are not known, which may be of methods that become asynchronous."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.model.kinds import External, ExternalInstance
from sqla_async_fix.model.knowledge.coroutine_hosts import CALL, HARMLESS_BASES
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.parts import Node
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope, times_bound

_EVERYDAY = frozenset(
    """
    add append clear close copy count decode delete discard encode extend find format get index insert items join keys
    next pop read remove replace reverse run search send setdefault sort split start stop strip update values write
    """.split()
)
"""Method names that values of many kinds have, so that a call alone says little of its receiver."""


def missed_calls(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """Such calls in a body, with the method that each may reach."""
    module = scope.module
    for node, name in scope.record.unresolved.items():
        if name.startswith("__") and name != CALL:
            continue
        for method in colours.methods_named(name):
            assert method.cls is not None
            says_little = name == CALL or (name in _EVERYDAY and not module.mentions(method.cls.node.name))
            if says_little and _last_name(node, name) not in colours.holders(method.cls.name):
                continue
            if _is_indexed(node, scope) and not _has_items(method.cls, colours.project):
                continue
            label = module.source(node.func) if isinstance(node, ast.Call) else name
            reason = f"`{label}()` may be `{method.cls.node.name}.{name}`, and its receiver is not known; annotate it"
            yield method, module, module.span(node), reason
    for node, name in scope.record.handed.items():
        for method in colours.methods_named(name):
            assert method.cls is not None
            if name not in _EVERYDAY or module.mentions(method.cls.node.name):
                called = f"{method.cls.node.name}.{name}"
                reason = f"`{module.source(node)}` may be `{called}`, which who gets it would not await; annotate it"
                yield method, module, module.span(node), reason


def _last_name(node: ast.AST, name: str) -> str:
    """The name that a method is called on, `users` in `store.users.remove(user)`, or that is called itself."""
    called = node.func if isinstance(node, ast.Call) else None
    receiver = called.value if isinstance(called, ast.Attribute) and name != CALL else called
    return receiver.attr if isinstance(receiver, ast.Attribute) else getattr(receiver, "id", "")


def _is_indexed(call: ast.AST, scope: Scope) -> bool:
    """Whether the receiver of a call is a name bound once that the body also subscripts: `row["name"]`."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(scope, Function)):
        return False
    receiver = call.func.value
    if not isinstance(receiver, ast.Name) or f"{receiver.id}[" not in scope.module.text:
        return False
    subscripted = any(
        isinstance(node.value, ast.Name) and node.value.id == receiver.id
        for node in scope.module.nodes.within(scope.definition, ast.Subscript)
    )
    return subscripted and times_bound(scope, receiver.id) == 1


def _has_items(cls: ClassInfo, project: Project) -> bool:
    """Whether instances of a class, or of one that derives from it, may be subscripted."""
    family = (*project.mro(cls.name), *project.subclasses(cls.name))
    defined = any(name in info.methods for info in family for name in ("__getitem__", "__setitem__", "__getattr__"))
    bases = (base for info in family for base in project.external_bases(info.name))
    return defined or not all(
        isinstance(base, (External, ExternalInstance)) and base.name.startswith(HARMLESS_BASES) for base in bases
    )
