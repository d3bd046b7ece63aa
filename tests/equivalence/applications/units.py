"""Callable parts of a generated application and where code that may call them stands. How bodies look is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Type: TypeAlias = Literal["int", "str", "bool", "ints", "strs", "author", "book", "authors", "books", "none"]
"""The types of values that generated code handles; `author` and `book` may be None."""

ITEMS: dict[Type, Type] = {"ints": "int", "strs": "str", "authors": "author", "books": "book"}
PLAIN: tuple[Type, ...] = ("int", "str", "bool", "ints", "strs")


@dataclass(frozen=True, slots=True)
class Unit:
    """Something to call: `call` is its text with `{s}` for the session and `{a}` for the arguments.

    `needs` says whether it takes a session, opens one (and so is called where none is open), or has nothing to do with
    a database. `function`: a text that means it without a call, of the same arguments (the session first), if any.
    """

    call: str
    parameters: tuple[Type, ...]
    returns: Type
    needs: Literal["session", "nothing", "opens"]
    is_generator: bool = False
    function: str = ""
    weight: int = 1

    def called(self, session: str, arguments: list[str]) -> str:
        """The call as an expression."""
        text = ", ".join(arguments)
        for before in ("{s}, {a}", "{a}"):
            if before in self.call:
                joined = ", ".join(filter(None, (session if "{s}" in before else "", text)))
                return self.call.replace(before, joined).replace("{s}", session)
        return self.call.replace("{s}", session)


@dataclass(slots=True)
class Place:
    """Where code stands: the session's expression if one is open, the local names by type, how deep it is nested."""

    session: str | None
    names: dict[str, Type] = field(default_factory=dict)
    depth: int = 0
    loops: int = 0
    can_return: Type | None = None
    in_loop: bool = False
    own: tuple[Unit, ...] = ()

    def inner(self, **changes: object) -> Place:
        """The same one block further in; names bound there stay there."""
        return replace(self, names=dict(self.names), depth=self.depth + 1, **changes)  # type: ignore[arg-type]

    def of(self, type_: Type) -> list[str]:
        """The local names of a type."""
        return [name for name, held in self.names.items() if held == type_]
