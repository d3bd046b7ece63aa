"""What a legacy query gives and how often: shape, duplicates, at most one row. No steps are made here."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from sqla_async_fix.model.kinds import UNKNOWN, Attribute, Element, Instance, Kind, Query, Row, SqlExpr
from sqla_async_fix.model.mapped import MappedClass
from sqla_async_fix.model.sql import Context


class Shape(Enum):
    """One entity, rows of columns only, or rows with an entity among them."""

    SINGLE = "single"
    COLUMNS = "columns"
    MIXED = "mixed"


def shape(query: Query) -> Shape | None:
    """The shape of the query's results; None when what it selects is not known."""
    if not query.elements:
        return None
    if not any(each.entity for each in query.elements):
        return Shape.COLUMNS
    return Shape.SINGLE if len(query.elements) == 1 and not query.tuples else Shape.MIXED


def item(query: Query) -> Kind:
    """The kind of one result."""
    if shape(query) is Shape.SINGLE and query.elements:
        model = query.elements[0].model
        return Instance(model) if model else UNKNOWN
    return Row(query.elements, query.origins)


def repeats(query: Query) -> bool:
    """Whether the statement of a single-entity query may give an object more than once, or needs `unique()` to run."""
    if query.yield_per:
        return False
    return (
        query.joined
        or query.multiplied
        or query.joined_collection
        or query.from_statement
        or query.select_from > 0
        or bool(query.sources - set(query.froms))
        or len(query.froms) != 1
    )


def unhashable(query: Query) -> bool:
    """Whether a row surely holds a value that no query can compare, so that legacy never dropped a duplicate row."""
    return any(each.unhashable for each in query.elements or ())


def hashable(query: Query) -> bool:
    """Whether every value of a row surely hashes."""
    return all(each.hashable for each in query.elements or ())


def ambiguous_names(elements: tuple[Element, ...]) -> bool:
    """Whether two columns share a field name: legacy rows then give the last one for it, 2.0 rows the first."""
    names = Counter(each.name for each in elements if each.entity is None and each.name is not None)
    implicit = {each.kind.implicit for each in elements if isinstance(each.kind, SqlExpr) and each.kind.implicit}
    return any(count > 1 or name in implicit for name, count in names.items())


def at_most_one(query: Query, context: Context) -> bool:
    """Whether the statement, as it is, provably gives one row at most."""
    if query.set_operation or query.from_statement or not query.elements:
        return False
    if query.one_row:
        return True
    if not query.grouped and all(each.entity is None for each in query.elements):
        if any(each.aggregate for each in query.elements):
            return True
        if not query.froms and not query.multiplied and not query.sources and _reads_nothing(query.elements):
            return True
    return _key_is_fixed(query, context)


def _reads_nothing(elements: tuple[Element, ...]) -> bool:
    return all(isinstance(each.kind, SqlExpr) and each.kind.one_row and each.kind.complete for each in elements)


def _key_is_fixed(query: Query, context: Context) -> bool:
    if len(query.froms) != 1 or query.joined or query.multiplied or query.sources - set(query.froms):
        return False
    owner = query.froms[0]
    mapped = mapped_of(query, owner, context)
    if mapped is None:
        return False
    fixed = {name for key, name in query.equated if key == owner}
    if mapped.complete and mapped.primary_key() and mapped.primary_key() <= fixed:
        return True
    return any(names and names <= fixed for names in mapped.unique_sets) or any(
        column.unique and name in fixed for name, column in mapped.columns.items()
    )


def mapped_of(query: Query, owner: str | None, context: Context) -> MappedClass | None:
    """The mapped class behind an entity key."""
    for each in query.elements or ():
        if each.entity == owner and each.model:
            return context.mapped(each.model)
        if isinstance(each.kind, Attribute) and each.kind.owner == owner and each.kind.model:
            return context.mapped(each.kind.model)
    return context.mapped(owner) if owner else None
