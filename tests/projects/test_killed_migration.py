"""The whole command, killed: every file is old or new, and a second run ends as an undisturbed one."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sqla_async_fix.fixer import JOURNAL

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass
"""
MODULE = """\
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, SessionLocal


class Thing{number}(Base):
    __tablename__ = "things{number}"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def find(name):
    with SessionLocal() as db:
        return db.query(Thing{number}).filter(Thing{number}.name == name).first()
"""


def generate(root: Path, files: int) -> None:
    """A project of so many files, one of them with the engine."""
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.sqla-async-fix]\n")
    (root / "database.py").write_text(DATABASE)
    for number in range(1, files):
        (root / f"things{number}.py").write_text(MODULE.format(number=number))


def texts(root: Path) -> dict[str, bytes]:
    """Every Python file by name."""
    return {path.name: path.read_bytes() for path in root.glob("*.py")}


def start(root: Path) -> subprocess.Popen[bytes]:
    """The command, running."""
    command = [sys.executable, "-m", "sqla_async_fix", "migrate", "--silent", "."]
    return subprocess.Popen(command, cwd=root)


def killed(root: Path, limit: float, delay: float | None) -> None:
    """Kill the command some time after it started, or as soon as it has begun to write (`delay` is None)."""
    with start(root) as process:
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < limit:
            if (root / JOURNAL).exists() if delay is None else time.monotonic() - begun > delay:
                break
            time.sleep(0.0005)
        process.kill()


@pytest.mark.parametrize(("files", "moments"), [(12, 2), pytest.param(300, 4, marks=pytest.mark.slow)])
def test_killed_migrations_are_undone_and_done_again(tmp_path: Path, files: int, moments: int) -> None:
    generate(tmp_path / "old", files)
    old = texts(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    begun = time.monotonic()
    with start(tmp_path / "new") as process:
        assert process.wait() == 0
    duration = time.monotonic() - begun
    new = texts(tmp_path / "new")
    assert all(new[name] != old[name] for name in old)

    chance = random.Random(files)
    seen: Counter[str] = Counter()
    root = tmp_path / "killed"
    for moment in range(moments):
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(tmp_path / "old", root)
        # every third at any time, the others while it writes, some of them a little later
        killed(root, 10 * duration, chance.uniform(0, duration) if moment % 3 == 0 else None)
        found = texts(root)
        assert found.keys() == old.keys()
        assert all(found[name] in (old[name], new[name]) for name in old)
        seen["journal" if (root / JOURNAL).exists() else "no journal"] += 1
        with start(root) as process:
            assert process.wait() == 0
        assert texts(root) == new
        assert sorted(path.name for path in root.iterdir()) == sorted([*new, "pyproject.toml"])
    print(f"{duration:.1f} s undisturbed; {dict(seen)}")
    assert seen["journal"] > 0
