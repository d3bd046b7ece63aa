"""Which files belong to a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sqla_async_fix.config.settings import FileSettings
from sqla_async_fix.discovery import Finder, read_sources


def make(root: Path, *names: str) -> None:
    """Empty files, or directories where the name ends with `/`."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def selected(root: Path, *paths: str, **options: object) -> list[str]:
    """The selected files of paths below the root, relative to it."""
    finder = Finder(FileSettings(base=root, **options))  # type: ignore[arg-type]
    found = finder.find(root, [root / path for path in paths or (".",)])
    return [path.relative_to(root).as_posix() for path in found.selected]


def test_python_files_of_directories(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.pyi", "c.txt", "d.ipynb", "pkg/e.py", "dir.py/")
    assert selected(tmp_path) == ["a.py", "b.pyi", "pkg/e.py"]
    assert selected(tmp_path, "pkg") == ["pkg/e.py"]


def test_usual_directories_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "venv/b.py", ".venv/c.py", "node_modules/d.py", "x/site-packages/e.py", "build/f.py")
    assert selected(tmp_path) == ["a.py", "build/f.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("b.py", ["pkg/a.py", "pkg/sub/c.py"]),
        ("pkg/b.py", ["pkg/a.py", "pkg/sub/c.py"]),
        ("sub", ["pkg/a.py", "pkg/b.py"]),
        ("pkg/sub/", ["pkg/a.py", "pkg/b.py"]),
        ("pkg/*.py", []),
        ("**/c.py", ["pkg/a.py", "pkg/b.py"]),
        ("[ab].py", ["pkg/sub/c.py"]),
        ("[!a].py", ["pkg/a.py"]),
        ("{a,b}.py", ["pkg/sub/c.py"]),
        ("?.py", []),
        ("other/b.py", ["pkg/a.py", "pkg/b.py", "pkg/sub/c.py"]),
    ],
)
def test_exclude_patterns(tmp_path: Path, pattern: str, left: list[str]) -> None:
    make(tmp_path, "pkg/a.py", "pkg/b.py", "pkg/sub/c.py")
    assert selected(tmp_path, extend_exclude=(pattern,)) == left


def test_named_files_are_taken_whatever_the_patterns_say(tmp_path: Path) -> None:
    make(tmp_path, "venv/a.py", "script")
    assert selected(tmp_path, "venv/a.py", "script") == ["script", "venv/a.py"]
    assert selected(tmp_path, "venv/a.py", force_exclude=True) == []


def test_named_directories_are_taken_whatever_the_patterns_say(tmp_path: Path) -> None:
    make(tmp_path, "dist/a.py", "b.py")
    assert selected(tmp_path, "dist") == ["dist/a.py"]
    assert selected(tmp_path, "dist", force_exclude=True) == []


def test_gitignore(tmp_path: Path) -> None:
    make(tmp_path, ".git/", "a.py", "gen/b.py", "pkg/gen/c.py", "pkg/d.py", "pkg/keep/d.py", "build.py/e.py")
    (tmp_path / ".gitignore").write_text("/gen/\nd.py\nbuild.py/\n# comment\n")
    (tmp_path / "pkg" / ".gitignore").write_text("!keep/d.py\n")
    assert selected(tmp_path) == ["a.py", "pkg/gen/c.py", "pkg/keep/d.py"]
    assert selected(tmp_path, "pkg") == ["pkg/gen/c.py", "pkg/keep/d.py"]
    assert selected(tmp_path, respect_gitignore=False) == sorted(
        ["a.py", "gen/b.py", "pkg/gen/c.py", "pkg/d.py", "pkg/keep/d.py", "build.py/e.py"]
    )


def test_other_ignore_files(tmp_path: Path) -> None:
    make(tmp_path, ".git/info/exclude", "a.py", "b.py", "c.py", "d.py")
    (tmp_path / ".git" / "info" / "exclude").write_text("a.py\n")
    (tmp_path / ".gitignore").write_text("b.py\nc.py\n")
    (tmp_path / ".ignore").write_text("!c.py\nd.py\n")
    assert selected(tmp_path) == ["c.py"]


def test_a_project_below_the_repository_obeys_its_ignore_files(tmp_path: Path) -> None:
    make(tmp_path, ".git/", "service/a.py", "service/b.py")
    (tmp_path / ".gitignore").write_text("b.py\n")
    assert selected(tmp_path / "service") == ["a.py"]


def test_an_ignored_directory_cannot_be_entered_again(tmp_path: Path) -> None:
    make(tmp_path, ".git/", "gen/a.py")
    (tmp_path / ".gitignore").write_text("gen/\n!gen/a.py\n")
    assert selected(tmp_path) == []


def test_single_files_know_the_whole_project(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py", "venv/c.py")
    found = Finder(FileSettings(base=tmp_path)).find(tmp_path, [tmp_path / "a.py"])
    assert found.selected == (tmp_path / "a.py",)
    assert found.known == (tmp_path / "a.py", tmp_path / "b.py")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_links_to_directories_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "pkg/a.py")
    (tmp_path / "link").symlink_to(tmp_path / "pkg")
    (tmp_path / "b.py").symlink_to(tmp_path / "pkg" / "a.py")
    assert selected(tmp_path) == ["b.py", "pkg/a.py"]


def test_reading(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    (tmp_path / "b.py").write_bytes(b"x = '\xe9'\n")
    sources, unreadable = read_sources(tmp_path, [tmp_path / name for name in ("a.py", "b.py", "c.py")])
    assert {path: source.encoding for path, source in sources.items()} == {"a.py": "iso-8859-1"}
    assert [item.path for item in unreadable] == ["b.py", "c.py"]
    assert unreadable[1].message == "No such file or directory (os error 2)"
