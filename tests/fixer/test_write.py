"""Files written together or not at all: modes, links, failures at every step, and journals of runs that were killed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqla_async_fix.fixer import JOURNAL, Change, WriteError, restore, write_together
from sqla_async_fix.fixer.journal import Entry, Journal, digest


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def changes(tmp_path: Path) -> list[Change]:
    """Changes of three files in two folders."""
    (tmp_path / "pkg").mkdir()
    made = []
    for name in ("a.py", "b.py", "pkg/c.py"):
        (tmp_path / name).write_bytes(f"old {name}\r\n".encode())
        made.append(Change(tmp_path / name, f"old {name}\r\n".encode(), f"new {name} é\n".encode()))
    return made


def old_of(folder: Path, changes: list[Change]) -> dict[str, bytes]:
    return {change.path.relative_to(folder).as_posix(): change.old for change in changes}


def new_of(folder: Path, changes: list[Change]) -> dict[str, bytes]:
    return {change.path.relative_to(folder).as_posix(): change.new for change in changes}


def test_all_are_written_and_nothing_else_stays(tmp_path: Path, changes: list[Change]) -> None:
    write_together({tmp_path: changes})
    assert files(tmp_path) == new_of(tmp_path, changes)


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_mode_is_kept(tmp_path: Path, changes: list[Change], mode: int) -> None:
    changes[0].path.chmod(mode)
    write_together({tmp_path: changes})
    assert stat.S_IMODE(changes[0].path.stat().st_mode) == mode


def test_nothing_to_write_leaves_no_trace(tmp_path: Path) -> None:
    write_together({tmp_path: []})
    assert os.listdir(tmp_path) == []


def test_link_is_followed(tmp_path: Path, changes: list[Change]) -> None:
    link = tmp_path / "link.py"
    link.symlink_to(Path("pkg") / "c.py")
    write_together({tmp_path: [Change(link, changes[2].old, b"new")]})
    assert link.is_symlink()
    assert changes[2].path.read_bytes() == b"new"


def test_two_names_of_one_file_are_written_once(tmp_path: Path, changes: list[Change]) -> None:
    link = tmp_path / "link.py"
    link.symlink_to("a.py")
    same = Change(link, changes[0].old, changes[0].new)
    write_together({tmp_path: [*changes, same]})
    assert files(tmp_path) == new_of(tmp_path, changes)


def test_two_names_of_one_file_with_two_texts_are_refused(tmp_path: Path, changes: list[Change]) -> None:
    link = tmp_path / "link.py"
    link.symlink_to("a.py")
    with pytest.raises(WriteError, match=r"are one file"):
        write_together({tmp_path: [*changes, Change(link, changes[0].old, b"other")]})
    assert files(tmp_path) == old_of(tmp_path, changes)


def test_missing_file(tmp_path: Path, changes: list[Change]) -> None:
    changes[1].path.unlink()
    with pytest.raises(WriteError, match=r"b\.py: No such file"):
        write_together({tmp_path: changes})
    assert files(tmp_path).keys() == {"a.py", "pkg/c.py"}


def test_a_file_that_may_not_be_written(tmp_path: Path, changes: list[Change], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "b.py")
    with pytest.raises(WriteError, match=r"b\.py: Permission denied"):
        write_together({tmp_path: changes})
    assert files(tmp_path) == old_of(tmp_path, changes)


def test_a_file_that_changed_in_the_meantime(tmp_path: Path, changes: list[Change]) -> None:
    changes[1].path.write_bytes(b"edited")
    with pytest.raises(WriteError, match=r"b\.py changed in the meantime"):
        write_together({tmp_path: changes})
    assert files(tmp_path) == {**old_of(tmp_path, changes), "b.py": b"edited"}


FALLIBLE = ("open", "fsync", "replace", "chmod")


def failing(name: str, turn: int, error: BaseException) -> Callable[..., Any]:
    """A function of `os` that raises when it is called for the `turn`th time."""
    original, calls = getattr(os, name), 0

    def function(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == turn:
            raise error
        return original(*args, **more)

    return function


@pytest.mark.parametrize("name", FALLIBLE)
@pytest.mark.parametrize("turn", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_failure_at_any_step_loses_nothing(
    tmp_path: Path, changes: list[Change], monkeypatch: pytest.MonkeyPatch, name: str, turn: int, error: BaseException
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing(name, turn, error))
        try:
            write_together({tmp_path: changes})
        except (WriteError, KeyboardInterrupt):
            expected = old_of(tmp_path, changes)
        else:
            expected = new_of(tmp_path, changes)
    assert files(tmp_path) == expected


def test_where_undoing_fails_as_well_the_next_run_does_it(
    tmp_path: Path, changes: list[Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = os.replace, 0

    def replace(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OSError(errno.EIO, "Input/output error")
        original(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(WriteError, match="Input/output error; run again to put all files back"):
            write_together({tmp_path: changes})
    assert changes[0].path.read_bytes() == changes[0].new
    assert restore(tmp_path) == 2
    assert files(tmp_path) == old_of(tmp_path, changes)


def test_several_folders_are_written_together(tmp_path: Path, changes: list[Change]) -> None:
    batches = {tmp_path: changes[:2], tmp_path / "pkg": changes[2:]}
    changes[2].path.write_bytes(b"edited")
    with pytest.raises(WriteError):
        write_together(batches)
    assert files(tmp_path) == {**old_of(tmp_path, changes), "pkg/c.py": b"edited"}
    changes[2].path.write_bytes(changes[2].old)
    write_together(batches)
    assert files(tmp_path) == new_of(tmp_path, changes)


# --- what is left of a run that was killed ---------------------------------------------------------------------------


def interrupted(folder: Path, changes: list[Change], staged: int, replaced: int | None) -> None:
    """What a run leaves that is killed after staging some files, or after all and replacing some."""
    entries = []
    for index, change in enumerate(changes):
        beside = change.path.with_name(f".staged-{index}")
        entries.append(Entry(change.path, change.old, digest(change.new), beside))
    journal = Journal.create(folder, entries)
    for entry, change in list(zip(entries, changes, strict=True))[:staged]:
        entry.staged.write_bytes(change.new)
    if replaced is not None:
        journal.mark()
        for entry in entries[:replaced]:
            os.replace(entry.staged, entry.path)
    journal.close()


@pytest.mark.parametrize(("staged", "replaced"), [(0, None), (1, None), (3, None), (3, 0), (3, 1), (3, 3)])
def test_an_interrupted_run_is_undone(tmp_path: Path, changes: list[Change], staged: int, replaced: int | None) -> None:
    interrupted(tmp_path, changes, staged, replaced)
    assert restore(tmp_path) == (replaced or 0)
    assert files(tmp_path) == old_of(tmp_path, changes)
    assert restore(tmp_path) is None


def test_an_interrupted_run_is_undone_after_the_project_was_moved(tmp_path: Path, changes: list[Change]) -> None:
    interrupted(tmp_path, changes, 3, 2)
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(moved)
    assert restore(moved) == 2
    assert files(moved) == old_of(tmp_path, changes)


def test_an_unfinished_journal_says_that_nothing_happened(tmp_path: Path, changes: list[Change]) -> None:
    interrupted(tmp_path, changes, 0, None)
    content = (tmp_path / JOURNAL).read_bytes()
    for size in (0, 10, 80, len(content) - 2):
        (tmp_path / JOURNAL).write_bytes(content[:size])
        assert restore(tmp_path) == 0
        assert files(tmp_path) == old_of(tmp_path, changes)


def test_a_file_edited_before_its_turn_keeps_the_edit(tmp_path: Path, changes: list[Change]) -> None:
    interrupted(tmp_path, changes, 3, 1)
    changes[2].path.write_bytes(b"edited")
    assert restore(tmp_path) == 1
    assert files(tmp_path) == {**old_of(tmp_path, changes), "pkg/c.py": b"edited"}


def test_a_file_edited_while_files_were_staged_keeps_the_edit(tmp_path: Path, changes: list[Change]) -> None:
    interrupted(tmp_path, changes, 1, None)
    changes[2].path.write_bytes(b"edited")
    assert restore(tmp_path) == 0
    assert files(tmp_path) == {**old_of(tmp_path, changes), "pkg/c.py": b"edited"}


def test_a_file_edited_after_it_was_rewritten_stops_the_undoing(tmp_path: Path, changes: list[Change]) -> None:
    interrupted(tmp_path, changes, 3, 2)
    changes[0].path.write_bytes(b"new and edited")
    before = files(tmp_path)
    with pytest.raises(WriteError, match=r"a\.py changed after an interrupted run had rewritten it"):
        restore(tmp_path)
    assert files(tmp_path) == before
    changes[0].path.write_bytes(changes[0].old)
    assert restore(tmp_path) == 1
    assert files(tmp_path) == old_of(tmp_path, changes)


def test_a_file_removed_after_it_was_rewritten_stays_removed(tmp_path: Path, changes: list[Change]) -> None:
    interrupted(tmp_path, changes, 3, 2)
    changes[0].path.unlink()
    assert restore(tmp_path) == 1
    assert files(tmp_path) == {name: old for name, old in old_of(tmp_path, changes).items() if name != "a.py"}


@pytest.mark.parametrize(
    ("name", "turn"), [("replace", 1), ("replace", 3), ("open", 2), ("fsync", 2), ("ftruncate", 1)]
)
def test_an_interrupted_undoing_is_taken_up(
    tmp_path: Path, changes: list[Change], monkeypatch: pytest.MonkeyPatch, name: str, turn: int
) -> None:
    interrupted(tmp_path, changes, 3, 3)
    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing(name, turn, OSError(errno.EIO, "Input/output error")))
        with pytest.raises(WriteError, match="cannot undo an interrupted run"):
            restore(tmp_path)
    assert restore(tmp_path) is not None
    assert files(tmp_path) == old_of(tmp_path, changes)


def test_a_journal_in_use_is_left_alone(tmp_path: Path, changes: list[Change]) -> None:
    journal = Journal.create(tmp_path, [])
    with pytest.raises(WriteError, match="another run is writing"):
        restore(tmp_path)
    with pytest.raises(WriteError, match="another run is writing, or was interrupted"):
        write_together({tmp_path: changes})
    journal.remove()
    assert files(tmp_path) == old_of(tmp_path, changes)
