"""Python operators over SQL constructs. Calls and methods are elsewhere."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from sqla_async_fix.model.kinds import NONE, Attribute, Constant, ExternalInstance, Kind, Query
from sqla_async_fix.model.sql.expressions import Context, as_expression, combine, conjunction, is_sql, is_value

_NEVER_NONE = re.compile(
    r"(builtins\.(str|int|float|bool|bytes|complex|len|abs|round|hash|id|repr|format)|uuid|decimal|datetime)"
    r"(\.(?!utcoffset|dst|tzname)\w+)*$"
)
"""What surely gives a value: these classes and functions and what is called on their values."""
_PYTHON_COMPARISONS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)


def operator(
    node: ast.Compare | ast.BinOp | ast.BoolOp | ast.UnaryOp, operands: tuple[Kind, ...], context: Context
) -> Kind | None:
    """The SQL expression that the operator makes of its operands; None when none of them is SQL or Python decides."""
    if not any(is_sql(kind) or isinstance(kind, Query) for kind in operands):
        return None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return None
    if isinstance(node, ast.Compare):
        return _comparison(node, operands, context)
    exprs = tuple(as_expression(kind, each, context) for kind, each in zip(operands, operand_nodes(node), strict=True))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return conjunction(exprs)
    return combine(exprs)


def operand_nodes(node: ast.Compare | ast.BinOp | ast.BoolOp | ast.UnaryOp) -> tuple[ast.expr, ...]:
    """The operands of an operator from left to right."""
    if isinstance(node, ast.Compare):
        return (node.left, *node.comparators)
    if isinstance(node, ast.BinOp):
        return (node.left, node.right)
    return tuple(node.values) if isinstance(node, ast.BoolOp) else (node.operand,)


def _comparison(node: ast.Compare, operands: tuple[Kind, ...], context: Context) -> Kind | None:
    if any(isinstance(op, _PYTHON_COMPARISONS) for op in node.ops):
        return None
    nodes = operand_nodes(node)
    whole = combine(tuple(as_expression(kind, each, context) for kind, each in zip(operands, nodes, strict=True)))
    whole = replace(whole, hashable=True)
    if len(operands) != 2 or not isinstance(node.ops[0], ast.Eq):
        return whole
    for column, value, written in ((*operands, nodes[1]), (operands[1], operands[0], nodes[0])):
        if isinstance(column, Attribute) and column.type == "column" and fixes(column, value, written, context):
            return replace(whole, equated=frozenset({(column.owner, column.name)}))
    return whole


def fixes(column: Attribute, value: Kind, written: ast.expr, context: Context) -> bool:
    """Whether `column == value` leaves one value for the column, which is not NULL.

    `column == None` is IS NULL, which any number of rows of a nullable unique column meet; so such a column needs a
    value that surely is not None.
    """
    if value == NONE or not is_value(value, written):
        return False
    mapped = context.mapped(column.model) if column.model else None
    info = mapped.columns.get(column.name) if mapped is not None else None
    if info is not None and not info.nullable:
        return True
    if isinstance(value, Constant):
        return value.value is not None
    if isinstance(value, ExternalInstance):
        return _NEVER_NONE.match(value.name) is not None
    return isinstance(written, ast.JoinedStr)
