"""What a project hangs on its legacy queries and statements would silently lose. Groups of queries are in `queries`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqla_async_fix.model.kinds import External, ExternalInstance
from sqla_async_fix.model.knowledge import flask_sqlalchemy
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.syntax import walk

_HOOKS = re.compile(r"before_compile|after_bulk_(update|delete)|quer(y_cls|y_class|y_property)")
_LISTENERS = frozenset({"listen", "listens_for"})
_PLAIN = frozenset({"Query", "BaseQuery"})
_CLASSES = frozenset({"query_cls", "query_class"})


@dataclass(frozen=True, slots=True)
class QueryHooks:
    """Why no query of the project can become a statement, and why none that writes can."""

    all: str | None = None
    writing: str | None = None


def query_hooks(project: Project) -> QueryHooks:
    """The listeners on queries and the query classes of the project."""
    every: str | None = _own_class(project)
    writing: str | None = None
    for module in project.live_modules():
        if _HOOKS.search(module.text) is None:
            continue
        for node in walk(module.tree):
            if isinstance(node, ast.ClassDef):
                every = every or _class_reason(module, node)
            elif isinstance(node, ast.Call):
                event = _event(node)
                every = every or _reason(module, node, event)
                if event.startswith("after_bulk_"):
                    writing = writing or _listened(module, node, event)
    return QueryHooks(every, writing)


def _class_reason(module: Module, node: ast.ClassDef) -> str | None:
    """Why queries of a class stay whose body says of which class they are: `query_class = Paginated`."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and _is_class(statement.value):
            named = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            if not _CLASSES.isdisjoint(named):
                return _of_class(module, statement)
    return None


def _of_class(module: Module, node: ast.AST) -> str:
    return f"queries here have a class of their own (`query_cls`, {_place(module, node)}), which `select()` goes past"


def _reason(module: Module, node: ast.Call, event: str) -> str | None:
    if event.startswith("before_compile"):
        return _listened(module, node, event)
    if any(_is_class(each) for each in _query_classes(node)):
        return _of_class(module, node)
    return None


def _event(node: ast.Call) -> str:
    """The event that a call of `listen` or `listens_for` names, or an empty text."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called not in _LISTENERS or len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
        return ""
    return str(node.args[1].value)


def _query_classes(node: ast.Call) -> Iterator[ast.expr]:
    yield from (keyword.value for keyword in node.keywords if keyword.arg in _CLASSES)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "query_property":
        yield from node.args[:1]


def _is_class(node: ast.expr) -> bool:
    plain = isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node).rsplit(".", 1)[-1] in _PLAIN
    return not plain and not (isinstance(node, ast.Constant) and node.value is None)


def _own_class(project: Project) -> str | None:
    for info in list(project.classes.values()):
        for base in project.external_bases(info.name):
            if isinstance(base, (External, ExternalInstance)) and base.name in (*names.QUERY, *flask_sqlalchemy.QUERY):
                return f"the project has a query class of its own (`{info.node.name}`), which `select()` goes past"
    return None


def _listened(module: Module, node: ast.Call, event: str) -> str:
    return f"`{event}` is listened to ({_place(module, node)}), which happens for legacy queries only"


def _place(module: Module, node: ast.AST) -> str:
    return f"{module.path}:{module.row(module.span(node).start)}"
