"""Which functions are tested with a mock whose `query` is set up: a statement would go past it and fail the test."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname

from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

_SETUP = re.compile(r"\.query\b.*\.(return_value|side_effect|assert_|call)|query=|query[\"']|[\"']query")
_SET_ON_MOCKS = frozenset({"return_value", "side_effect", "call_args", "call_args_list", "call_count", "called"})
_MAX_REEXPORTS = 5


class QueryMocks:
    """The functions that tests call with such mocks, each with where the mock is set up."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._places: dict[str, str] = {}
        setups = {module.path: line for module in project.modules.values() if (line := _first_setup(module))}
        if not setups:
            return
        self._functions: defaultdict[str, list[Function]] = defaultdict(list)
        for function in list(project.functions.values()):
            self._functions[function.module.path].append(function)
        for path, line in setups.items():
            for user in self._users(path):
                for function in self._tested(user):
                    self._places.setdefault(function.name, f"{path}:{line}")
        self._spread()

    def reason(self, scope: Scope) -> str | None:
        """Why the queries of a body stay: the place of the mock, in words."""
        while scope.parent is not None:
            place = self._places.get(scope.name) if isinstance(scope, Function) else None
            if place is not None:
                return f"a test sets up `query` of a mock ({place}), which a statement goes past; adapt the test, too"
            scope = scope.parent
        return None

    def _users(self, path: str) -> Iterator[Module]:
        """The module itself; for a conftest all modules beneath its folder."""
        folder = dirname(path)
        for module in self._project.modules.values():
            beneath = module.path.startswith(f"{folder}/" if folder else "")
            if module.path == path or (beneath and path.rsplit("/", 1)[-1] == "conftest.py"):
                yield module

    def _tested(self, module: Module) -> Iterator[Function]:
        """The functions of the project that a module imports, or whose module it imports or patches."""
        for node in walk(module.tree):
            targets: list[tuple[str, str]] = []
            if isinstance(node, ast.ImportFrom):
                targets = [each for alias in node.names for each in self._imported(module.path, node, alias.name)]
            elif isinstance(node, ast.Import):
                found = [self._project.names.find(alias.name, module.path) for alias in node.names]
                targets = [(path, "") for path in found if path is not None]
            elif isinstance(node, ast.Call) and _is_patch(node) and node.args:
                targets = self._patched(node.args[0], module.path)
            for path, name in targets:
                if path != module.path:
                    yield from self._of(path, name)

    def _imported(self, importer: str, node: ast.ImportFrom, name: str, depth: int = 0) -> list[tuple[str, str]]:
        """The file and name, empty for all of the file, that an imported name stands for."""
        names, base = self._project.names, node.module or ""
        path = names.relative(importer, node.level, base) if node.level else names.find(base, importer)
        if path is None:
            inner = names.relative(importer, node.level, name) if node.level and not base else None
            return [(inner, "")] if inner is not None else []
        inner = names.submodule(path, name)
        if inner is not None:
            return [(inner, "")]
        if depth < _MAX_REEXPORTS and not any(self._of(path, name)):
            for other in self._project.modules[path].tree.body:
                if isinstance(other, ast.ImportFrom):
                    for alias in other.names:
                        if name in ("*", alias.asname or alias.name) or alias.name == "*":
                            original = name if alias.name == "*" else alias.name
                            if found := self._imported(path, other, original, depth + 1):
                                return found
        return [(path, "" if name == "*" else name)]

    def _patched(self, node: ast.expr, importer: str) -> list[tuple[str, str]]:
        parts = node.value.split(".") if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
        for end in range(len(parts) - 1, 0, -1):
            path = self._project.names.find(".".join(parts[:end]), importer)
            if path is not None:
                return [(path, "")]
        return []

    def _of(self, path: str, name: str) -> Iterator[Function]:
        for function in self._functions.get(path, ()):
            own = function.name.removeprefix(f"{function.module.name}.")
            if not name or own == name or own.startswith(f"{name}."):
                yield function

    def _spread(self) -> None:
        """What a tested function calls is tested with it."""
        pending = list(self._places)
        while pending:
            name = pending.pop()
            for call in self._project.functions[name].record.calls.values():
                for target in call.targets:
                    if target.name not in self._places:
                        self._places[target.name] = self._places[name]
                        pending.append(target.name)


def _first_setup(module: Module) -> int:
    """The line where a module first sets up or checks `query` of a mock; 0 where it does not."""
    text = module.text
    if "query" not in text or not ("mock" in text or "Mock" in text or "patch" in text) or not _SETUP.search(text):
        return 0
    lines = [node.lineno for node in walk(module.tree) if isinstance(node, ast.expr) and _sets_up(node)]
    return min(lines, default=0)


def _sets_up(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        told = node.attr in _SET_ON_MOCKS or node.attr.startswith("assert_")
        return told and _reaches_query(node.value)
    if not isinstance(node, ast.Call):
        return False
    if _is_patch(node):
        texts = [each.value for each in node.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return any(text == "query" or text.endswith(".query") for text in texts)
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called.endswith("Mock") and any(
        keyword.arg == "query" or (keyword.arg is None and "'query" in ast.unparse(keyword.value))
        for keyword in node.keywords
    )


def _reaches_query(node: ast.expr) -> bool:
    """Whether a chain of members and calls goes through `.query`."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Attribute) and node.attr == "query":
            return True
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return False


def _is_patch(node: ast.Call) -> bool:
    """Whether a call is `patch(...)`, `mock.patch.object(...)`, `monkeypatch.setattr(...)` or the like."""
    return re.search(r"patch(\.object)?$|monkeypatch\.setattr$", ast.unparse(node.func)) is not None
