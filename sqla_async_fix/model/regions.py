"""Which files can concern each other: packages and what imports them. What they exchange is the solver's."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from posixpath import dirname

from sqla_async_fix.model.module import Module
from sqla_async_fix.model.naming import ModuleNames

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([^\n#;]+))", re.MULTILINE)


class Regions:
    """Directories that are connected: a package with the packages within it, a directory with what its files import,
    a `conftest.py` with all below it. Names that only look like a file of the project connect as well."""

    def __init__(self, modules: Iterable[Module], names: ModuleNames) -> None:
        self._names = names
        self._above: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = {}
        known = list(modules)
        folders = {dirname(module.path) for module in known}
        packages = {dirname(module.path) for module in known if module.is_package}
        governing = {dirname(module.path) for module in known if module.path.rsplit("/", 1)[-1] == "conftest.py"}
        for folder in folders:
            self._enter(folder, packages)
            outer = folder
            while outer:
                inner, outer = outer, dirname(outer)
                if inner in packages and outer in packages:
                    self._connect(inner, outer)
                if outer in governing:
                    self._connect(folder, outer)
        seen: set[tuple[str, str]] = set()
        for module in known:
            folder = dirname(module.path)
            for match in _IMPORT.finditer(module.text):
                for name in [match[1]] if match[1] else match[2].split(","):
                    if (folder, name) not in seen:
                        seen.add((folder, name))
                        self._link(module.path, folder, name)

    def of(self, module: Module) -> str:
        """The region of a file, by the name of one of its directories."""
        return self._top(dirname(module.path))

    def _enter(self, folder: str, packages: set[str]) -> None:
        """Note every name that an import might know a folder by; below a package it has the package's name only."""
        parts = folder.split("/")
        for index in range(len(parts)):
            if "/".join(parts[:index]) not in packages:
                self._by_name.setdefault(".".join(parts[index:]), set()).add(folder)

    def _link(self, path: str, folder: str, text: str) -> None:
        name = text.strip().split(" ", 1)[0]
        if name.startswith("."):
            for _ in range(len(name) - len(name.lstrip(".")) - 1):
                folder, inner = dirname(folder), folder
                self._connect(folder, inner)
            return
        found = self._names.find(name, path)
        if found is not None:
            self._connect(folder, dirname(found))
        elif name.split(".", 1)[0] not in sys.stdlib_module_names:
            for candidate in (name, name.rpartition(".")[0]):
                for other in self._by_name.get(candidate, ()):
                    self._connect(folder, other)

    def _top(self, folder: str) -> str:
        while (above := self._above.get(folder, folder)) != folder:
            self._above[folder] = self._above.get(above, above)
            folder = above
        return folder

    def _connect(self, one: str, other: str) -> None:
        self._above[self._top(one)] = self._top(other)


def near(modules: Iterable[Module], names: ModuleNames, mentioning: frozenset[str]) -> frozenset[str]:
    """The files of `mentioning` and those that import one of them or a name from one."""
    return mentioning | {
        module.path for module in modules if any(path in mentioning for path in _imported(module, names))
    }


_IMPORTED = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]+)|import[ \t]+([^\n#;]+))", re.MULTILINE
)


def _imported(module: Module, names: ModuleNames) -> Iterator[str]:
    for match in _IMPORTED.finditer(module.text):
        dots, base, given, plain = match.groups()
        for name in (plain or "").split(","):
            found = names.find(name.strip().split(" ", 1)[0], module.path) if name.strip() else None
            if found is not None:
                yield found
        for name in (given or "").strip("()").split(","):
            words = name.split("#", 1)[0].split()
            if not words:
                continue
            for text in (f"{base}.{words[0]}" if base else words[0], base):
                found = (
                    names.relative(module.path, len(dots), text)
                    if dots
                    else names.find(text, module.path)
                    if text
                    else None
                )
                if found is not None:
                    yield found
