"""`--fix`, `--diff` and their relatives: what is written, what is shown, what is counted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sqla_async_fix.cli import main

pytestmark = pytest.mark.usefixtures("toy_rules")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the current directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str, stdin: str | bytes | None = None) -> Result:
    """The command's result."""
    return CliRunner().invoke(main, args, input=stdin)


def test_fix_applies_safe_fixes_and_reports_the_rest(project: Path) -> None:
    (project / "a.py").write_text("old = old\nrisky = 1\n")
    result = run("--fix", "--output-format=concise", ".")
    assert (project / "a.py").read_text() == "new = new\nrisky = 1\n"
    assert result.stdout == (
        "a.py:2:1: TOY102 `risky` is old\n"
        "Found 3 errors (2 fixed, 1 remaining).\n"
        "1 unsafe fix available with `--fix --unsafe-fixes`.\n"
    )
    assert result.exit_code == 1


def test_unsafe_fixes_come_on_top(project: Path) -> None:
    (project / "a.py").write_text("old = risky\nrisky = 1\n")
    result = run("--fix", "--unsafe-fixes", ".")
    assert (project / "a.py").read_text() == "new = safe\nsafe = 1\n"
    assert (result.exit_code, result.stdout) == (0, "Found 3 errors (3 fixed, 0 remaining).\n")


def test_a_second_run_changes_nothing(project: Path) -> None:
    (project / "a.py").write_text("old = 1\n")
    run("--fix", ".")
    stamp = (project / "a.py").stat().st_mtime_ns
    assert run("--fix", ".").stdout == "All checks passed!\n"
    assert (project / "a.py").stat().st_mtime_ns == stamp


def test_diff_writes_nothing_and_can_be_applied(project: Path) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "a.py").write_text("x = 1\nold = 2\nrisky = 3")
    result = run("--diff", ".")
    assert result.exit_code == 1
    assert result.stdout == (
        "--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ -1,3 +1,3 @@\n x = 1\n-old = 2\n+new = 2\n risky = 3\n"
        "\\ No newline at end of file\n"
    )
    assert result.stderr == "Would fix 1 error (1 additional fix available with `--unsafe-fixes`).\n"
    assert (project / "pkg" / "a.py").read_text() == "x = 1\nold = 2\nrisky = 3"
    subprocess.run(["git", "apply"], input=result.stdout.encode(), check=True)
    assert (project / "pkg" / "a.py").read_text() == "x = 1\nnew = 2\nrisky = 3"


