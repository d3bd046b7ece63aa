"""Which names of a file other files read, so that no fix takes their import away. What they mean is not here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqla_async_fix.core.source import SourceFile

_FROM = re.compile(r"\bfrom\s+([\w.]+)\s+import\s+(\([^)]*\)|[^\n#]+)")
_MEMBER = re.compile(r"\b(\w+)\.(?=(\w+))")
_WORD = re.compile(r"\w+")


class Exports:
    """Read from the texts alone and too large rather than too small: modules are known by their last component."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._read: dict[str, set[str]] = {}
        for source in sources.values():
            self._collect(source.text)

    def _collect(self, text: str) -> None:
        for module, names in _FROM.findall(text):
            target = self._read.setdefault(module.rsplit(".", 1)[-1], set())
            target.update(_WORD.findall(text if names.strip(" \t\r(").startswith("*") else names))
        for owner, name in _MEMBER.findall(text):
            self._read.setdefault(owner, set()).add(name)

    def names(self, path: str) -> frozenset[str]:
        """The names that some file may read from the file at `path`."""
        parts = path.removesuffix(".pyi").removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            return frozenset(self._read.get(parts[-2] if len(parts) > 1 else "", set()) | self._read.get("", set()))
        return frozenset(self._read.get(parts[-1], ()))
