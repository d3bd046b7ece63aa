"""Builders that filter, sort, group and limit: criteria, `filter_by()`, ordering, bounds."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Code, RenameMethod, Replace, Step, Symbol
from sqla_async_fix.model.kinds import Argument, Attribute, Constant, Element, Outcome, Query, SqlExpr, Statement
from sqla_async_fix.model.legacy_query.shape import mapped_of
from sqla_async_fix.model.legacy_query.use import Use
from sqla_async_fix.model.mapped import MappedClass
from sqla_async_fix.model.sql import as_expression, is_sql
from sqla_async_fix.model.sql.operators import fixes

_LOOSE = (ast.IfExp, ast.BoolOp, ast.Compare, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.UnaryOp)
AFTER_UNION = (
    "criteria after `union()` and the like mean the combined rows; use `aliased(Model, union(...).subquery())` "
    "and name the alias in them"
)
_LABEL = re.compile(r"(?<![\w.\"'`:])([a-z]\w*_\w+)(?![\w.(])", re.IGNORECASE)


def criteria(use: Use) -> Outcome:
    """`filter()`, `where()`: criteria joined by AND."""
    query = _filtered(use.query, use.args, use)
    use = replace(use, query=query)
    return use.rename("where") if use.name == "filter" else use.keep()


def _filtered(query: Query, args: tuple[Argument, ...], use: Use) -> Query:
    exprs = [as_expression(arg.kind, arg.node, use.context) for arg in args]
    complete = all(
        each.complete and not arg.starred and (is_sql(arg.kind) or isinstance(arg.kind, Constant))
        for each, arg in zip(exprs, args, strict=True)
    )
    return replace(
        query,
        sources=query.sources.union(*(each.sources for each in exprs)),
        equated=query.equated.union(*(each.equated for each in exprs)),
        multiplied=query.multiplied or not complete,
        filtered=True,
        criteria=query.criteria or any(not arg.starred for arg in args),
    )


def having(use: Use) -> Outcome:
    """`having()`."""
    return _checked_text(use) or use.keep(grouped=True)


def filter_by(use: Use) -> Outcome:
    """`filter_by()`: kept while one entity is in FROM, else written out for the entity that it means."""
    query = use.query
    owner = query.last_joined if query.joined else query.primary
    code = query.joined_code if query.joined else query.primary_code
    names = [arg.name for arg in use.args if arg.name is not None]
    mapped = mapped_of(query, owner, use.context)
    if mapped is not None and mapped.complete:
        missing = [name for name in names if mapped.attribute_type(name) == "other"]
        if missing and query.joined:
            return use.refuse(
                f"`filter_by({missing[0]}=...)` means the entity joined last, which has no such attribute"
            )
    filtered = replace(
        query,
        filtered=True,
        criteria=query.criteria or bool(names),
        equated=query.equated | _equated(use, owner, mapped.name if mapped is not None else ""),
    )
    if (
        len(query.froms) == 1
        and not query.joined
        and (_is_plain(query) or not query.multiplied)
        and not _computes(query)
        and (not _only_computes(query) or _in_table(mapped, names))
    ):
        return replace(use, query=filtered).keep()
    if use.starred or use.positional:
        return use.refuse(
            "what `filter_by(**...)` on several entities means depends on the names; write `where(Model.name == value)`"
        )
    if not code or owner is None:
        return use.refuse("which entity `filter_by()` means here is not known; write `where(Model.attribute == value)`")
    steps: list[Step] = [RenameMethod(use.span, "where")]
    for keyword in use.node.keywords:
        steps.extend(_written_out(keyword, code, use))
    return replace(use, query=filtered).keep(*steps)


def _is_plain(query: Query) -> bool:
    """Whether the query selects one entity and nothing brings others but criteria, which `filter_by()` never means."""
    elements = query.elements or ()
    return len(elements) == 1 and elements[0].entity is not None and not query.select_from and not query.from_statement


def _computes(query: Query) -> bool:
    """Whether an expression that reads columns is selected beside an entity or column, or from an entity.

    SQLAlchemy 2.1 then has both the entity and its table for `filter_by()` to choose from, and fails.
    """
    exprs = [each.kind for each in query.elements or () if isinstance(each.kind, SqlExpr)]
    beside = query.select_from > 0 or len(exprs) != len(query.elements or ())
    return beside and bool(exprs)


def _only_computes(query: Query) -> bool:
    """Whether nothing but expressions is selected: `filter_by()` of the statement then means the plain table."""
    elements = query.elements or ()
    return bool(elements) and all(isinstance(each.kind, SqlExpr) for each in elements)


def _in_table(mapped: MappedClass | None, names: list[str]) -> bool:
    """Whether the names are columns of the class's own table by the same names, as far as is known."""
    if mapped is None:
        return True
    columns = [mapped.columns.get(name) for name in names]
    return not mapped.polymorphic and all(column is not None and not column.renamed for column in columns)


def _equated(use: Use, owner: str | None, model: str) -> frozenset[tuple[str, str]]:
    if owner is None:
        return frozenset()
    found = set()
    for arg in use.args:
        if arg.name is not None and fixes(Attribute(owner, model, arg.name, "column"), arg.kind, arg.node, use.context):
            found.add((owner, arg.name))
    return frozenset(found)


