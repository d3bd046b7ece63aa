"""The record of files being replaced together, from which an interrupted run is undone. Replacing them is in `write`.

The journal is on disk before anything else is, and goes last. A run that was killed is undone, not finished, by the
next one: what the user asks for then may be something else, and texts that were edited in between are planned anew.
Two lines: a checksum with the entries as JSON, and, once files are being replaced, a mark that says so. A journal whose
checksum is wrong was never finished, so that nothing had happened yet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl

JOURNAL = ".sqla-async-fix-journal"
_MARK = b"replacing\n"


class WriteError(Exception):
    """Files cannot be written, or put back; the message is one line. Nothing is lost."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to be replaced: its real path, its bytes before, the digest of those after, and where these are staged."""

    path: Path
    old: bytes
    new_digest: str
    staged: Path

    def record(self, folder: Path) -> dict[str, str]:
        """The entry as JSON has it: paths from the journal's folder, which may move; the old text stays readable."""
        return {
            "new": self.new_digest,
            "old": self.old.decode("utf-8", "surrogateescape"),
            "path": _relative(self.path, folder),
            "staged": self.staged.name,
        }

    @classmethod
    def read(cls, record: dict[str, str], folder: Path) -> Entry:
        """The entry of a record."""
        path = Path(os.path.normpath(folder.resolve() / record["path"]))
        old = record["old"].encode("utf-8", "surrogateescape")
        return cls(path, old, record["new"], path.with_name(record["staged"]))


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(path)


def digest(data: bytes) -> str:
    """What tells contents apart."""
    return hashlib.sha256(data).hexdigest()


class Journal:
    """The journal of one folder, open and locked: no other process reads or writes it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = 0  # of what stands before the mark, if there is one

    @classmethod
    def create(cls, folder: Path, entries: Sequence[Entry]) -> Journal:
        """Write the journal of a folder to the disk. Raises OSError, and WriteError where there is one."""
        path = folder / JOURNAL
        try:
            journal = cls(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise WriteError(f"{path} is there: another run is writing, or was interrupted") from None
        journal._lock()
        try:
            content = json.dumps([entry.record(folder) for entry in entries], sort_keys=True).encode()
            journal._append(digest(content).encode() + b" " + content + b"\n")
            sync_folder(folder)
        except BaseException:
            journal.remove()
            raise
        return journal

    @classmethod
    def open(cls, folder: Path) -> Journal | None:
        """The journal that an interrupted run has left in a folder, if any. Raises WriteError while the run goes on."""
        path = folder / JOURNAL
        try:
            journal = cls(path, os.open(path, os.O_RDWR))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WriteError(f"{path} of an interrupted run: {error.strerror}") from error
        journal._lock()
        return journal

    def _lock(self) -> None:
        if sys.platform != "win32":
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # whoever had it before may have removed it
                held = os.path.samestat(os.stat(self.path), os.fstat(self._descriptor))
            except (BlockingIOError, FileNotFoundError):
                held = False
            except OSError:
                held = True  # a file system without locks
            if not held:
                self.close()
                raise WriteError(f"another run is writing ({self.path})")

    def _append(self, data: bytes) -> None:
        with os.fdopen(os.dup(self._descriptor), "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    @property
    def is_marked(self) -> bool:
        """Whether it says that files are being replaced."""
        return self._size > 0

    def mark(self) -> None:
        """Say on disk that files are replaced from now on."""
        self._size = os.fstat(self._descriptor).st_size
        self._append(_MARK)

    def unmark(self) -> None:
        """Say on disk that no file is replaced any more: all are as they were."""
        if self.is_marked:
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
            self._size = 0

    def read(self) -> tuple[tuple[Entry, ...], bool]:
        """The entries, and whether files may have been replaced; no entries where it was never finished."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            first, mark = file.readline(), file.readline()
        checksum, _, content = first.rstrip(b"\n").partition(b" ")
        if digest(content).encode() != checksum:
            return (), False
        self._size = len(first) if mark else 0
        return tuple(Entry.read(record, self.path.parent) for record in json.loads(content)), mark != b""

    def close(self) -> None:
        """Leave it for the next run."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Remove it from the disk, still locked where the system allows it."""
        if sys.platform == "win32":
            self.close()
        self.path.unlink()
        self.close()
        with contextlib.suppress(OSError):
            sync_folder(self.path.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk, where the system can."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
