"""SQL expressions as kinds: what they read, fix and give. What makes them is in `calls`, `methods` and `operators`."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Protocol

from sqla_async_fix.core.span import Span
from sqla_async_fix.model.kinds import (
    Alias,
    Argument,
    Attribute,
    ClassRef,
    Constant,
    Element,
    External,
    ExternalInstance,
    Kind,
    LoaderOption,
    Query,
    Sequence,
    SqlExpr,
    SqlTable,
    Statement,
    Tuple,
    Unknown,
)
from sqla_async_fix.model.knowledge import sql_constructs as known
from sqla_async_fix.model.mapped import Column, MappedClass


class Context(Protocol):
    """What the evaluator tells about the file at hand and the project's mapped classes."""

    path: str

    def span(self, node: ast.AST) -> Span:
        """The node's place in the text, in code points."""

    def source(self, node: ast.AST) -> str:
        """The node's text as written."""

    def mapped(self, name: str) -> MappedClass | None:
        """The mapped class of this qualified name."""


def is_sql(kind: Kind) -> bool:
    """Whether the kind is an SQL construct."""
    return isinstance(kind, (Alias, SqlTable, Attribute, SqlExpr, LoaderOption, Statement))


def site(node: ast.AST, context: Context) -> str:
    """The place of a construct as a key: `path:offset`."""
    return f"{context.path}:{context.span(node).start}"


# --- members ----------------------------------------------------------------------------------------------------------


def attribute(value: Kind, name: str, context: Context) -> Kind | None:
    """The kind of `value.name`; None when that is not a matter of SQL."""
    if isinstance(value, ClassRef):
        return _member(value.name, value.name, name, context)
    if isinstance(value, Alias):
        return _member(value.site, value.model, name, context)
    if isinstance(value, SqlTable):
        if name in ("c", "columns") and not value.name.endswith(".c"):
            return SqlTable(f"{value.name}.c", value.elements)
        return _table_column(value, name, context) if value.name.endswith(".c") else None
    if isinstance(value, Attribute) and value.type == "other":
        return SqlExpr(frozenset({value.owner}), complete=False, hashable=False)
    return None


def _member(owner: str, model: str, name: str, context: Context) -> Kind | None:
    mapped = context.mapped(model)
    if mapped is None:
        return None
    if name == "__table__":
        return SqlTable(f"{model}.__table__")
    kind = mapped.attribute_type(name)
    if kind == "other" and (mapped.complete or name.startswith("__")):
        return None
    return Attribute(owner, model, name, kind)


def _table_column(table: SqlTable, name: str, context: Context) -> Attribute:
    found: Element | Column | None = None
    for each in table.elements or ():
        mapped = context.mapped(each.model) if each.model else None
        if each.name == name and each.entity is None:
            found = each
        elif mapped is not None and name in mapped.columns:
            found = mapped.columns[name]
    hashable, unhashable = (found.hashable, found.unhashable) if found is not None else (False, False)
    return Attribute(table.name.removesuffix(".c"), "", name, "column", "", hashable, unhashable)


def subscript(value: Kind) -> Kind | None:
    """The kind of `value[...]`: an element of a JSON or array column."""
    if isinstance(value, (Attribute, SqlExpr)):
        expr = as_expression(value, None)
        return SqlExpr(expr.sources, expr.complete, hashable=False)
    return None


# --- expressions ------------------------------------------------------------------------------------------------------


def as_expression(kind: Kind, node: ast.expr | None, context: Context | None = None) -> SqlExpr:
    """What an SQL construct, or a value used as one, reads and gives. `node` helps to tell values from the unknown."""
    if isinstance(kind, SqlExpr):
        return kind
    if isinstance(kind, Attribute):
        hashable, unhashable = _hashability(kind, context)
        return SqlExpr(
            frozenset({kind.owner}),
            kind.type in ("column", "relationship", "composite"),
            name=kind.name,
            hashable=hashable,
            unhashable=unhashable,
        )
    if isinstance(kind, Statement):
        return SqlExpr(one_row=True, hashable=False)
    if isinstance(kind, SqlTable):
        return SqlExpr(frozenset({kind.name.removesuffix(".c")}), hashable=False)
    if isinstance(kind, (ClassRef, Alias)):
        return SqlExpr(frozenset({entity_key(kind)}), hashable=False)
    if isinstance(kind, Tuple) and any(map(is_sql, kind.items)):
        nodes = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [None] * len(kind.items)
        return combine(tuple(as_expression(each, at, context) for each, at in zip(kind.items, nodes, strict=False)))
    if isinstance(kind, Sequence) and is_sql(kind.item):
        return replace(as_expression(kind.item, None, context), equated=frozenset(), name=None, hashable=False)
    return SqlExpr(complete=is_value(kind, node), one_row=True, hashable=isinstance(kind, Constant))


