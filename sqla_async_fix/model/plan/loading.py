"""Relationships that are read where nothing can be loaded lazily any more (SAF501, SAF506).

Columns are not looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, Replace, Step
from sqla_async_fix.model.kinds import ClassRef, External, ExternalInstance, Instance, Kind
from sqla_async_fix.model.kinds import Sequence as Items
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.readers import Readers
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import ClassInfo, Function
from sqla_async_fix.model.syntax import walk

CODES = ("SAF501", "SAF504", "SAF506", "SAF507")
"""The rules that report one relationship or column for all groups that read it."""

_EAGER = ("selectin", "joined", "immediate", "subquery", "False")
_RESPONDING = ("fastapi.",)
_ADVICE = {
    "awaitable-attrs": "add `AsyncAttrs` to the bases of `{model}` and read it as `await ....awaitable_attrs.{name}`",
    "raise": 'give it `lazy="raise"`, and `selectinload({model}.{name})` to the statements whose entities are read',
    "report": "add `selectinload({model}.{name})` to the statements whose entities are read",
}
"""What to do by hand, where the setting `lazy-loading` says that relationships stay as they are."""


def findings(colours: Colours) -> Iterator[Finding]:
    """Every relationship that code or a response model of a part that changes colour reads."""
    readers = Readers(colours)
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for function in list(colours.project.functions.values()):
        if colours.is_island(function):
            continue
        if function in colours.reasons:
            for model, name in responses(function, colours.project):
                groups.setdefault((model, name), {}).setdefault(name_of(colours.parts.leader(function)), "SAF506")
        for model, name, _ in _serialised(function, colours.project):
            for group in readers.groups(function, model, name):
                groups.setdefault((model, name), {}).setdefault(group, "SAF506")
        for load in function.record.loads.values():
            if load.is_relationship:
                for group in readers.groups(function, load.model, load.name):
                    groups.setdefault((load.model, load.name), {}).setdefault(group, "SAF501")
    for (model, name), read_by in sorted(groups.items()):
        code = next(iter(read_by.values()))
        for group in read_by:
            found = eager(colours.project, model, name, code, group)
            if found is not None:
                yield found


def eager(project: Project, model: str, name: str, code: str, group: str) -> Finding | None:
    """What makes a relationship load with its object, or why it cannot; None where it does already."""
    mapped = project.mapped(model)
    relationship = mapped.relationships.get(name) if mapped is not None else None
    if relationship is None or relationship.lazy in _EAGER:
        return None
    owner, call = definition(project, model, name)
    if project.options.lazy_loading != "selectin":
        span = owner.module.span(call or owner.node)
        left = _ADVICE[project.options.lazy_loading].format(model=model.rpartition(".")[2], name=name)
        return Finding(code, owner.module, span, name, model, (), group, unfixable=left, is_advice=True)
    if call is None:
        span = owner.module.span(owner.node)
        unwritten = f'the relationship `{name}` is not written in a class body; write it there, with `lazy="selectin"`'
        return Finding(code, owner.module, span, name, model, (), group, unwritten, True)
    span = owner.module.span(call)
    lazy = next((keyword.value for keyword in call.keywords if keyword.arg == "lazy"), None)
    refusal: str | None = None
    if relationship.lazy != "select":
        refusal = f"the relationship `{name}` has a loading strategy of its own; load it by a statement"
    elif relationship.target == model:
        refusal = f"the relationship `{name}` refers to its own class, which eager loading follows for one step only"
    steps: tuple[Step, ...]
    if lazy is not None:
        steps = (Replace(owner.module.span(lazy), (_quoted(owner.module, call),)),)
    elif _is_sqlmodel(call, owner, project):
        steps = _in_further_arguments(owner.module, call)
        refusal = refusal or (None if steps else f"the arguments of the relationship `{name}` are not written there")
    else:
        steps = (AddArgument(span, (f"lazy={_quoted(owner.module, call)}",)),)
    return Finding(code, owner.module, span, name, model, () if refusal else steps, group, refusal, True)


def _quoted(module: Module, call: ast.Call) -> str:
    """The strategy in the quotes that the call has."""
    source = module.source(call)
    return "'selectin'" if "'" in source and '"' not in source else '"selectin"'


def _is_sqlmodel(call: ast.Call, owner: ClassInfo, project: Project) -> bool:
    kind = project.static(call.func, owner.scope)
    return isinstance(kind, External) and kind.name.startswith("sqlmodel")


def _in_further_arguments(module: Module, call: ast.Call) -> tuple[Step, ...]:
    """SQLModel's `Relationship` hands SQLAlchemy's arguments on in a dictionary."""
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "sa_relationship_kwargs"), None)
    if any(keyword.arg in ("sa_relationship", None) for keyword in call.keywords):
        return ()
    if given is None:
        return (AddArgument(module.span(call), ('sa_relationship_kwargs={"lazy": "selectin"}',)),)
    if not isinstance(given, ast.Dict):
        return ()
    for key, value in zip(given.keys, given.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "lazy":
            return (Replace(module.span(value), ('"selectin"',)),)
    at = module.span(given).start + 1
    return (Replace(Span(at, at), ('"lazy": "selectin"' + (", " if given.keys else ""),)),)


def definition(project: Project, model: str, name: str) -> tuple[ClassInfo, ast.Call | None]:
    """The class whose body assigns a relationship or column, with the call; the model itself where none does."""
    for info in project.mro(model):
        for statement in info.node.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
            if named and isinstance(value := getattr(statement, "value", None), ast.Call):
                return info, value
    return project.classes[model], None


Way: TypeAlias = tuple[tuple[str, str], ...]
"""The relationships that lead to an object, each by model and name."""


def responses(function: Function, project: Project) -> Sequence[tuple[str, str]]:
    """The relationships that serialising what a route returns by its response model reads, as model and name."""
    return tuple(dict.fromkeys((model, name) for model, name, _ in ways(function, project)))


def ways(function: Function, project: Project) -> Iterator[tuple[str, str, Way]]:
    """The same with the way to what each is read of, and what response models read that the function calls itself."""
    yield from _serialised(function, project)
    returned = function.returns.item if isinstance(function.returns, Items) else function.returns
    if not isinstance(returned, Instance):
        return
    for node, kind in zip(function.definition.decorator_list, function.decorators, strict=False):
        if isinstance(node, ast.Call) and isinstance(kind, External) and kind.name.startswith(_RESPONDING):
            schema = next((k.value for k in node.keywords if k.arg == "response_model"), function.definition.returns)
            if schema is not None:
                yield from _read_by(_schema(schema, function, project), returned.cls, project, frozenset(), ())


def _serialised(function: Function, project: Project) -> Iterator[tuple[str, str, Way]]:
    for shown in function.record.shown.values():
        for model in shown.models if shown.schema else ():
            yield from _read_by(ClassRef(shown.schema), model, project, frozenset(), ())


def shown_late(function: Function, readers: Readers, project: Project) -> Iterator[tuple[ast.AST, str]]:
    """What a function shows that has relationships which no loading strategy can bring: the place and why."""
    for shown in function.record.shown.values():
        for model in shown.models:
            name = model.rpartition(".")[2]
            if shown.schema:
                found = _read_by(ClassRef(shown.schema), model, project, frozenset(), ())
                read = {each for owner, each, _ in found if owner == model}
                if shown.made and read:
                    reason = f"`{name}.{min(read)}` of a new object is not loaded when it is shown; refresh it before"
                    yield shown.node, reason
                continue
            mapped = project.mapped(model)
            late = sorted(
                each
                for each, relationship in (mapped.relationships.items() if mapped is not None else ())
                if relationship.lazy == "select" and each not in readers.loaded_by_options
            )
            if late:
                reason = f"a template may read `{name}.{late[0]}`, which cannot be loaded there"
                yield shown.node, f"{reason}; load it by an option of the statement (`selectinload`)"


def _schema(node: ast.expr, function: Function, project: Project) -> Kind | None:
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        return _schema(inner, function, project)
    if isinstance(node, ast.BinOp):
        return _schema(node.left, function, project)
    assert function.parent is not None
    kind = project.static(node, function.parent)
    return kind if isinstance(kind, ClassRef) else None


def _read_by(
    schema: Kind | None, model: str, project: Project, seen: frozenset[tuple[str, str]], way: Way
) -> Iterator[tuple[str, str, Way]]:
    if not isinstance(schema, ClassRef) or (schema.name, model) in seen or not _is_schema(schema.name, project):
        return
    mapped = project.mapped(model)
    if mapped is None:
        return
    for name, annotation, info in _fields(schema.name, project):
        relationship = mapped.relationships.get(name)
        if relationship is None:
            yield from ((owner, read, way) for owner, read in _read_in(name, model, project, frozenset()))
            continue
        yield model, name, way
        inner = _inner_class(annotation, info, project)
        if inner is not None and relationship.target:
            yield from _read_by(
                inner, relationship.target, project, seen | {(schema.name, model)}, (*way, (model, name))
            )


def _read_in(name: str, model: str, project: Project, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What a property of a model reads, by the names in its text, with what it reads of what it gets."""
    method = project.method(model, name)
    if method is None or name in seen:
        return
    first = next(method.arguments(), None)
    own: set[str] = set()
    others: set[str] = set()
    for node in walk(method.definition):
        if isinstance(node, ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and first is not None and node.value.id == first.arg
            (own if is_own else others).add(node.attr)
    pending, known = [model], {model}
    while pending:
        owner = pending.pop()
        mapped = project.mapped(owner)
        for attribute, relationship in sorted(mapped.relationships.items()) if mapped is not None else ():
            if attribute in (own if owner == model else others):
                yield owner, attribute
                if relationship.target and relationship.target not in known:
                    known.add(relationship.target)
                    pending.append(relationship.target)
    for attribute in sorted(own):
        yield from _read_in(attribute, model, project, seen | {name})


def _is_schema(name: str, project: Project) -> bool:
    return any(
        isinstance(base, (External, ExternalInstance)) and base.name.startswith(("pydantic.", "sqlmodel."))
        for base in project.external_bases(name)
    )


def _fields(name: str, project: Project) -> Iterator[tuple[str, ast.expr, ClassInfo]]:
    for info in project.mro(name):
        for statement in info.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id, statement.annotation, info


def _inner_class(node: ast.expr, info: ClassInfo, project: Project) -> ClassRef | None:
    for child in walk(node):
        if isinstance(child, (ast.Name, ast.Attribute)):
            kind = project.static(child, info.scope)
            if isinstance(kind, ClassRef):
                return kind
    return None
