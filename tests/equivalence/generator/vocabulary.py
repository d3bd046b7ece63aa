"""What random programs can name: mapped classes with columns and relationships, and conditions on them.

The session is written as `SESSION` until a composition knows its name. Whole queries are in `queries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

SESSION: Final = "§"


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship: its attribute, the class it leads to, the explicit condition if there is a plain one."""

    name: str
    target: str
    on: str | None
    many: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A mapped class as programs use it."""

    name: str
    keys: tuple[str, ...]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    links: tuple[Link, ...] = ()
    has_level: bool = False
    unique: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every plain column."""
        return tuple(dict.fromkeys((*self.keys, *self.numbers, *self.texts)))


@dataclass(frozen=True, slots=True)
class Source:
    """A model under the name by which a program refers to it: its own, or that of an alias."""

    model: Model
    name: str

    @property
    def aliased(self) -> bool:
        """It is an alias."""
        return self.name != self.model.name


MODELS: Final = {
    model.name: model
    for model in (
        Model(
            "Customer",
            ("id",),
            ("id", "age"),
            ("name", "email"),
            (
                Link("addresses", "Address", "{t}.customer_id == {s}.id", True),
                Link("purchases", "Purchase", "{t}.customer_id == {s}.id", True),
            ),
            has_level=True,
            unique="email",
        ),
        Model(
            "Address",
            ("id",),
            ("id", "customer_id"),
            ("street", "city", "email"),
            (Link("customer", "Customer", "{s}.customer_id == {t}.id", False),),
        ),
        Model(
            "Purchase",
            ("id",),
            ("id", "total", "customer_id"),
            ("note",),
            (
                Link("customer", "Customer", "{s}.customer_id == {t}.id", False),
                Link("products", "Product", None, True),
            ),
        ),
        Model("Product", ("id",), ("id", "price"), ("name",), (Link("purchases", "Purchase", None, True),)),
        Model("Category", ("id",), ("id", "parent_id"), ("name",), (Link("children", "Category", None, True),)),
        Model("Seat", ("row", "number"), ("row", "number"), ("label",)),
        Model("Club", ("id",), ("id",), ("name",), (Link("members", "Member", "{t}.club_id == {s}.id", True),)),
        Model("Member", ("id",), ("id", "club_id"), ("name",)),
        Model("Staff", ("id",), ("id",), ("name", "role")),
        Model("Manager", ("id",), ("id", "budget"), ("name",)),
        Model("Vehicle", ("id",), ("id",), ("label", "kind")),
        Model("Car", ("id",), ("id", "doors"), ("label",)),
        Model("Document", ("id",), ("id", "revision"), ("title",)),
        Model("Coupon", ("id",), ("id", "customer_id"), ("code",), unique="code"),
    )
}

_WEIGHTED: Final = (
    *("Customer",) * 8,
    *("Address",) * 5,
    *("Purchase",) * 4,
    *("Product", "Club", "Category", "Seat") * 2,
    *("Member", "Staff", "Manager", "Vehicle", "Car", "Document", "Coupon"),
)

_TEXTS: Final = ("bo", "ann", "pen", "Rome", "a", "leaf", "bo1@x", "mia", "zz")


def some_model(random: Random) -> Model:
    """A model; those with relationships are more frequent."""
    return MODELS[random.choice(_WEIGHTED)]


def condition(random: Random, source: Source, *, nested: bool = True, taken: frozenset[str] = frozenset()) -> str:
    """A boolean SQL expression about `source`; no subquery of it selects from the classes in `taken`, which the query
    around it has in FROM and would correlate away."""
    roll = random.random()
    if nested and roll < 0.16:
        one, other = (condition(random, source, nested=False) for _ in range(2))
        return random.choice(
            (
                f"or_({one}, {other})",
                f"and_({one}, {other})",
                f"({one}) | ({other})",
                f"~({one})",
                f"not_({one})",
                f"({one}) & ({other})",
            )
        )
    if nested and roll < 0.32 and source.model.links:
        return _about_relationship(random, source, taken)
    if source.model.has_level and roll < 0.38:
        return f"{source.name}.level {random.choice(('==', '!='))} Level.gold"
    if roll < 0.45 and source.model.name == "Customer":
        return f"{source.name}.is_senior"
    if roll < 0.72:
        return about_number(random, f"{source.name}.{random.choice(source.model.numbers)}")
    return about_text(random, f"{source.name}.{random.choice(source.model.texts)}")


def about_number(random: Random, column: str) -> str:
    """A condition on a number."""
    low = random.randint(0, 4)
    return random.choice(
        (
            f"{column} == {low}",
            f"{column} > {low}",
            f"{column} <= {random.randint(1, 40)}",
            f"{column} != {low}",
            f"{column}.in_([{low}, {low + 1}, 30])",
            f"{column}.notin_([{low}])",
            f"{column}.between({low}, {random.randint(3, 45)})",
            f"{column}.is_(None)",
            f"{column}.isnot(None)",
            f"{column} == None",
        )
    )


def about_text(random: Random, column: str) -> str:
    """A condition on a text."""
    word = random.choice(_TEXTS)
    return random.choice(
        (
            f"{column} == {word!r}",
            f"{column} != {word!r}",
            f"{column}.like('%{word[0]}%')",
            f"{column}.ilike('{word[0].upper()}%')",
            f"{column}.in_([{word!r}, 'ann'])",
            f"{column}.startswith({word[0]!r})",
            f"{column}.is_(None)",
            f"{column} == None",
            f"{column}.isnot(None)",
            f"func.lower({column}) == {word.lower()!r}",
        )
    )


def _about_relationship(random: Random, source: Source, taken: frozenset[str]) -> str:
    link = random.choice(source.model.links)
    target = Source(MODELS[link.target], link.target)
    inner = condition(random, target, nested=False)
    relation = f"{source.name}.{link.name}"
    if link.many:
        options = [f"{relation}.any()", f"{relation}.any({inner})", f"~{relation}.any({inner})"]
    else:
        options = [f"{relation}.has({inner})", f"{relation}.has(name='bo')", f"{relation} == None"]
    if link.on and link.many and link.target not in taken:
        plain = link.on.format(s=source.name, t=link.target)
        foreign = plain.split(" ==")[0]
        options += [
            f"{SESSION}.query({link.target}).filter({plain}).exists()",
            f"~{SESSION}.query({link.target}).filter({plain}, {inner}).exists()",
            f"{source.name}.id.in_({SESSION}.query({foreign}).filter({inner}))",
            f"{SESSION}.query(func.count({link.target}.id)).filter({plain}).scalar_subquery() > 1",
            f"{SESSION}.query(func.count({link.target}.id)).filter({plain}).correlate({source.name}).as_scalar() >= 1",
        ]
    return random.choice(options)


def literal_for(random: Random, model: Model, column: str) -> str:
    """A value that a column may be compared with or set to."""
    if column in model.numbers:
        return str(random.randint(1, 5))
    return repr(random.choice(_TEXTS))
