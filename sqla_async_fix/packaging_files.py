"""Packaging files of a project, read as far as they can be: what cannot be read says nothing. What their keys mean is
their readers' matter."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from posixpath import dirname
from typing import Any


def project_folders(paths: Collection[str]) -> set[str]:
    """The folders of a project's files that are no packages, and those above them: where packaging files may stand."""
    folders = {""}
    for path in paths:
        folder = dirname(path)
        while folder and folder not in folders:
            if f"{folder}/__init__.py" not in paths:
                folders.add(folder)
            folder = dirname(folder)
    return folders


def read_text(path: Path) -> str:
    """The text of a file; an empty one if there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def read_toml(path: Path) -> Mapping[str, Any]:
    """A document such as `pyproject.toml`; an empty one if it is none."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError:
        return {}


def table(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The table that keys lead to, one within the other; an empty one if there is none."""
    for key in keys:
        inner = document.get(key)
        document = inner if isinstance(inner, dict) else {}
    return document


def read_sections(path: Path) -> Mapping[str, Mapping[str, str]]:
    """The sections of a file such as `setup.cfg`; none if it does not parse."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(path))
    except configparser.Error:
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}
