"""What a project has to add to its dependencies because of its new texts. What it has is read in `declared`."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.migration.declared import Requirement, declared_requirements
from sqla_async_fix.model.knowledge.drivers import ASYNC_SCHEMES, PACKAGES

_SCHEME = re.compile(r"\b[a-z]+\+[a-z_]+\b")
_OLD = re.compile(r"(?:(?:={2,3}|~=?|\^)\s*v?[01]\.|<=?\s*(?:[01]\.|2(?:\.0(?:\.0)*)?\s*(?:,|$|\)))|<=\s*1)")
"""Versions that leave out SQLAlchemy 2."""


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement that is missing, and why it is needed now."""

    requirement: str
    reason: str


def missing_dependencies(root: Path, changed: Sequence[tuple[SourceFile, SourceFile]]) -> tuple[Need, ...]:
    """What the changed files (before and after) ask for and the files at the project's root do not declare."""
    declared = declared_requirements(root)
    uses = _new_uses(changed)
    return tuple(need for need in (*_sqlalchemy(uses, declared), *_drivers(uses, declared), *_tests(uses, declared)))


def _new_uses(changed: Sequence[tuple[SourceFile, SourceFile]]) -> Mapping[str, tuple[str, int]]:
    """What is used after and was not before, by name, with the first place: imported modules, schemes, marks."""
    old = {use for before, _ in changed for use, _ in _uses(before.text)}
    found: dict[str, tuple[str, int]] = {}
    for _, after in changed:
        for use, row in _uses(after.text):
            if use not in old:
                found.setdefault(use, (after.path, row))
    return found


def _uses(text: str) -> Iterator[tuple[str, int]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield f"import {node.module}", node.lineno
        elif isinstance(node, ast.Import):
            yield from ((f"import {alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((scheme, node.lineno) for scheme in _SCHEME.findall(node.value) if scheme in ASYNC_SCHEMES)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "mark":
            yield f"mark {node.attr}", node.lineno
        elif isinstance(node, ast.keyword) and node.arg == "loop_scope":
            yield "loop_scope", node.value.lineno


def _sqlalchemy(uses: Mapping[str, tuple[str, int]], declared: Mapping[str, Requirement]) -> Iterator[Need]:
    asynchronous = any(use.startswith(("import sqlalchemy.ext.asyncio", "import sqlmodel.ext.asyncio")) for use in uses)
    known = declared.get("sqlalchemy")
    if known is not None and _OLD.search(known.versions):
        yield Need("sqlalchemy[asyncio]>=2.0", f"`{known.text}` does not have all that the code uses now")
    elif asynchronous and "greenlet" not in declared and (known is None or "asyncio" not in known.extras):
        yield Need("sqlalchemy[asyncio]>=2.0", "asynchronous sessions need greenlet, which that extra brings")


def _drivers(uses: Mapping[str, tuple[str, int]], declared: Mapping[str, Requirement]) -> Iterator[Need]:
    for scheme in sorted(uses.keys() & ASYNC_SCHEMES):
        package = PACKAGES[scheme.partition("+")[2]]
        if package not in declared:
            path, row = uses[scheme]
            yield Need(package, f"the driver of `{scheme}` in {path}:{row}")


def _tests(uses: Mapping[str, tuple[str, int]], declared: Mapping[str, Requirement]) -> Iterator[Need]:
    if "mark anyio" in uses and "anyio" not in declared:
        yield Need("anyio", "tests are asynchronous now")
    if {"mark asyncio", "import pytest_asyncio"} & uses.keys() and "pytest-asyncio" not in declared:
        wanted = "pytest-asyncio>=0.24" if "loop_scope" in uses else "pytest-asyncio"
        yield Need(wanted, "tests and fixtures are asynchronous now")