def _written_out(keyword: ast.keyword, code: Code, use: Use) -> list[Step]:
    """`name=value` as `Entity.name == value`."""
    value = use.context.span(keyword.value)
    start = use.context.span(keyword).start
    text = use.context.source(keyword)
    after = text.index("=") + 1
    after += len(text[after:]) - len(text[after:].lstrip())
    loose = isinstance(keyword.value, _LOOSE) and start + after == value.start
    opening = Replace(Span(start, start + after), (*code, f".{keyword.arg} == " + "(" * loose))
    return [opening, use.insert(value.end, ")")] if loose else [opening]


def with_parent(use: Use) -> Outcome:
    """`with_parent(object, Model.relationship)` becomes a criterion; without the relationship it would be a guess."""
    if len(use.positional) < 2 and use.keyword("property") is None and use.keyword("prop") is None:
        return use.refuse(
            "`with_parent()` without the relationship guesses it; write `where(with_parent(parent, Model.name))`"
        )
    first = use.context.span(use.args[0].node).start
    steps = (
        use.insert(first, Symbol("sqlalchemy.orm", "with_parent"), "("),
        use.before_parenthesis(")"),
    )
    return use.rename("where", *steps, multiplied=True, filtered=True, criteria=True)


# --- order, groups, bounds --------------------------------------------------------------------------------------------


def order_by(use: Use) -> Outcome:
    """`order_by()`; False resets it in a legacy query, None in both."""
    refused = _checked_text(use)
    if refused is not None:
        return refused
    query = use.query
    if query.set_operation:
        return _order_of_combined(use)
    if len(use.args) == 1 and isinstance(use.args[0].kind, Constant) and use.args[0].kind.value in (None, False):
        span = use.context.span(use.args[0].node)
        steps = (Replace(span, ("None",)),) if use.args[0].kind.value is False else ()
        return use.keep(*steps, ordered=False, ordering=frozenset())
    pairs = {pair for arg in use.args for pair in _columns(arg.node, arg)}
    return use.keep(ordered=True, ordering=query.ordering | pairs)


def _order_of_combined(use: Use) -> Outcome:
    """ORDER BY of a compound statement names what it selects: `User.id` becomes `"id"`."""
    steps: list[Step] = []
    names = [each.name for each in use.query.elements or ()]
    for arg in use.args:
        kind, node, direction = arg.kind, arg.node, ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("asc", "desc"):
            direction, node = node.func.attr, node.func.value
        pairs = _columns(arg.node, arg)
        if isinstance(kind, Constant) and names.count(str(kind.value)) == 1:
            continue
        if len(pairs) != 1 or not isinstance(node, ast.Attribute) or arg.starred:
            return use.refuse(AFTER_UNION)
        owner, name = next(iter(pairs))
        mapped = mapped_of(use.query, owner, use.context)
        column = mapped.columns.get(name) if mapped is not None else None
        selected = [each for each in use.query.elements or () if each.name == name]
        if len(selected) != 1 or _owner(selected[0]) != owner or column is None or column.renamed:
            return use.refuse(AFTER_UNION)
        code: Code = (f'"{name}"',)
        if direction:
            code = (Symbol("sqlalchemy", direction), f'("{name}")')
        steps.append(Replace(use.context.span(arg.node), code))
    return use.keep(*steps, ordered=True)


def _owner(element: Element) -> str:
    return element.kind.owner if isinstance(element.kind, Attribute) else ""


def _columns(node: ast.expr, arg: Argument) -> set[tuple[str, str]]:
    if isinstance(arg.kind, Attribute):
        return {(arg.kind.owner, arg.kind.name)}
    expr = as_expression(arg.kind, node)
    inner = node
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        inner = inner.func.value
    if len(expr.sources) == 1 and isinstance(inner, ast.Attribute) and inner is not node:
        return {(next(iter(expr.sources)), inner.attr)}
    return set()


def group_by(use: Use) -> Outcome:
    """`group_by()`."""
    return _checked_text(use) or use.keep(grouped=True)


def _checked_text(use: Use) -> Outcome | None:
    """SQL text may name the labels `<table>_<column>` that only a legacy query gives its columns."""
    for arg in use.args:
        for text in _texts(arg):
            for label in _LABEL.findall(text):
                if not _is_column(use, label):
                    return use.refuse(
                        f"the text may mean the label `{label}` that a legacy query gives its columns; "
                        "name the column itself, or add `set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)`"
                    )
    return None


def _texts(arg: Argument) -> list[str]:
    if not isinstance(arg.kind, Statement) or not arg.kind.dml or not isinstance(arg.node, ast.Call):
        return []
    return [each.value for each in arg.node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _is_column(use: Use, name: str) -> bool:
    for each in use.query.elements or ():
        if each.name == name:
            return True
    for owner in use.query.froms:
        mapped = mapped_of(use.query, owner, use.context)
        if mapped is not None and name in mapped.columns:
            return True
    return False


def bounds(use: Use) -> Outcome:
    """`limit()`, `offset()`, `slice()`."""
    one = use.query.one_row
    if use.name == "limit":
        kind = use.args[0].kind if use.args else None
        one = isinstance(kind, Constant) and kind.value == 1 and kind.type_name == "int"
    elif use.name == "slice":
        one = False
    return use.keep(limited=True, one_row=one)


def distinct(use: Use) -> Outcome:
    """`distinct()`."""
    return use.keep(distinct=True)


def orders_by_unselected(query: Query) -> bool:
    """Whether DISTINCT goes with an ORDER BY of a column that the rows do not have."""
    if not query.distinct:
        return False
    entities = {each.entity for each in query.elements or () if each.entity}
    names = {(each.kind.owner, each.kind.name) for each in query.elements or () if isinstance(each.kind, Attribute)}
    return any(owner not in entities and (owner, name) not in names for owner, name in query.ordering)