def test_diff_of_a_project_with_nothing_to_fix(project: Path) -> None:
    (project / "a.py").write_text("risky = 1\n")
    result = run("--diff", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No errors would be fixed (1 fix available with `--unsafe-fixes`).\n"
    (project / "a.py").write_text("x = 1\n")
    assert (run("--diff").exit_code, run("--diff").output) == (0, "")


def test_show_fixes(project: Path) -> None:
    (project / "a.py").write_text("old = old\n")
    assert run("--fix", "--show-fixes").stdout == (
        "\nFixed 2 errors:\n- a.py:\n    2 × TOY101 (old-word)\n\nFound 2 errors (2 fixed, 0 remaining).\n"  # noqa: RUF001
    )


def test_fix_only_leaves_the_rest_unsaid(project: Path) -> None:
    (project / "a.py").write_text("old = 1\nrisky = 1\nhopeless = 1\n")
    result = run("--fix-only")
    assert result.exit_code == 0
    assert result.stdout == "Fixed 1 error (1 additional fix available with `--unsafe-fixes`).\n"


def test_exit_non_zero_on_fix(project: Path) -> None:
    (project / "a.py").write_text("old = 1\n")
    assert run("--fix", "--exit-non-zero-on-fix").exit_code == 1
    assert run("--fix", "--exit-non-zero-on-fix").exit_code == 0


def test_fixing_stdin_gives_the_text_on_stdout(project: Path) -> None:
    result = run("--fix", "-", stdin="old = risky\n")
    assert result.stdout == "new = risky\n"
    assert "Found 2 errors (1 fixed, 1 remaining).\n" in result.stderr
    assert result.exit_code == 1


def test_diff_of_stdin_is_named_by_its_option(project: Path) -> None:
    result = run("--diff", "--stdin-filename", "pkg/a.py", "-", stdin="old = 1\n")
    assert result.stdout == "--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ -1 +1 @@\n-old = 1\n+new = 1\n"
    assert result.stderr == "Would fix 1 error.\n"


def test_a_group_is_applied_whole(project: Path) -> None:
    (project / "a.py").write_text("twin = 1\n")
    (project / "b.py").write_text("twin = 2\n")
    assert run("--fix").exit_code == 0
    assert [(project / name).read_text() for name in ("a.py", "b.py")] == ["pair = 1\n", "pair = 2\n"]


@pytest.mark.parametrize(
    ("text", "args", "reason"),
    [
        ("twin = 2  # noqa: TOY301\n", ["."], "is suppressed by a comment"),
        ("twin = 2\n", ["a.py"], "is outside the given paths"),
        ("twin = 2\n", [".", "--per-file-ignores=b.py:TOY301"], "is ignored for its file"),
    ],
)
def test_a_group_with_a_member_out_of_reach_is_not_applied(
    project: Path, text: str, args: list[str], reason: str
) -> None:
    (project / "a.py").write_text("twin = 1\n")
    (project / "b.py").write_text(text)
    result = run("--fix", *args)
    assert result.exit_code == 1
    assert (project / "a.py").read_text() == "twin = 1\n"
    assert "help: Not fixed, because it can only be fixed together with other places" in result.stdout
    assert f"the TOY301 at b.py:1 {reason}" in result.stdout


def test_unfixable_rules_are_reported_without_their_fix(project: Path) -> None:
    (project / "a.py").write_text("old = 1\n")
    result = run("--fix", "--unfixable", "TOY101", "--output-format=concise")
    assert result.stdout == "a.py:1:1: TOY101 `old` is old\nFound 1 error.\n"


def test_settings_move_fixes_between_safe_and_unsafe(project: Path) -> None:
    (project / "a.py").write_text("old = 1\nrisky = 1\n")
    (project / "sqla-async-fix.toml").write_text(
        '[lint]\nextend-unsafe-fixes = ["TOY101"]\nextend-safe-fixes = ["TOY102"]\n'
    )
    run("--fix")
    assert (project / "a.py").read_text() == "old = 1\nsafe = 1\n"


def test_what_the_fixer_withdraws_is_said_and_not_tried_again(project: Path) -> None:
    (project / "a.py").write_text(
        "def f(safe):\n    global risky\n    risky = 1\n\nx = 1 if old else 2\nold = 1\nnew: int\n"
    )
    (project / "b.py").write_text("from risky import risky\nold\n")
    result = run("--fix", "b.py")
    assert result.exit_code == 1
    assert "help: The rewrite would use `new`, which nothing binds" in result.stdout


def test_json_has_the_edits(project: Path) -> None:
    (project / "a.py").write_text("x = 1\nold = 1\n")
    (entry,) = json.loads(run("--output-format=json").stdout)
    assert entry == {
        "cell": None,
        "code": "TOY101",
        "end_location": {"column": 4, "row": 2},
        "filename": str(project / "a.py"),
        "fix": {
            "applicability": "safe",
            "edits": [{"content": "new", "end_location": {"column": 4, "row": 2}, "location": {"column": 1, "row": 2}}],
            "message": "Replace by `new`",
        },
        "location": {"column": 1, "row": 2},
        "message": "`old` is old",
        "name": "old-word",
        "noqa_row": 2,
        "severity": "error",
        "url": None,
    }


def test_encoding_and_line_ends_survive(project: Path) -> None:
    data = b"\xef\xbb\xbf# \xc3\xa9\r\nold = 1\r\nx = 2"
    (project / "a.py").write_bytes(data)
    run("--fix")
    assert (project / "a.py").read_bytes() == data.replace(b"old", b"new")
