"""Generator expressions that come to hold an `await`, and who takes their items. Generator functions are in
`consumers`."""

from __future__ import annotations

import ast

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAsync, AddAwait, ListComprehension, Replace, Step
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.effects import only_reads
from sqla_async_fix.model.symbols import Scope

_EAGER = frozenset(["any", "all", "list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "dict"])
"""Builtins that a list serves as well; `any` and `all` then wait for every item."""

_REFUSAL = "nothing can be awaited in a generator expression; make it a list or a loop"

Change = tuple[tuple[Step, ...], str | None]


def awaited(scope: Scope, node: ast.expr, steps: tuple[Step, ...], clause: ast.comprehension | None = None) -> Change:
    """The steps that await `node`, with those for every generator expression that holds it: a list where one takes all
    items at once, else an asynchronous generator. `clause`: one that becomes `async for` because of it."""
    module, above = scope.module, parents(scope.module)
    asynchronous = {clause}
    found = list(steps)
    before: ast.AST = node
    child: ast.AST = node
    while (parent := above.get(child)) is not None and not isinstance(child, (ast.stmt, ast.Lambda)):
        if isinstance(parent, ast.GeneratorExp):
            outermost = child is parent.generators[0] and before is parent.generators[0].iter
            if not outermost or child in asynchronous:
                taken = _taken(scope, module, parent)
                if taken is None:
                    return (), _REFUSAL
                found += taken
                taker = above[parent]
                if isinstance(taker, ast.comprehension):
                    asynchronous.add(taker)
        before, child = child, parent
    return tuple(found), None


def _taken(scope: Scope, module: Module, node: ast.GeneratorExp) -> list[Step] | None:
    """What becomes of a generator expression where its items are taken; None where nothing can."""
    taker = parents(module)[node]
    listed: list[Step] = [ListComprehension(module.span(node))]
    if isinstance(taker, ast.Starred):
        return listed
    if isinstance(taker, ast.Assign) and all(isinstance(each, (ast.Tuple, ast.List)) for each in taker.targets):
        return listed
    if isinstance(taker, ast.For):
        return [AddAsync(module.span(taker))]
    if isinstance(taker, ast.comprehension):
        return [AddAsync(module.span(taker.target))]
    if not isinstance(taker, ast.Call) or node not in taker.args:
        return None
    if isinstance(taker.func, ast.Attribute):
        return listed if taker.func.attr == "join" else None
    name = taker.func.id if isinstance(taker.func, ast.Name) else ""
    if name in ("any", "all") and not only_reads(scope, node):
        return first_that_decides(module, taker, name)
    if name in _EAGER:
        return listed
    if name == "next" and len(taker.args) == 2 and taker.args[0] is node:
        return [Replace(module.span(taker.func), ("anext",)), AddAwait(module.span(taker))]
    return None


def first_that_decides(module: Module, call: ast.Call, name: str) -> list[Step]:
    """`any(x)` as `await anext((True async for found in x if found), False)`, which stops where `any` does."""
    start = module.text.index("(", module.span(call.func).end) + 1
    end = module.span(call).end - 1
    first, test, otherwise = ("True", "", "False") if name == "any" else ("False", "not ", "True")
    bare = not isinstance(call.args[0], ast.GeneratorExp)
    opening, closing = ("", "") if bare else ("(", ")")
    return [
        Replace(module.span(call.func), ("anext",)),
        Replace(Span(start, start), (f"({first} async for found in {opening}",)),
        Replace(Span(end, end), (f"{closing} if {test}found), {otherwise}",)),
        AddAwait(module.span(call)),
    ]
