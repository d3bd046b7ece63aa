"""Calls of an engine's or connection's inspector, which reach the database (SAF209).

Calls on metadata are in `tables`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddStatements, DropStatement, Replace, Step
from sqla_async_fix.model.kinds import Connection, Kind
from sqla_async_fix.model.plan.blocks import free_name, parents, statement_of
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import inspected, operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import Parents, walk

_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Assert, ast.Raise)
_BARRIERS = (ast.Lambda, ast.GeneratorExp, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Inspection:
    """`inspect(bind)`, `node`, of a body; `uses` are the calls of its methods, None where it is used otherwise.

    `statement` is the assignment of the inspector, if it has one.
    """

    scope: Scope
    node: ast.Call
    bind: Kind
    uses: tuple[ast.Call, ...] | None
    statement: ast.stmt | None


def findings(colours: Colours) -> Iterator[Finding]:
    """Every inspector of a synchronous engine or connection."""
    for scope in colours.scopes():
        if colours.is_island(scope):
            continue
        wrapped: dict[ast.stmt, str] = {}
        for node, kind in inspected(scope):
            yield _finding(_inspection(scope, node, kind), colours, wrapped)


def _inspection(scope: Scope, node: ast.Call, kind: Kind) -> Inspection:
    above = parents(scope.module)
    method = _method_call(node, above)
    if method is not None:
        return Inspection(scope, node, kind, (method,), None)
    statement = above[node]
    target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    target = statement.target if isinstance(statement, ast.AnnAssign) else target
    if not isinstance(target, ast.Name):
        return Inspection(scope, node, kind, None, None)
    names = [each for each in walk(scope.node) if isinstance(each, ast.Name) and each.id == target.id]
    calls = [_method_call(each, above) for each in names if each is not target]
    known = tuple(call for call in calls if call is not None)
    assert isinstance(statement, ast.stmt)
    return Inspection(scope, node, kind, known if len(known) == len(calls) else None, statement)


def _method_call(node: ast.expr, above: Parents) -> ast.Call | None:
    """The call `node.method(...)` that a node begins."""
    parent = above[node]
    call = above[parent] if isinstance(parent, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is parent else None


def _finding(found: Inspection, colours: Colours, wrapped: dict[ast.stmt, str]) -> Finding:
    module = found.scope.module
    group = name_of(colours.parts.leader(colours.node_of(found.scope)))
    steps: list[Step] = []
    refusal = None
    if not isinstance(found.scope, Function):
        refusal = "`inspect()` runs when the module is imported; move it into an `async def`"
    elif found.uses is None:
        refusal = "the inspector is used otherwise than by calls of its methods; put the whole into `run_sync`"
    else:
        taken = {node.id for node in walk(found.scope.node) if isinstance(node, ast.Name)}
        for call in found.uses:
            part = _use(found, call, taken, colours, wrapped)
            if isinstance(part, str):
                refusal = part
                break
            steps.extend(part)
        if found.statement is not None:
            steps.append(DropStatement(module.span(found.statement)))
    span = module.span(found.node)
    return Finding("SAF209", module, span, "inspect", "", () if refusal else tuple(steps), group, refusal)


def _use(
    found: Inspection, call: ast.Call, taken: set[str], colours: Colours, wrapped: dict[ast.stmt, str]
) -> list[Step] | str:
    """How the call of a method is carried over, or why it cannot be; `wrapped` are statements with their engines."""
    module = found.scope.module
    above = parents(module)
    statement = statement_of(module, call)
    node: ast.AST = call
    while node is not statement:
        node = above[node]
        if isinstance(node, _BARRIERS):
            return "the inspector is used in a generator expression, lambda or inner function; use a plain statement"
    inner = {child for child in walk(call) if child is not call}
    waiting = {operation.node for operation in operations(found.scope)}
    waiting |= {
        each.node for each in found.scope.record.calls.values() if any(t in colours.reasons for t in each.targets)
    }
    if (inner - {found.node}) & waiting:
        return "an argument of the inspector's method has to wait itself; put it into a variable"
    bind = found.node.args[0] if found.node.args else found.node.keywords[0].value
    if not isinstance(bind, (ast.Name, ast.Attribute)):
        return "the inspector's engine is not a plain name; put it into a variable"
    assert isinstance(call.func, ast.Attribute)
    connection = free_name(taken, "conn", "connection")
    rest = module.text[module.span(call.func.value).end : module.span(call).end]
    made = f"{module.source(found.node.func)}(sync_conn){rest}"
    if isinstance(found.bind, Connection):
        connection = module.source(bind)
    awaited = f"await {connection}.run_sync(lambda sync_conn: {made})"
    indent = module.before(module.span(statement).start)
    opened = f"async with {module.source(bind)}.connect() as {connection}:"
    header = f"{opened}{module.newline}{indent}    "
    bare = isinstance(above[call], (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr, ast.Assert))
    start = module.span(statement).start
    if isinstance(found.bind, Connection):
        return [Replace(module.span(call), (awaited if bare else f"({awaited})",))]
    if isinstance(statement, _SIMPLE):
        replaced = Replace(module.span(call), (awaited if bare else f"({awaited})",))
        done = statement in wrapped
        if wrapped.setdefault(statement, module.source(bind)) != module.source(bind):
            return "one statement inspects several engines; use a statement for each"
        first = Replace(Span(start, start), (header,))
        return [replaced] if done else [first, replaced]
    elif_text = module.text[start : start + 4] == "elif"
    if not isinstance(statement, (ast.If, ast.For)) or elif_text or indent.strip():
        return "the inspector is used where nothing can be put before; put its answer into a variable"
    plain = call.func.attr.removeprefix("get_")
    name = free_name(taken, plain)
    taken.add(name)
    return [
        AddStatements(module.span(statement), ((opened,), (f"    {name} = {awaited}",)), False),
        Replace(module.span(call), (name,)),
    ]
