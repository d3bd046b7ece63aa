"""No half-coloured program: every call of a coroutine function is awaited or handed on, and nothing else is awaited.

It resolves names by itself, without the model: imports, `self` and bases, names that all functions of a colour have.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_TAKERS = frozenset(
    """
    create_task ensure_future gather run run_until_complete run_coroutine_threadsafe shield start_soon wait wait_for
    as_completed TaskGroup add_task Task async_to_sync
    """.split()
)
"""What takes a coroutine to run it."""

_EVERYDAY = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int, object) for name in dir(kind)) | set(
    """
    add all close commit connect delete execute first flush get one patch post put query rollback run scalar start stop
    """.split()
)
"""Names of methods that objects from elsewhere have too, so that a name alone says nothing."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A function of the project; `kind` is plain, coroutine, generator, asynchronous generator, or either's manager."""

    name: str
    kind: str


@dataclass(slots=True)
class Source:
    """A file: what its module binds, and the methods and bases of its classes."""

    path: Path
    tree: ast.Module
    functions: dict[str, Callee] = field(default_factory=dict)
    methods: dict[str, dict[str, Callee]] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


def half_coloured(root: Path) -> list[str]:
    """Every call of the project at `root` whose colour is not that of its callee, as `path:line: what is wrong`."""
    return _Program(root).faults()


