"""How much of each file changes, counted in its trees: functions, awaits, queries, lines. Why is in `overview`."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.migration.rows import Origins

_LEGACY_QUERIES = "SAF1"
"""The codes of the rules about legacy queries."""


@dataclass(frozen=True, slots=True)
class MadeAsync:
    """A function that is `async def` afterwards: its qualified name, and the line of its `def` before."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file: its functions that became asynchronous, and how many awaits, rewritten queries and lines there are."""

    path: str
    functions: tuple[MadeAsync, ...]
    awaits: int
    queries: int
    added: int
    removed: int


def count_changes(
    changed: Sequence[tuple[SourceFile, SourceFile]], fixed: Sequence[Violation], origins: Origins
) -> tuple[FileChange, ...]:
    """What changed in each file, given before and after; `fixed` are the violations that are gone by it."""
    queries = Counter(violation.path for violation in fixed if violation.code.startswith(_LEGACY_QUERIES))
    return tuple(_count(before, after, queries, origins) for before, after in changed)


def _count(before: SourceFile, after: SourceFile, queries: Mapping[str, int], origins: Origins) -> FileChange:
    path, rows = before.path, origins.rows(before.path)
    old, new = _parsed(before.text), _parsed(after.text)
    known = Counter(name for name, node in _functions(old) if isinstance(node, ast.AsyncFunctionDef))
    lines = {name: node.lineno for name, node in _functions(old)}
    made = []
    for name, node in _functions(new):
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        known[name] -= 1
        if known[name] < 0:
            made.append(MadeAsync(name, lines.get(name) or origins.row(path, node.lineno)))
    return FileChange(path, tuple(made), _awaits(new) - _awaits(old), queries[path], rows.added, rows.removed)


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _awaits(tree: ast.Module) -> int:
    return sum(isinstance(node, ast.Await) for node in ast.walk(tree))


def _functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function below a node, by the name that Python gives it within its file."""
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{prefix}{child.name}."
            if not isinstance(child, ast.ClassDef):
                yield prefix + child.name, child
        yield from _functions(child, inner)
