"""`sqla-async-fix migrate`: plan, fix, verify, write, sum up. What there is to tell is made in `migration`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sqla_async_fix import engine
from sqla_async_fix.cli.diff import render_diff
from sqla_async_fix.cli.faces import Output, is_colored, shown_path
from sqla_async_fix.cli.garbage import leave_garbage
from sqla_async_fix.cli.options import migrate_options, read_overrides
from sqla_async_fix.cli.watchers import ProgressBar, Questioner
from sqla_async_fix.cli.writing import read_restored, write_reports
from sqla_async_fix.engine import Report, Watcher
from sqla_async_fix.fixer.verify import defect
from sqla_async_fix.migration.dependencies import missing_dependencies
from sqla_async_fix.migration.document import render_document
from sqla_async_fix.migration.overview import Overview, overview
from sqla_async_fix.migration.text import Text
from sqla_async_fix.migration.uncommitted import GitError, uncommitted_files
from sqla_async_fix.projects import Assignment, assign_projects
from sqla_async_fix.reporters.diagnostic import Style


@click.command("migrate")
@migrate_options
def command(**given: Any) -> int:
    """Migrate whole projects to async SQLAlchemy 2.0 in one run; without a path, the one in the current directory.

    All fixes are applied, the unsafe ones as well. Everything is planned and verified before the first file is
    written; all files are written or none. Exits with 0 if everything was carried over, with 1 if something is left
    to do (or, with --plan and --diff, to change), with 2 if it could not run.
    """
    leave_garbage()
    return _Run(given).execute()


class _Run:
    """One run of `migrate`."""

    def __init__(self, given: dict[str, Any]) -> None:
        _require_compatible(given)
        self.given = given
        self.cwd = Path.cwd()
        self.output = Output(given["verbose"], given["quiet"], given["silent"])
        self.style = Style(is_colored(given["color"], sys.stdout))
        self.writes = not (given["plan"] or given["diff"])

    def execute(self) -> int:
        """Do what the options say; gives the exit code."""
        given = self.given
        paths = [Path(path) for path in given["paths"] or (".",)]
        projects = assign_projects(paths, read_overrides(given), self.cwd)
        with ProgressBar(not (self.output.quiet or self.output.silent or given["interactive"])) as bar:
            reports = [self._fixed(project, bar) for project in projects]
            report = engine.merge_reports(reports)
            bar.stage("Verifying")
            _verify(report)
            if self.writes:
                self._admit([report.root / before.path for before, _ in report.changed()])
                bar.stage("Writing")
                write_reports(reports)
        needs = [need for each in reports for need in missing_dependencies(each.root, each.changed())]
        told = overview(report, list(dict.fromkeys(needs)), applied=self.writes)
        self._tell(report, told)
        return int(bool(told.left or (told.files and not self.writes)))

    def _fixed(self, project: Assignment, bar: ProgressBar) -> Report:
        settings = project.settings
        self.output.debug(f"Project {settings.root}, configuration {settings.config_file or 'none'}")
        workspace = read_restored(project, self.output, self.writes)
        self.output.debug(f"{len(workspace.selected)} of {len(workspace.sources)} files selected")
        if not workspace.selected:
            self.output.warn("No Python files found under the given path(s)")
        watcher: Watcher = bar
        if self.given["interactive"]:
            root = settings.root
            watcher = Questioner(
                self.style,
                lambda path: shown_path(root / path, self.cwd),
                lambda names: self._admit([root / name for name in names]),
            )
        report = engine.fix(workspace, settings, unsafe=True, watcher=watcher)
        if report.unsettled:
            names = ", ".join(report.unsettled)
            self.output.warn(f"Fixes did not settle within {engine.MAX_PASSES} passes in: {names}")
        return report

    def _admit(self, paths: Sequence[Path]) -> None:
        """Refuse to write over changes that nobody could tell from ours."""
        if self.given["allow_dirty"]:
            return
        try:
            found = uncommitted_files(paths)
        except GitError as error:
            raise click.ClickException(
                f"Git does not say what is committed ({error}); --allow-dirty goes on"
            ) from error
        if found:
            names = ", ".join(shown_path(path, self.cwd) for path in found)
            raise click.ClickException(f"Uncommitted changes in {names}; commit them first, or use --allow-dirty")

    def _tell(self, report: Report, told: Overview) -> None:
        def shown(path: str) -> str:
            return shown_path(report.root / path, self.cwd)

        text = Text(told, shown, self.style)
        if self.given["diff"]:
            self.output.say(render_diff(report.changed(), shown, self.style))
            if not self.output.quiet:
                self.output.tell(text.closing("Would change"), to_stderr=True)
        elif self.given["plan_format"] == "json":
            self.output.say(render_document(told, shown))
        elif self.given["plan"]:
            self.output.say(text.plan())
        else:
            self.output.say(text.leftovers() if self.output.quiet else text.summary())


def _verify(report: Report) -> None:
    """Every text as a whole; each of its fixes was verified when it was made."""
    for before, after in report.changed():
        reason = defect(before.text, after.text, before.path)
        if reason is not None:
            raise click.ClickException(f"{report.root / before.path}: {reason}; nothing is written, please report this")


def _require_compatible(given: dict[str, Any]) -> None:
    modes = [f"--{name}" for name in ("plan", "diff", "interactive") if given[name]]
    if len(modes) > 1:
        raise click.UsageError(f"The argument '{modes[0]}' cannot be used with '{modes[1]}'")
    if given["plan_format"] != "text" and not given["plan"]:
        raise click.UsageError("The argument '--output-format' can only be used with '--plan'")
    if given["interactive"] and (given["quiet"] or given["silent"]):
        raise click.UsageError("The argument '--interactive' cannot be used with '--quiet' or '--silent'")
    if "-" in given["paths"]:
        raise click.UsageError("'-' is of no use here: a project is migrated as a whole")
