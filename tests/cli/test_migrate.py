"""The `migrate` command: what it plans, asks, refuses, writes and says. What is found is tested with the rules."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sqla_async_fix.cli import main
from sqla_async_fix.fixer import JOURNAL
from sqla_async_fix.fixer.journal import Entry, Journal, digest

MODELS = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
USERS = """\
from models import SessionLocal, User


def find(db, name):
    # by name
    return db.query(User).filter(User.name == name).first()


def rename(old, new):
    with SessionLocal() as db:
        find(db, old).name = new
        db.commit()
"""
CACHED = """\
from functools import lru_cache

from models import SessionLocal, User


@lru_cache
def count():
    with SessionLocal() as db:
        return db.query(User).count()


def report():
    return f"{count()} users"
"""
TEST_USERS = """\
from users import rename


def test_rename():
    rename("old", "new")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that can be migrated whole; it is the current directory, and no git tree."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["sqlalchemy"]\n[tool.sqla-async-fix]\n')
    for name, text in (("models.py", MODELS), ("users.py", USERS), ("test_users.py", TEST_USERS)):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cached(project: Path) -> Path:
    """The same with a function that cannot become asynchronous."""
    (project / "cached.py").write_text(CACHED)
    return project


def run(*args: str, stdin: str | None = None) -> Result:
    """The command's result."""
    return CliRunner().invoke(main, ["migrate", *args], input=stdin)


def texts(folder: Path) -> dict[str, bytes]:
    """Every file's content, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def commit(folder: Path) -> None:
    """Make a git tree with everything in it committed."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command], cwd=folder, check=True)


# --- what it does ----------------------------------------------------------------------------------------------------


def test_everything_is_carried_over(project: Path) -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "Add to the project's dependencies\n"
        "  sqlalchemy[asyncio]>=2.0: asynchronous sessions need greenlet, which that extra brings\n"
        "  aiosqlite: the driver of `sqlite+aiosqlite` in models.py:4\n"
        "  pytest-asyncio: tests and fixtures are asynchronous now\n"
        "\n"
        "Changed 3 files: 3 functions made async, 4 awaits inserted, 1 query rewritten.\n"
    )
    assert "result = await db.execute(select(User).where(User.name == name).limit(1))" in texts(project)[
        "users.py"
    ].decode().replace("    return (await", "    result = (await")
    assert b"async def test_rename" in texts(project)["test_users.py"]
    assert not (project / JOURNAL).exists()


def test_a_second_run_changes_nothing(project: Path) -> None:
    run()
    migrated = texts(project)
    result = run()
    assert (result.exit_code, result.stdout) == (0, "Nothing to migrate!\n")
    assert texts(project) == migrated


def test_what_is_left_is_listed_by_kind_with_its_reason(cached: Path) -> None:
    result = run()
    assert result.exit_code == 1
    listed, _, closing = result.stdout.partition("\n\n")
    assert listed.splitlines()[:5] == [
        "Left to do",
        "  SAF201 sync-engine (1)",
        "    models.py:4:10 Synchronous engine",
        "      = `count` is cached, and a coroutine can be awaited only once; cache the value instead (cached.py:9)",
        "  SAF202 sync-driver-url (1)",
    ]
    assert closing == (
        "Changed 2 files: 0 functions made async, 0 awaits inserted, 2 queries rewritten; 6 places left to look at.\n"
    )


def test_quiet_lists_what_is_left_and_silent_says_nothing(cached: Path) -> None:
    before = texts(cached)
    assert run("-q").stdout.startswith("Left to do\n")
    assert "Changed" not in run("-q").stdout
    for name, text in before.items():
        (cached / name).write_bytes(text)
    silent = run("-s")
    assert (silent.exit_code, silent.output) == (1, "")
    assert texts(cached) != before


def test_selection_and_files_mean_what_they_mean_in_check(project: Path) -> None:
    result = run("--select", "SAF1", "users.py")
    assert "0 functions made async, 0 awaits inserted, 1 query rewritten" in result.stdout
    assert b"def rename" in texts(project)["users.py"]
    assert run("--exclude", "*.py").stderr == "warning: No Python files found under the given path(s)\n"
    assert run("--config", "target = 'sync'").exit_code == 0


