"""Classes that are mapped by a call, `registry.map_imperatively(Class, table)`: where, and with which members."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sqla_async_fix.model.member_syntax import last_name
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.syntax import walk

_MAPPERS = frozenset({"map_imperatively", "mapper"})


@dataclass(frozen=True, slots=True)
class MappingCall:
    """A call that maps `cls`, as it is written, to `table`, an expression."""

    node: ast.Call

    @property
    def cls(self) -> ast.expr:
        """The class."""
        return self.node.args[0]

    @property
    def table(self) -> ast.expr | None:
        """The table."""
        named = [each.value for each in self.node.keywords if each.arg == "local_table"]
        return self.node.args[1] if len(self.node.args) > 1 else named[0] if named else None

    def properties(self) -> Iterator[tuple[str, ast.expr]]:
        """The members that the call adds to those of the table."""
        for keyword in self.node.keywords:
            if keyword.arg == "properties" and isinstance(keyword.value, ast.Dict):
                for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value


def mapping_calls(module: Module) -> Iterator[MappingCall]:
    """The calls of a module that map classes, in functions as well."""
    if "map_imperatively" not in module.text and "mapper(" not in module.text:
        return
    for node in walk(module.tree):
        if isinstance(node, ast.Call) and node.args and last_name(node.func) in _MAPPERS:
            yield MappingCall(node)
