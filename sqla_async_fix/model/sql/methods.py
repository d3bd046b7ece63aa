"""Methods of SQL constructs: columns, expressions, tables, statements, loader options. Operators are in `operators`."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.model.kinds import (
    VALUE,
    Alias,
    Argument,
    Attribute,
    ClassRef,
    Kind,
    LoaderOption,
    SqlExpr,
    SqlTable,
    Statement,
)
from sqla_async_fix.model.knowledge import sql_constructs as known
from sqla_async_fix.model.sql.calls import set_operation
from sqla_async_fix.model.sql.expressions import (
    Context,
    as_expression,
    combine,
    elements,
    entity_key,
    named,
    site,
    type_hashability,
)
from sqla_async_fix.model.sql.loaders import chain

_SAME = frozenset({"desc", "asc", "nulls_first", "nulls_last", "nullsfirst", "nullslast", "collate", "self_group"})
_TABLE_TO_TABLE = frozenset({"alias", "lateral", "tablesample", "join", "outerjoin", "union", "union_all", "subquery"})
_TABLE_TO_STATEMENT = frozenset({"select", "insert", "update", "delete"})
_STATEMENT_TO_TABLE = frozenset({"subquery", "cte", "alias", "lateral"})
_STATEMENT_TO_VALUE = frozenset({"compile", "get_final_froms", "get_execution_options"})


def method(receiver: Kind, name: str, args: tuple[Argument, ...], node: ast.Call, context: Context) -> Kind | None:
    """The kind of `receiver.name(*args)`; None when the receiver is no SQL construct or has no such method known."""
    if isinstance(receiver, LoaderOption):
        return chain(receiver, name, args, context)
    if isinstance(receiver, Attribute) and receiver.type == "relationship" and name in ("of_type", "and_"):
        return _led_elsewhere(receiver, name, args)
    if isinstance(receiver, (Attribute, SqlExpr)):
        return _expression(receiver, name, args, context)
    if isinstance(receiver, SqlTable):
        return _table(receiver, name, node, context)
    if isinstance(receiver, Statement):
        return _statement(receiver, name, args, node, context)
    return None


def _led_elsewhere(receiver: Attribute, name: str, args: tuple[Argument, ...]) -> Attribute:
    target = args[0].kind if name == "of_type" and args else None
    if isinstance(target, (ClassRef, Alias)):
        return replace(receiver, target=entity_key(target))
    return receiver if name == "and_" else replace(receiver, target="?")


def _expression(receiver: Attribute | SqlExpr, name: str, args: tuple[Argument, ...], context: Context) -> SqlExpr:
    base = as_expression(receiver, None, context)
    operands = (base, *(as_expression(arg.kind, arg.node, context) for arg in args))
    if name == "label":
        return named(base, base, args[0] if args else None)
    if name in _SAME:
        return replace(base, equated=frozenset(), name=None)
    if isinstance(receiver, Attribute) and receiver.type == "relationship":
        # `contains()` of a many-to-many relationship brings its secondary table into FROM; `any()` and `has()` do not.
        return SqlExpr(base.sources, complete=name in ("any", "has"))
    if name in ("any", "has"):
        return SqlExpr(base.sources, complete=False)
    if isinstance(receiver, SqlExpr) and receiver.one_row and name in ("where", "select_from", "correlate", "filter"):
        return receiver
    whole = combine(operands, keep_aggregate=name != "over")
    if name == "cast" and args:
        hashable, unhashable = type_hashability(args[0].kind)
        return replace(whole, hashable=hashable, unhashable=unhashable)
    if name in ("over", "filter", "distinct", "within_group"):
        return replace(whole, hashable=base.hashable, unhashable=base.unhashable)
    return whole


def _table(receiver: SqlTable, name: str, node: ast.Call, context: Context) -> Kind | None:
    if name in _TABLE_TO_TABLE:
        return SqlTable(f"{name}:{site(node, context)}", receiver.elements if name not in known.JOINS else None)
    if name in _TABLE_TO_STATEMENT:
        return Statement(dml=name != "select")
    return None


def _statement(
    receiver: Statement, name: str, args: tuple[Argument, ...], node: ast.Call, context: Context
) -> Kind | None:
    if name in _STATEMENT_TO_TABLE:
        return SqlTable(f"{name}:{site(node, context)}", receiver.elements)
    if name == "execution_options":
        return replace(receiver, streamed=receiver.streamed or any(arg.name in known.STREAMING for arg in args))
    if name == "exists":
        return SqlExpr(one_row=True)
    if name in ("scalar_subquery", "as_scalar", "label"):
        columns = receiver.elements or ()
        content = SqlExpr(
            one_row=True,
            hashable=len(columns) == 1 and columns[0].hashable,
            unhashable=len(columns) == 1 and columns[0].unhashable,
        )
        return named(content, content, args[0] if args else None) if name == "label" else content
    if name in known.SET_OPERATIONS:
        return set_operation((receiver, *(arg.kind for arg in args)))
    if name in ("with_only_columns", "returning"):
        return replace(receiver, elements=elements(args, context))
    if name in ("add_columns", "column", "add_entity"):
        more = elements(args, context)
        known_both = receiver.elements is not None and more is not None
        return replace(receiver, elements=(*(receiver.elements or ()), *(more or ())) if known_both else None)
    return VALUE if name in _STATEMENT_TO_VALUE else receiver