def test_two_projects_are_migrated_at_once(project: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(project, project / name, ignore=shutil.ignore_patterns("one", "two"))
    result = run("one", "two", "--plan")
    assert "one/users.py" in result.stdout
    assert "two/users.py" in result.stdout
    assert run("one", "two").stdout.endswith(
        "Changed 6 files: 6 functions made async, 8 awaits inserted, 2 queries rewritten.\n"
    )


# --- --plan, --diff --------------------------------------------------------------------------------------------------


def test_the_plan_tells_why_and_how_much_and_changes_nothing(project: Path) -> None:
    before = texts(project)
    result = run("--plan")
    assert (result.exit_code, texts(project)) == (1, before)
    assert result.stdout == (
        "Functions that become async\n"
        "  test_users.py\n"
        "    4: test_rename -> rename: `commit()` reaches the database\n"
        "  users.py\n"
        "    4: find: `.first()` on a query\n"
        "    9: rename: `commit()` reaches the database\n"
        "\n"
        "Changes by file\n"
        "                 functions  awaits  queries  lines\n"
        "  models.py              0       0        0  +4 -4\n"
        "  test_users.py          1       1        0  +5 -2\n"
        "  users.py               2       3        1  +9 -6\n"
        "\n"
        "Add to the project's dependencies\n"
        "  sqlalchemy[asyncio]>=2.0: asynchronous sessions need greenlet, which that extra brings\n"
        "  aiosqlite: the driver of `sqlite+aiosqlite` in models.py:4\n"
        "  pytest-asyncio: tests and fixtures are asynchronous now\n"
        "\n"
        "Would change 3 files: 3 functions made async, 4 awaits inserted, 1 query rewritten.\n"
    )


def test_the_plan_tells_what_stops_where(cached: Path) -> None:
    text = run("--plan").stdout
    assert (
        "What stops the rest\n"
        "  cached.py:7 `count` is cached, and a coroutine can be awaited only once; cache the value instead\n"
        "    keeps synchronous: count (cached.py:7), find (users.py:4), rename (users.py:9)\n"
    ) in text
    assert "models.py:4:10 Synchronous engine\n" in text


def test_the_plan_tells_all_that_stops_a_part(project: Path) -> None:
    (project / "plugin.py").write_text("def rename_all(bot):\n    bot.users.rename(1)\n    bot.users.rename(2)\n")
    (project / "users.py").write_text(
        "from models import SessionLocal, User\n\n\nclass Users:\n    def rename(self, key):\n"
        "        with SessionLocal() as db:\n            db.get(User, key).name = 'Ada'\n            db.commit()\n"
    )
    stop = "`bot.users.rename()` may be `Users.rename`, and its receiver is not known; annotate it"
    assert f"  plugin.py:2 {stop}\n  plugin.py:3 {stop}\n    keeps synchronous: " in run("--plan").stdout


def test_the_plan_tells_who_stays_synchronous_with_an_engine_of_its_own(project: Path) -> None:
    (project / "job.py").write_text(
        "import threading\n\nfrom models import SessionLocal, User\n\n\ndef job():\n    with SessionLocal() as db:\n"
        "        db.query(User).delete()\n        db.commit()\n\n\nthreading.Thread(target=job).start()\n"
    )
    assert (
        "Functions that stay synchronous, with an engine of their own\n  job.py:6 job is handed to `threading.Thread`\n"
    ) in run("--plan").stdout


def test_who_does_not_use_the_database_is_not_said_to_stay_synchronous(project: Path) -> None:
    (project / "job.py").write_text(
        "import threading\n\n\ndef job():\n    print(1)\n\n\nthreading.Thread(target=job).start()\n"
    )
    assert "stay synchronous" not in run("--plan").stdout


def test_the_plan_for_programs(cached: Path) -> None:
    result = run("--plan", "--output-format=json")
    assert result.exit_code == 1
    plan = json.loads(result.stdout)
    assert result.stdout == json.dumps(plan, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert plan["version"] == 1
    assert plan["totals"] == {"awaits": 0, "files": 2, "functions": 0, "left": 6, "queries": 2}
    assert plan["functions"] == []
    (boundary,) = plan["boundaries"]
    assert (boundary["path"], boundary["line"]) == ("cached.py", 7)
    assert boundary["functions"][2] == {"line": 9, "name": "rename", "path": "users.py"}
    assert [left["line"] for left in plan["left"] if left["path"] == "users.py"] == [4, 9]
    assert all(set(left) == {"code", "column", "line", "message", "name", "path", "reason"} for left in plan["left"])


def test_the_plan_for_programs_has_chains(project: Path) -> None:
    plan = json.loads(run("--plan", "--output-format=json").stdout)
    assert plan["functions"][0] == {
        "chain": [{"line": 9, "name": "rename", "path": "users.py"}],
        "line": 4,
        "name": "test_rename",
        "path": "test_users.py",
        "reason": "`commit()` reaches the database",
    }
    assert plan["files"][2] == {
        "added": 9,
        "awaits": 3,
        "functions": 2,
        "path": "users.py",
        "queries": 1,
        "removed": 6,
    }
    assert [need["requirement"] for need in plan["dependencies"]] == [
        "sqlalchemy[asyncio]>=2.0",
        "aiosqlite",
        "pytest-asyncio",
    ]
    assert plan["boundaries"] == plan["kept"] == plan["left"] == []


def test_the_diff_is_what_would_be_written(project: Path) -> None:
    before = texts(project)
    result = run("--diff")
    assert (result.exit_code, texts(project)) == (1, before)
    assert result.stderr == "Would change 3 files: 3 functions made async, 4 awaits inserted, 1 query rewritten.\n"
    run()
    migrated = texts(project)
    for name, text in before.items():
        (project / name).write_bytes(text)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply"], input=result.stdout.encode(), check=True)
    assert texts(project) == migrated
    assert (run("--diff").exit_code, run("--diff").stdout) == (0, "")


# --- --interactive ---------------------------------------------------------------------------------------------------


def test_groups_are_offered_with_their_diffs(project: Path) -> None:
    result = run("--interactive", stdin="y\ny\n")
    assert result.exit_code == 0
    first, second = result.stdout.split("Group ")[1:]
    assert first.startswith("1: 1 legacy-query (SAF101)\n--- a/users.py\n")
    assert "-    return db.query(User)" in first
    assert "async" not in first.partition("Take it?")[0]
    assert "+async def find(db, name):" in second
    assert "+async def test_rename():" in second
    asked = texts(project)
    for name, text in (("models.py", MODELS), ("users.py", USERS), ("test_users.py", TEST_USERS)):
        (project / name).write_text(text)
    run()
    assert texts(project) == asked


def test_a_declined_group_stays_as_it_is_and_is_left(project: Path) -> None:
    result = run("-i", stdin="y\nn\n")
    assert result.exit_code == 1
    assert "\n      = It was declined\n" in result.stdout
    assert texts(project)["models.py"].decode() == MODELS
    assert b"\ndef find(db, name):" in texts(project)["users.py"]
    assert b"select(User)" in texts(project)["users.py"]


def test_declined_queries_keep_their_functions_synchronous(project: Path) -> None:
    result = run("-i", stdin="n\n")
    assert result.exit_code == 1
    assert texts(project)["users.py"].decode() == USERS
    assert texts(project)["models.py"].decode() == MODELS
    assert "Group 2" not in result.stdout
    assert result.stdout.endswith("Nothing to change; 11 places left to look at.\n")


def test_parts_that_do_not_hang_together_are_offered_apart(project: Path) -> None:
    (project / "other.py").write_text(MODELS.replace("shop.db", "other.db") + USERS.partition("\n")[2])
    result = run("-i", stdin="y\ny\ny\nn\n")
    assert result.stdout.count("Take it?") == 4
    changed = {name for name, text in texts(project).items() if b"async def" in text}
    assert changed in ({"other.py"}, {"users.py", "test_users.py"})


def test_all_and_quit_answer_for_the_rest(project: Path) -> None:
    assert run("-i", stdin="q\n").exit_code == 1
    assert texts(project)["users.py"].decode() == USERS
    assert run("-i", stdin="x\na\n").exit_code == 0
    assert b"async def find" in texts(project)["users.py"]


def test_no_answer_writes_nothing(project: Path) -> None:
    before = texts(project)
    assert run("-i", stdin="y\n").exit_code == 130
    assert texts(project) == before


# --- git -------------------------------------------------------------------------------------------------------------


def test_uncommitted_changes_are_not_written_over(project: Path) -> None:
    commit(project)
    (project / "users.py").write_text(USERS + "# more\n")
    (project / "notes.txt").write_text("not ours")
    before = texts(project)
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: uncommitted changes in users.py; commit them first, or use --allow-dirty\n"
    assert texts(project) == before
    assert run("--plan").exit_code == run("--diff").exit_code == 1
    assert run("-i", stdin="").exit_code == 2
    assert run("--allow-dirty").exit_code == 0


def test_files_that_git_does_not_know_count_as_uncommitted(project: Path) -> None:
    (project / ".gitignore").write_text("test_*\n")
    (project / "ünknown.py").write_text(USERS)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "models.py", "users.py"], check=True)
    result = run(".", "test_users.py")
    assert result.stderr == (
        "error: uncommitted changes in models.py, users.py, ünknown.py; commit them first, or use --allow-dirty\n"
    )


