"""Puts modules into files: the import of every name in one of the spellings that Python has. Bodies are in `layers`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

_TOKEN = re.compile(r"«([\w.]+)»")
_OUTSIDE = ("sqlalchemy", "functools", "contextlib")


def files_of(random: Random, modules: Mapping[str, list[str]]) -> dict[str, str]:
    """The files of modules given as lines with tokens such as `«models.Author»`; `main` is the script."""
    package = random.choice(("", "", "shop"))
    paths: dict[str, str] = {}
    if package:
        paths[f"{package}/__init__.py"] = ""
    for name, lines in modules.items():
        inside = bool(package) and name != "main"
        path = f"{package}/{name}.py" if inside else f"{name}.py"
        paths[path] = _Writing(random, name, package, inside, modules).text("\n".join(lines))
    return paths


class _Writing:
    """One module: how it spells what it takes from the others."""

    def __init__(self, random: Random, name: str, package: str, inside: bool, modules: Mapping[str, list[str]]) -> None:
        self._random, self._name, self._package, self._inside = random, name, package, inside
        self._modules = modules
        self._styles: dict[str, str] = {}
        self._imports: dict[str, None] = {}

    def text(self, body: str) -> str:
        """The file."""
        body = _TOKEN.sub(self._spelled, body)
        head = "\n".join(sorted(self._imports, key=lambda line: (not line.startswith("from __future__"), line)))
        return f"{head}\n{body}\n".lstrip("\n")

    def _spelled(self, match: re.Match[str]) -> str:
        module, _, name = match.group(1).rpartition(".")
        if module == self._name:
            return name
        if module.split(".")[0] in _OUTSIDE:
            return self._outside(module, name)
        style = self._styles.setdefault(module, self._random.choice(self._choices()))
        where = f"{self._package}.{module}" if self._package else module
        above = f".{module}" if self._inside else where
        if style == "from":
            return self._import(f"from {where} import {name}", name)
        if style == "relative":
            return self._import(f"from {above} import {name}", name)
        if style == "renamed":
            return self._import(f"from {where} import {name} as {name}_", f"{name}_")
        if style == "star":
            return self._import(f"from {where} import *", name)
        if style == "module":
            return self._import(f"import {where}", f"{where}.{name}")
        if style == "module renamed":
            return self._import(f"import {where} as {module}_module", f"{module}_module.{name}")
        origin = "." if self._inside else self._package
        return self._import(f"from {origin} import {module}", f"{module}.{name}")

    def _choices(self) -> list[str]:
        choices = ["from", "from", "module", "module renamed", "renamed", "star"]
        if self._package:
            choices += ["from package", "from package"]
        if self._inside:
            choices += ["relative", "relative"]
        return choices

    def _outside(self, module: str, name: str) -> str:
        style = self._styles.setdefault(module, self._random.choice(("from", "from", "module")))
        if style == "module" and module == "sqlalchemy":
            return self._import("import sqlalchemy as sa", f"sa.{name}")
        if style == "module" and module == "sqlalchemy.orm":
            return self._import("from sqlalchemy import orm", f"orm.{name}")
        if style == "module" and module == "functools":
            return self._import("import functools", f"functools.{name}")
        return self._import(f"from {module} import {name}", name)

    def _import(self, line: str, spelling: str) -> str:
        self._imports[line] = None
        return spelling
