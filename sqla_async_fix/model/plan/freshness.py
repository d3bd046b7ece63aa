"""Relationships that are read after a commit and have to be loaded again (SAF502).

A synchronous session expires what it holds when it commits, and loads it when it is read. An asynchronous one keeps
what it has, and what it never had cannot be loaded by reading. Which strategies load them is in `loading`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.steps import AddStatements, Step
from sqla_async_fix.model.kinds import ClassRef
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import block_of, parents, statement_of
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.presence import may_be_none
from sqla_async_fix.model.records import Load
from sqla_async_fix.model.symbols import Function


@dataclass(frozen=True, slots=True)
class Storing:
    """A call by which a session commits or flushes, with the text of the session where it stands."""

    node: ast.Call
    method: str
    session: str


def findings(colours: Colours) -> Iterator[Finding]:
    """Every such read in a function that becomes asynchronous, the first one after each commit."""
    for function in colours.reasons:
        seen: set[tuple[str, str, Storing]] = set()
        for load, commit, surely in _outdated(function, colours):
            assert isinstance(load.node.value, ast.Name)
            key = (load.node.value.id, load.name, commit)
            if key not in seen:
                seen.add(key)
                yield _refreshed(function, load, commit, surely, colours)
        yield from _reached_through_others(function, colours)


def _reached_through_others(function: Function, colours: Colours) -> Iterator[Finding]:
    """Reads such as `order.customer.orders` of what an assignment to `order.customer` before a commit has changed."""
    commits = [each for each in _storing(function) if each.method == "commit"]
    if not commits or function.is_async:
        return
    assigned = [
        (node.lineno, node.attr)
        for node in function.module.nodes.within(function.definition, ast.Attribute)
        if isinstance(node.ctx, ast.Store)
    ]
    for load in function.record.loads.values():
        before = None if isinstance(load.node.value, ast.Name) else _commit_before(function, load.node, commits)
        if before is None or not load.is_relationship:
            continue
        other_side = _other_side(load, colours)
        if any(line <= before[0].node.lineno and name in other_side for line, name in assigned):
            module, source = function.module, function.module.source(load.node)
            reason = f"`{source}` is read after `commit()` and would have to be loaded again before"
            group = name_of(colours.parts.leader(function))
            yield Finding("SAF502", module, module.span(load.node), source, "commit", (), group, reason)


def _other_side(load: Load, colours: Colours) -> frozenset[str]:
    """The relationships by which the objects in a relationship lead back."""
    mapped = colours.project.mapped(load.model)
    target = colours.project.mapped(mapped.relationships[load.name].target) if mapped is not None else None
    found = target.relationships.values() if target is not None else ()
    return frozenset(each.name for each in found if each.target == load.model)


def loaded_again(function: Function, colours: Colours) -> frozenset[ast.AST]:
    """The reads of a function before which the relationship is loaded again."""
    return frozenset(load.node for load, _, surely in _outdated(function, colours) if surely)


def _outdated(function: Function, colours: Colours) -> Iterator[tuple[Load, Storing, bool]]:
    commits = list(_storing(function))
    if not commits or function.is_async:
        return
    loads = [load for load in function.record.loads.values() if load.is_relationship]
    for load in sorted(loads, key=lambda each: (each.node.lineno, each.node.col_offset)):
        before = _commit_before(function, load.node, commits)
        if before is None or not isinstance(load.node.value, ast.Name):
            continue
        commit, surely = before
        if _is_outdated(function, load, commit, colours):
            yield load, commit, surely


def stored_before(function: Function, place: ast.stmt) -> Storing | None:
    """The commit or flush that surely has happened at a place."""
    before = _commit_before(function, place, list(_storing(function)))
    return before[0] if before is not None and before[1] else None


def _storing(function: Function) -> Iterator[Storing]:
    """The commits and flushes of a body, and the calls of methods that begin or end with one on a session of their
    object: `self.work.commit()`."""
    module = function.module
    for operation in operations(function):
        if operation.method in _STORING and isinstance(operation.node.func, ast.Attribute):
            yield Storing(operation.node, operation.method, module.source(operation.node.func.value))
    for call in function.record.calls.values():
        if len(call.targets) == 1 and isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute):
            holder = call.node.func.value
            within = _stored_within(call.targets[0]) if _is_path(holder) else None
            if within is not None:
                yield Storing(call.node, within.method, f"{module.source(holder)}.{within.session}")


def _stored_within(method: Function) -> Storing | None:
    """The commit or flush that a method surely makes by a session which an attribute of its object holds."""
    itself = next((argument.arg for argument in method.arguments()), "")
    for operation in operations(method):
        func = operation.node.func
        if operation.method in _STORING and isinstance(func, ast.Attribute):
            root, _, rest = method.module.source(func.value).partition(".")
            surely = statement_of(method.module, operation.node) in method.definition.body
            if surely and root == itself and rest.isidentifier() and method.cls is not None:
                return Storing(operation.node, operation.method, rest)
    return None


def _commit_before(
    function: Function, place: ast.expr | ast.stmt, commits: list[Storing]
) -> tuple[Storing, bool] | None:
    """The last commit that may have happened at a place, and whether it surely has."""
    module = function.module
    above = parents(module)
    around: set[ast.AST] = set()
    node: ast.AST = place
    while node is not function.definition:
        around.add(node)
        node = above[node]
    found = None
    for commit in sorted(commits, key=_line):
        if commit.node.lineno < place.lineno:
            surely = _leads_to(module, statement_of(module, commit.node), around)
            found = (commit, surely) if surely is not None else found
    return found


def _is_path(node: ast.expr) -> bool:
    """Whether an expression is a name or an attribute of one, however deep."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _line(storing: Storing) -> int:
    return storing.node.lineno


