"""The `check` command: output, streams and exit codes are those of ruff."""

from __future__ import annotations

import subprocess
import sys
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
    """The command's result; what it says about itself goes to `output`, `stdout` and `stderr`."""
    return CliRunner().invoke(main, args, input=stdin)


def test_a_clean_project_passes(project: Path) -> None:
    (project / "a.py").write_text("x = 1\n")
    result = run(".")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "All checks passed!\n", "")


def test_without_arguments_the_current_directory_is_checked(project: Path) -> None:
    (project / "a.py").write_text("old\n")
    assert run().exit_code == 1
    assert run("check").stdout == run().stdout


def test_concise_output(project: Path) -> None:
    (project / "a.py").write_text("x = 1\ny = old; risky\nhopeless\n")
    result = run("--output-format", "concise", ".")
    assert result.exit_code == 1
    assert result.stdout == (
        "a.py:2:5: TOY101 [*] `old` is old\n"
        "a.py:2:10: TOY102 `risky` is old\n"
        "a.py:3:1: TOY201 `hopeless` is old\n"
        "Found 3 errors.\n"
        "[*] 1 fixable with `--fix` (1 unsafe fix available with `--fix --unsafe-fixes`).\n"
    )


def test_unsafe_fixes_alone_are_hinted_at(project: Path) -> None:
    (project / "a.py").write_text("risky\n")
    assert run("--output-format=concise").stdout.endswith(
        "Found 1 error.\n1 unsafe fix available with `--fix --unsafe-fixes`.\n"
    )
    assert run("--output-format=concise", "--no-unsafe-fixes").stdout.endswith("Found 1 error.\n")
    assert run("--output-format=concise", "--unsafe-fixes").stdout == (
        "a.py:1:1: TOY102 [*] `risky` is old\nFound 1 error.\n[*] 1 fixable with `--fix`.\n"
    )


def test_full_output_shows_the_place_and_the_way_out(project: Path) -> None:
    (project / "a.py").write_text("x = 1\n\nhopeless\n")
    assert run().stdout == (
        "TOY201 `hopeless` is old\n"
        " --> a.py:3:1\n"
        "  |\n"
        "1 | x = 1\n"
        "2 |\n"
        "3 | hopeless\n"
        "  | ^^^^^^^^\n"
        "help: Remove `hopeless` by hand\n"
        "\n"
        "Found 1 error.\n"
    )


def test_syntax_errors_are_reported_and_the_other_files_go_on(project: Path) -> None:
    (project / "bad.py").write_text("def (:\n")
    (project / "good.py").write_text("old\n")
    result = run("--output-format=concise")
    assert result.exit_code == 1
    assert "bad.py:1:5: invalid-syntax: " in result.stdout
    assert "good.py:1:1: TOY101 [*]" in result.stdout


def test_files_that_cannot_be_read_are_reported(project: Path) -> None:
    (project / "latin.py").write_bytes(b"x = '\xff'\n")
    result = run("--output-format=concise", "latin.py", "missing.py")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("latin.py:1:1: E902 ")
    assert lines[1] == "missing.py:1:1: E902 No such file or directory (os error 2)"


def test_statistics(project: Path) -> None:
    (project / "a.py").write_text("old; old; risky; hopeless\n")
    (project / "b.py").write_text("def (\n")
    result = run("--statistics")
    assert result.exit_code == 1
    assert result.stdout == (
        "2\tTOY101\t[*] old-word\n"
        "1\tTOY201\t[ ] hopeless-word\n"
        "1\t      \t[ ] invalid-syntax\n"
        "1\tTOY102\t[ ] risky-word\n"
        "Found 5 errors.\n"
        "[*] 2 fixable with `--fix` (1 unsafe fix available with `--fix --unsafe-fixes`).\n"
    )
    assert run("--statistics", "--output-format=json", "--select=TOY201", "a.py").stdout == (
        '[\n  {\n    "code": "TOY201",\n    "name": "hopeless-word",\n    "count": 1,\n'
        '    "fixable": false,\n    "fixable_count": 0\n  }\n]\n'
    )


def test_quiet_leaves_out_the_summary_and_silent_everything(project: Path) -> None:
    (project / "a.py").write_text("old\n")
    quiet, silent = run("-q", "--output-format=concise"), run("-s")
    assert (quiet.exit_code, quiet.stdout) == (1, "a.py:1:1: TOY101 [*] `old` is old\n")
    assert (silent.exit_code, silent.output) == (1, "")


def test_exit_zero(project: Path) -> None:
    (project / "a.py").write_text("old\n")
    assert run("--exit-zero").exit_code == 0


def test_output_file(project: Path) -> None:
    (project / "a.py").write_text("old\n")
    result = run("--output-format=concise", "-o", "report.txt")
    assert (result.exit_code, result.output) == (1, "")
    assert (project / "report.txt").read_text().startswith("a.py:1:1: TOY101 [*] `old` is old\nFound 1 error.\n")