class _Program:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._sources: dict[str, Source] = {}
        self._by_name: defaultdict[str, list[Callee]] = defaultdict(list)
        for path in sorted(root.rglob("*.py")):
            try:
                source = Source(path, ast.parse(path.read_bytes()))
            except (SyntaxError, ValueError):
                continue
            dotted = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            self._sources[dotted] = source
            self._collect(source, dotted)

    def _collect(self, source: Source, dotted: str) -> None:
        for statement in source.tree.body:
            if isinstance(statement, ast.ClassDef):
                methods = {each.name: _callee(each) for each in _functions(statement.body)}
                source.methods[statement.name] = methods
                source.bases[statement.name] = [ast.unparse(base).rpartition(".")[2] for base in statement.bases]
                for name, callee in methods.items():
                    self._by_name[name].append(callee)
        source.functions = {each.name: _callee(each) for each in _functions(source.tree.body)}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom):
                package = dotted if source.path.name == "__init__.py" else dotted.rpartition(".")[0]
                for _ in range(node.level - 1):
                    package = package.rpartition(".")[0]
                base = ".".join(filter(None, [package, node.module])) if node.level else node.module or ""
                for alias in node.names:
                    source.imports[alias.asname or alias.name] = (base, alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    source.imports[alias.asname or alias.name] = (alias.name, "")

    def faults(self) -> list[str]:
        found = []
        for source in self._sources.values():
            above = {child: node for node in ast.walk(source.tree) for child in ast.iter_child_nodes(node)}
            calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
            for call in calls:
                callees = self._callees(call, source, above)
                fault = _fault(call, callees, above) if callees else None
                if fault is not None:
                    place = source.path.relative_to(self._root).as_posix()
                    found.append(f"{place}:{call.lineno}: {fault}")
        return found

    def _callees(self, node: ast.Call, source: Source, above: dict[ast.AST, ast.AST]) -> list[Callee]:
        func = node.func
        if isinstance(func, ast.Name):
            return self._named(func, source, above)
        if not isinstance(func, ast.Attribute):
            return []
        cls = _class_around(node, above)
        receiver = func.value
        is_super = isinstance(receiver, ast.Call) and getattr(receiver.func, "id", "") == "super"
        if cls is not None and (is_super or getattr(receiver, "id", "") in ("self", "cls")):
            return self._method(source, cls.name, func.attr, skip=is_super, seen=frozenset())
        if isinstance(receiver, ast.Name) and receiver.id in source.imports:
            module, name = source.imports[receiver.id]
            target = self._module(f"{module}.{name}" if name else module, source)
            return [target.functions[func.attr]] if target is not None and func.attr in target.functions else []
        known = self._by_name.get(func.attr, [])
        return known if func.attr not in _EVERYDAY and len({callee.kind for callee in known}) == 1 else []

    def _named(self, name: ast.Name, source: Source, above: dict[ast.AST, ast.AST]) -> list[Callee]:
        scope: ast.AST | None = above.get(name)
        while scope is not None:
            if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                nested = {each.name: _callee(each) for each in _functions(scope.body)}
                if name.id in nested:
                    return [nested[name.id]]
                if any(arg.arg == name.id for arg in ast.walk(scope.args) if isinstance(arg, ast.arg)):
                    return []
            scope = above.get(scope)
        if name.id in source.functions:
            return [source.functions[name.id]]
        if name.id in source.imports:
            module, imported = source.imports[name.id]
            target = self._module(module, source)
            if target is not None and imported in target.functions:
                return [target.functions[imported]]
        return []

    def _method(self, source: Source, cls: str, name: str, *, skip: bool, seen: frozenset[str]) -> list[Callee]:
        if not skip and name in source.methods.get(cls, {}):
            return [source.methods[cls][name]]
        for base in source.bases.get(cls, []):
            owners = [each for each in self._sources.values() if base in each.methods]
            owner = source if source in owners else owners[0] if len(owners) == 1 else None
            if owner is not None and base not in seen:
                found = self._method(owner, base, name, skip=False, seen=seen | {base})
                if found:
                    return found
        return []

    def _module(self, name: str, importer: Source) -> Source | None:
        """The file of a dotted name, seen from the directories around the importer, the nearest first."""
        parts = importer.path.relative_to(self._root).parts[:-1]
        for depth in range(len(parts), -1, -1):
            found = self._sources.get(".".join([*parts[:depth], name]))
            if found is not None:
                return found
        ending = [source for dotted, source in self._sources.items() if dotted.endswith(f".{name}")]
        return ending[0] if len(ending) == 1 else None


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that statements define, also in branches, but not within functions and classes."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif not isinstance(node, ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                yield from _functions(getattr(node, name, []))
            for handler in getattr(node, "handlers", []):
                yield from _functions(handler.body)


def _callee(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Callee:
    pending: list[ast.AST] = list(node.body)
    yields = False
    while pending:
        child = pending.pop()
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        yields = yields or isinstance(child, (ast.Yield, ast.YieldFrom))
        pending.extend(ast.iter_child_nodes(child))
    marks = {ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list}
    is_async = isinstance(node, ast.AsyncFunctionDef)
    if {mark.rpartition(".")[2] for mark in marks} & {"contextmanager", "asynccontextmanager"}:
        return Callee(node.name, "asynchronous manager" if is_async else "manager")
    wrapped = marks - {"staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod", "override"}
    if wrapped and not is_async:
        return Callee(node.name, "wrapped")
    if yields:
        return Callee(node.name, "asynchronous generator" if is_async else "generator")
    return Callee(node.name, "coroutine" if is_async else "plain")


def _fault(node: ast.Call, callees: list[Callee], above: dict[ast.AST, ast.AST]) -> str | None:
    parent = above.get(node)
    name, kind = callees[0].name, callees[0].kind
    if isinstance(parent, ast.Await):
        if kind in ("plain", "generator", "manager"):
            return f"`{name}` is awaited and is a {kind} function"
        return None
    if kind == "coroutine":
        while isinstance(parent, (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp, ast.Starred)):
            parent = above.get(parent)
        taken = isinstance(parent, ast.Call) and _last_name(parent.func) in _TAKERS
        return None if taken or isinstance(parent, ast.Lambda) else f"`{name}` is not awaited"
    if kind == "asynchronous manager" and isinstance(parent, ast.withitem):
        return None if isinstance(above[parent], ast.AsyncWith) else f"`{name}` is entered by a plain `with`"
    if kind == "manager" and isinstance(parent, ast.withitem) and isinstance(above[parent], ast.AsyncWith):
        return f"`{name}` is entered by `async with`"
    if kind == "asynchronous generator" and isinstance(parent, ast.For) and parent.iter is node:
        return f"`{name}` is run through by a plain `for`"
    return None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _class_around(node: ast.AST, above: dict[ast.AST, ast.AST]) -> ast.ClassDef | None:
    scope: ast.AST | None = node
    while scope is not None and not isinstance(scope, ast.ClassDef):
        scope = above.get(scope)
    return scope


def main() -> None:
    """Print what is wrong in a directory."""
    parser = argparse.ArgumentParser(prog="python -m tests.projects.colours", description=__doc__)
    parser.add_argument("directory", type=Path)
    for fault in half_coloured(parser.parse_args().directory):
        print(fault)


if __name__ == "__main__":
    main()
