"""The legacy `Query`: what its methods mean, and the steps to their 2.0 form. Kinds in, kinds and steps out.

`start()` makes no step: while the chain is one expression, its terminal rewrites it whole. A query that leaves its
expression is detached, which makes it a statement where it begins; its terminals then name the session themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from sqla_async_fix.core.steps import Code
from sqla_async_fix.model.kinds import (
    UNKNOWN,
    VALUE,
    Argument,
    Attribute,
    BuilderCall,
    Element,
    Instance,
    Kind,
    Outcome,
    Query,
    Row,
    SqlExpr,
)
from sqla_async_fix.model.kinds import Session as SessionKind
from sqla_async_fix.model.knowledge.query_methods import BINDS_PARAMETERS, NOT_AFTER_LIMIT, SAME_NAME, UNSUPPORTED
from sqla_async_fix.model.legacy_query import by_key, columns, criteria, results, settings, statements, writing
from sqla_async_fix.model.legacy_query.branches import join
from sqla_async_fix.model.legacy_query.results import iterate, subscript
from sqla_async_fix.model.legacy_query.shape import ambiguous_names
from sqla_async_fix.model.legacy_query.statements import NO_TRUTH, as_condition, attribute, coerce, detach
from sqla_async_fix.model.legacy_query.use import Use, argument_text
from sqla_async_fix.model.sql import Context, element, elements, is_sql

__all__ = [
    "NO_TRUTH",
    "ambiguous_names",
    "as_condition",
    "attribute",
    "coerce",
    "detach",
    "iterate",
    "join",
    "method",
    "row_attribute",
    "start",
    "start_of_model",
    "subscript",
]

_BUILDERS: dict[str, Callable[[Use], Outcome]] = {
    "add_column": columns.add_columns,
    "add_columns": columns.add_columns,
    "add_entity": columns.add_columns,
    "apply_labels": settings.with_labels,
    "as_scalar": statements.end_as_expression,
    "autoflush": settings.autoflush,
    "cte": statements.end_as_expression,
    "distinct": criteria.distinct,
    "enable_assertions": settings.enable_assertions,
    "execution_options": settings.execution_options,
    "exists": statements.end_as_expression,
    "filter": criteria.criteria,
    "filter_by": criteria.filter_by,
    "from_statement": statements.from_statement,
    "get_execution_options": statements.end_as_expression,
    "group_by": criteria.group_by,
    "having": criteria.having,
    "join": columns.join,
    "label": statements.end_as_expression,
    "limit": criteria.bounds,
    "offset": criteria.bounds,
    "only_return_tuples": settings.tuples,
    "options": settings.options,
    "order_by": criteria.order_by,
    "outerjoin": columns.join,
    "params": settings.params,
    "populate_existing": settings.populate_existing,
    "reset_joinpoint": columns.reset_joinpoint,
    "scalar_subquery": statements.end_as_expression,
    "select_from": columns.select_from,
    "set_label_style": settings.set_label_style,
    "slice": criteria.bounds,
    "subquery": statements.subquery,
    "tuples": settings.tuples,
    "where": criteria.criteria,
    "with_entities": columns.with_entities,
    "with_for_update": settings.with_for_update,
    "with_labels": settings.with_labels,
    "with_parent": criteria.with_parent,
    "with_session": settings.with_session,
    "yield_per": settings.yield_per,
    **dict.fromkeys(
        ("union", "union_all", "intersect", "intersect_all", "except_", "except_all"), statements.set_operation
    ),
    **dict.fromkeys(SAME_NAME, Use.keep),
}

_TERMINALS: dict[str, Callable[[Use], Outcome]] = {
    "all": results.all_,
    "count": results.count,
    "delete": writing.write,
    "first": results.first,
    "get": by_key.get,
    "one": results.one,
    "one_or_none": results.one,
    "scalar": results.scalar,
    "update": writing.write,
    "value": results.value,
    "values": results.value,
}

_AFTER_UNION = frozenset({"limit", "offset", "order_by", "slice"})
"""Builders that mean the same on a compound statement of columns."""


_FIELDS = frozenset({"_asdict", "_mapping", "_fields", "keys"})
"""Members of a row that give the names of its fields."""


def start(
    session: Kind, session_text: str | None, args: tuple[Argument, ...], node: ast.Call, context: Context
) -> Outcome:
    """`session.query(*args)`."""
    assert isinstance(node.func, ast.Attribute)
    span = context.span(node)
    first = args[0].node if args else None
    query = Query(
        origins=frozenset({f"{context.path}:{span.start}"}),
        session=session_text,
        is_async=isinstance(session, SessionKind) and session.is_async,
        start=(span.start, span.end),
        function_end=context.span(node.func).end,
        argument_start=context.span(first).start if first is not None else span.end - 1,
        calls=(BuilderCall("query", (span.start, span.end), argument_text(node, context)),),
        extra=tuple(context.source(arg.node) for arg in args if _is_other(arg, context)),
    )
    return Outcome(columns.selecting(query, elements(args, context), args, context))


def start_of_model(
    owner: Code, args: tuple[Argument, ...], node: ast.Attribute, context: Context, refusal: str | None
) -> Outcome:
    """`Model.query`, where `args` is the model; `owner` is the code of its session."""
    span = context.span(node)
    model = context.source(node.value)
    query = Query(
        origins=frozenset({f"{context.path}:{span.start}"}),
        session=None,
        start=(span.start, span.end),
        function_end=span.end,
        calls=(BuilderCall("query", (span.start, span.end), model),),
        rebound=True,
        owner=owner,
        given=(f"({model})",),
        refusal=refusal,
    )
    return Outcome(columns.selecting(query, elements(args, context), args, context), refusal=refusal)


def _is_other(arg: Argument, context: Context) -> bool:
    """Whether an argument is a name that stands for nothing that can be selected, as far as is known."""
    plain = isinstance(arg.node, (ast.Name, ast.Attribute)) and not arg.starred
    return plain and element(arg.kind, context) is None


def method(
    query: Query,
    name: str,
    args: tuple[Argument, ...],
    node: ast.Call,
    context: Context,
    *,
    result_used: bool,
    session_text: str | None,
    positional: bool = False,
) -> Outcome:
    """`query.name(*args)`, a builder or a terminal. `session_text` is the session's text where the call stands.

    `positional`: what takes the rows apart never asks for names.
    """
    session = query.session if query.rebound else session_text or query.session
    use = Use(query, name, args, node, context, session, result_used, positional)
    terminal = _TERMINALS.get(name)
    if terminal is not None:
        return terminal(use)
    builder = _BUILDERS.get(name)
    if builder is None:
        return use.refuse(
            UNSUPPORTED.get(name, f"`{name}()` is no method of SQLAlchemy's `Query`; rewrite this use by hand")
        )
    reason = _misplaced(use)
    return use.noted(builder(use) if reason is None else use.refuse(reason))


def _misplaced(use: Use) -> str | None:
    """Why a builder cannot stand where it does."""
    query, name = use.query, use.name
    if name in NOT_AFTER_LIMIT and query.limited and not query.unchecked:
        return (
            f"`{name}()` after LIMIT or OFFSET fails in legacy form while a `select()` takes it silently; put it before"
        )
    if name in BINDS_PARAMETERS and query.parameterised and not all(_binds_nothing(arg) for arg in use.args):
        return f"`params()` must come last on a `select()`; put it after `{name}()`"
    ends = statements.end_as_expression, statements.subquery
    if query.set_operation and name not in _AFTER_UNION and _BUILDERS[name] not in ends:
        return criteria.AFTER_UNION
    return None


def _binds_nothing(arg: Argument) -> bool:
    """Whether an argument plainly holds no parameter for `params()` to set."""
    node = arg.node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        node = node.func.value
    if isinstance(node, (ast.Constant, ast.UnaryOp)):
        return True
    if isinstance(node, ast.Call) and is_sql(arg.kind) and not node.keywords:
        return all(isinstance(each, ast.Constant) and ":" not in str(each.value) for each in node.args)
    return isinstance(arg.kind, Attribute) or (isinstance(node, ast.Attribute) and isinstance(arg.kind, SqlExpr))


def row_attribute(row: Row, name: str) -> Kind | Outcome | None:
    """What `row.name` gives; an Outcome with a refusal where it is not the same in legacy and 2.0 rows."""
    if row.elements is None:
        if row.origins and name in _FIELDS:
            return Outcome(UNKNOWN, refusal="which fields the rows have is not known, and legacy names may differ")
        return None
    matches = [each for each in row.elements if each.name == name]
    if name in _FIELDS:
        if any(each.name is None for each in row.elements) or ambiguous_names(row.elements):
            return Outcome(UNKNOWN, refusal="the rows' field names differ between legacy and 2.0; label the columns")
        return None
    if len(matches) > 1:
        return Outcome(UNKNOWN, refusal=f"two columns of the rows are named `{name}`; label one")
    if not matches and any(isinstance(each.kind, SqlExpr) and each.kind.implicit == name for each in row.elements):
        return Outcome(UNKNOWN, refusal=f"only 2.0 rows have a field `{name}` for the function; label the column")
    return _value(matches[0]) if matches else None


def _value(element: Element) -> Kind:
    if element.entity is not None:
        return Instance(element.model) if element.model else UNKNOWN
    return VALUE
