"""Writing files all together or not at all, and undoing interrupted writes. What is written is decided elsewhere.

The new contents are staged beside the files, on the disk, before the first file is replaced: what can fail (rights,
space, a file edited in the meantime) fails then. See `journal` for what happens to a run that is killed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqla_async_fix.fixer.journal import Entry, Journal, WriteError, digest, sync_folder


@dataclass(frozen=True, slots=True)
class Change:
    """A file, the bytes that were read from it, and those to put in their place."""

    path: Path
    old: bytes
    new: bytes


def write_together(batches: Mapping[Path, Sequence[Change]]) -> None:
    """Replace files, each batch with a journal in its folder. Raises WriteError, with all files as they were.

    Mode bits are kept; a symbolic link's target is what is replaced.
    """
    writings = [_Writing(folder, changes) for folder, changes in sorted(batches.items()) if changes]
    try:
        for writing in writings:
            writing.stage()
        for writing in writings:
            writing.replace()
    except BaseException:
        for writing in reversed(writings):
            writing.undo()
        raise
    for writing in writings:
        writing.finish()


def restore(folder: Path) -> int | None:
    """Undo what an interrupted run left in a folder; the number of files put back, None where there is nothing.

    Raises WriteError where a file was edited after it had been replaced: putting it back would lose that.
    """
    journal = Journal.open(folder)
    if journal is None:
        return None
    try:
        entries, replaced = journal.read()
        count = _put_back(entries, journal) if replaced else 0
        _clear(entries, journal)
    except OSError as error:
        journal.close()
        raise WriteError(f"cannot undo an interrupted run: {_said(error, folder)}") from error
    except BaseException:
        journal.close()
        raise
    return count


def _put_back(entries: Sequence[Entry], journal: Journal) -> int:
    """Give the replaced files their old bytes; one that the user removed, or edited before its turn came, is left."""
    replaced, edited = [], []
    for entry in entries:
        current = _content(entry.path)
        if current is None or current == entry.old:
            continue
        if digest(current) == entry.new_digest:
            replaced.append(entry)
        elif not entry.staged.exists():
            edited.append(str(entry.path))
    if edited:
        raise WriteError(
            f"{', '.join(edited)} changed after an interrupted run had rewritten it; put its old text back, "
            f"or delete {journal.path} to keep all files as they are now"
        )
    for entry in replaced:
        _back(entry).unlink(missing_ok=True)
        _stage(_back(entry), entry.old, entry.path)
        os.replace(_back(entry), entry.path)
    return len(replaced)


def _back(entry: Entry) -> Path:
    """Where the old bytes of a file are staged: a staged new content says that its file is not replaced yet."""
    return entry.staged.with_name(f"{entry.staged.name}-back")


def _clear(entries: Sequence[Entry], journal: Journal) -> None:
    """Remove what was staged and the journal; all files are as they were."""
    journal.unmark()
    for entry in entries:
        entry.staged.unlink(missing_ok=True)
        _back(entry).unlink(missing_ok=True)
    journal.remove()


class _Writing:
    """The changes of one folder on their way to the disk."""

    def __init__(self, folder: Path, changes: Sequence[Change]) -> None:
        self._folder = folder
        self._changes = changes
        self._targets: dict[Path, tuple[Change, Entry]] = {}
        self._journal: Journal | None = None

    def stage(self) -> None:
        """Bring the new contents to the disk, beside the files."""
        try:
            self._resolve()
            self._journal = Journal.create(self._folder, [entry for _, entry in self._targets.values()])
        except OSError as error:
            raise WriteError(_said(error, self._folder)) from error
        for target, (change, entry) in self._targets.items():
            try:
                _stage(entry.staged, change.new, target)
            except OSError as error:
                raise WriteError(_said(error, change.path)) from error

    def _resolve(self) -> None:
        token = secrets.token_hex(4)
        for index, change in enumerate(self._changes):
            target = change.path.resolve(strict=True)
            if not os.access(target, os.W_OK):
                raise PermissionError(13, "Permission denied", str(change.path))
            known = self._targets.get(target)
            if known is None:
                staged = target.with_name(f".sqla-async-fix-{token}-{index}")
                self._targets[target] = change, Entry(target, change.old, digest(change.new), staged)
            elif known[0].new != change.new:
                raise WriteError(f"{known[0].path} and {change.path} are one file and would be rewritten differently")

    def replace(self) -> None:
        """Put the staged contents in the place of the old ones, if these are still what was read."""
        assert self._journal is not None
        try:
            self._journal.mark()
        except OSError as error:
            raise WriteError(_said(error, self._folder)) from error
        for target, (change, entry) in self._targets.items():
            try:
                if target.read_bytes() != change.old:
                    raise WriteError(f"{change.path} changed in the meantime; nothing is written, run again")
                os.replace(entry.staged, target)
            except OSError as error:
                raise WriteError(_said(error, change.path)) from error
        for folder in {target.parent for target in self._targets}:
            with contextlib.suppress(OSError):
                sync_folder(folder)

    def undo(self) -> None:
        """All files as they were. Where even that fails the journal stays, for the next run."""
        if self._journal is None:
            return
        entries = [entry for _, entry in self._targets.values()]
        try:
            if self._journal.is_marked:
                _put_back(entries, self._journal)
            _clear(entries, self._journal)
        except OSError as error:
            self._journal.close()
            raise WriteError(f"{_said(error, self._folder)}; run again to put all files back") from error

    def finish(self) -> None:
        """The files are as they shall be."""
        assert self._journal is not None
        try:
            self._journal.remove()
        except OSError as error:
            raise WriteError(_said(error, self._folder)) from error


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _stage(staged: Path, data: bytes, target: Path) -> None:
    """Write a file to the disk that has the mode and, if possible, the owner of another."""
    status = target.stat()
    with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(staged, status.st_uid, status.st_gid)
    os.chmod(staged, status.st_mode & 0o7777)


def _said(error: OSError, place: Path) -> str:
    return f"{error.filename or place}: {error.strerror or error}"
