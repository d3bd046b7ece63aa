"""A program that writes many files together, to be killed: `python -m tests.fixer.writer FOLDER NUMBER`.

It says `staging` when it begins and `replacing` when the first file is about to be replaced. Nothing is brought to the
disk for good: killing a process, unlike cutting the power, does not need it, and it would take most of the time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sqla_async_fix.fixer import Change, write_together
from sqla_async_fix.fixer.journal import Journal


def old_text(index: int) -> bytes:
    """The content of a file before."""
    return f"# file {index}\n".encode() * (index % 50 + 1)


def new_text(index: int) -> bytes:
    """The content of a file after."""
    return old_text(index).replace(b"file", b"new file")


def path_of(root: Path, index: int) -> Path:
    """Where a file is."""
    return root / f"package{index % 7}" / f"module{index}.py"


def changes_of(root: Path, files: int) -> list[Change]:
    """The changes of all files."""
    return [Change(path_of(root, index), old_text(index), new_text(index)) for index in range(files)]


def main(root: Path, files: int) -> None:
    """Write all files."""
    os.fsync = lambda _: None
    mark = Journal.mark

    def say_and_mark(journal: Journal) -> None:
        print("replacing", flush=True)
        mark(journal)

    Journal.mark = say_and_mark
    changes = changes_of(root, files)
    print("staging", flush=True)
    write_together({root: changes})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
