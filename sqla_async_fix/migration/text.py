"""The plan and the summary of a migration for people. What is in them is decided in `overview`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from sqla_async_fix.core.outline import Place
from sqla_async_fix.migration.changes import FileChange
from sqla_async_fix.migration.overview import Boundary, Kept, Leftover, Overview, Turned
from sqla_async_fix.reporters.diagnostic import Style

_MOST_STOPS = 60
"""How many places that stop one part are shown beside the first."""


class Text:
    """Renders an overview; `shown` gives paths as people see them."""

    def __init__(self, told: Overview, shown: Callable[[str], str], style: Style) -> None:
        self._told = told
        self._shown = shown
        self._style = style

    def plan(self) -> str:
        """Everything there is to know before it is done."""
        told = self._told
        parts = [
            self._section("Functions that become async", self._turned(told.turned)),
            self._section("Functions that stay synchronous, with an engine of their own", self._kept(told.kept)),
            self._section("What stops the rest", self._boundaries(told.boundaries)),
            self._section("Changes by file", self._files(told.files)),
            self.leftovers(),
            self._needs(),
        ]
        return "".join(parts) + self.closing("Would change")

    def summary(self) -> str:
        """What there is to know after it was done."""
        return self.leftovers() + self._needs() + self.closing("Changed")

    def leftovers(self) -> str:
        """What somebody has to look at, by rule and reason."""
        return self._section("Left to do", self._left(self._told.left))

    def closing(self, verb: str) -> str:
        """The last line."""
        told = self._told
        left = f"; {_count(len(told.left), 'place')} left to look at" if told.left else ""
        if not told.files:
            return f"Nothing to change{left}.\n" if left else self._style.success("Nothing to migrate!") + "\n"
        done = f"{verb} {_count(len(told.files), 'file')}"
        counts = (
            f"{_count(told.functions, 'function')} made async, {_count(told.awaits, 'await')} inserted, "
            f"{_count(told.queries, 'query', 'queries')} rewritten"
        )
        return f"{done}: {counts}{left}.\n"

    def _section(self, title: str, lines: Iterator[str]) -> str:
        listed = list(lines)
        return "".join(f"{line}\n" for line in (self._style.bold(title), *listed, "")) if listed else ""

    def _place(self, path: str, line: int) -> str:
        colon = self._style.mark(":")
        return f"{self._style.bold(self._shown(path))}{colon}{line}"

    def _turned(self, turned: Sequence[Turned]) -> Iterator[str]:
        for path, functions in groupby(turned, key=lambda each: each.place.path):
            yield f"  {self._style.bold(self._shown(path))}"
            for each in functions:
                chain = "".join(f" {self._style.mark('->')} {link.name}" for link in each.chain)
                yield f"    {each.place.line}{self._style.mark(':')} {each.place.name}{chain}: {each.reason}"

    def _kept(self, kept: Sequence[Kept]) -> Iterator[str]:
        for each in kept:
            yield f"  {self._place(each.place.path, each.place.line)} {each.place.name} {each.reason}"

    def _boundaries(self, boundaries: Sequence[Boundary]) -> Iterator[str]:
        for boundary in boundaries:
            stop = boundary.stop
            for each in (stop, *stop.further[:_MOST_STOPS]):
                yield f"  {self._place(each.path, each.line)} {each.reason}"
            if len(stop.further) > _MOST_STOPS:
                yield f"  and {_count(len(stop.further) - _MOST_STOPS, 'place')} more (`--output-format json` has all)"
            yield f"    keeps synchronous: {', '.join(self._named(boundary.functions))}"

    def _named(self, functions: Sequence[Place]) -> Iterator[str]:
        return (f"{each.name} ({self._shown(each.path)}:{each.line})" for each in functions)

    def _files(self, files: Sequence[FileChange]) -> Iterator[str]:
        if not files:
            return
        rows: list[list[str]] = [["", "functions", "awaits", "queries", "lines"]]
        for file in files:
            counts = (len(file.functions), file.awaits, file.queries, f"+{file.added} -{file.removed}")
            rows.append([self._shown(file.path), *map(str, counts)])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            counted = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
            yield "  ".join(["", row[0].ljust(widths[0]), *counted])

    def _left(self, left: Sequence[Leftover]) -> Iterator[str]:
        kinds = sorted(left, key=lambda each: (each.code, each.name, each.reason or "", each.path, each.line))
        for (code, name), found in groupby(kinds, key=lambda each: (each.code, each.name)):
            listed = list(found)
            label = f"{self._style.code(code)} {name}" if code != name else self._style.code(code)
            yield f"  {label} ({len(listed)})"
            for reason, places in groupby(listed, key=lambda each: each.reason):
                for each in places:
                    yield f"    {self._place(each.path, each.line)}{self._style.mark(':')}{each.column} {each.message}"
                if reason:
                    yield f"      {self._style.mark('=')} {reason}"

    def _needs(self) -> str:
        lines = (f"  {self._style.bold(need.requirement)}: {need.reason}" for need in self._told.needs)
        return self._section("Add to the project's dependencies", lines)


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"
