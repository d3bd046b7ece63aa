"""What carrying out the steps of one file shares, and which function carries out which step. No step is here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqla_async_codemods._draft import Draft
from sqla_async_codemods._layout import Layout
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError
from sqla_async_codemods.imports import Imports
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Code, Step

S = TypeVar("S")
Settling = Callable[[], None]


class Context:
    """One file under rewriting: its tree, the draft of its changes, its layout, its imports, and all its steps."""

    def __init__(
        self,
        text: str,
        steps: Sequence[Step],
        first_party: frozenset[str],
        line_length: int,
        bringing: frozenset[str],
    ) -> None:
        self.tree = _parsed(text)
        self.draft = Draft(self.tree)
        self.layout = Layout(self.tree, line_length)
        self.imports = Imports(self.tree, self.layout, first_party, bringing)
        self.steps = steps
        self._settlings: list[tuple[Span, Settling]] = []

    def steps_of(self, kind: type[S]) -> Iterator[S]:
        """The steps of one type."""
        return (step for step in self.steps if isinstance(step, kind))

    def written(self, code: Code, offset: int) -> str:
        """New code as it is spelled at `offset`."""
        return "".join(part if isinstance(part, str) else self.imports.spelling(part, offset) for part in code)

    def later(self, span: Span, settling: Settling) -> None:
        """Have a decision on layout made when all steps are drafted, those of outer spans first."""
        self._settlings.append((span, settling))

    def carry_out(self) -> None:
        """Draft every step. Raises CodemodError."""
        for step in self.steps:
            _HANDLERS[type(step)](self, step)
        for _, settling in sorted(self._settlings, key=lambda item: (item[0].start, -item[0].end)):
            settling()


@lru_cache(maxsize=2)
def _parsed(text: str) -> Tree:
    """The tree, kept for the next try: a fixer that searches a bad group comes back with the same text."""
    return Tree(text)


Handler = Callable[[Context, Any], None]
_HANDLERS: dict[type, Handler] = {}


def carries_out(step: type) -> Callable[[Handler], Handler]:
    """Mark the function that drafts steps of this type."""

    def register(handler: Handler) -> Handler:
        if step in _HANDLERS:
            raise TypeError(f"{step.__name__} has two handlers")
        _HANDLERS[step] = handler
        return handler

    return register


def load_handlers() -> None:
    """Import every module of the package, so that each handler is known."""
    package = importlib.import_module(__package__)
    for info in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{__package__}.{info.name}")


def rewrite_steps(
    text: str, steps: Sequence[Step], first_party: frozenset[str], line_length: int, bringing: frozenset[str]
) -> Context:
    """Draft the steps of one file, each once. Raises CodemodError."""
    unknown = {type(step) for step in steps} - _HANDLERS.keys()
    if unknown:
        raise CodemodError(f"No codemod for {', '.join(sorted(kind.__name__ for kind in unknown))}")
    context = Context(text, tuple(dict.fromkeys(steps)), first_party, line_length, bringing)
    context.carry_out()
    return context
