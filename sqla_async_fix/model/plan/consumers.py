"""Generator functions that become asynchronous, and who takes all their items at once or hands them on.

Loops over them are in `waits`, generator expressions in `laziness`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAsync, AddAwait, AddStatements, Replace, Step, Symbol
from sqla_async_fix.model.plan.blocks import free_name, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.effects import only_reads
from sqla_async_fix.model.plan.laziness import Change, awaited, first_that_decides
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import children, walk

_BRACKETS = {"list": "[]", "set": "{}"}
_LISTED = frozenset(["tuple", "sorted", "sum", "min", "max", "frozenset", "dict"])
_METHODS = frozenset(["join", "extend"])
_REFUSAL = "an asynchronous generator can only be iterated by `async for`"


def taken(scope: Scope, node: ast.expr, target: Function) -> Change:
    """What becomes of the call `node` of a generator function where something else than a loop takes its items."""
    steps = _taken(scope, node, target)
    return ((), _REFUSAL) if steps is None else awaited(scope, node, steps)


def _taken(scope: Scope, node: ast.expr, target: Function) -> tuple[Step, ...] | None:
    module = scope.module
    taker = parents(module)[node]
    span = module.span(node)
    name = _item_name(scope)
    opening = f"{name} async for {name} in "
    listed: tuple[Step, ...] = (
        Replace(Span(span.start, span.start), (f"[{opening}",)),
        Replace(Span(span.end, span.end), ("]",)),
    )
    if isinstance(taker, ast.Starred) and isinstance(parents(module)[taker], (ast.List, ast.Tuple, ast.Set, ast.Call)):
        return listed
    if isinstance(taker, ast.Assign):
        return listed if all(isinstance(each, (ast.Tuple, ast.List)) for each in taker.targets) else None
    if isinstance(taker, ast.Compare):
        return listed if only_reads(scope, taker) else None
    if not isinstance(taker, ast.Call) or node not in taker.args:
        return None
    if isinstance(taker.func, ast.Attribute):
        return listed if taker.func.attr in _METHODS else None
    called = taker.func.id if isinstance(taker.func, ast.Name) else ""
    if called in _BRACKETS and len(taker.args) == 1 and not taker.keywords:
        whole, brackets = module.span(taker), _BRACKETS[called]
        return (
            Replace(Span(whole.start, span.start), (f"{brackets[0]}{opening}",)),
            Replace(Span(span.end, whole.end), (brackets[1],)),
        )
    if called in _LISTED:
        return listed
    if called == "enumerate":
        return _numbered(scope, node, taker)
    if called in ("any", "all") and len(taker.args) == 1:
        return tuple(first_that_decides(module, taker, called))
    if called == "next" and len(taker.args) == 2 and taker.args[0] is node and not cleans_up(target):
        return Replace(module.span(taker.func), ("anext",)), AddAwait(module.span(taker))
    return None


def _numbered(scope: Scope, node: ast.expr, call: ast.Call) -> tuple[Step, ...] | None:
    """`for i, x in enumerate(items)` as an `async for` over the items that counts them; None for other forms."""
    module, loop = scope.module, parents(scope.module)[call]
    target = loop.target if isinstance(loop, ast.For) and loop.iter is call else None
    if not (isinstance(target, ast.Tuple) and len(target.elts) == 2 and isinstance(target.elts[0], ast.Name)):
        return None
    start = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    assert isinstance(loop, ast.For)
    whole, outer, items = module.span(loop), module.span(call), module.span(node)
    first = module.span(loop.body[0])
    on_lines = "\n" in module.text[whole.start : first.start] and module.text[module.span(target).start] != "("
    plain = all(isinstance(each, (ast.Constant, ast.Name)) for each in start)
    if not (on_lines and plain and all(keyword.arg == "start" for keyword in call.keywords)):
        return None
    loops = [other for other in walk(scope.node) if isinstance(other, ast.For)]
    name = f"numbers_{loops.index(loop) + 1}" if len(loops) > 1 else "numbers"
    taken = {found.id for found in walk(scope.node) if isinstance(found, ast.Name)}
    numbers = free_name(taken, name, f"{name}_here", f"counted_{name}")
    given = "".join(map(module.source, start))
    return (
        AddStatements(whole, ((f"{numbers} = ", Symbol("itertools", ""), f".count({given})"),), False),
        AddAsync(whole),
        Replace(Span(module.span(target).start, module.span(target.elts[1]).start), ()),
        Replace(Span(outer.start, items.start), ()),
        Replace(Span(items.end, outer.end), ()),
        AddStatements(first, ((f"{target.elts[0].id} = next({numbers})",),), False),
    )


def cleans_up(generator: Function) -> bool:
    """Whether a generator function does something when it is left at a `yield`, which an event loop does later."""
    return any(
        isinstance(node, (ast.Try, ast.With, ast.AsyncWith))
        and any(isinstance(child, (ast.Yield, ast.YieldFrom)) for child in walk(node))
        for node in walk(generator.definition)
    )


def delegations(function: Function, colours: Colours) -> Iterator[Step]:
    """Every `yield from x` of a function that becomes asynchronous as a loop; `delegation_refusal` says if it can."""
    module = function.module
    for node in _delegating(function) if function.is_generator else ():
        name = _item_name(function)
        call = function.record.calls.get(node.value)
        is_async = call is not None and call.targets[0] in colours.reasons and call.targets[0].is_generator
        span = module.span(node)
        indent = module.before(span.start)
        unit = "\t" if indent.startswith("\t") else "    "
        loop = f"{'async ' if is_async else ''}for {name} in"
        yield Replace(Span(span.start, span.start + len("yield from")), (loop,))
        yield Replace(Span(span.end, span.end), (f":{module.newline}{indent}{unit}yield {name}",))


def delegation_refusal(function: Function) -> str | None:
    """Why a `yield from` of a function cannot become a loop; None if all can."""
    module = function.module
    above = parents(module)
    for node in _delegating(function):
        statement = above[node]
        start = module.span(node).start
        line = module.before(start)
        rest = module.text[module.span(node).end :].partition("\n")[0].strip()
        plain = isinstance(statement, ast.Expr) and not line.strip() and (not rest or rest.startswith("#"))
        if not plain or not module.text.startswith("yield from", start):
            return f"`{function.short_name}` uses `yield from`, which an asynchronous generator cannot; write a loop"
    return None


def _delegating(function: Function) -> Iterator[ast.YieldFrom]:
    pending: list[ast.AST] = list(function.definition.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.YieldFrom):
            yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            pending = [*children(node), *pending]


def _item_name(scope: Scope) -> str:
    """A name for the items of a generator that nothing in the body has."""
    nodes = walk(scope.node)
    taken = {node.id for node in nodes if isinstance(node, ast.Name)}
    taken |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return free_name(taken, "item", "element", "each_item")
