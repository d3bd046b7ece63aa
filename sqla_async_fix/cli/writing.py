"""Reading projects that will be written, after undoing interrupted runs, and writing reports. Commands share it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import click

from sqla_async_fix.cli.faces import Output
from sqla_async_fix.engine import Report
from sqla_async_fix.fixer import JOURNAL, Change, WriteError, restore, write_together
from sqla_async_fix.projects import Assignment
from sqla_async_fix.workspace import Workspace, read_workspace


def read_restored(project: Assignment, output: Output, writes: bool = True) -> Workspace:
    """Read a project after undoing what interrupted runs left in it; without `writes` that is an error."""
    workspace = read_workspace(project.paths, project.settings)
    folders = _journal_folders(workspace)
    if not folders:
        return workspace
    if not writes:
        raise click.ClickException(
            f"An interrupted run left files half written ({folders[0] / JOURNAL}); "
            "`sqla-async-fix migrate` without --plan or --diff puts them back first"
        )
    for folder in folders:
        try:
            count = restore(folder)
        except WriteError as error:
            raise click.ClickException(str(error)) from error
        if count is not None:
            output.warn(f"An interrupted run was undone in {folder} ({count} file{'' if count == 1 else 's'} put back)")
    return read_workspace(project.paths, project.settings)


def _journal_folders(workspace: Workspace) -> list[Path]:
    """The folders with a journal: a project's root and those around it, and all with files of it."""
    inner = {parent for path in workspace.sources for parent in PurePosixPath(path).parents}
    folders = {*workspace.root.parents, *(workspace.root / folder for folder in inner), workspace.root}
    return sorted(folder for folder in folders if (folder / JOURNAL).exists())


def write_reports(reports: Sequence[Report]) -> None:
    """Write what changed in all projects, or nothing."""
    try:
        write_together({report.root: _changes(report) for report in reports})
    except WriteError as error:
        raise click.ClickException(str(error)) from error


def _changes(report: Report) -> list[Change]:
    return [Change(report.root / after.path, before.encode(), after.encode()) for before, after in report.changed()]