def test_no_files_is_a_warning(project: Path) -> None:
    result = run(".")
    assert (result.exit_code, result.stdout) == (0, "All checks passed!\n")
    assert result.stderr == "warning: No Python files found under the given path(s)\n"


def test_single_files_limit_what_is_reported(project: Path) -> None:
    (project / "a.py").write_text("old\n")
    (project / "b.py").write_text("old\n")
    assert run("--output-format=concise", "a.py").stdout.splitlines()[0] == "a.py:1:1: TOY101 [*] `old` is old"
    assert "b.py" not in run("a.py").stdout


def test_stdin_is_named_by_its_option(project: Path) -> None:
    result = run("--output-format=concise", "--stdin-filename", "pkg/x.py", "-", stdin="old\n")
    assert result.stdout.splitlines()[0] == "pkg/x.py:1:1: TOY101 [*] `old` is old"
    assert run("--output-format=concise", "-", stdin="old\n").stdout.startswith("-:1:1: TOY101")


def test_color(project: Path) -> None:
    (project / "a.py").write_text("old\n")
    colored = run("--color=always", "--output-format=concise").stdout
    assert colored.startswith(
        "\x1b[1ma.py\x1b[0m\x1b[36m:\x1b[0m1\x1b[36m:\x1b[0m1\x1b[36m:\x1b[0m \x1b[1;31mTOY101\x1b[0m ["
    )
    assert "\x1b" not in run("--color=never").stdout


def test_selection(project: Path) -> None:
    (project / "a.py").write_text("old; risky; hopeless\n")

    def codes(*args: str) -> list[str]:
        return [line.split()[1] for line in run("-q", "--output-format=concise", *args).stdout.splitlines()]

    assert codes() == ["TOY101", "TOY102", "TOY201"]
    assert codes("--select", "TOY1") == ["TOY101", "TOY102"]
    assert codes("--select", "TOY1", "--ignore", "TOY101") == ["TOY102"]
    assert codes("--select", "TOY101", "--extend-select", "hopeless-word") == ["TOY101", "TOY201"]
    assert codes("--select", "TOY101", "--ignore", "TOY") == ["TOY101"]
    assert codes("--per-file-ignores", "a.py:TOY1") == ["TOY201"]
    assert codes("--per-file-ignores", "!b.py:TOY1,*.py:TOY201") == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--bogus"], "error: no such option"),
        (["--output-format", "bogus"], "error: invalid value for '--output-format'"),
        (["--select", "XYZ"], "error: Unknown rule selector `XYZ` in `select` from the CLI\n"),
        (["--per-file-ignores", "a.py"], "Expected <FilePattern>:<RuleCode> pattern"),
        (["--config", "nosuch.toml"], "no such configuration file"),
        (["--config", "foo = 3"], "`foo`: unknown key"),
        (["--diff", "--show-fixes"], "cannot be used with '--diff'"),
    ],
)
def test_usage_errors_exit_with_2(project: Path, args: list[str], message: str) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_an_internal_error_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("boom\nsecond line")

    monkeypatch.setattr("sqla_async_fix.detection.build_project", fail)
    (project / "a.py").write_text("old\n")
    result = run(".")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: internal error: RuntimeError: boom second line (in sqla_async_fix.detection"
    )
    assert result.stderr.count("\n") == 1


def test_what_the_system_refuses_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = project / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for command in ("check", "migrate"):
        result = run(command, ".")
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", "error: No such file or directory\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("redirected", "code", "told"), [("/dev/full", 2, "error: No space left on device\n"), ("&-", 1, "")]
)
def test_a_report_that_nobody_gets(project: Path, redirected: str, code: int, told: str) -> None:
    (project / "a.py").write_text("x = (\n")
    command = f"{sys.executable} -m sqla_async_fix check . >{redirected}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, told)


def test_show_files_and_settings(project: Path) -> None:
    (project / "a.py").write_text("")
    assert run("--show-files").stdout == f"{project / 'a.py'}\n"
    settings = run("--show-settings", "--select", "TOY101").stdout
    assert settings.startswith(f'Resolved settings for: "{project / "a.py"}"\n')
    assert "linter.rules.enabled = [\n\told-word (TOY101),\n]" in settings


def test_rule_and_version() -> None:
    assert run("rule", "TOY101").stdout.startswith(
        "# old-word (TOY101)\n\nFix is always available.\n\n## What it does\n"
    )
    assert run("rule", "hopeless-word").stdout.startswith("# hopeless-word (TOY201)\n\nFix is not available.\n")
    assert run("rule", "--all").stdout.count("\n# ") == 3
    assert run("rule", "XYZ").exit_code == 2
    assert run("version").stdout == run("--version").stdout == "sqla-async-fix 0.1.0\n"
