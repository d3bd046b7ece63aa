"""Which rules a chain of `select`, `ignore` and their relatives leaves. What the rules are is not here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from sqla_async_fix.config.error import ConfigError
from sqla_async_fix.config.load import Layer

_NAME_RANK = 100


class RuleTable:
    """The known rules, code to name, and what a selector stands for among them."""

    def __init__(self, names: Callable[[], Mapping[str, str]]) -> None:
        self._load = names

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return self._load()

    @cached_property
    def _families(self) -> frozenset[str]:
        return frozenset(re.sub(r"\d+$", "", code) for code in self._names)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all rules."""
        return frozenset(self._names)

    def expand(self, selector: str) -> frozenset[str]:
        """The codes that a code, a prefix of codes, a name or `ALL` stands for; empty if it stands for none."""
        if selector == "ALL":
            return self.codes
        by_name = frozenset(code for code, name in self._names.items() if name == selector)
        if by_name or not any(selector.startswith(family) for family in self._families):
            return by_name
        return frozenset(code for code in self._names if code.startswith(selector))

    def rank(self, selector: str) -> int:
        """How specific a selector is; the more specific one wins within one layer."""
        if selector == "ALL":
            return -1
        return _NAME_RANK if "-" in selector or selector.islower() else len(selector)


def read_selectors(table: RuleTable, layer: Layer, key: str) -> tuple[str, ...]:
    """The selectors of a layer's key; raises ConfigError naming one that stands for no rule."""
    selectors = layer.values.get(key, ())
    if not isinstance(selectors, tuple):
        return ()
    for selector in selectors:
        require_rule(table, selector, key.removeprefix("lint."), layer.origin)
    return selectors


def require_rule(table: RuleTable, selector: str, key: str, origin: str) -> None:
    """Raise ConfigError where the selector stands for no rule."""
    if not table.expand(selector):
        place = origin if origin == "the CLI" else f"`{origin}`"
        raise ConfigError(f"Unknown rule selector `{selector}` in `{key}` from {place}")


def resolve_codes(
    table: RuleTable, layers: Sequence[Layer], base_key: str, extend_keys: Iterable[str], remove_keys: Iterable[str]
) -> frozenset[str] | None:
    """The codes left by the layers in order, the last one being the strongest; None where no layer names any.

    Within a layer the more specific selector wins, and removal wins among equals; a layer with `base_key` starts
    anew, others change what came before.
    """
    if not any(key in layer.values for layer in layers for key in (base_key, *extend_keys, *remove_keys)):
        return None
    result = table.codes
    for layer in layers:
        base = read_selectors(table, layer, base_key)
        added = (*base, *(s for key in extend_keys for s in read_selectors(table, layer, key)))
        removed = tuple(s for key in remove_keys for s in read_selectors(table, layer, key))
        updates: dict[str, bool] = {}
        ranked = sorted(
            [(table.rank(s), True, s) for s in added] + [(table.rank(s), False, s) for s in removed],
            key=lambda item: (item[0], not item[1]),
        )
        for _, enable, selector in ranked:
            updates.update(dict.fromkeys(table.expand(selector), enable))
        if base_key in layer.values:
            result = frozenset(code for code, enable in updates.items() if enable)
        else:
            result = (result | {c for c, on in updates.items() if on}) - {c for c, on in updates.items() if not on}
    return result
