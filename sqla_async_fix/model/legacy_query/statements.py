"""Queries that become a part of something else without being executed: subqueries, set operations, SQL arguments."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import DropArgument, RenameMethod, Replace, Step, Symbol
from sqla_async_fix.model.kinds import UNKNOWN, VALUE, Constant, Kind, Outcome, Query, Statement
from sqla_async_fix.model.knowledge.query_methods import ATTRIBUTES_TO_REFUSE, UNSUPPORTED
from sqla_async_fix.model.legacy_query.criteria import AFTER_UNION
from sqla_async_fix.model.legacy_query.settings import LABELS
from sqla_async_fix.model.legacy_query.use import Use, detached
from sqla_async_fix.model.sql import Context, method


def detach(query: Query, context: Context) -> Outcome:
    """A query that is bound to a name, returned or passed on becomes a `select()` where it begins."""
    loose, steps, refusal = detached(query)
    return Outcome(loose if refusal is None else replace(loose, refusal=loose.refusal or refusal), steps, refusal)


def coerce(query: Query, node: ast.expr, context: Context, *, scalar: bool = False) -> Outcome:
    """A query as an argument of an SQL construct; `scalar`: as an operand, which needs `scalar_subquery()`."""
    loose, steps, refusal = detached(query)
    refusal = refusal or query.refusal
    if scalar:
        kind = _member(loose, "scalar_subquery", context)
        if not isinstance(node, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
            refusal = (
                refusal or "the query is an operand beside others; end it with `.scalar_subquery()` in each branch"
            )
        end = context.span(node).end
        return Outcome(kind, (*steps, Replace(Span(end, end), (".scalar_subquery()",))), refusal)
    return Outcome(_statement(loose), steps, refusal)


NO_TRUTH = "the query is used as a condition, and a statement has no truth value; compare it with `None` instead"


def as_condition(query: Query, node: ast.expr, negation: ast.UnaryOp | None, context: Context) -> Outcome:
    """A query as a condition, which is met unless there is None instead; `negation` is the `not` before it."""
    loose, steps, refusal = detached(query)
    refusal = refusal or query.refusal
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
        refusal = refusal or NO_TRUTH
    span = context.span(node)
    operator = " is not None"
    if negation is not None:
        before = Span(context.span(negation).start, span.start)
        if context.source(negation)[: before.end - before.start].split() == ["not"]:
            operator, steps = " is None", (*steps, Replace(before, ()))
    return Outcome(loose, (*steps, Replace(Span(span.end, span.end), (operator,))), refusal)


def _statement(query: Query) -> Statement:
    return Statement(query.elements, origins=query.origins)


def _member(query: Query, name: str, context: Context) -> Kind:
    call = ast.Call(ast.Name("query"), [], [])
    return method(_statement(query), name, (), call, context) or UNKNOWN


def end_as_expression(use: Use) -> Outcome:
    """`exists()`, `label()`, `scalar_subquery()`, `as_scalar()`, `cte()`."""
    name = "scalar_subquery" if use.name == "as_scalar" else use.name
    loose, steps, refusal = detached(use.query)
    kind = method(_statement(loose), name, use.args, use.node, use.context) or UNKNOWN
    if use.query.set_operation and name in ("cte", "label"):
        refusal = refusal or AFTER_UNION
    if use.query.from_statement:
        refusal = refusal or f"`{use.name}()` after `from_statement()` has no 2.0 form"
    if name != use.name:
        steps = (*steps, RenameMethod(use.span, name))
    return Outcome(kind, steps, refusal or use.query.refusal)


def subquery(use: Use) -> Outcome:
    """`subquery(name, with_labels, reduce_columns)`."""
    loose, steps, refusal = detached(use.query)
    kind = method(_statement(loose), "subquery", (), use.node, use.context) or UNKNOWN
    if use.query.set_operation:
        refusal = (
            refusal or "columns of a combined query's subquery are named differently in 2.0; build it with `union(...)`"
        )
    if len(use.positional) > 1 or use.starred:
        refusal = refusal or "the flags of `subquery()` are not plain to see; name them"
    for name, code in (("with_labels", (".set_label_style(", LABELS, ")")), ("reduce_columns", (".reduce_columns()",))):
        flag = use.keyword(name)
        if flag is None:
            continue
        if not isinstance(flag.kind, Constant):
            refusal = refusal or f"whether `{name}` is set is not known"
            continue
        steps = (*steps, DropArgument(use.context.span(flag.node)))
        if flag.kind.value:
            end = use.context.span(use.receiver).end
            steps = (*steps, use.insert(end, *code))
    return Outcome(kind, steps, refusal or use.query.refusal)


def set_operation(use: Use) -> Outcome:
    """`union()` and the like: a `select()` has them too, but their result is a compound statement."""
    parts = [arg.kind for arg in use.args]
    refusal: str | None = None
    query = replace(use.query, set_operation=True, limited=False, one_row=False, filtered=True)
    if not all(isinstance(part, Statement) for part in parts) or use.starred:
        refusal = refusal or "what is combined here is not known"
    if use.query.set_operation:
        refusal = refusal or "nested set operations have no exact form as methods; use `union(...)` of all the parts"
    if use.query.limited or (use.query.ordered and not use.query.set_operation):
        refusal = refusal or "ORDER BY or LIMIT inside a set operation needs a subquery in 2.0; write it out"
    if use.query.parameterised or use.query.optioned or use.query.for_update or use.query.yield_per:
        refusal = (
            refusal
            or "options of one part of a set operation count for the whole in a legacy query; set them on the whole"
        )
    return Outcome(query) if refusal is None else use.refuse(refusal)


def from_statement(use: Use) -> Outcome:
    """`from_statement()`; plain text gets its `text()`."""
    steps: tuple[Step, ...] = ()
    first = use.args[0] if use.args else None
    if first is not None and isinstance(first.kind, Constant) and isinstance(first.kind.value, str):
        span = use.context.span(first.node)
        steps = (use.insert(span.start, Symbol("sqlalchemy", "text"), "("), use.insert(span.end, ")"))
    return use.keep(*steps, from_statement=True, multiplied=True)


def attribute(query: Query, name: str, node: ast.Attribute, context: Context) -> Outcome:
    """`query.name`, not called."""
    if name in ATTRIBUTES_TO_REFUSE or name in UNSUPPORTED:
        reason = UNSUPPORTED.get(
            name, f"`{name}` has no counterpart on a `select()`; use the variable that it came from"
        )
        return Outcome(VALUE, refusal=reason)
    loose, steps, refusal = detached(query)
    if query.set_operation or (query.labelled and name != "statement"):
        refusal = refusal or AFTER_UNION
    if name in ("statement", "selectable"):
        text = context.source(node)
        span = context.span(node)
        dot = span.start + text.rindex(".")
        return Outcome(_statement(loose), (*steps, Replace(Span(dot, span.end), ())), refusal or query.refusal)
    if name in ("whereclause", "column_descriptions"):
        return Outcome(VALUE, steps, refusal or query.refusal)
    return Outcome(UNKNOWN, refusal=f"`{name}` is not known on a legacy query; rewrite this use by hand")