def _hashability(kind: Attribute, context: Context | None) -> tuple[bool, bool]:
    mapped = context.mapped(kind.model) if context is not None and kind.model else None
    column = mapped.columns.get(kind.name, kind) if mapped is not None else kind
    return column.hashable, column.unhashable


def entity_key(kind: ClassRef | Alias) -> str:
    """The key by which expressions name an entity."""
    return kind.name if isinstance(kind, ClassRef) else kind.site


def is_value(kind: Kind, node: ast.expr | None) -> bool:
    """Whether an operand is a run-time value rather than SQL.

    What is not known counts as one where it is written as a variable or a lower-case attribute path: SQL constructs
    come from classes, tables and functions, and those that the project makes are known.
    """
    if is_sql(kind) or isinstance(kind, (Query, ClassRef)):
        return False
    if not isinstance(kind, Unknown):
        return True
    return node is not None and _written_as_value(node)


def _written_as_value(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return not node.id[:1].isupper()
    if isinstance(node, ast.Attribute):
        plain = not node.attr[:1].isupper() and node.attr not in ("c", "columns", "__table__")
        return plain and _written_as_value(node.value)
    if isinstance(node, (ast.Subscript, ast.Starred, ast.Await)):
        return _written_as_value(node.value)
    if isinstance(node, ast.BinOp):
        return _written_as_value(node.left) and _written_as_value(node.right)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(_written_as_value, node.elts))
    if isinstance(node, ast.IfExp):
        return _written_as_value(node.body) and _written_as_value(node.orelse)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("str", "int", "float", "bool", "list", "tuple", "set", "len", "max", "min", "sorted")
    return isinstance(node, (ast.Constant, ast.JoinedStr, ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp))


def combine(operands: tuple[SqlExpr, ...], *, keep_aggregate: bool = True) -> SqlExpr:
    """An expression made of others; nothing is fixed by it and it has no name."""
    return SqlExpr(
        frozenset().union(*(each.sources for each in operands)),
        all(each.complete for each in operands),
        hashable=False,
        aggregate=keep_aggregate and any(each.aggregate for each in operands),
        one_row=all(each.one_row for each in operands),
    )


def conjunction(operands: tuple[SqlExpr, ...]) -> SqlExpr:
    """Criteria joined by AND: what each fixes stays fixed."""
    whole = combine(operands)
    equated = frozenset().union(*(each.equated for each in operands))
    return SqlExpr(whole.sources, whole.complete, equated, aggregate=whole.aggregate, one_row=whole.one_row)


def element(kind: Kind, context: Context) -> Element | None:
    """The kind as an argument of `select()` or `query()`; None when it is not known what it selects."""
    if isinstance(kind, ClassRef):
        if context.mapped(kind.name) is None:
            return None
        return Element(kind, kind.name, kind.name, kind.name.rsplit(".", 1)[-1])
    if isinstance(kind, Alias):
        return Element(kind, kind.site, kind.model)
    if isinstance(kind, Attribute):
        if kind.type == "relationship":
            return None
        expr = as_expression(kind, None, context)
        return Element(kind, None, "", kind.name, expr.hashable, expr.unhashable)
    if isinstance(kind, SqlExpr):
        return Element(kind, None, "", kind.name, kind.hashable, kind.unhashable, kind.aggregate)
    if isinstance(kind, SqlTable) or (isinstance(kind, Statement) and kind.dml):
        return Element(kind, hashable=False)
    return None


def elements(args: tuple[Argument, ...], context: Context) -> tuple[Element, ...] | None:
    """The arguments as elements; None as soon as one is unknown."""
    found = [None if arg.starred or arg.name else element(arg.kind, context) for arg in args]
    known_ones = tuple(each for each in found if each is not None)
    return known_ones if len(known_ones) == len(found) else None


# --- details ----------------------------------------------------------------------------------------------------------


def named(expr: SqlExpr, content: SqlExpr, name: Argument | None) -> SqlExpr:
    """The expression under a label; `content` is what is labelled."""
    label = name.kind.value if name is not None and isinstance(name.kind, Constant) else None
    return replace(
        expr,
        equated=frozenset(),
        name=label if isinstance(label, str) else None,
        hashable=content.hashable,
        unhashable=content.unhashable,
        aggregate=content.aggregate,
        one_row=content.one_row,
        implicit="",
    )


def type_hashability(kind: Kind) -> tuple[bool, bool]:
    """Whether values of an SQL type (class or instance) surely hash, and whether they surely do not."""
    name = kind.name if isinstance(kind, (External, ExternalInstance)) else ""
    last = name.rsplit(".", 1)[-1]
    return last in known.HASHABLE_TYPES, last in known.UNHASHABLE_TYPES
