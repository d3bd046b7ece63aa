"""What all parts of the generator share: chance, fresh names, the features of this application, the units so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from .units import Place, Type, Unit

T = TypeVar("T")

_USUAL = """
    generator_expression nested generator lazy_read savepoint walrus cache context_manager recursion legacy_query
    statement hierarchy commit bulk exception relation_write early_return factory_held model_method stateless static
    dictionary closure nested_comprehension while unpacking syntax core
""".split()
_RARE = "lambda partial callback sort_key decorator unit_of_work handle delegating consumed_generator rollback".split()
_HARD = "property dunder foreign_key".split()

FEATURES = {**dict.fromkeys(_USUAL, 0.45), **dict.fromkeys(_RARE, 0.2), **dict.fromkeys(_HARD, 0.06)}
"""What an application may have, each with the share of applications that do, so that combinations differ much.

Those that the tool refuses are rare, for a refusal hides what else is in the application.
"""


class Writer:
    """The state of one generation."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.traits = frozenset(name for name, share in FEATURES.items() if random.random() < share)
        if not self.traits & {"legacy_query", "statement"}:
            self.traits |= {"legacy_query"}
        self.units: list[Unit] = []
        self.calls_left = 0
        self.generator_here = False
        self._numbers = 0

    def has(self, feature: str) -> bool:
        """Whether this application has a feature."""
        return feature in self.traits

    def chance(self, share: float) -> bool:
        """True in a share of the cases."""
        return self.random.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of several."""
        return self.random.choice(options)

    def one_of(self, *options: tuple[float, bool, Callable[[], T]]) -> T:
        """The result of one of several makers: (weight, whether it is possible, maker)."""
        possible = [(weight, make) for weight, fits, make in options if fits]
        weights = [weight for weight, _ in possible]
        return self.random.choices([make for _, make in possible], weights)[0]()

    def fresh(self, stem: str) -> str:
        """A name that nothing else has."""
        self._numbers += 1
        return f"{stem}_{self._numbers}"

    def callable_units(self, place: Place, returns: Type, *, generators: bool = False) -> list[Unit]:
        """The units that code at a place may call for a value of a type."""
        if self.calls_left <= 0:
            return []
        wanted = "session" if place.session else "opens"
        return [
            unit
            for unit in (*self.units, *place.own)
            if unit.returns == returns and unit.is_generator == generators and unit.needs in (wanted, "nothing")
        ]
