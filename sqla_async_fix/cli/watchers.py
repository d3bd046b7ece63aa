"""Who follows a migration: a progress bar, or a person who is asked. What is offered is made in the engine."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

import click

from sqla_async_fix.cli.diff import render_diff
from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.engine import Offer, Watcher
from sqla_async_fix.reporters.diagnostic import Style

if TYPE_CHECKING:
    from rich.progress import Progress

_STAGES = {Applicability.SAFE: "Rewriting queries", Applicability.UNSAFE: "Turning to async"}


class ProgressBar(Watcher):
    """A bar on stderr while the block runs, if that is a terminal and `enabled`."""

    def __init__(self, enabled: bool) -> None:
        self._progress: Progress | None = None
        self._done = self._due = 0
        if enabled and sys.stderr.isatty():
            # imported here: it takes longer than the start of the whole program
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("Planning", total=None)

    def __enter__(self) -> ProgressBar:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def stage(self, name: str) -> None:
        """Something begins whose length is not known."""
        self._done = self._due = 0
        if self._progress is not None:
            self._progress.remove_task(self._task)  # a task that has a total keeps one
            self._task = self._progress.add_task(name, total=None)

    def reached(self, level: Applicability, due: int) -> None:
        """A pass begins: what was due before is done."""
        self._done += self._due
        self._due = due
        if self._progress is not None:
            total = self._done + due
            self._progress.update(
                self._task, description=_STAGES[level], total=total, completed=self._done, refresh=True
            )


class Questioner(Watcher):
    """Asks about every group, showing its diff; `admit` raises an error for files that must not be written."""

    chooses = True

    def __init__(self, style: Style, shown: Callable[[str], str], admit: Callable[[list[str]], None]) -> None:
        self._style = style
        self._shown = shown
        self._admit = admit
        self._answer = ""
        self._count = 0

    def takes(self, offer: Offer) -> bool:
        """Ask, unless the answer was given for all that follow."""
        if self._answer == "q":
            return False
        self._admit([before.path for before, _ in offer.changed])
        if self._answer != "a":
            self._count += 1
            click.echo(f"{self._style.bold(f'Group {self._count}')}: {_described(offer)}", color=True)
            click.echo(render_diff(offer.changed, self._shown, self._style), nl=False, color=True)
            self._answer = click.prompt(
                "Take it? (y)es, (n)o, (a)ll from here on, (q)uit asking and leave the rest",
                type=click.Choice(("y", "n", "a", "q"), case_sensitive=False),
                show_choices=False,
            )
        return self._answer in ("y", "a")


def _described(offer: Offer) -> str:
    counts = Counter(f"{violation.name} ({violation.code})" for violation in offer.violations)
    return ", ".join(
        f"{number} {name}" for name, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )
