"""Which object has the session of `Model.query`, and how the code of a file says its name.

The attribute is Flask-SQLAlchemy's, or made by `query_property()` of a scoped session.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqla_async_fix.core.steps import Code, Symbol
from sqla_async_fix.model.kinds import External, Factory, Kind, ModuleRef, Session
from sqla_async_fix.model.knowledge import flask_sqlalchemy
from sqla_async_fix.model.symbols import ClassInfo, Scope, functions_around, imported_name, times_bound

if TYPE_CHECKING:
    from sqla_async_fix.model.module import Module
    from sqla_async_fix.model.project import Project

ATTRIBUTE = "query"


@dataclass(frozen=True, slots=True)
class Home:
    """The session `name + member` of a module, such as `db.session`."""

    path: str
    name: str
    member: str
    session: Session


def home_of(project: Project, cls: str) -> Home | None:
    """Where the session of a model's `query` is; None if it has no such attribute, or one of its own."""
    for info in project.mro(cls):
        made = next((value for name, value in _assigned(info) if name == ATTRIBUTE), None)
        if made is not None:
            return _property_home(project, made, info.scope)
        if ATTRIBUTE in {*info.methods, *(name for name, _ in _assigned(info))}:
            return None
        for base in info.node.bases:
            if home := _base_home(project, base, info.scope):
                return home
    return None


def _assigned(info: ClassInfo) -> Iterator[tuple[str, ast.expr | None]]:
    """What a class body assigns to names."""
    for node in info.node.body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


def _base_home(project: Project, base: ast.expr, scope: Scope) -> Home | None:
    """The home by a base class: `db.Model`, or a declarative base with a `query_property()`."""
    if project.static(base, scope) == External(flask_sqlalchemy.MODEL):
        base, scope = _written(project, base, scope)
        if not isinstance(base, ast.Attribute):
            return None
        session = project.static(ast.Attribute(base.value, "session", ast.Load()), scope)
        return _home(project, base.value, scope, ".session", session)
    defined = _definition(project, base, scope)
    for target, value, where in project.stores_on(defined[1]) if defined is not None else ():
        if target.attr == ATTRIBUTE and _definition(project, target.value, where) == defined:
            return _property_home(project, value, where)
    return None


def _written(project: Project, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
    """What a name of a module was assigned, such as `Model = db.Model`, and the body that it is in; else as it is."""
    found = _definition(project, node, scope) if isinstance(node, ast.Name) else None
    bound = project.bindings(project.modules[found[0]])[found[1]][0] if found is not None else None
    return (bound.value, project.scopes[found[0]]) if found and isinstance(bound, ast.Assign) else (node, scope)


def _property_home(project: Project, made: ast.expr, scope: Scope) -> Home | None:
    """The home by `<scoped session>.query_property()`."""
    if not isinstance(made, ast.Call) or made.args or made.keywords:
        return None
    if not isinstance(made.func, ast.Attribute) or made.func.attr != "query_property":
        return None
    registry = project.static(made.func.value, scope)
    if not isinstance(registry, Factory) or not registry.scoped:
        return None
    return _home(project, made.func.value, scope, "", Session(registry.is_async, registry.origin, "factory"))


def _home(project: Project, node: ast.expr, scope: Scope, member: str, session: Kind) -> Home | None:
    found = _definition(project, node, scope)
    return Home(*found, member, session) if found is not None and isinstance(session, Session) else None


def _definition(project: Project, node: ast.expr, scope: Scope) -> tuple[str, str] | None:
    """The module that binds what a name or `module.name` means, and the name there, behind any number of imports."""
    if isinstance(node, ast.Attribute):
        owner = project.static(node.value, scope)
        return _followed(project, owner.name, node.attr) if isinstance(owner, ModuleRef) else None
    if not isinstance(node, ast.Name) or any(times_bound(f, node.id) for f in functions_around(scope)):
        return None
    return _followed(project, scope.module.path, node.id)


def _followed(project: Project, path: str, name: str) -> tuple[str, str] | None:
    seen = set()
    while (path, name) not in seen:
        seen.add((path, name))
        nodes = project.bindings(project.modules[path]).get(name, ())
        if len(nodes) != 1:
            return None
        if not isinstance(nodes[0], ast.ImportFrom):
            return path, name
        target = project.imported_module(project.modules[path], nodes[0])
        if target is None:
            return None
        path, name = target, imported_name(nodes[0], name)
    return None


def spelled(project: Project, home: Home, scope: Scope, model: ast.expr) -> Code:
    """The code of the session in a body that knows a model as `model`; empty where there is no safe way to say it.

    A name that is imported together with the model is there as soon as the model is.
    """
    module = scope.module
    target = (home.path, home.name)
    if module.path == home.path:
        hidden = any(times_bound(function, home.name) for function in functions_around(scope))
        return () if hidden else (home.name, home.member)
    for node in module.nodes.within(module.tree, ast.ImportFrom):
        found = project.imported_module(module, node)
        for alias in node.names if found is not None else ():
            if found is not None and _followed(project, found, alias.name) == target:
                return _symbol(node, alias.name), home.member
    beside = _imported_beside(project, home, module) or _dotted(project, home, scope, model)
    return (*beside, home.member) if beside else ()


def _imported_beside(project: Project, home: Home, module: Module) -> Code:
    """The session's object from a module that had it when it bound something else that is imported from there."""
    for node in module.tree.body:
        path = project.imported_module(module, node) if isinstance(node, ast.ImportFrom) else None
        name = _name_in(project, path, home) if path is not None else None
        if isinstance(node, ast.ImportFrom) and path is not None and name is not None:
            bindings = project.bindings(project.modules[path])
            later = (bound for alias in node.names for bound in bindings.get(alias.name, ())[:1])
            if any(_line(bound) > _line(bindings[name][0]) for bound in later):
                return (_symbol(node, name),)
    return ()


def _line(node: ast.AST) -> int:
    assert isinstance(node, ast.stmt)
    return node.lineno


def _dotted(project: Project, home: Home, scope: Scope, model: ast.expr) -> Code:
    """The session's object as a member of the module by which the model is known."""
    owner = project.static(model.value, scope) if isinstance(model, ast.Attribute) else None
    name = _name_in(project, owner.name, home) if isinstance(owner, ModuleRef) else None
    return (f"{scope.module.source(model.value)}.{name}",) if name and isinstance(model, ast.Attribute) else ()


def _name_in(project: Project, path: str, home: Home) -> str | None:
    """The name by which another module knows the session's object."""
    target = (home.path, home.name)
    return next((n for n in project.bindings(project.modules[path]) if _followed(project, path, n) == target), None)


def _symbol(node: ast.ImportFrom, name: str) -> Symbol:
    return Symbol("." * node.level + (node.module or ""), name)
