"""Queries that meet where control flow does."""

from __future__ import annotations

from dataclasses import replace

from sqla_async_fix.model.kinds import UNKNOWN, Element, Query
from sqla_async_fix.model.legacy_query.shape import Shape, shape


def join(a: Query, b: Query) -> Query:
    """What is known of a query that is one of two; both have left the expressions that they began in."""
    if a == b:
        return a
    froms, sources = _froms(a, b)
    same_primary = a.primary == b.primary and a.primary_code == b.primary_code
    same_join = a.last_joined == b.last_joined and a.joined_code == b.joined_code and a.joined == b.joined
    return replace(
        a,
        origins=a.origins | b.origins,
        session=a.session if a.session == b.session else None,
        elements=_elements(a, b),
        start=a.start if a.start == b.start else None,
        calls=a.calls if a.calls == b.calls else (),
        froms=froms,
        sources=sources,
        equated=a.equated & b.equated,
        joined=a.joined or b.joined,
        multiplied=a.multiplied or b.multiplied,
        joined_collection=a.joined_collection or b.joined_collection,
        limited=a.limited or b.limited,
        distinct=a.distinct or b.distinct,
        grouped=a.grouped or b.grouped,
        ordered=a.ordered or b.ordered,
        optioned=a.optioned or b.optioned,
        filtered=a.filtered or b.filtered,
        select_from=max(a.select_from, b.select_from),
        set_operation=a.set_operation or b.set_operation,
        from_statement=a.from_statement or b.from_statement,
        yield_per=a.yield_per or b.yield_per,
        streamed=a.streamed or b.streamed,
        primary=a.primary if same_primary else None,
        primary_code=a.primary_code if same_primary else (),
        last_joined=a.last_joined if same_join else None,
        joined_code=a.joined_code if same_join else (),
        criteria=a.criteria and b.criteria,
        one_row=a.one_row and b.one_row,
        for_update=a.for_update or b.for_update,
        parameterised=a.parameterised or b.parameterised,
        configured=a.configured or b.configured,
        needs_join=a.needs_join or b.needs_join,
        labelled=a.labelled or b.labelled,
        tuples=a.tuples or b.tuples,
        unchecked=a.unchecked and b.unchecked,
        ordering=a.ordering | b.ordering,
        rebound=a.rebound or b.rebound,
        owner=a.owner if a.owner == b.owner else (),
        given=a.given if a.given == b.given else (),
        refusal=a.refusal or b.refusal or _conflict(a, b),
    )


def _conflict(a: Query, b: Query) -> str | None:
    for name in ("yield_per", "set_operation", "from_statement", "tuples", "rebound"):
        if getattr(a, name) != getattr(b, name):
            return "the branches that meet here build queries of different forms; end each in its branch"
    return None


def _elements(a: Query, b: Query) -> tuple[Element, ...] | None:
    """The elements of both; of two single entities, one that is either; None when the shapes differ."""
    if a.elements == b.elements:
        return a.elements
    if shape(a) is Shape.SINGLE and shape(b) is Shape.SINGLE:
        return (Element(UNKNOWN, "|".join(sorted({*_entities(a), *_entities(b)}))),)
    return None


def _froms(a: Query, b: Query) -> tuple[tuple[str, ...], frozenset[str]]:
    """The FROM clause of either and what criteria read: of two queries of one entity each, there is still one."""
    sources = a.sources | b.sources
    if a.froms != b.froms and _is_alone(a) and _is_alone(b):
        either = "|".join(sorted({*_entities(a), *_entities(b)}))
        return (either,), frozenset({either}) if sources else sources
    return tuple(dict.fromkeys((*a.froms, *b.froms))), sources


def _is_alone(query: Query) -> bool:
    """Whether the query selects one entity, and neither joins nor criteria bring another."""
    plain = shape(query) is Shape.SINGLE and not (query.joined or query.multiplied or query.select_from)
    entity = "|".join(_entities(query))
    return plain and query.froms == (entity,) and query.sources <= {entity}


def _entities(query: Query) -> list[str]:
    return [part for each in query.elements or () if each.entity for part in each.entity.split("|")]
