"""Calls of SQLAlchemy's functions that make SQL constructs. Methods of constructs are in `methods`."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.model.kinds import (
    Alias,
    Argument,
    ClassRef,
    Kind,
    SqlExpr,
    SqlTable,
    Statement,
)
from sqla_async_fix.model.knowledge import sql_constructs as known
from sqla_async_fix.model.sql.expressions import (
    Context,
    as_expression,
    combine,
    conjunction,
    elements,
    named,
    site,
    type_hashability,
)
from sqla_async_fix.model.sql.loaders import loader


def call(name: str, args: tuple[Argument, ...], node: ast.Call, context: Context) -> Kind | None:
    """The kind of calling SQLAlchemy's function of this dotted name; None when it makes no SQL construct."""
    short = known.canonical(name)
    if short.startswith("func."):
        return _function(short.rsplit(".", 1)[-1], args, context)
    if short in known.STATEMENTS:
        return Statement(elements(args, context))
    if short in known.DML:
        return Statement(dml=True)
    if short in known.SET_OPERATIONS:
        return set_operation(tuple(arg.kind for arg in args))
    if short in known.ENTITIES:
        return _entity(short, args, node, context)
    if short in known.TABLES or short in known.JOINS:
        return SqlTable(f"{short}:{site(node, context)}")
    if short in known.JOINED_LOADERS or short in known.OTHER_LOADERS:
        return loader(short, args, context)
    return _expression(short, args, context)


def set_operation(parts: tuple[Kind, ...]) -> Statement:
    """`union()` and the like over statements: it selects what the first selects."""
    first = parts[0] if parts else None
    origins = [part.origins for part in parts if isinstance(part, Statement)]
    found = first.elements if isinstance(first, Statement) and not first.dml else None
    return Statement(found, origins=frozenset().union(*origins))


def _entity(short: str, args: tuple[Argument, ...], node: ast.Call, context: Context) -> Kind | None:
    target = args[0].kind if args else None
    if isinstance(target, ClassRef) and context.mapped(target.name) is not None:
        return Alias(target.name, site(node, context), short == "with_polymorphic")
    if isinstance(target, Alias):
        return Alias(target.model, site(node, context), target.polymorphic)
    if isinstance(target, (SqlTable, Statement)):
        return SqlTable(f"alias:{site(node, context)}")
    return None


def _function(name: str, args: tuple[Argument, ...], context: Context) -> SqlExpr:
    operands = tuple(as_expression(arg.kind, arg.node, context) for arg in args)
    whole = combine(operands)
    hashable = name in known.SCALAR_FUNCTIONS
    unhashable = name in known.LIST_FUNCTIONS
    if name in known.SAME_TYPE_FUNCTIONS:
        typed = [each for each in operands if not each.one_row] or list(operands)
        hashable = hashable or (bool(typed) and all(each.hashable for each in typed))
        unhashable = bool(typed) and typed[0].unhashable
    return replace(
        whole,
        hashable=hashable,
        unhashable=unhashable,
        aggregate=whole.aggregate or name in known.AGGREGATES,
        one_row=whole.one_row and name not in known.AGGREGATES,
        implicit=name,
    )


def _expression(short: str, args: tuple[Argument, ...], context: Context) -> Kind | None:
    operands = tuple(as_expression(arg.kind, arg.node, context) for arg in args)
    if short == "and_":
        return conjunction(operands)
    if short == "or_" and len(operands) == 1 and not args[0].starred:
        return operands[0]
    if short in known.CRITERIA:
        return combine(operands)
    if short in known.NO_SOURCE:
        return SqlExpr(one_row=True, hashable=short in ("literal", "exists"))
    if short == "col" and args:
        return args[0].kind
    if short in known.TRANSPARENT and operands:
        return replace(operands[0], equated=frozenset(), name=None)
    if short in known.COMPOUND and not any(arg.name == "single_entity" for arg in args):
        return _compound(short, args, operands)
    return None


def _compound(short: str, args: tuple[Argument, ...], operands: tuple[SqlExpr, ...]) -> SqlExpr:
    whole = combine(operands, keep_aggregate=short != "over")
    first = operands[0] if operands else SqlExpr()
    if short == "with_parent":
        return SqlExpr(whole.sources, complete=False)
    if short == "label":
        return named(whole, operands[-1] if operands else whole, args[0] if args else None)
    if short == "Bundle":
        content = replace(combine(operands[1:]), hashable=all(each.hashable for each in operands[1:]))
        return named(content, content, args[0] if args else None)
    if short in ("cast", "try_cast", "type_coerce") and len(args) > 1:
        hashable, unhashable = type_hashability(args[1].kind)
        return replace(first, equated=frozenset(), name=None, hashable=hashable, unhashable=unhashable)
    if short in ("distinct", "over", "funcfilter"):
        return replace(whole, hashable=first.hashable, unhashable=first.unhashable)
    return whole
