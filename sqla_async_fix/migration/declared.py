"""What a project says it depends on, wherever it says so. What it needs is in `dependencies`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqla_async_fix.packaging_files import read_sections, read_text, read_toml, table

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?P<versions>(?:\(?\s*(?:[<>=!~^]=?=?|@)[^;#]*)?)\s*(?:[;#].*)?$"
)
_REQUIREMENT_FILES = ("*requirements*.txt", "*requirements*.in", "requirements/*.txt", "requirements/*.in")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a project's dependencies: the normalized name, extras, and versions as they are written."""

    name: str
    extras: frozenset[str]
    versions: str
    text: str


def normalized(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(text: str) -> Requirement | None:
    """A requirement as in requirements files (`SQLAlchemy[asyncio]>=2 ; python_version > "3.8"`)."""
    found = _REQUIREMENT.match(text)
    if found is None:
        return None
    extras = frozenset(normalized(extra.strip()) for extra in (found["extras"] or "").split(",") if extra.strip())
    return Requirement(normalized(found["name"]), extras, found["versions"].strip(), text.strip())


def declared_requirements(root: Path) -> dict[str, Requirement]:
    """What the files at a project's root declare, by name; extras of several mentions together."""
    found: dict[str, Requirement] = {}
    for text in _texts(root):
        requirement = parse_requirement(text)
        if requirement is None:
            continue
        known = found.get(requirement.name)
        if known is not None:
            versions = known.versions or requirement.versions
            requirement = Requirement(known.name, known.extras | requirement.extras, versions, known.text)
        found[requirement.name] = requirement
    return found


def _texts(root: Path) -> Iterator[str]:
    yield from _of_pyproject(read_toml(root / "pyproject.toml"))
    pipfile = read_toml(root / "Pipfile")
    for section in ("packages", "dev-packages"):
        yield from _of_table(pipfile.get(section))
    for pattern in _REQUIREMENT_FILES:
        for path in sorted(root.glob(pattern)):
            yield from (line for line in read_text(path).splitlines() if not line.lstrip().startswith(("#", "-")))
    yield from _of_setup_cfg(root / "setup.cfg")
    yield from _of_setup_py(read_text(root / "setup.py"))


def _of_pyproject(data: Mapping[str, Any]) -> Iterator[str]:
    project, tool = table(data, "project"), table(data, "tool")
    yield from _strings(project.get("dependencies"))
    for groups in (table(project, "optional-dependencies"), table(data, "dependency-groups")):
        for group in groups.values():
            yield from _strings(group)
    poetry = table(tool, "poetry")
    yield from _of_table(poetry.get("dependencies"))
    yield from _of_table(poetry.get("dev-dependencies"))
    for group in table(poetry, "group").values():
        yield from _of_table(group.get("dependencies") if isinstance(group, dict) else None)
    yield from _strings(table(tool, "uv").get("dev-dependencies"))
    for group in table(tool, "pdm", "dev-dependencies").values():
        yield from _strings(group)
    for environment in table(tool, "hatch", "envs").values():
        if isinstance(environment, dict):
            yield from _strings(environment.get("dependencies"))
            yield from _strings(environment.get("extra-dependencies"))


def _of_table(requirements: object) -> Iterator[str]:
    """Requirements of a table of names, as Poetry and Pipenv write them."""
    for name, value in requirements.items() if isinstance(requirements, dict) else ():
        extras = value.get("extras") if isinstance(value, dict) else None
        version = value.get("version") if isinstance(value, dict) else value
        listed = f"[{','.join(_strings(extras))}]" if extras else ""
        operator = "==" if isinstance(version, str) and version[:1].isdigit() else ""
        wanted = f"{operator}{version}" if isinstance(version, str) and version != "*" else ""
        yield f"{name}{listed}{wanted}"


def _of_setup_cfg(path: Path) -> Iterator[str]:
    sections = read_sections(path)
    for section in ("options", "options.extras_require"):
        for name, value in sections.get(section, {}).items():
            if section != "options" or name in ("install_requires", "tests_require", "setup_requires"):
                yield from value.splitlines()


def _of_setup_py(text: str) -> Iterator[str]:
    """All strings in lists of a `setup.py`: which list is whose cannot be told without running it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            for item in node.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item.value


def _strings(values: object) -> Iterable[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else ()