def test_only_files_that_would_be_written_have_to_be_committed(project: Path) -> None:
    commit(project)
    (project / "unrelated.py").write_text("x = 1\n")
    assert run().exit_code == 0


def test_without_git_it_goes_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(project)
    (project / "users.py").write_text(USERS + "# more\n")
    monkeypatch.setenv("PATH", "")
    assert run().exit_code == 0


def test_a_folder_that_is_no_git_tree_is_none(project: Path) -> None:
    (project / ".git").mkdir()
    assert run().exit_code == 0


def test_git_that_fails_is_an_error(project: Path) -> None:
    (project / ".git").write_text("gitdir: nowhere\n")
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith("error: git does not say what is committed (fatal: ")
    assert run("--allow-dirty").exit_code == 0


# --- failures and interrupted runs -----------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    before = texts(project)
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: {project / 'models.py'}: Permission denied\n"
    assert texts(project) == before


def test_an_interrupted_run_is_undone_first(project: Path) -> None:
    names = ("models.py", "test_users.py", "users.py")
    old = texts(project)
    run()
    migrated = texts(project)
    entries = [Entry(project / name, old[name], digest(migrated[name]), project / f".{name}") for name in names]
    journal = Journal.create(project, entries)
    journal.mark()
    journal.close()
    (project / "users.py").write_bytes(old["users.py"])
    (project / ".users.py").write_bytes(migrated["users.py"])
    killed = texts(project)

    refused = run("--plan")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: an interrupted run left files half written")
    assert texts(project) == killed

    result = run()
    assert result.stderr == f"warning: An interrupted run was undone in {project} (2 files put back)\n"
    assert result.exit_code == 0
    assert texts(project) == migrated


