"""Random legacy queries as a start and a list of builder calls, with what is known about their rows.

How a query is ended is in `terminals`, how it is spread over statements and functions in `compositions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .vocabulary import MODELS, SESSION, Model, Source, about_number, condition, literal_for, some_model


@dataclass(slots=True)
class Draft:
    """A query under construction.

    `shape`: "S" one mapped class, "C" columns only, "M" several elements with a mapped class. `names` are the row's
    keys where they may be relied on (None: not). `reads` are the eager relationships that may be read from the entity.
    `exact` is whether SEMANTICS.md calls everything used so far exact under conditions that hold here.
    """

    elements: list[str]
    shape: str
    sources: list[Source]
    prelude: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    joined: list[Source] = field(default_factory=list)
    entity: Source | None = None
    traits: set[str] = field(default_factory=set)
    exact: bool = True

    @property
    def start(self) -> str:
        """The call that opens the query."""
        return f"{SESSION}.query({', '.join(self.elements)})"

    @property
    def text(self) -> str:
        """The whole query in one expression."""
        return self.start + "".join(self.steps)

    def criterion(self, random: Random, source: Source | None = None, *, nested: bool = True) -> str:
        """A condition that fits into this query, about its first source unless told."""
        taken = frozenset(source.name for source in self.sources)
        return condition(random, source or self.sources[0], nested=nested, taken=taken)

    def has(self, *traits: str) -> bool:
        """One of the traits was used."""
        return not self.traits.isdisjoint(traits)

    def add(self, step: str, *traits: str) -> None:
        """Append a builder call."""
        self.steps.append(step)
        self.traits.update(traits)


def draft(random: Random) -> Draft:
    """A query with some steps, without LIMIT, which terminals and compositions add."""
    roll = random.random()
    if roll < 0.5:
        query = _of_entity(random)
    elif roll < 0.8:
        query = _of_columns(random)
    else:
        query = _of_several(random)
    for _ in range(random.randint(0, 3)):
        _step(random, query)
    return query


def _of_entity(random: Random) -> Draft:
    model = some_model(random)
    prelude, source = [], Source(model, model.name)
    if random.random() < 0.12:
        source = Source(model, "picked")
        prelude = [f"picked = aliased({model.name})"]
    query = Draft([source.name], "S", [source], prelude, entity=source)
    if random.random() < 0.35 and model.links:
        _join(random, query)
    if random.random() < 0.3:
        _eager(random, query)
    return query


def _of_columns(random: Random) -> Draft:
    model = some_model(random)
    source = Source(model, model.name)
    roll = random.random()
    if roll < 0.2:
        return _aggregate(random, model, source)
    if roll < 0.4:
        return _grouped(random, model, source)
    columns = random.sample(model.columns, random.randint(1, min(3, len(model.columns))))
    query = Draft([f"{model.name}.{column}" for column in columns], "C", [source], names=list(columns))
    if random.random() < 0.4:
        _labelled(random, query, source)
    if random.random() < 0.3 and model.links:
        _join(random, query)
    if random.random() < 0.2:
        query.add(".distinct()", "distinct")
    return query


def _labelled(random: Random, query: Draft, source: Source) -> None:
    column = f"{source.name}.{random.choice(source.model.columns)}"
    text = f"{source.name}.{random.choice(source.model.texts)}"
    many = [link for link in source.model.links if link.many and link.on]
    choices = [
        f"{column}.label('other')",
        f"func.coalesce({text}, 'none').label('other')",
        f"func.lower({text}).label('other')",
        f"case(({about_number(random, f'{source.name}.{source.model.keys[0]}')}, 1), else_=0).label('other')",
        "literal(7).label('other')",
    ]
    if many:
        link = random.choice(many)
        on = link.on.format(s=source.name, t=link.target) if link.on else ""
        choices.append(f"{SESSION}.query(func.count({link.target}.id)).filter({on}).label('other')")
        choices.append(f"{SESSION}.query(func.max({link.target}.id)).filter({on}).scalar_subquery().label('other')")
    query.elements.append(random.choice(choices))
    query.names.append("other")


def _aggregate(random: Random, model: Model, source: Source) -> Draft:
    column = f"{model.name}.{random.choice(model.columns)}"
    number = f"{model.name}.{random.choice(model.numbers)}"
    function = random.choice(
        (
            f"func.count({column})",
            f"func.max({number})",
            f"func.sum({number})",
            f"func.min({column})",
            f"func.count(distinct({column}))",
            f"func.avg({number})",
        )
    )
    if random.random() < 0.5:
        return Draft([f"{function}.label('value')"], "C", [source], names=["value"], traits={"aggregate"})
    return Draft([function], "C", [source], names=[None], traits={"aggregate"})


def _grouped(random: Random, model: Model, source: Source) -> Draft:
    column = random.choice(model.columns)
    key = f"{model.name}.{model.keys[0]}"
    query = Draft(
        [f"{model.name}.{column}", f"func.count({key}).label('amount')"], "C", [source], names=[column, "amount"]
    )
    query.add(f".group_by({model.name}.{column})", "group")
    if random.random() < 0.5:
        query.add(f".having(func.count({key}) {random.choice(('>', '>=', '=='))} {random.randint(1, 2)})")
    query.add(f".order_by({model.name}.{column})", "ordered")
    return query


def _of_several(random: Random) -> Draft:
    model = random.choice([m for m in MODELS.values() if any(link.on for link in m.links)])
    link = random.choice([link for link in model.links if link.on])
    source, target = Source(model, model.name), Source(MODELS[link.target], link.target)
    on = (link.on or "").format(s=model.name, t=link.target)
    if random.random() < 0.5:
        elements, names = [model.name, link.target], [model.name, link.target]
    else:
        column = random.choice(target.model.columns)
        elements, names = [model.name, f"{link.target}.{column}"], [model.name, column]
    query = Draft(elements, "M", [source, target], names=[*names], entity=source)
    query.add(
        random.choice(
            (
                f".join({link.target}, {on})",
                f".filter({on})",
                f".outerjoin({link.target}, {on})",
                f".join({model.name}.{link.name})",
            )
        ),
        "join",
    )
    query.joined.append(target)
    if random.random() < 0.6:
        query.add(f".order_by({model.name}.id, {link.target}.id)", "ordered")
    return query


def _step(random: Random, query: Draft) -> None:
    roll = random.random()
    source = random.choice(query.sources)
    if roll < 0.5:
        method = "filter" if random.random() < 0.9 else "where"
        conditions = [query.criterion(random, source) for _ in range(1 if random.random() < 0.8 else 2)]
        query.add(f".{method}({', '.join(conditions)})", "where")
    elif roll < 0.62:
        _filter_by(random, query)
    elif roll < 0.85 and not query.has("aggregate", "group"):
        order(random, query)
    elif roll < 0.9 and query.shape != "M" and not query.has("aggregate", "group", "join", "eager", "ordered"):
        query.add(".distinct()", "distinct")
    elif roll < 0.95:
        query.add(f".execution_options(audit={random.randint(1, 9)})", "options")


def _filter_by(random: Random, query: Draft) -> None:
    """Legacy `filter_by` speaks of the entity joined last, or of the first one."""
    if query.shape == "M":
        return
    source = query.joined[-1] if query.joined else query.sources[0]
    column = random.choice(source.model.columns)
    value = literal_for(random, source.model, column) if random.random() < 0.85 else "None"
    query.add(f".filter_by({column}={value})", "where")


def order(random: Random, query: Draft) -> None:
    """Order by something of the first source, ending in its key, so that equal rows stay in a fixed order."""
    source = query.sources[0]
    if query.has("distinct") and query.shape == "C":
        return  # SQL of other databases refuses to order a DISTINCT by what is not selected
    first = f"{source.name}.{random.choice(source.model.columns)}"
    direction = random.choice(("", "", ".desc()", ".asc()"))
    keys = [f"{source.name}.{key}" for key in source.model.keys]
    query.add(f".order_by({', '.join(dict.fromkeys([first + direction, *keys]))})", "ordered")


def _join(random: Random, query: Draft) -> None:
    source = query.sources[0]
    link = random.choice(source.model.links)
    outer = random.random() < 0.3
    method = "outerjoin" if outer else "join"
    if link.target == source.model.name or random.random() < 0.2:
        query.prelude.append(f"joined = aliased({link.target})")
        target = Source(MODELS[link.target], "joined")
        query.add(
            random.choice(
                (
                    f".{method}(joined, {source.name}.{link.name})",
                    f".{method}({source.name}.{link.name}.of_type(joined))",
                )
            ),
            "join",
        )
    else:
        target = Source(MODELS[link.target], link.target)
        choices = [f".{method}({source.name}.{link.name})", f".{method}({link.target}, {source.name}.{link.name})"]
        if link.on:
            on = link.on.format(s=source.name, t=link.target)
            choices += [f".{method}({link.target}, {on})"]
            if not source.aliased:
                choices += [f".{method}({link.target})"]
        choices.append(f".join({source.name}.{link.name}, isouter={outer})")
        query.add(random.choice(choices), "join")
        if link.many and not source.aliased and random.random() < 0.2 and query.shape == "S":
            query.add(f".options(contains_eager({source.name}.{link.name}))", "eager")
            if not query.has("ordered"):
                query.add(f".order_by({source.name}.id, {link.target}.id)", "ordered")
            query.reads.append(link.name)
    query.sources.append(target)
    query.joined.append(target)


def _eager(random: Random, query: Draft) -> None:
    source = query.sources[0]
    links = [link for link in source.model.links if link.name not in query.reads]
    if not links or query.has("distinct"):
        return
    link = random.choice(links)
    load = random.choice(("joinedload", "selectinload", "subqueryload"))
    further = MODELS[link.target].links
    text = f"{load}({source.name}.{link.name})"
    if further and random.random() < 0.25:
        text += f".selectinload({link.target}.{random.choice(further).name})"
    query.add(f".options({text})", "eager")
    query.reads.append(link.name)
