"""How a random query is ended and its result read: statements with a hole for the query, and a value.

Which query goes into the hole, and in which function, is in `compositions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from .queries import Draft, order
from .vocabulary import SESSION

HOLE: Final = "¤"
"""Where the query goes: a chain, a variable, a call."""


@dataclass(slots=True)
class Ending:
    """Statements, one text a line, then the value; `exact`: no condition of SEMANTICS.md that may not hold."""

    value: str
    lines: list[str] = field(default_factory=list)
    exact: bool = True
    trait: str = "all"


def ending(random: Random, query: Draft) -> Ending:
    """A way to end `query`, which may get an order or a key criterion that the end needs."""
    if random.random() < 0.3 and not query.has("ordered", "aggregate"):
        order(random, query)
    if query.shape == "S":
        return _of_entity(random, query)
    if query.shape == "C":
        return _of_columns(random, query)
    return _of_several(random, query)


def _limited(random: Random) -> str:
    return random.choice(("", "", "", ".limit(2)", ".limit(3).offset(1)", ".offset(1)", ".slice(1, 3)", ".limit(1)"))


def _common(random: Random, query: Draft) -> Ending:
    """Endings that every shape has."""
    roll = random.random()
    if roll < 0.22:
        return Ending(f"{HOLE}{_limited(random)}.all()")
    if roll < 0.32:
        return Ending(f"list({HOLE}{_limited(random)})", trait="list")
    if roll < 0.36:
        return Ending(f"tuple({HOLE})", trait="list")
    if roll < 0.52:
        return Ending(f"{HOLE}{_limited(random)}.first()", trait="first")
    if roll < 0.6:
        return Ending(f"{HOLE}.{random.choice(('one', 'one_or_none'))}()", trait="one")
    if roll < 0.7:
        return Ending(f"{HOLE}{_limited(random)}.count()", trait="count")
    if roll < 0.74:
        return Ending(f"{HOLE}.count() > 1", trait="count")
    if roll < 0.79:
        return Ending(f"{SESSION}.query({HOLE}.exists()).scalar()", trait="exists")
    if roll < 0.88:
        return Ending(f"{HOLE}{random.choice(('[1:3]', '[:2]', '[1:]', '[0:1]', '[2:2]'))}", trait="slice")
    if roll < 0.92:
        return Ending(f"{HOLE}[{random.choice((0, 0, 1, 30))}]", trait="index")
    if roll < 0.96:
        return Ending(f"len({HOLE}.all())", trait="all")
    return Ending("found", [f"found = {HOLE}.first()"], trait="first")


def _of_entity(random: Random, query: Draft) -> Ending:
    assert query.entity is not None
    source = query.entity
    if random.random() < 0.4:
        if random.random() < 0.35:
            _pin(random, query)
        return _common(random, query)
    read, other = _read(random, query, "x"), _read(random, query, "x")
    key = f"x.{source.model.keys[0]}"
    choices = [
        Ending(f"[{read} for x in {HOLE}]", trait="iterate"),
        Ending(f"[({read}, {other}) for x in {HOLE}{_limited(random)}.all()]"),
        Ending(f"[{read} for x in {HOLE} if {other} is not None]", trait="iterate"),
        Ending(f"{{{key}: {read} for x in {HOLE}}}", trait="iterate"),
        Ending("out", ["out = []", f"for x in {HOLE}:", f"    out.append({read})"], trait="iterate"),
        Ending(
            "out",
            ["out = []", f"for place, x in enumerate({HOLE}):", f"    out.append((place, {read}))"],
            trait="iterate",
        ),
        Ending(f"sum({key} for x in {HOLE})", trait="iterate"),
        Ending(f"any({read} == 'bo' for x in {HOLE})", trait="iterate"),
        Ending(f"[{read} for x in sorted({HOLE}, key=lambda x: -{key})]", trait="iterate"),
        Ending(f"{read} if x else None", [f"x = {HOLE}.first()"], trait="first"),
        Ending(read, [f"x = {HOLE}.first()", "if x is None:", "    return 'none'"], trait="first"),
        Ending(f"{HOLE}.first() is not None", trait="first"),
        Ending(f"next(iter({HOLE}), None)", trait="iterate"),
        Ending("(head, rest)", [f"head, *rest = {HOLE}"], trait="iterate"),
        Ending(f"{HOLE}.scalar()", trait="scalar"),
        Ending(f"{HOLE}.with_entities({_column(random, query)}).all()", trait="with_entities"),
        Ending(f"{HOLE}.with_entities(func.count({_key(query)})).scalar()", trait="with_entities"),
        Ending(f"{HOLE}.add_columns({_column(random, query)}).all()", trait="add_columns"),
    ]
    if not query.has("eager", "join", "distinct") and source.model.name != "Club":
        choices += [
            Ending(f"[{_read(random, query, 'x')} for x in {HOLE}.yield_per(2)]", trait="yield_per"),
            Ending("out", ["out = []", f"for x in {HOLE}.yield_per(3):", f"    out.append({key})"], trait="yield_per"),
            Ending(f"list({HOLE}.values({_column(random, query)}))", trait="values"),
        ]
    if not query.has("eager", "join", "distinct", "ordered"):
        other = f"{SESSION}.query({source.name}).filter({query.criterion(random, nested=False)})"
        choices.append(Ending(f"{HOLE}.union({other}).count()", exact=False, trait="union"))
    if not query.has("where", "join", "ordered", "distinct") and not source.aliased:
        keys = ", ".join(str(random.choice((1, 2, 99))) for _ in source.model.keys)
        value = f"({keys})" if len(source.model.keys) > 1 else keys
        choices += [Ending(f"{HOLE}.get({value})", trait="get")] * 4
    if query.has("eager", "distinct"):
        choices = [choice for choice in choices if choice.trait not in ("with_entities", "add_columns")]
    return random.choice(choices)


def _of_columns(random: Random, query: Draft) -> Ending:
    if query.has("aggregate"):
        return random.choice(
            [Ending(f"{HOLE}.scalar()", trait="scalar")] * 4
            + [
                Ending(f"{HOLE}.scalar() or 0", trait="scalar"),
                Ending(f"{HOLE}.one()[0]", trait="one"),
                Ending(f"{HOLE}.first()[0]", trait="first"),
                Ending(f"{HOLE}.all()"),
            ]
        )
    if random.random() < 0.45:
        return _common(random, query)
    index = random.randrange(len(query.elements))
    by_name = f"row.{query.names[index]}"
    choices = [
        Ending(f"[row[{index}] for row in {HOLE}]", trait="iterate"),
        Ending(f"[{by_name} for row in {HOLE}{_limited(random)}]", trait="iterate"),
        Ending(f"[dict(row._mapping) for row in {HOLE}]", trait="iterate"),
        Ending(f"[row._asdict() for row in {HOLE}.all()]"),
        Ending("out", ["out = []", f"for row in {HOLE}:", f"    out.append({by_name})"], trait="iterate"),
        Ending(f"set({HOLE})", trait="iterate"),
        Ending(f"{by_name} if row else None", [f"row = {HOLE}.first()"], trait="first"),
        Ending(f"{HOLE}.scalar()", trait="scalar"),
        Ending(f"[*{HOLE}]", trait="iterate"),
        _as_subquery(random, query, "subquery"),
        _as_subquery(random, query, "cte"),
    ]
    if len(query.elements) == 1:
        choices += [
            Ending(f"[value for (value,) in {HOLE}]", trait="iterate"),
            Ending(f"[value for value, in {HOLE}.all()]"),
            Ending(f"{SESSION}.query(Product).filter(Product.name.in_({HOLE})).order_by(Product.id).all()", trait="in"),
            Ending(f"{SESSION}.query(Product).filter(Product.id.notin_({HOLE}.subquery())).all()", trait="in"),
        ]
    elif len(query.elements) == 2:
        choices += [Ending(f"dict({HOLE}.all())"), Ending(f"[(b, a) for a, b in {HOLE}]", trait="iterate")]
    if not query.has("ordered", "group", "join", "distinct") and "other" not in query.names:
        inner = f"{query.start}.filter({query.criterion(random, nested=False)})"
        kind = random.choice(("union", "union_all", "except_", "intersect"))
        choices.append(Ending(f"sorted({HOLE}.{kind}({inner}).all(), key=repr)", trait="union"))
    return random.choice(choices)


def _of_several(random: Random, query: Draft) -> Ending:
    if random.random() < 0.6:
        return _common(random, query)
    second = "b and b.id" if query.elements[1] == query.names[1] else "b"
    choices = [
        Ending(f"[(a.id, {second}) for a, b in {HOLE}]", trait="iterate"),
        Ending(f"[(row[0].id, row[1]) for row in {HOLE}.all()]"),
        Ending(f"[row.{query.names[0]}.id for row in {HOLE}]", trait="iterate"),
        Ending("out", ["out = []", f"for a, b in {HOLE}:", f"    out.append((a.id, {second}))"], trait="iterate"),
    ]
    return random.choice(choices)


def _as_subquery(random: Random, query: Draft, method: str) -> Ending:
    name = query.names[random.randrange(len(query.names))]
    rows = f"{SESSION}.query(inner.c.{name}).order_by(inner.c.{name})"
    return Ending(f"{rows}{random.choice(('', '.distinct()'))}.all()", [f"inner = {HOLE}.{method}()"], trait="subquery")


def _pin(random: Random, query: Draft) -> None:
    """A criterion that leaves few rows, so that `one` has a chance."""
    assert query.entity is not None
    model, name = query.entity.model, query.entity.name
    if model.unique and random.random() < 0.3:
        query.add(f".filter({name}.{model.unique} == 'bo1@x')", "where")
        return
    pinned = model.keys if random.random() < 0.8 else model.keys[:1]
    query.add(f".filter({', '.join(f'{name}.{key} == {random.randint(1, 3)}' for key in pinned)})", "where")


def _read(random: Random, query: Draft, name: str) -> str:
    """An expression over an entity that loads nothing."""
    assert query.entity is not None
    if query.reads and random.random() < 0.5:
        relation = random.choice(query.reads)
        link = next(link for link in query.entity.model.links if link.name == relation)
        if link.many:
            return random.choice((f"len({name}.{relation})", f"[y.id for y in {name}.{relation}]"))
        return f"({name}.{relation}.id if {name}.{relation} else None)"
    return f"{name}.{random.choice(query.entity.model.columns)}"


def _column(random: Random, query: Draft) -> str:
    assert query.entity is not None
    return f"{query.entity.name}.{random.choice(query.entity.model.columns)}"


def _key(query: Draft) -> str:
    assert query.entity is not None
    return f"{query.entity.name}.{query.entity.model.keys[0]}"