def test_an_interrupted_run_is_found_from_elsewhere(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.create(project, []).close()
    (project / "pkg").mkdir()
    (project / "pkg" / "a.py").write_text("x = 1\n")
    monkeypatch.chdir(project / "pkg")
    assert "An interrupted run was undone" in run(".").stderr
    Journal.create(project / "pkg", []).close()
    monkeypatch.chdir(project)
    assert "An interrupted run was undone" in run("users.py").stderr


def test_a_rewritten_file_that_was_edited_is_not_put_back(project: Path) -> None:
    entry = Entry(project / "users.py", b"old", digest(b"new"), project / ".staged")
    journal = Journal.create(project, [entry])
    journal.mark()
    journal.close()
    result = run()
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "users.py changed after an interrupted run had rewritten it; put its old text back" in result.stderr
    (project / JOURNAL).unlink()
    assert run().exit_code == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--plan", "--diff"], "'--plan' cannot be used with '--diff'"),
        (["--diff", "-i"], "'--diff' cannot be used with '--interactive'"),
        (["--output-format=json"], "'--output-format' can only be used with '--plan'"),
        (["-i", "-q"], "'--interactive' cannot be used with '--quiet' or '--silent'"),
        (["-"], "a project is migrated as a whole"),
        (["--fix"], "no such option"),
        (["--config", "foo = 3"], "`foo`: unknown key"),
    ],
)
def test_usage_errors_exit_with_2(project: Path, args: list[str], message: str) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


# --- the progress bar ------------------------------------------------------------------------------------------------

PROGRAM = "import sys; sys.argv[0] = 'x'; from sqla_async_fix.cli import main; main()"


def test_progress_is_shown_on_a_terminal_only(project: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "migrate", "--plan"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stderr=follower, stdout=subprocess.PIPE, env=environment) as process:
        os.close(follower)
        shown = "".join(iter(lambda: _read(leader), ""))
        assert process.stdout is not None
        plan = process.stdout.read()
    os.close(leader)
    assert process.returncode == 1
    assert "Planning" in shown
    assert "Turning to async" in shown
    plain = subprocess.run(command, capture_output=True, check=False)
    assert (plain.returncode, plain.stdout, plain.stderr) == (1, plan, b"")


def _read(descriptor: int) -> str:
    try:
        return os.read(descriptor, 10_000).decode(errors="replace")
    except OSError:
        return ""
