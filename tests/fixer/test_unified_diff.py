"""The diff, and that the tools of others take it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.fixer import unified_diff


def test_form() -> None:
    before, after = SourceFile("a/b.py", "x\ny\n"), SourceFile("a/b.py", "x\nz")
    assert unified_diff(before, after) == (
        "--- a/a/b.py\n+++ b/a/b.py\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n\\ No newline at end of file\n"
    )


def test_nothing() -> None:
    assert unified_diff(SourceFile("a.py", "x\n"), SourceFile("a.py", "x\n")) == ""


CASES = [
    (b"x = 1\ny = 2\n", b"x = 1\ny = 3\n"),
    (b"x = 1\r\ny = 2\r\n", b"x = 1\r\ny = 3\r\nz = 1\r\n"),
    (b"x = 1\ny = 2", b"x = 1\ny = 3"),
    (b"x = 1\ny = 2", b"x = 1\ny = 2\n"),
    (b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbfx = 2\n"),
    ("x = 'é'\n\f\ny = '\u2028'\n".encode(), "x = 'ü'\n\f\ny = '\u2028'\n".encode()),
    (b"x = 1\ry = 2\rz = 3\r", b"x = 1\ry = 4\rz = 3\r"),
]


@pytest.mark.parametrize(("old", "new"), CASES)
@pytest.mark.parametrize("command", [["git", "apply"], ["patch", "-p1", "--binary", "-s"]], ids=["git", "patch"])
def test_applies(tmp_path: Path, command: list[str], old: bytes, new: bytes) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    (tmp_path / "pkg").mkdir()
    file = tmp_path / "pkg" / "x y.py"
    file.write_bytes(old)
    diff = unified_diff(SourceFile.decode("pkg/x y.py", old), SourceFile.decode("pkg/x y.py", new))
    subprocess.run(command, input=diff.encode(), cwd=tmp_path, check=True)
    assert file.read_bytes() == new


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "d\r"]), max_size=8).map("".join)


@given(old=LINES, new=LINES, end=st.sampled_from(["", "e", "f\n"]))
def test_every_line_is_in_it(old: str, new: str, end: str) -> None:
    before, after = SourceFile("a.py", old + end), SourceFile("a.py", new)
    body = unified_diff(before, after).replace("\n\\ No newline at end of file\n", "").split("\n")[2:]
    if before.text != after.text:
        assert [line for line in body if line[:1] in "+-"]
