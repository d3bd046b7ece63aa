"""The rules, one file a code. They are found by walking this package; nothing is listed by hand."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from sqla_async_fix.core.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """One instance of every rule of this package, by code. Raises ValueError where two share a code or a name."""
    found: dict[str, Rule] = {}
    names: set[str] = set()
    for info in pkgutil.walk_packages(__path__, f"{__name__}."):
        module = importlib.import_module(info.name)
        for member in vars(module).values():
            if not _is_rule(member, info.name):
                continue
            rule: Rule = member()
            if rule.code in found or rule.name in names:
                raise ValueError(f"{info.name}: the code {rule.code} or the name {rule.name} is taken")
            found[rule.code] = rule
            names.add(rule.name)
    return tuple(found[code] for code in sorted(found))


def _is_rule(member: object, module: str) -> bool:
    return (
        isinstance(member, type)
        and issubclass(member, Rule)
        and member.__module__ == module
        and not inspect.isabstract(member)
    )
