"""`sqla-async-fix check`: the run itself. Its options are in `cli.options`, its closing words in `cli.summary`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sqla_async_fix import engine
from sqla_async_fix.cli.faces import Output, is_colored, shown_path
from sqla_async_fix.cli.garbage import leave_garbage
from sqla_async_fix.cli.options import check_options, read_overrides
from sqla_async_fix.cli.summary import (
    render_fixed,
    render_fixes,
    render_statistics,
    render_statistics_json,
    render_summary,
)
from sqla_async_fix.config.settings import Settings
from sqla_async_fix.config.show import render_settings
from sqla_async_fix.core.source import SourceError, SourceFile
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.discovery import Finder, relative_path
from sqla_async_fix.engine import Report
from sqla_async_fix.projects import Assignment, assign_projects, rule_names
from sqla_async_fix.reporters import reporter_for
from sqla_async_fix.reporters.diagnostic import Diagnostic, Lines, Style
from sqla_async_fix.workspace import Workspace, io_error, read_workspace


@click.command("check")
@check_options
def command(**given: Any) -> int:
    """Check files and directories, or stdin if the path is `-`; without a path, the current directory."""
    leave_garbage()
    return _Run(given).execute()


class _Run:
    """One run of `check`. What all projects share comes from the settings of the first."""

    def __init__(self, given: dict[str, Any]) -> None:
        _require_compatible(given)
        self.given = given
        self.cwd = Path.cwd()
        self.output = Output(given["verbose"], given["quiet"], given["silent"])
        self.is_stdin = given["paths"] == ("-",)
        self.diff: bool = given["diff"]

    def execute(self) -> int:
        """Do what the options say; gives the exit code."""
        given = self.given
        overrides = read_overrides(given)
        named = given["stdin_filename"] or "-" if self.is_stdin else None
        paths = [Path(path) for path in ((named,) if named else given["paths"] or (".",))]
        projects = assign_projects(paths, overrides, self.cwd)
        for project in projects:
            self.output.debug(
                f"Project {project.settings.root}, configuration {project.settings.config_file or 'none'}"
            )
        if given["show_files"] or given["show_settings"]:
            return self._show(projects)
        settings = projects[0].settings
        writing = settings.fix or self.diff
        reports = []
        for project in projects:
            workspace = self._workspace(project)
            self.output.debug(f"{len(workspace.selected)} of {len(workspace.sources)} files selected")
            if writing:
                reports.append(engine.fix(workspace, project.settings, project.settings.unsafe_fixes is True))
            else:
                reports.append(engine.check(workspace, project.settings))
        report = engine.merge_reports(reports)
        if not report.selected:
            self.output.warn("No Python files found under the given path(s)")
        if report.unsettled:
            self.output.warn(
                f"Fixes did not settle within {engine.MAX_PASSES} passes in: {', '.join(report.unsettled)}"
            )
        for violation in report.advice:
            self.output.warn(f"{self._shown(report, violation.path)}: {violation.unfixable}")
        return self._finish(report, reports, settings)

    def _show(self, projects: list[Assignment]) -> int:
        for project in projects:
            files = Finder(project.settings.files).find(project.settings.root, project.paths, whole=False).selected
            if self.given["show_files"]:
                self.output.say("".join(f"{path}\n" for path in files))
            else:
                self.output.say(render_settings(project.settings, rule_names(), files[0] if files else None))
        return 0

    def _workspace(self, project: Assignment) -> Workspace:
        settings = project.settings
        if not self.is_stdin:
            if settings.fix and not self.diff:
                from sqla_async_fix.cli.writing import read_restored

                return read_restored(project, self.output)
            return read_workspace(project.paths, settings)
        relative = relative_path(settings.root, project.paths[0])
        try:
            source = SourceFile.decode(relative, sys.stdin.buffer.read())
        except SourceError as error:
            return Workspace(settings.root, {}, frozenset([relative]), (io_error(relative, str(error)),))
        if self.given["stdin_filename"] is None:
            return Workspace(settings.root, {relative: source}, frozenset([relative]))
        return read_workspace(project.paths, settings, source)

    def _finish(self, report: Report, reports: Sequence[Report], settings: Settings) -> int:
        code = self._exit_code(report, settings)
        style = Style(is_colored(self.given["color"], sys.stdout))
        hints = settings.unsafe_fixes is None
        if self.diff:
            from sqla_async_fix.cli.diff import render_diff

            self.output.say(render_diff(report.changed(), lambda path: self._shown(report, path), style))
        elif self.is_stdin and settings.fix:
            for source in report.after.values():
                if source.path in report.selected:
                    self.output.write_bytes(source.encode())
        elif settings.fix:
            from sqla_async_fix.cli.writing import write_reports

            write_reports(reports)
        if self.output.silent:
            return code
        if self.diff or settings.fix_only:
            diagnostics = self._diagnostics(report, settings, needs_edits=False)
            text = render_fixed(diagnostics, len(report.fixed), hints, "Would fix" if self.diff else "Fixed")
            if not self.output.quiet:
                self.output.tell(text, to_stderr=self.diff or self.is_stdin)
            return code
        target = self.given["output_file"]
        text = self._rendered(report, settings, Style(False) if target else style)
        if target:
            Path(target).write_text(text, encoding="utf-8")
        else:
            self.output.tell(text, to_stderr=self.is_stdin and settings.fix)
        return code

    def _rendered(self, report: Report, settings: Settings, style: Style) -> str:
        reporter = reporter_for(settings.output_format)
        statistics: bool = self.given["statistics"]
        diagnostics = self._diagnostics(report, settings, reporter.needs_edits and not statistics)
        if settings.output_format == "json":
            return render_statistics_json(diagnostics) if statistics else reporter.render(diagnostics, style)
        parts = [render_statistics(diagnostics, style) if statistics else reporter.render(diagnostics, style)]
        if not self.output.quiet:
            if settings.show_fixes:
                parts.append(render_fixes(report.fixed, lambda path: self._shown(report, path), style))
            parts.append(render_summary(diagnostics, len(report.fixed), settings.unsafe_fixes is None, style))
        return "".join(parts)

    def _diagnostics(self, report: Report, settings: Settings, needs_edits: bool) -> list[Diagnostic]:
        edits = engine.edits_of(report.violations, report.after, settings) if needs_edits else {}
        lines: dict[str, Lines | None] = {}
        found: list[Diagnostic] = []
        for violation in report.violations:
            path = violation.path
            if path not in lines:
                lines[path] = Lines(report.after[path].text) if path in report.after else None
            found.append(
                Diagnostic(
                    violation,
                    shown=self._shown(report, path),
                    absolute=str(report.root / path),
                    lines=lines[path],
                    applies=engine.applies(violation, settings),
                    edits=edits.get(violation),
                    noqa_offset=_noqa_offset(report, violation) if needs_edits else None,
                )
            )
        return found

    def _shown(self, report: Report, path: str) -> str:
        """A path as humans see it: relative to where they are, if it lies below."""
        if self.is_stdin:
            return self.given["stdin_filename"] or "-"
        return shown_path(report.root / path, self.cwd)

    def _exit_code(self, report: Report, settings: Settings) -> int:
        given = self.given
        if given["exit_zero"]:
            return 0
        if self.diff:
            return int(bool(report.changed()))
        if given["exit_non_zero_on_fix"] and report.fixed:
            return 1
        return 0 if settings.fix_only else int(bool(report.violations))


def _noqa_offset(report: Report, violation: Violation) -> int | None:
    """Where a comment that suppresses a violation would go; None where there is no text."""
    from sqla_async_fix.suppression import noqa_offset

    source = report.after.get(violation.path)
    return None if source is None else noqa_offset(source.text, violation.span.start)


def _require_compatible(given: dict[str, Any]) -> None:
    if given["diff"] and given["show_fixes"]:
        raise click.UsageError("The argument '--show-fixes' cannot be used with '--diff'")
    if given["diff"] and given["statistics"]:
        raise click.UsageError("The argument '--statistics' cannot be used with '--diff'")
    if given["stdin_filename"] and given["paths"] != ("-",):
        given["paths"] = given["paths"] or ("-",)
    if "-" in given["paths"] and given["paths"] != ("-",):
        raise click.UsageError("'-' cannot be combined with other paths")
