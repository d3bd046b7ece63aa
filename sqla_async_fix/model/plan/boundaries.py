"""What cannot become asynchronous, and why. Who would have to is in `colours`."""

from __future__ import annotations

import ast

from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.kinds import UNKNOWN, External, ExternalInstance, FunctionRef, Kind
from sqla_async_fix.model.knowledge.asyncio_api import MANAGER_TWINS
from sqla_async_fix.model.knowledge.coroutine_hosts import (
    ACCEPTING_DECORATORS,
    ACCEPTING_RECEIVERS,
    CALL,
    HARMLESS_BASES,
    NEUTRAL_DECORATORS,
)
from sqla_async_fix.model.plan import callbacks, edges, handed, managers, properties, test_hooks
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.consumers import delegation_refusal
from sqla_async_fix.model.plan.operations import is_sync
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import Place, Reference
from sqla_async_fix.model.symbols import Function, Scope, decorator_name
from sqla_async_fix.model.syntax import walk

_PROPERTIES = ("property", "cached_property", "hybrid_property", "validates", "setter", "deleter")
_CACHES = ("lru_cache", "cache", "cached", "memoize")


def refusal(function: Function, colours: Colours) -> str | None:
    """Why a function cannot become asynchronous, or what it is given cannot; None if it can (or is)."""
    if function.is_async:
        return _given_refusal(function, colours)
    name = function.short_name
    project = colours.project
    if function in colours.edges:
        return edges.refusal(function, colours)
    if name in MANAGER_TWINS and function.cls is not None:
        return managers.refusal(function, colours)
    if name.startswith("__") and name.endswith("__") and (name != CALL or _has_strange_base(function, project)):
        return f"`{name}` is called by Python itself and cannot be `async def`; move the database call to a method"
    if function.has_decorator(*_PROPERTIES):
        return properties.refusal(function, colours) or _base_refusal(function, project)
    if function.has_decorator(*_CACHES):
        return f"`{name}` is cached, and a coroutine can be awaited only once; cache the value instead"
    return (
        test_hooks.refusal(function, colours)
        or _decorator_refusal(function, project)
        or _base_refusal(function, project)
        or _generator_refusal(function)
    )


def _given_refusal(function: Function, colours: Colours) -> str | None:
    """Why a coroutine function goes on getting a synchronous object: from who calls it by a decorator."""
    if colours.callers(function) or _decorator_refusal(function, colours.project) is None:
        return None
    by_itself = function.defaults().keys()
    for argument in function.arguments():
        is_plain = isinstance(argument.annotation, (ast.Name, ast.Attribute)) and argument.arg not in by_itself
        if is_plain and is_sync(function.parameters.get(argument.arg, UNKNOWN)):
            name = decorator_name(function.definition.decorator_list[0])
            return (
                f"who calls it for the decorator `@{name}` is not known, and may give it a synchronous `{argument.arg}`"
            )
    return None


def _decorator_refusal(function: Function, project: Project) -> str | None:
    kinds = function.decorators or tuple(
        _decorator(node, function, project) for node in function.definition.decorator_list
    )
    applied = function.applied or kinds
    for node, kind, result in zip(function.definition.decorator_list, kinds, applied, strict=True):
        name = decorator_name(node)
        if isinstance(kind, (External, ExternalInstance)) and kind.name in NEUTRAL_DECORATORS:
            continue
        if isinstance(kind, (External, ExternalInstance)) and kind.name.startswith(ACCEPTING_DECORATORS):
            continue
        if isinstance(result, FunctionRef):
            continue  # its reference says whether it can
        if isinstance(kind, FunctionRef):
            return (
                f"the decorator `@{name}` would have to await `{function.short_name}`; write it for coroutine functions"
            )
        return f"the decorator `@{name}` is not known to accept coroutine functions"
    return None


def _decorator(node: ast.expr, function: Function, project: Project) -> Kind:
    """The kind of a decorator's name, for a function that was not looked at."""
    project.bindings(function.module)
    return project.static(node.func if isinstance(node, ast.Call) else node, function.parent or function)


def _base_refusal(function: Function, project: Project) -> str | None:
    if function.cls is None or function.short_name.startswith("_"):
        return None
    for base in project.external_bases(function.cls.name):
        if isinstance(base, (External, ExternalInstance)) and base.name.startswith(HARMLESS_BASES):
            continue
        if test_hooks.is_case_base(base):
            continue
        if (
            isinstance(base, (External, ExternalInstance))
            and (mapped := project.mapped(function.cls.name))
            and mapped.declarative
        ):
            continue
        label = base.name if isinstance(base, (External, ExternalInstance)) else "an unknown class"
        return f"`{function.short_name}` may be called by its base class `{label}`, which would not await it"
    return None


def _has_strange_base(function: Function, project: Project) -> bool:
    """Whether a class has a base outside of the project which may call its methods."""
    bases = project.external_bases(function.cls.name) if function.cls is not None else ()
    return any(not (isinstance(base, External) and base.name.startswith(HARMLESS_BASES)) for base in bases)


def _generator_refusal(function: Function) -> str | None:
    if not function.is_generator:
        return None
    for node in statements(function.definition.body):
        if isinstance(node, ast.Return) and node.value is not None:
            return f"`{function.short_name}` is a generator that returns a value, which an asynchronous one cannot"
    return delegation_refusal(function)


def place_refusal(place: Place) -> str | None:
    """Why nothing can be awaited at a place."""
    if place in (Place.BODY, Place.GENERATOR):
        return None
    return f"nothing can be awaited in {place.value}"


def reference_refusal(reference: Reference, scope: Scope, colours: Colours) -> str | None:
    """Why a function that becomes asynchronous cannot be used as it is used here; None if it can."""
    name = reference.function.short_name
    if reference.how == "dependency":
        return None
    if reference.how == "argument" and reference.receiver.startswith(ACCEPTING_RECEIVERS):
        return None
    if reference.how == "container" and _is_override(reference, scope):
        return None
    if callbacks.is_followed(reference, scope, colours):
        return None
    if handed.is_awaited(scope, reference.node, colours):
        return None
    where = {
        "argument": "is passed on as a value",
        "container": "is put into a container",
        "returned": "is returned as a value",
        "attribute": "is kept in an attribute",
        "assigned": "gets another name",
        "decorated": "is decorated by the project",
    }[reference.how]
    return f"`{name}` {where}, and who calls it is not known; call it from an `async def` there"


def _is_override(reference: Reference, scope: Scope) -> bool:
    """Whether it is the value of `app.dependency_overrides[...] = function`."""
    for node in walk(scope.node):
        if isinstance(node, ast.Assign) and node.value is reference.node:
            return any(
                isinstance(target, ast.Subscript)
                and isinstance(target.value, ast.Attribute)
                and target.value.attr == "dependency_overrides"
                for target in node.targets
            )
    return False
