"""Columns that are loaded only when they are read: deferred ones (SAF507), and those that the database sets when a row
is updated (SAF504). Relationships are in `loading`.

Source: SQLAlchemy's documentation, "Fetching Server-Generated Defaults" (`eager_defaults`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddStatements, DropArgument, Replace, Step
from sqla_async_fix.model.kinds import ClassRef
from sqla_async_fix.model.member_syntax import last_name
from sqla_async_fix.model.plan.blocks import mapper_arguments
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.loading import definition
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.readers import Readers
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import ClassInfo, Function

_DEFERRING = "deferred"
_LOAD_ONLY, _DEFER = "load_only", "defer"
_EAGER = "eager_defaults"


def findings(colours: Colours) -> Iterator[Finding]:
    """Every such column that a part which becomes asynchronous may read."""
    yield from _deferred(colours)
    yield from _left_out(colours)
    yield from _set_by_updates(colours)


# --- deferred --------------------


def _deferred(colours: Colours) -> Iterator[Finding]:
    project, readers = colours.project, Readers(colours)
    found: dict[tuple[str, str, str], None] = {}
    for function in list(project.functions.values()):
        for load in function.record.loads.values() if not colours.is_island(function) else ():
            mapped = project.mapped(load.model)
            column = mapped.columns.get(load.name) if mapped is not None else None
            if column is not None and column.deferred:
                groups = readers.groups(function, load.model, load.name)
                found |= dict.fromkeys((load.model, load.name, group) for group in groups)
    for model, name, group in sorted(found):
        yield _undeferred(project, model, name, group)


def _undeferred(project: Project, model: str, name: str, group: str) -> Finding:
    owner, call = definition(project, model, name)
    module = owner.module
    steps = _without_deferring(owner, call) if call is not None else ()
    reason = None if steps else f"the column `{name}` is deferred; load it with its object (`undefer`)"
    return Finding("SAF507", module, module.span(call or owner.node), name, model, steps, group, reason, True)


def _without_deferring(owner: ClassInfo, call: ast.Call) -> tuple[Step, ...]:
    span, inner = owner.module.span, call.args[0] if call.args else None
    if last_name(call.func) == _DEFERRING and isinstance(inner, ast.Call):
        start, end = span(call), span(inner)
        return Replace(Span(start.start, end.start), ()), Replace(Span(end.end, start.end), ())
    given = next((keyword.value for keyword in call.keywords if keyword.arg == _DEFERRING), None)
    return (DropArgument(span(given)),) if given is not None else ()


# --- left out by options --------------------


def _left_out(colours: Colours) -> Iterator[Finding]:
    """What a function reads that the options of its own statements leave out."""
    for function in colours.reasons:
        options = [] if function.is_async else list(_options(function, colours.project))
        for load in function.record.loads.values() if options else ():
            mapped = colours.project.mapped(load.model)
            column = mapped.columns.get(load.name) if mapped is not None else None
            if column is None or load.is_relationship or column.primary_key:
                continue
            for option, names in options:
                if load.model in names and (load.name in names[load.model]) is (option == _DEFER):
                    module, group = function.module, name_of(colours.parts.leader(function))
                    reason = f"`{module.source(load.node)}` is left out by `{option}()`; load it with its object"
                    yield Finding("SAF507", module, module.span(load.node), load.name, "", (), group, reason)


def _options(function: Function, project: Project) -> Iterator[tuple[str, dict[str, set[str]]]]:
    """The options in a function that choose columns, each with these columns by model."""
    for call in function.module.nodes.within(function.definition, ast.Call):
        option = last_name(call.func)
        if option not in (_LOAD_ONLY, _DEFER):
            continue
        names: dict[str, set[str]] = {}
        for argument in call.args:
            model = project.static(argument.value, function) if isinstance(argument, ast.Attribute) else None
            if isinstance(argument, ast.Attribute) and isinstance(model, ClassRef):
                names.setdefault(model.name, set()).add(argument.attr)
        yield option, names


# --- set by the database --------------------


def _set_by_updates(colours: Colours) -> Iterator[Finding]:
    project = colours.project
    for info in list(project.classes.values()):
        mapped = project.mapped(info.name)
        if mapped is None or not mapped.is_mapped or not any(each.server_onupdate for each in mapped.columns.values()):
            continue
        users = [f for f in colours.reasons if not f.is_async and f.module.mentions(info.node.name)]
        steps = _fetching(info, project) if users else None
        if steps is not None:
            for group in sorted({name_of(colours.parts.leader(function)) for function in users}):
                module, name = info.module, info.node.name
                yield Finding("SAF504", module, module.span(info.node), name, "", steps, group, follows=True)


def _fetching(info: ClassInfo, project: Project) -> tuple[Step, ...] | None:
    """What makes a mapper fetch what the database sets; None where it does already, or cannot be told to."""
    module, statement = info.module, mapper_arguments(info)
    if statement is None:
        if any(_decides(base) for base in project.mro(info.name)):
            return None
        line = ("__mapper_args__ = {" + f'"{_EAGER}": True' + "}",)
        name = next((each for each in info.node.body if _names_table(each)), None)
        place = name or info.node.body[0]
        return (AddStatements(module.span(place), (line,), name is not None),)
    given = statement.value
    if not isinstance(given, ast.Dict) or not given.values:
        return None
    if any(isinstance(key, ast.Constant) and key.value == _EAGER for key in given.keys):
        return None
    end = module.span(given.values[-1]).end
    return (Replace(Span(end, end), (f', "{_EAGER}": True',)),)


def _decides(info: ClassInfo) -> bool:
    """Whether a class body says anything of its mapper's arguments."""
    named = (getattr(each, "name", "") for each in info.node.body)
    assigned = (node.id for each in info.node.body for node in ast.walk(each) if isinstance(node, ast.Name))
    return "__mapper_args__" in {*named, *assigned}


def _names_table(statement: ast.stmt) -> bool:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return isinstance(target, ast.Name) and target.id == "__tablename__"
