"""Work in several processes gives what work in one gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqla_async_fix import parallel

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")


@forks
def test_results_come_in_the_order_of_the_parts() -> None:
    results = parallel.work(lambda part: (part, os.getpid()), ["a", "b", "c"])
    assert [part for part, _ in results] == ["a", "b", "c"]
    assert len({process for _, process in results}) == 3
    assert results[0][1] == os.getpid()


@forks
def test_an_exception_of_another_process_is_raised_here() -> None:
    def fail(part: int) -> int:
        return 1 // part

    with pytest.raises(ZeroDivisionError):
        parallel.work(fail, [1, 0])


@forks
def test_a_process_that_dies_is_an_error() -> None:
    own = os.getpid()

    def die(part: int) -> int:
        return part if os.getpid() == own else os._exit(3)

    with pytest.raises(RuntimeError, match="exit code 3"):
        parallel.work(die, [1, 2])


def test_one_part_needs_no_process() -> None:
    assert parallel.work(lambda part: (part, os.getpid()), ["a"]) == [("a", os.getpid())]


@forks
def test_the_second_of_two_functions_is_called_elsewhere_where_a_processor_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "processes", lambda: 2)
    here, there = parallel.both(os.getpid, os.getpid)
    assert here == os.getpid() != there
    assert parallel.both(os.getpid, os.getpid, worth_it=False) == (os.getpid(), os.getpid())
    _, (here, there) = parallel.work(lambda _: parallel.both(os.getpid, os.getpid), [1, 2])
    assert here == there, "a part has one process"


APP = """
from sqlalchemy.orm import Session

from {name}.models import User


def names(db: Session) -> list[str]:
    return [user.name for user in db.query(User).all()]
"""
MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""


@forks
def test_regions_in_processes_of_their_own_give_the_same(tmp_path: Path) -> None:
    for name in ("north", "south"):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "models.py").write_text(MODELS)
        (package / "app.py").write_text(APP.format(name=name))
        (package / "broken.py").write_text("def (:\n")
    outputs = [_diff(tmp_path, processes) for processes in (1, 2)]
    assert outputs[0] == outputs[1]
    assert outputs[0].count("select(User)") == 2
    assert outputs[0].count("invalid-syntax") == 2


def _diff(folder: Path, processes: int) -> str:
    script = (
        "import sys\n"
        f"from sqla_async_fix import detection, parallel\n"
        f"parallel.processes = lambda: {processes}\n"
        "detection._WORTH_A_PROCESS = 0\n"
        "from sqla_async_fix.cli import main\n"
        "main(['check', '--isolated', '--diff', '.'])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    check = script.replace("'--diff', ", "'--output-format', 'concise', ")
    found = subprocess.run([sys.executable, "-c", check], cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout + found.stdout + found.stderr