def _leads_to(module: Module, statement: ast.stmt, around: set[ast.AST]) -> bool | None:
    """Whether what runs after a statement surely gets to a later place; None where it never does."""
    surely = True
    while not around.intersection(block := block_of(module, statement)):
        if isinstance(block[-1], _LEAVING):
            return None
        owner = parents(module)[statement]
        if isinstance(owner, ast.ExceptHandler):
            owner = parents(module)[owner]
        if not isinstance(owner, ast.stmt) or isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return None
        handled = isinstance(owner, ast.Try) and all(isinstance(each.body[-1], _LEAVING) for each in owner.handlers)
        surely = surely and (isinstance(owner, ast.With) or handled)
        statement = owner
    return surely


_STORING = ("commit", "flush")
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def _is_outdated(function: Function, load: Load, commit: Storing, colours: Colours) -> bool:
    """Whether what the object holds is not what the database has: it was never loaded, or changed before."""
    assert isinstance(load.node.value, ast.Name)
    name, line = load.node.value.id, commit.node.lineno
    is_flush = commit.method == "flush"
    made = False
    changed = False
    for node in function.module.nodes.within(function.definition, ast.Name, ast.Call, ast.Assign):
        at = node.lineno
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            if at > line and at <= load.node.lineno:
                return False
            made = made or _is_made_without(function, node, load.name, colours)
        elif isinstance(node, ast.Call) and line < at <= load.node.lineno and _refreshes(node, name):
            return False
        elif at <= line and (_changes(node, name) or _unties(node, colours)):
            changed = True
    return made or (changed and not is_flush)


def _is_made_without(function: Function, target: ast.Name, relationship: str, colours: Colours) -> bool:
    statement = parents(function.module)[target]
    value = statement.value if isinstance(statement, ast.Assign) else None
    for each in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
        kind = colours.project.static(each.func, function) if isinstance(each, ast.Call) else None
        if isinstance(each, ast.Call) and isinstance(kind, ClassRef) and colours.project.is_mapped(kind.name):
            return all(keyword.arg not in (relationship, None) for keyword in each.keywords)
    return False


def _refreshes(call: ast.Call, name: str) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "refresh"
        and bool(call.args)
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == name
    )


def _changes(node: ast.AST, name: str) -> bool:
    """Whether an object is put into a relationship of another, or gets another in one of its own."""
    if isinstance(node, ast.Assign):
        is_value = isinstance(node.value, ast.Name) and node.value.id == name
        return is_value and isinstance(node.targets[0], ast.Attribute)
    if not isinstance(node, ast.Call):
        return False
    given = any(isinstance(k.value, ast.Name) and k.value.id == name for k in node.keywords if k.arg is not None)
    if given and isinstance(node.func, ast.Name) and node.func.id[:1].isupper():
        return True
    collection = node.func.value if isinstance(node.func, ast.Attribute) else None
    return (
        isinstance(collection, ast.Attribute)
        and isinstance(collection.value, ast.Name)
        and collection.value.id == name
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "remove", "extend", "add", "discard", "clear", "insert")
    )


def _unties(node: ast.AST, colours: Colours) -> bool:
    """Whether a relationship of some object is assigned, which changes what others hold."""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return isinstance(target, ast.Attribute) and target.attr in colours.relationship_names


def _refreshed(function: Function, load: Load, commit: Storing, surely: bool, colours: Colours) -> Finding:
    module = function.module
    statement = statement_of(module, load.node)
    group = name_of(colours.parts.leader(function))
    source = module.source(load.node)
    assert isinstance(commit.node.func, ast.Attribute)
    assert isinstance(load.node.value, ast.Name)
    if not surely or isinstance(statement, ast.While) or not _is_path(commit.node.func.value):
        reason = f"`{source}` is read after `{commit.method}()` and would have to be loaded again before"
        return Finding("SAF502", module, module.span(load.node), source, commit.method, (), group, reason)
    name = load.node.value.id
    is_optional = may_be_none(function, name, statement, colours.project, load.node)
    step = reload(module, statement, commit.session, name, [load.name], is_optional)
    return Finding("SAF502", module, module.span(load.node), source, commit.method, (step,), group, follows=True)


def reload(
    module: Module, place: ast.stmt, session: str, name: str, attributes: Sequence[str], is_optional: bool
) -> Step:
    """Before a statement, a session, as written there, loads some attributes, or all, of the object that a name holds,
    if it holds one."""
    listed = ", ".join(f'"{each}"' for each in attributes)
    code = f"await {session}.refresh({name}, [{listed}])" if attributes else f"await {session}.refresh({name})"
    lines = ((f"if {name} is not None:",), (f"    {code}",)) if is_optional else ((code,),)
    return AddStatements(module.span(place), lines, False)
