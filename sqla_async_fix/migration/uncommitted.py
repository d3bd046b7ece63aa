"""Which files have changes that git does not know yet, which could not be told from ours later."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_LOCATING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What a hook's environment says of its repository; here the files say it."""


class GitError(Exception):
    """Git is there and does not answer; the message is one line."""


def uncommitted_files(paths: Sequence[Path]) -> list[Path]:
    """Those of some files that are changed, staged or not known in the git tree that they are in. Raises GitError.

    A file outside of any tree, or one that git ignores, counts as committed; so do all where git is not installed.
    """
    trees: dict[Path, dict[str, Path]] = {}
    for path in paths:
        real = path.resolve()
        tree = next((parent for parent in real.parents if _is_tree(parent)), None)
        if tree is not None:
            trees.setdefault(tree, {})[real.relative_to(tree).as_posix()] = path
    found: list[Path] = []
    for tree, names in trees.items():
        found += [names[name] for name in _changed_names(tree) & names.keys()]
    return sorted(found)


def _is_tree(folder: Path) -> bool:
    """Whether a folder is the top of a git tree; that of a submodule or a linked tree has a file there."""
    return (folder / ".git" / "HEAD").exists() or (folder / ".git").is_file()


def _changed_names(tree: Path) -> frozenset[str]:
    command = ["git", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules"]
    environment = {name: value for name, value in os.environ.items() if name not in _LOCATING}
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        return frozenset()
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(said[0] if said else f"git status exits with {done.returncode}")
    return frozenset(os.fsdecode(entry[3:]) for entry in done.stdout.split(b"\0") if entry)
