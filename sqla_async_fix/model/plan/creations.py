"""Engines, their URLs and session factories (SAF201, SAF202, SAF203, SAF204). What they are used for is elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, Replace, Step, Symbol
from sqla_async_fix.model.kinds import Engine, External, Factory, Session
from sqla_async_fix.model.knowledge import drivers
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import Node, name_of
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Scope
from sqla_async_fix.model.syntax import walk

_ASYNCIO = "sqlalchemy.ext.asyncio"


def findings(colours: Colours) -> Iterator[Finding]:
    """Every synchronous engine, factory and directly made session."""
    for _, found in by_origin(colours):
        yield from found


def by_origin(colours: Colours) -> Iterator[tuple[Node, list[Finding]]]:
    """The node of each engine, factory and session that is made, with its findings."""
    for scope in colours.scopes():
        for operation in operations(scope):
            if operation.method or not isinstance(operation.receiver, External):
                continue
            node = f"origin:{getattr(operation.result, 'origin', '')}"
            group = name_of(colours.parts.leader(node))
            if isinstance(operation.result, Engine):
                yield node, list(_engine(scope, operation, colours, group))
            elif isinstance(operation.result, Factory):
                yield node, list(_factory(scope, operation, colours, group))
            elif isinstance(operation.result, Session):
                yield node, list(_session(scope.module, operation, group))


def _engine(scope: Scope, operation: DatabaseCall, colours: Colours, group: str) -> Iterator[Finding]:
    module, node = scope.module, operation.node
    span = module.span(node)
    steps = (Replace(module.span(node.func), (Symbol(_ASYNCIO, "create_async_engine"),)),)
    yield Finding("SAF201", module, module.span(node.func), module.source(node.func), "", steps, group)
    url = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "url"), None)
    place = None if url is None else literal(module, scope, url, colours)
    if place is None:
        label = module.source(url) if url is not None else "the URL"
        unknown = f"the URL `{label}` is not a text in the project, so its driver is not known"
        refusal = f"{unknown}; write the async driver into it"
        yield Finding("SAF202", module, span, label, "", (), group, refusal)
        return
    where, literal_span, text = place
    scheme = text.partition(":")[0]
    twin = {**drivers.ASYNC_TWINS, **colours.project.options.driver_map}.get(scheme)
    if scheme in drivers.ASYNC_SCHEMES:
        return
    if twin is None:
        refusal = f"there is no asynchronous driver known for `{scheme}`; name one in the setting `driver-map`"
        yield Finding("SAF202", where, literal_span, scheme, "", (), group, refusal)
        return
    at = where.text.index(scheme, literal_span.start)
    step = Replace(Span(at, at + len(scheme)), (twin,))
    yield Finding("SAF202", where, literal_span, scheme, twin, (step,), group)


def literal(module: Module, scope: Scope, node: ast.expr, colours: Colours) -> tuple[Module, Span, str] | None:
    """The string literal that begins a URL expression: itself, through names, f-strings, defaults of environment
    look-ups."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if re.match(r"[a-z0-9_]+(\+[a-z0-9_]+)?:", node.value) and node.value.partition(":")[0] in module.source(node):
            return module, module.span(node), node.value
        return None
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and ":" in first.value:
            return module, module.span(node), first.value
        return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return literal(module, scope, node.left, colours)
    if isinstance(node, ast.Name | ast.Attribute):
        return _named_literal(module, scope, node, colours)
    return None


def _named_literal(
    module: Module, scope: Scope, node: ast.Name | ast.Attribute, colours: Colours
) -> tuple[Module, Span, str] | None:
    if not isinstance(node, ast.Name):
        return None
    body = scope.node.body
    found = [
        *_assignments(body, node.id),
        *(_assignments(module.tree.body, node.id) if scope.node is not module.tree else ()),
    ]
    if len(found) == 1 and found[0].value is not None:
        return literal(module, scope, found[0].value, colours)
    if found:
        return None
    for binding in colours.project.bindings(module).get(node.id, ()):
        if isinstance(binding, ast.ImportFrom):
            origin = (
                colours.project.names.relative(module.path, binding.level, binding.module or "")
                if binding.level
                else colours.project.names.find(binding.module or "", module.path)
            )
            if origin is not None:
                other = colours.project.modules[origin]
                original = next((a.name for a in binding.names if (a.asname or a.name) == node.id), node.id)
                assigned = _assignments(other.tree.body, original)
                if len(assigned) == 1 and assigned[0].value is not None:
                    return literal(other, colours.project.index(other), assigned[0].value, colours)
    return None


def _assignments(body: list[ast.stmt], name: str) -> list[ast.Assign | ast.AnnAssign]:
    found: list[ast.Assign | ast.AnnAssign] = []
    for statement in body:
        for node in walk(statement):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                assert isinstance(node, ast.Assign | ast.AnnAssign)
                found.append(node)
    return found


def _factory(scope: Scope, operation: DatabaseCall, colours: Colours, group: str) -> Iterator[Finding]:
    module, node = scope.module, operation.node
    assert isinstance(operation.receiver, External)
    assert isinstance(operation.result, Factory)
    refusal: str | None
    if operation.result.scoped:
        refusal = "a scoped session has to be scoped to tasks; use `async_scoped_session` with a `scopefunc`"
        yield Finding("SAF203", module, module.span(node), module.source(node.func), "", (), group, refusal)
        return
    given = {keyword.arg or "**" for keyword in node.keywords}
    by_hand = sorted(given & {"query_cls", "twophase", "**"})
    refusal = f"the factory is made with `{by_hand[0]}`, which has to be rewritten by hand" if by_hand else None
    steps: list[Step] = [Replace(module.span(node.func), (Symbol(_ASYNCIO, "async_sessionmaker"),))]
    for keyword in node.keywords:
        if keyword.arg == "class_":
            kind = colours.project.static(keyword.value, scope)
            if isinstance(kind, External) and kind.name in names.SESSION:
                home = names.ASYNC_HOMES[kind.name.partition(".")[0]]
                steps.append(Replace(module.span(keyword.value), (Symbol(home, "AsyncSession"),)))
            else:
                source = module.source(keyword.value)
                refusal = f"the factory makes sessions of `{source}`; derive an asynchronous class from `AsyncSession`"
    yield Finding("SAF203", module, module.span(node.func), module.source(node.func), "", tuple(steps), group, refusal)
    if "expire_on_commit" not in given:
        yield _expiring(module, node, group)


def _expiring(module: Module, node: ast.Call, group: str) -> Finding:
    steps = (AddArgument(module.span(node), ("expire_on_commit=False",)),)
    return Finding("SAF204", module, module.span(node), module.source(node.func), "", steps, group, follows=True)


def _session(module: Module, operation: DatabaseCall, group: str) -> Iterator[Finding]:
    node = operation.node
    assert isinstance(operation.receiver, External)
    if operation.receiver.name not in names.SESSION:
        refusal = f"`{module.source(node.func)}` has no asynchronous twin that the tool knows"
        yield Finding("SAF203", module, module.span(node.func), module.source(node.func), "", (), group, refusal)
        return
    home = names.ASYNC_HOMES[operation.receiver.name.partition(".")[0]]
    steps: tuple[Step, ...] = (Replace(module.span(node.func), (Symbol(home, "AsyncSession"),)),)
    yield Finding("SAF203", module, module.span(node.func), module.source(node.func), "", steps, group)
    if "expire_on_commit" not in {keyword.arg for keyword in node.keywords}:
        yield _expiring(module, node, group)
