"""Functions that execute a query given to them and have no name for its session: they get it as one more parameter.

The calls that pass the session along are recorded where the query is passed, in `evaluation`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace
from sqla_async_fix.model.kinds import Query
from sqla_async_fix.model.knowledge.coroutine_hosts import HARMLESS_BASES
from sqla_async_fix.model.legacy_query.use import NO_SESSION
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import ProjectCall, QueryUse, Record
from sqla_async_fix.model.symbols import Function, Scope, decorator_name
from sqla_async_fix.model.syntax import walk

PASSED_ALONG = "session passed along"
"""The label of the use of a query whose call gets its session as one more argument."""

_NAMES = ("session", "db_session")
_SEES_NAMES = frozenset({"locals", "vars", "eval", "exec"})


def lend_sessions(project: Project) -> list[Function]:
    """Choose the name of the further parameter of each function that newly needs one and can have it; gives these."""
    lent = []
    for function in project.functions.values():
        if function.evaluated and not function.lent and _lacks_session(function):
            function.lent = _free_name(project, function) if _can_change(project, function) else ""
            if function.lent:
                lent.append(function)
    return lent


def _lacks_session(function: Function) -> bool:
    refused = [use.origins for use in function.record.queries.values() if use.refusal == NO_SESSION]
    given = [kind.origins for kind in function.parameters.values() if isinstance(kind, Query)] if refused else []
    return any(origins & taken for origins in refused for taken in given)


def _can_change(project: Project, function: Function) -> bool:
    """Whether the function alone decides its parameters, and one more finds a place."""
    decorators = {decorator_name(node) for node in function.definition.decorator_list}
    if function.short_name.startswith("__") or not decorators <= {"staticmethod", "classmethod"}:
        return False
    return _parameter(function, "session") is not None and not _is_overridden(project, function)


def _is_overridden(project: Project, function: Function) -> bool:
    """Whether another method may be called in the place of this one, or this one in that of another."""
    if function.cls is None:
        return False
    name = function.cls.name
    others = (info.methods.get(function.short_name) for info in project.hierarchy(name))
    return any(other not in (None, function) for other in others) or any(
        not getattr(base, "name", "").startswith(HARMLESS_BASES) for base in project.external_bases(name)
    )


def _free_name(project: Project, function: Function) -> str:
    taken = {*re.findall(r"\w+", function.module.source(function.definition)), *project.bindings(function.module)}
    return "" if taken & _SEES_NAMES else next((name for name in _NAMES if name not in taken), "")


def _parameter(function: Function, name: str) -> Replace | None:
    """The step that adds a keyword-only parameter; None where its place is not plain."""
    spec, module = function.definition.args, function.module
    named = spec.kwonlyargs[-1:] or ([spec.vararg] if spec.vararg else [])
    last = next(iter(named or spec.args[-1:]), None)
    if last is None:
        return None
    end = function.defaults().get(last.arg) or last.annotation
    if end is not None and not module.before(module.span(end).start).rstrip().endswith(("=", ":")):
        return None
    at = module.span(end or last).end
    return Replace(Span(at, at), (f", {name}" if named else f", *, {name}",))


def added_parameters(project: Project) -> Iterator[tuple[Function, QueryUse]]:
    """For each function that gets a further parameter the use of its queries that adds it, or says why not."""
    functions = [function for function in project.functions.values() if function.lent]
    if not functions:
        return
    calls: defaultdict[Function, list[tuple[Record, ProjectCall]]] = defaultdict(list)
    called: set[ast.expr] = set()
    scopes: list[Scope] = [*project.scopes.values(), *project.functions.values()]
    for record in (scope.record for scope in scopes):
        called.update(call.node.func for call in record.calls.values())
        called.update(call.node.func for call in record.database.values())
        called.update(use.node.func for use in record.queries.values() if isinstance(use.node, ast.Call))
        for call in record.calls.values():
            for target in call.targets:
                if target.lent:
                    calls[target].append((record, call))
    for function in functions:
        passed = [use for record, call in calls[function] for use in _passed(record, call)]
        place = next((use.node for use in function.record.queries.values()), None)
        if place is None or not passed:
            continue
        all_give = all(_gives_one(function, record, call) for record, call in calls[function])
        step = _parameter(function, function.lent) if all_give and not _is_used(project, function, called) else None
        origins = frozenset().union(*(use.origins for use in passed))
        yield function, QueryUse(place, origins, (step,) if step else (), None if step else NO_SESSION)


def _passed(record: Record, call: ProjectCall) -> list[QueryUse]:
    """The uses of queries that a call passes together with their session."""
    arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    uses = (record.queries.get((argument, PASSED_ALONG)) for argument in arguments)
    return [use for use in uses if use is not None]


def _gives_one(function: Function, record: Record, call: ProjectCall) -> bool:
    """Whether a call reaches this function alone and surely gives it one session, by no name that is taken."""
    names = {keyword.arg for keyword in call.node.keywords}
    steps = {use.steps for use in _passed(record, call)}
    reaches = call.complete and call.targets == (function,)
    return reaches and len(steps) == 1 and () not in steps and not names & {None, function.lent}


def _is_used(project: Project, function: Function, called: set[ast.expr]) -> bool:
    """Whether the function's name stands anywhere but in calls that are known, imports and its definition."""
    modules = (module for module in project.modules.values() if module.mentions(function.short_name))
    return any(module.check_syntax() is not None or _uses(module, function, called) for module in modules)


def _uses(module: Module, function: Function, called: set[ast.expr]) -> bool:
    name = function.short_name
    for node in walk(module.tree):
        if isinstance(node, ast.alias):
            used = node.name == name and node.asname not in (None, name)
        elif isinstance(node, ast.Constant):
            used = isinstance(node.value, str) and node.value.rpartition(".")[2] == name
        elif isinstance(node, ast.Attribute):
            may_be = function.cls is not None or isinstance(node.value, (ast.Name, ast.Attribute))
            used = node.attr == name and may_be and node not in called
        else:
            used = isinstance(node, ast.Name) and node.id == name and node not in called
        if used:
            return True
    return False
