"""Real code bases with SQLAlchemy in them, obtained by package name and version.

What is measured on them is not here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

#: Some 225,000 lines together: a quarter of their files name SQLAlchemy, a tenth hold legacy queries.
PACKAGES = ("ckan==2.12.0", "jupyterhub==6.1.1", "optuna==5.0.0")

#: Every so many files go into the sample for tools that are too slow for the whole.
SAMPLE_STEP = 20


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of Python files and what is in it."""

    path: Path
    files: int
    lines: int
    sqlalchemy_files: int


def obtain_trees(directory: Path) -> tuple[Tree, Tree]:
    """Return the whole tree and its sample below `directory`, downloaded unless they are there already."""
    whole, sample = directory / "whole", directory / "sample"
    if not sample.is_dir():
        _download(directory / "wheels", whole)
        _copy_sample(whole, sample)
    return _measure(whole), _measure(sample)


def _download(wheels: Path, target: Path) -> None:
    wheels.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(wheels), *PACKAGES], check=True)
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.endswith(".py")]
            archive.extractall(target / wheel.name.partition("-")[0], members)


def _copy_sample(whole: Path, sample: Path) -> None:
    for file in sorted(whole.rglob("*.py"))[::SAMPLE_STEP]:
        target = sample / file.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def _measure(path: Path) -> Tree:
    texts = [file.read_bytes() for file in path.rglob("*.py")]
    lines = sum(text.count(b"\n") for text in texts)
    return Tree(path, len(texts), lines, sum(b"sqlalchemy" in text for text in texts))
