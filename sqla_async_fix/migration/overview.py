"""What a migration would do, or did: functions with their chains, stops, changes, leftovers. Not how it looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.outline import Outline, Place, Stop
from sqla_async_fix.engine import Report
from sqla_async_fix.migration.changes import FileChange, count_changes
from sqla_async_fix.migration.dependencies import Need
from sqla_async_fix.migration.rows import Origins
from sqla_async_fix.reporters.diagnostic import Lines

_ENTERED = {"__aenter__": "__enter__", "__aexit__": "__exit__"}


@dataclass(frozen=True, slots=True)
class Turned:
    """A function that becomes asynchronous: `chain` leads from the function it calls down to the database, where the
    last one does what `reason` says."""

    place: Place
    chain: tuple[Place, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """What stops a part of the program, and the functions that stay synchronous because of it."""

    stop: Stop
    functions: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A function that stays synchronous with an engine and sessions of its own."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Leftover:
    """A place that somebody has to look at; `reason` says why it is left and what to do, if there is a reason."""

    code: str
    name: str
    path: str
    line: int
    column: int
    message: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A migration, told by paths relative to the report's root. `turned` has the lines of the old texts; the
    others have those of the new ones if it is `applied`, so that what is left is found."""

    applied: bool
    files: tuple[FileChange, ...]
    turned: tuple[Turned, ...]
    boundaries: tuple[Boundary, ...]
    kept: tuple[Kept, ...]
    left: tuple[Leftover, ...]
    needs: tuple[Need, ...]

    @property
    def functions(self) -> int:
        """How many functions become asynchronous."""
        return sum(len(file.functions) for file in self.files)

    @property
    def awaits(self) -> int:
        """How many awaits are inserted."""
        return sum(file.awaits for file in self.files)

    @property
    def queries(self) -> int:
        """How many legacy queries are rewritten."""
        return sum(file.queries for file in self.files)


def overview(report: Report, needs: Sequence[Need], applied: bool) -> Overview:
    """Tell what a report says; `needs` is what the projects have to add to their dependencies."""
    origins = Origins(report.before, report.after)
    files = count_changes(report.changed(), report.fixed, origins)
    return Overview(
        applied,
        files,
        tuple(_turned(files, report.planned)),
        _boundaries(report.left, origins, applied),
        _kept(report.left, origins, applied),
        _left(report, origins, applied),
        tuple(needs),
    )


def _turned(files: Sequence[FileChange], outline: Outline) -> Iterator[Turned]:
    known = {(place.path, place.name): place for place in outline.waiting}
    for file in files:
        for made in file.functions:
            place = Place(file.path, made.line, made.name)
            start = known.get((file.path, _old_name(made.name))) or known.get((file.path, made.name.removeprefix("_")))
            if start is None:
                yield Turned(place, (), "it waits for the database")
            else:
                chain, reason = outline.chain(start)
                yield Turned(place, chain[1:], reason)


def _old_name(name: str) -> str:
    owner, _, last = name.rpartition(".")
    return f"{owner}.{_ENTERED[last]}" if last in _ENTERED else name


def _moved(place: Place, origins: Origins, applied: bool) -> Place:
    return place if applied else Place(place.path, origins.row(place.path, place.line), place.name)


def _boundaries(outline: Outline, origins: Origins, applied: bool) -> tuple[Boundary, ...]:
    found: dict[Stop, list[Place]] = {}
    for place, why in outline.waiting.items():
        if why.stop is not None and not why.is_async:
            stop = why.stop if applied else _stop_moved(why.stop, origins)
            found.setdefault(stop, []).append(_moved(place, origins, applied))
    ordered = sorted(found, key=lambda stop: (stop.path, stop.line, stop.reason))
    return tuple(Boundary(stop, tuple(sorted(found[stop]))) for stop in ordered)


def _stop_moved(stop: Stop, origins: Origins) -> Stop:
    further = tuple(_stop_moved(each, origins) for each in stop.further)
    return Stop(origins.sentence(stop.reason), stop.path, origins.row(stop.path, stop.line), further)


def _kept(outline: Outline, origins: Origins, applied: bool) -> tuple[Kept, ...]:
    found = sorted((_moved(place, origins, applied), why) for place, why in outline.kept.items())
    return tuple(Kept(place, why) for place, why in found)


def _left(report: Report, origins: Origins, applied: bool) -> tuple[Leftover, ...]:
    lines: dict[str, Lines] = {}
    found = []
    for violation in report.violations:
        path, row, column = violation.path, 1, 1
        if path in report.after:
            lines.setdefault(path, Lines(report.after[path].text))
            row, column = lines[path].location(violation.span.start)
        message, reason = violation.message, violation.unfixable
        if not applied:
            row = origins.row(path, row)
            message, reason = origins.sentence(message), origins.sentence(reason) if reason else None
        found.append(Leftover(violation.code, violation.name, path, row, column, message, reason))
    for violation in report.advice:
        row, column = Lines(report.before[violation.path].text).location(violation.span.start)
        told = (violation.path, row, column, violation.message, violation.unfixable)
        found.append(Leftover(violation.code, violation.name, *told))
    return tuple(found)
