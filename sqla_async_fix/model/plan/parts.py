"""Connected parts: a union of functions, classes, engines and factories that must have one colour.

Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeAlias

from sqla_async_fix.model.symbols import Function

Node: TypeAlias = Function | str
"""A function, or the text of something else: `origin:path:offset`, `class:name`, `path:request.state.db`."""


class Parts:
    """Union-find over nodes."""

    def __init__(self) -> None:
        self._leaders: dict[Node, Node] = {}

    def leader(self, node: Node) -> Node:
        """The node that stands for the part that `node` is in."""
        self._leaders.setdefault(node, node)
        while self._leaders[node] is not node and self._leaders[node] != node:
            self._leaders[node] = self._leaders[self._leaders[node]]
            node = self._leaders[node]
        return node

    def connect(self, first: Node, second: Node) -> None:
        """Both are of one part; the one that sorts first leads."""
        one, other = self.leader(first), self.leader(second)
        if one is not other and one != other:
            a, b = sorted((one, other), key=_order)
            self._leaders[b] = a

    def connect_all(self, nodes: Iterable[Node]) -> None:
        """All are of one part."""
        first: Node | None = None
        for node in nodes:
            if first is None:
                first = node
                self.leader(node)
            else:
                self.connect(first, node)


def _order(node: Node) -> tuple[str, str]:
    if isinstance(node, Function):
        return node.module.path, node.name
    return "~", node


def name_of(node: Hashable) -> str:
    """The name of the part that a node leads."""
    return node.name if isinstance(node, Function) else str(node)
