"""The atomic write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sqla_async_fix.fixer import write_atomically


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_mode_is_kept(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    file.chmod(mode)
    write_atomically(file, b"new\r\n")
    assert file.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["a.py"]


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "a.py"
    target.write_bytes(b"old")
    link = tmp_path / "b.py"
    link.symlink_to(Path("there") / "a.py")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_failure_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a\.py"):
        write_atomically(tmp_path / "a.py", b"new")
