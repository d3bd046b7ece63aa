"""Run somebody else's project in a directory and a virtual environment of its own, before and after the tool.

Which projects those are stands in `entries`. The repository keeps none of them.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

#: Seconds for one test process. A leaked aiosqlite connection keeps the interpreter from exiting.
TEST_TIMEOUT = 900


@dataclass(frozen=True, slots=True)
class Count:
    """How many tests ended in which way, summed over processes."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """`directory/project` holds the project, `directory/venv` the interpreter that runs its tests."""

    directory: Path

    @property
    def project(self) -> Path:
        return self.directory / "project"

    @property
    def python(self) -> Path:
        folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        return self.directory / "venv" / folder / name

    def install(self, requirements: Sequence[str]) -> None:
        """Make the virtual environment and install `requirements`, unless it is there from an earlier run."""
        installed = self.directory / "venv" / "requirements.txt"
        wanted = "\n".join(requirements)
        if installed.is_file() and installed.read_text() == wanted:
            return
        venv.create(self.directory / "venv", clear=True, with_pip=True)
        _run([str(self.python), "-m", "pip", "install", "--quiet", *requirements], self.directory)
        installed.write_text(wanted)

    def obtain(self, name: str, version: str) -> Path:
        """Download and unpack the source distribution of a package; return its root folder."""
        unpacked = self.directory / "sdist" / f"{name}-{version}"
        if unpacked.is_dir():
            return unpacked
        download = ["download", "--quiet", "--no-deps", "--no-binary", name, "--dest", "sdist", f"{name}=={version}"]
        _run([str(self.python), "-m", "pip", *download], self.directory)
        with tarfile.open(self.directory / "sdist" / f"{name}-{version}.tar.gz") as archive:
            archive.extractall(self.directory / "sdist", filter="data")
        return unpacked

    def assemble(self, source: Path, paths: Sequence[str]) -> None:
        """Make `project` anew from `paths` below `source`, files or folders (all of it if there are none), and mark its
        root for the tool."""
        shutil.rmtree(self.project, ignore_errors=True)
        if not paths:
            shutil.copytree(source, self.project)
        for path in paths:
            target = self.project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if (source / path).is_dir():
                shutil.copytree(source / path, target)
            else:
                shutil.copy(source / path, target)
        with (self.project / "pyproject.toml").open("a", encoding="utf-8") as configuration:
            configuration.write("\n[tool.sqla-async-fix]\n")

    def sources(self) -> dict[str, str]:
        """Return the text of every Python file of the project by relative path."""
        return {
            path.relative_to(self.project).as_posix(): path.read_bytes().decode("utf-8")
            for path in sorted(self.project.rglob("*.py"))
        }

    def migrate(self) -> str:
        """Run the one command over the project; what it printed."""
        return self._migrate()

    def plan(self) -> dict[str, Any]:
        """What the one command is going to do, as `docs/migrate.md` describes it."""
        plan: dict[str, Any] = json.loads(self._migrate("--plan", "--output-format", "json"))
        return plan

    def _migrate(self, *options: str) -> str:
        command = [sys.executable, "-m", "sqla_async_fix", "migrate", *options, "."]
        done = subprocess.run(command, cwd=self.project, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout

    def run_tests(self, files: Sequence[str], sources: str = ".") -> tuple[Count, str]:
        """Run each of the test files or folders in a process of its own, which imports the project from its folder
        `sources`; return the sum and the output of the processes that failed."""
        total, failures = Count(), []
        for file in files:
            report = self.directory / "report.xml"
            report.unlink(missing_ok=True)
            command = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", file]
            environment = {**os.environ, "PYTHONPATH": str(self.project / sources)}
            try:
                done = subprocess.run(
                    command,
                    cwd=self.project,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=TEST_TIMEOUT,
                )
            except subprocess.TimeoutExpired:
                total += Count(failed=1)
                failures.append(f"{file}: no end within {TEST_TIMEOUT} seconds")
                continue
            total += _count(report) if report.is_file() else Count(failed=1)
            if done.returncode:
                failures.append(done.stdout + done.stderr)
        return total, "\n".join(failures)


def unified_diff(before: dict[str, str], after: dict[str, str]) -> str:
    """Return what changed between two results of `Sandbox.sources`, as one unified diff."""
    lines: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, "").splitlines(True), after.get(path, "").splitlines(True)
        lines += difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
    return "".join(lines)


def _run(command: Sequence[str], directory: Path) -> None:
    subprocess.run(command, cwd=directory, check=True)


def _count(report: Path) -> Count:
    total = Count()
    for suite in ElementTree.parse(report).iter("testsuite"):
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        total += Count(tests - skipped - failed, failed, skipped)
    return total
