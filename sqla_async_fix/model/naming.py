"""Which dotted name means which file of the project. Nothing is parsed here."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from posixpath import dirname, normpath

from sqla_async_fix.core.source import SourceFile


class ModuleNames:
    """The project's modules by name and by directory; paths are relative to the project root, with `/`."""

    def __init__(self, sources: Iterable[SourceFile], src: Sequence[str]) -> None:
        self._paths = {source.path for source in sources}
        self._roots = [root if root != "." else "" for root in map(normpath, src)]
        self._names = {path: self._dotted(path) for path in self._paths}
        self._by_name: dict[str, str] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        for path in sorted(self._paths, reverse=True):
            self._by_name[_dots(path)] = path
        for root in reversed(self._roots):
            for path in sorted(self._paths, reverse=True):
                if root and path.startswith(f"{root}/"):
                    self._by_name[_dots(path[len(root) + 1 :])] = path
        times = Counter(self._names.values())
        self._shared = {name for name, count in times.items() if count > 1}
        for path in sorted(self._paths, reverse=True):
            self._by_name[self._names[path]] = path

    def _dotted(self, path: str) -> str:
        """The name from the topmost directory that is a package on."""
        top = dirname(path)
        while f"{top}/__init__.py" in self._paths and top:
            top = dirname(top)
        if not top or path == f"{top}/__init__.py":
            return _dots(path)
        name = _dots(path[len(top) + 1 :])
        if "." in name or path.endswith("/__init__.py") or any(top == root for root in self._roots):
            return name
        return _dots(path)

    def name_of(self, path: str) -> str:
        """The dotted name of a file."""
        return self._names[path]

    def find(self, name: str, importer: str) -> str | None:
        """The file that `import name` means in the file `importer`: an absolute name, or a script's sibling; where
        several projects share a name or it is not known, what is found from a directory around the importer."""
        if name in self._by_name and name not in self._shared:
            return self._by_name[name]
        key = (name, f"{dirname(importer)}/" if importer else "")
        if key not in self._found:
            self._found[key] = self._search(name, importer)
        return self._found[key]

    def _search(self, name: str, importer: str) -> str | None:
        around = dirname(importer)
        in_package = f"{around}/__init__.py" in self._paths
        if in_package and name.partition(".")[0] in sys.stdlib_module_names:
            return self._by_name.get(name)
        if importer and (found := self._at(around, name)) is not None:
            return found
        while around:
            around = dirname(around)
            is_root = f"{around}/__init__.py" not in self._paths and name not in sys.stdlib_module_names
            if is_root and (found := self._at(around, name)) is not None:
                return found
        return self._by_name.get(name)

    def relative(self, importer: str, level: int, name: str) -> str | None:
        """The file that `from <level dots>name import ...` means in the file `importer`."""
        folder = dirname(importer)
        for _ in range(level - 1):
            folder = dirname(folder)
        return self._at(folder, name)

    def submodule(self, package: str, name: str) -> str | None:
        """The file of a module within a package, given the package's `__init__` file."""
        if not package.endswith(("__init__.py", "__init__.pyi")):
            return None
        return self._at(dirname(package), name)

    def _at(self, folder: str, name: str) -> str | None:
        base = "/".join([*filter(None, [folder]), *filter(None, name.split("."))])
        for candidate in (f"{base}.py", f"{base}/__init__.py" if base else "__init__.py", f"{base}.pyi"):
            if candidate in self._paths:
                return candidate
        return None


def own_modules(paths: Iterable[str], src: Sequence[str]) -> frozenset[str]:
    """The top-level names under which a project imports its own files: those below an import root, and siblings."""
    known = set(paths)
    roots = [f"{root}/" if root != "." else "" for root in map(normpath, src)]
    found: set[str] = set()
    for path in known:
        found.update(path[len(root) :].partition("/")[0].partition(".")[0] for root in roots if path.startswith(root))
        if f"{dirname(path)}/__init__.py" not in known:
            found.add(_dots(path).rpartition(".")[2])
    return frozenset(found)


def _dots(path: str) -> str:
    name = path.removesuffix(".pyi").removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")
