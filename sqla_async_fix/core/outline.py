"""The async plan as people read it: who becomes asynchronous, why, and what stands in the way. Nothing is decided here.

Plain places and words, so that it can cross rooms; paths are relative to the project root, lines count from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A function: `name` as Python qualifies it within its file, and the line of its `def`."""

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Stop:
    """What keeps a part of the program from becoming asynchronous, and where; `further` are what else would."""

    reason: str
    path: str
    line: int
    further: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a function waits for the database: it does so itself (`reason`), or by the function `calls` that it calls.

    `stop`: why it cannot become asynchronous, with all that hangs together with it. `is_async`: it is already.
    """

    reason: str
    calls: Place | None = None
    stop: Stop | None = None
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """`waiting` are the functions that have to wait, `kept` those that stay synchronous with engines and
    sessions of their own, each with the reason."""

    waiting: Mapping[Place, Waiting] = field(default_factory=dict)
    kept: Mapping[Place, str] = field(default_factory=dict)

    def chain(self, place: Place) -> tuple[tuple[Place, ...], str]:
        """The functions from one down to the database, itself first, and what the last of them does there."""
        found = [place]
        while (called := self.waiting[found[-1]].calls) is not None and called in self.waiting and called not in found:
            found.append(called)
        return tuple(found), self.waiting[found[-1]].reason

    def moved(self, prefix: str) -> Outline:
        """The same with `prefix` before all paths."""

        def place(old: Place) -> Place:
            return replace(old, path=prefix + old.path)

        def entry(old: Waiting) -> Waiting:
            called = place(old.calls) if old.calls is not None else None
            return replace(old, calls=called, stop=stop(old.stop) if old.stop is not None else None)

        def stop(old: Stop) -> Stop:
            return replace(old, path=prefix + old.path, further=tuple(stop(each) for each in old.further))

        waiting = {place(function): entry(why) for function, why in self.waiting.items()}
        return Outline(waiting, {place(function): why for function, why in self.kept.items()})


def merge_outlines(outlines: Iterable[Outline]) -> Outline:
    """One outline of several, whose paths differ."""
    waiting: dict[Place, Waiting] = {}
    kept: dict[Place, str] = {}
    for outline in outlines:
        waiting |= outline.waiting
        kept |= outline.kept
    return Outline(waiting, kept)
