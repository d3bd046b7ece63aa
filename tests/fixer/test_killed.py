"""Writers that are killed at random moments: every file is whole, and the next run ends as an undisturbed one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sqla_async_fix.fixer import JOURNAL, restore, write_together
from tests.fixer.writer import changes_of, new_text, old_text, path_of

ROOT = Path(__file__).parents[2]


def make_project(root: Path, files: int) -> None:
    """The files before, with different modes."""
    for index in range(files):
        path = path_of(root, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(old_text(index))
        path.chmod(0o755 if index % 3 else 0o640)


def run_writer(root: Path, files: int, phase: str, delay: float | None) -> tuple[bool, float]:
    """Run a writer and kill it some seconds after a phase begins, if at all: whether it ended, and when."""
    command = [sys.executable, "-m", "tests.fixer.writer", str(root), str(files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.decode().strip() == phase:
                break
        start = time.perf_counter()
        if delay is None:
            process.wait()
        else:
            time.sleep(delay)
            process.kill()
    return process.returncode == 0, time.perf_counter() - start


def states(root: Path, files: int) -> set[str]:
    """Which contents there are; every file is either as it was or as it shall be."""
    found = set()
    for index in range(files):
        path = path_of(root, index)
        content = path.read_bytes()
        assert content in (old_text(index), new_text(index)), path
        assert path.stat().st_mode & 0o777 == (0o755 if index % 3 else 0o640), path
        found.add("old" if content == old_text(index) else "new")
    return found


def leftovers(root: Path) -> list[str]:
    """What is there beside the files."""
    return [path.name for path in root.rglob("*") if path.is_file() and path.suffix != ".py"]


@pytest.mark.parametrize(("files", "moments"), [(60, 15), pytest.param(300, 200, marks=pytest.mark.slow)])
def test_killed_at_random_moments(tmp_path: Path, files: int, moments: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    durations = {}
    for phase in ("staging", "replacing"):
        make_project(tmp_path, files)
        ended, durations[phase] = run_writer(tmp_path, files, phase, None)
        assert (ended, states(tmp_path, files), leftovers(tmp_path)) == (True, {"new"}, [])

    chance = random.Random(moments)
    seen: Counter[str] = Counter()
    for moment in range(moments):
        make_project(tmp_path, files)
        phase = "replacing" if moment % 3 else "staging"
        ended, _ = run_writer(tmp_path, files, phase, chance.uniform(0, durations[phase]))
        found = states(tmp_path, files)
        seen["ended" if ended else " and ".join(sorted(found))] += 1
        if (tmp_path / JOURNAL).exists():
            restore(tmp_path)
            assert (states(tmp_path, files), leftovers(tmp_path)) == ({"old"}, [])
        if "old" in states(tmp_path, files):
            write_together({tmp_path: changes_of(tmp_path, files)})
        assert (states(tmp_path, files), leftovers(tmp_path)) == ({"new"}, [])
    print(f"what was seen: {dict(seen)}")
    assert seen["new and old"] > 0
