"""The way back: the synchronous half of a library, migrated, beside the asynchronous half that its authors wrote.

`advanced-alchemy` generates `_sync.py` from `_async.py`. Its files come from the package index:
`python -m benchmarks.migration.twins --help`.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from benchmarks.migration.comparison import Tally, alike_but_for_colour, compare, functions, words
from sqla_async_fix import fix_sources, load_settings

REQUIREMENT = "advanced-alchemy==1.12.0"
PROMISED = 0.95

_PACKAGE = "advanced_alchemy"
_HALVES = tuple(f"{_PACKAGE}/{folder}" for folder in ("repository", "repository/memory", "service"))
_ASIDE = ("advanced_alchemy.cli", "advanced_alchemy.alembic", "advanced_alchemy.extensions")
"""What uses both halves and is used by neither."""

_COALESCING = f"{_PACKAGE}/cache/manager.py", "singleflight_sync"
"""The one function that keeps the others from changing: its callers wait for a promise of another thread, where
coroutines would wait for themselves. The authors wrote its twin by hand; here it only makes the value."""

_CONFIGURED = (
    words(r"\bSQLAlchemySyncConfig\b", "SQLAlchemyAsyncConfig"),
    words(r"\badvanced_alchemy\.config\.sync\b", "advanced_alchemy.config.asyncio"),
)
"""Engines are made from configurations that the authors wrote twice by hand; the asynchronous one is there already."""

_RENAMED = words(r"Sync(?=[A-Z])", "Async")
"""How the authors' generator maps the names of classes."""

_APPLICATION = """
from advanced_alchemy.base import UUIDBase
from advanced_alchemy.repository import SQLAlchemySyncSlugRepository
from advanced_alchemy.service import SQLAlchemySyncRepositoryService


class Book(UUIDBase):
    title: Mapped[str]
    slug: Mapped[str]


class BookRepository(SQLAlchemySyncSlugRepository[Book]):
    model_type = Book


class BookService(SQLAlchemySyncRepositoryService[Book, BookRepository]):
    repository_type = BookRepository

    def to_model_on_create(self, data):
        return self._with_slug(data)

    def to_model_on_update(self, data):
        return self._with_slug(data)

    def to_model_on_upsert(self, data):
        return self._with_slug(data)

    def to_model_on_delete(self, data):
        return self._with_slug(data)

    def _with_slug(self, data):
        data["slug"] = self.repository.get_available_slug(data["title"])
        return data
"""
"""What the library's hooks are for, by its documentation: a service that asks the database in them. Without one in
sight they have no reason to be asynchronous."""


def obtain(directory: Path, requirement: str = REQUIREMENT) -> dict[str, str]:
    """A package's files by path."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(directory), requirement], check=True)
    with zipfile.ZipFile(next(directory.glob("*.whl"))) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        return {name: archive.read(name).decode() for name in names}


def legacy_project(package: Mapping[str, str]) -> dict[str, str]:
    """The synchronous halves with what they import, and nothing that imports the asynchronous ones."""
    gone = {_module(f"{half}/_async.py") for half in _HALVES} | {f"{_PACKAGE}.config.sync"}
    gone.update(name for name in map(_module, package) if name.startswith(_ASIDE))
    paths = {_module(path): path for path in package}
    found: dict[str, str] = {}
    pending = [_module(f"{half}/_sync.py") for half in _HALVES]
    while pending:
        module = pending.pop()
        path = paths.get(module)
        if path is None or path in found or module in gone:
            continue
        text = package[path]
        for change in _CONFIGURED if path.endswith("/_sync.py") else ():
            text = change(text)
        text = _without(text, gone)
        found[path] = text = _plain(text, _COALESCING[1]) if path == _COALESCING[0] else text
        pending += _imported(text)
        pending += [module.rpartition(".")[0]]
    return {**found, "bookshop.py": _APPLICATION.lstrip()}


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without(text: str, gone: Iterable[str]) -> str:
    """A file whose imports of what is gone, direct or by re-export, are cut back, and its `__all__` with them."""
    hidden = frozenset(gone)
    lines = text.split("\n")
    lost: set[str] = set()
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    for node in sorted(imports, key=_line, reverse=True):
        kept = [alias for alias in node.names if not _is_gone(node.module or "", alias.name, hidden)]
        if len(kept) == len(node.names):
            continue
        lost.update(alias.asname or alias.name for alias in node.names if alias not in kept)
        rest = ast.unparse(ast.ImportFrom(node.module, kept, node.level)) if kept else "pass"
        lines[node.lineno - 1 : node.end_lineno] = [" " * node.col_offset + rest]
    text = "\n".join(lines)
    for name in lost:
        text = re.sub(rf'^ *"{name}",\n', "", text, flags=re.MULTILINE)
    return text


def _plain(text: str, name: str) -> str:
    """A file in which a function that takes a key and a maker only makes the value."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            lines[node.body[0].lineno - 1 : node.end_lineno] = [" " * node.body[0].col_offset + "return creator()"]
    return "\n".join(lines)


def _line(node: ast.ImportFrom) -> int:
    return node.lineno


def _is_gone(module: str, name: str, gone: frozenset[str]) -> bool:
    if module in gone or f"{module}.{name}" in gone:
        return True
    halves = ("SQLAlchemyAsync", "SQLAlchemySyncConfig", "AlembicSync", "SyncSession")
    return module.startswith(_PACKAGE) and name.startswith(halves) and name != "SQLAlchemyAsyncConfig"


def migrated(project: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """The project after one run, and why what is left was left."""
    result = fix_sources(project, settings=load_settings(isolated=True), unsafe_fixes=True)
    reasons = sorted({f"{each.path}: {each.message}: {each.unfixable}" for each in result.remaining})
    return result.texts, reasons


def tallies(package: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[tuple[str, Tally]]:
    """Every pair of halves with the twins that equal each other but for colour."""
    for half in _HALVES:
        theirs = functions(package[f"{half}/_async.py"])
        before = functions(package[f"{half}/_sync.py"], _RENAMED)
        after = functions(texts[f"{half}/_sync.py"], _RENAMED)
        alike = {name for name in before.keys() & theirs.keys() if alike_but_for_colour(before[name], theirs[name])}
        yield half, compare({name: after[name] for name in alike if name in after}, theirs)


def main() -> int:
    """Migrate, compare, print; 0 if the promise holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.migration.twins", description=__doc__)
    parser.add_argument("--directory", type=Path, help="keep the download and the result here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = options.directory or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        package = obtain(directory)
        texts, reasons = migrated(legacy_project(package))
        if options.directory:
            for path, text in texts.items():
                (directory / "migrated" / path).parent.mkdir(parents=True, exist_ok=True)
                (directory / "migrated" / path).write_text(text)
    together = Tally()
    for half, tally in tallies(package, texts):
        print(f"{half}: {tally}")
        for name in tally.different:
            print(f"  not as its authors wrote it: {name}")
        together = Tally(
            together.equal + tally.equal, together.different + tally.different, together.coloured + tally.coloured
        )
    print(f"together: {together}; promised {PROMISED:.0%}")
    for reason in reasons:
        print(f"left: {reason}")
    return 0 if together.share >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
