"""The functions that installed commands start, as packaging files name them. What becomes of them is the model's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.packaging_files import project_folders, read_sections, read_toml, table


def installed(root: Path, sources: Mapping[str, SourceFile]) -> tuple[str, ...]:
    """The entry points, `package.module:function`, of all distributions at or below the project root.

    They stand in `pyproject.toml` ([project] and Poetry), `setup.cfg` and `setup.py`; what cannot be read says nothing.
    """
    found: dict[str, None] = {}
    for folder in sorted(project_folders(sources)):
        found |= dict.fromkeys(_of_pyproject(root / folder / "pyproject.toml"))
        found |= dict.fromkeys(_of_setup_cfg(root / folder / "setup.cfg"))
        setup = sources.get(f"{folder}/setup.py" if folder else "setup.py")
        found |= dict.fromkeys(_of_setup(setup.text) if setup is not None else ())
    return tuple(name for name in found if ":" in name)


def _of_pyproject(path: Path) -> Iterator[str]:
    document = read_toml(path)
    tables = [table(document, "project", "scripts"), table(document, "project", "gui-scripts")]
    tables += [table(document, "tool", "poetry", "scripts")]
    tables += [each for each in table(document, "project", "entry-points").values() if isinstance(each, dict)]
    for each in tables:
        for given in each.values():
            name = given.get("reference", given.get("callable", "")) if isinstance(given, dict) else given
            yield _plain(str(name))


def _of_setup_cfg(path: Path) -> Iterator[str]:
    for lines in read_sections(path).get("options.entry_points", {}).values():
        yield from _of_lines(lines.splitlines())


def _of_setup(text: str) -> Iterator[str]:
    if "entry_points" not in text:
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "entry_points":
            texts = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
            yield from _of_lines(line for each in texts if isinstance(each, str) for line in each.splitlines())


def _of_lines(lines: Iterable[str]) -> Iterator[str]:
    """The objects of lines such as `name = package.module:function [extra]`."""
    for line in lines:
        name, equals, target = line.partition("=")
        if equals and name.strip():
            yield _plain(target)


def _plain(target: str) -> str:
    return target.partition("[")[0].strip()
