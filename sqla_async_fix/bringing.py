"""Which imports of a file bring SQLAlchemy with them, read from the texts. What is made of it is in the codemods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.model.knowledge.sqlalchemy_names import BRING_SQLALCHEMY
from sqla_async_fix.model.naming import ModuleNames

_IMPORT = re.compile(
    r"^([ \t]*)(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]+)|import[ \t]+([^\n#;]+))", re.MULTILINE
)


class Bringing:
    """An indented import may not run with its file, so only the others count on the way to SQLAlchemy."""

    def __init__(self, sources: Mapping[str, SourceFile], src: Sequence[str]) -> None:
        self._sources = sources
        self._names = ModuleNames(sources.values(), src)
        self._brings: dict[str, bool] = {}

    def imports(self, path: str) -> frozenset[str]:
        """The modules, as the imports of a file name them, that import SQLAlchemy; an empty name if its packages do."""
        found = {name for _, name, targets, plain in self._imports(path) if plain or self._any_brings(targets)}
        return frozenset(found | {""} if self._any_brings(self._packages(path)) else found)

    def _any_brings(self, paths: Sequence[str]) -> bool:
        """Whether one of these files runs an import of SQLAlchemy, itself or through others."""
        seen = dict.fromkeys(paths)
        pending = list(seen)
        while pending:
            path = pending.pop()
            if self._brings.get(path) is False:
                continue
            reached = [(target, plain) for top, _, target, plain in self._imports(path) if top]
            if self._brings.get(path) or any(plain for _, plain in reached):
                self._brings[path] = True
                return True
            for other in (*self._packages(path), *(each for targets, _ in reached for each in targets)):
                if other not in seen:
                    seen[other] = None
                    pending.append(other)
        self._brings.update(dict.fromkeys(seen, False))
        return False

    def _packages(self, path: str) -> list[str]:
        """The packages that are imported before a file."""
        found = []
        folder = dirname(path)
        while f"{folder}/__init__.py" in self._sources:
            found.append(f"{folder}/__init__.py")
            folder = dirname(folder)
        return [other for other in found if other != path]

    def _imports(self, path: str) -> Iterator[tuple[bool, str, list[str], bool]]:
        """For each imported name: whether it runs with the file, the module as written, its files, whether it is
        SQLAlchemy's own or another package that is not without it."""
        for match in _IMPORT.finditer(self._sources[path].text):
            margin, dots, base, given, plain = match.groups()
            for name in _words(plain or ""):
                yield not margin, name, self._files(name, path), self._plain(name, path)
            if given is not None:
                module = f"{dots}{base}"
                files = self._relative(path, len(dots), base) if dots else self._files(base, path)
                yield not margin, module, files, not dots and self._plain(base, path)
                for name in _words(given):
                    inner = f"{base}.{name}" if base else name
                    files = self._relative(path, len(dots), inner) if dots else self._files(inner, path)
                    yield not margin, f"{module}{'' if module.endswith('.') else '.'}{name}", files, False

    def _plain(self, name: str, path: str) -> bool:
        return name.partition(".")[0] in BRING_SQLALCHEMY and not self._files(name.partition(".")[0], path)

    def _files(self, name: str, path: str) -> list[str]:
        """The file of a module, and those of its packages."""
        parts = name.split(".")
        names = (".".join(parts[: index + 1]) for index in range(len(parts)))
        return [found for each in names if (found := self._names.find(each, path)) is not None and found != path]

    def _relative(self, path: str, level: int, name: str) -> list[str]:
        found = self._names.relative(path, level, name)
        return [found] if found is not None and found != path else []


def _words(text: str) -> Iterator[str]:
    """The names of a list of imports, without what they are bound to."""
    for line in text.strip("() \t").split(","):
        words = [word for part in line.split("\n") for word in part.split("#", 1)[0].split()]
        if words:
            yield words[0]
