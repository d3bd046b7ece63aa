"""Which modules of the project import which, and how one gets a name of another. Nothing about databases."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace, Step
from sqla_async_fix.model.kinds import ModuleRef
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project


def imported(module: Module, project: Project) -> frozenset[str]:
    """The paths of the modules that a module imports, and those that they import."""
    found: set[str] = set()
    pending = [module]
    while pending:
        new = {path for path in directly(pending.pop(), project) if path not in found}
        found |= new
        pending += (project.modules[path] for path in new)
    return frozenset(found)


def directly(module: Module, project: Project) -> Iterator[str]:
    """The paths of the modules that the imports of a module name."""
    for node in module.nodes.within(module.tree, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom):
            base = project.imported_module(module, node)
            yield from () if base is None else (base,)
        for alias in node.names:
            if (path := _module_of(alias, node, module, project)) is not None:
                yield path


def _module_of(alias: ast.alias, node: ast.Import | ast.ImportFrom, importer: Module, project: Project) -> str | None:
    """The path of the module that an import gives a name, if it is one of the project."""
    if isinstance(node, ast.Import):
        kind = project.module_kind(alias.name, importer)
    else:
        kind = project.resolve_from(importer, node, alias.name)
    return kind.name if isinstance(kind, ModuleRef) else None


def access(name: str, owner: Module, importer: Module, project: Project) -> tuple[str, Step | None] | None:
    """How a module spells a new name of another one, and the step that imports it where one is needed; None where it
    does not say by itself how to get there."""
    imports = [node for node in importer.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in imports:
        is_from = isinstance(node, ast.ImportFrom) and project.imported_module(importer, node) == owner.path
        if is_from and node.names[0].name != "*":
            end = importer.span(node.names[-1]).end
            return name, Replace(Span(end, end), (f", {name}",))
        for alias in node.names:
            local = alias.asname or alias.name
            is_bound_once = "." not in local and len(project.bindings(importer).get(local, ())) == 1
            if is_bound_once and _module_of(alias, node, importer, project) == owner.path:
                return f"{local}.{name}", None
    text = _relative(owner, importer, imports) or _absolute(owner, project)
    if text is None or not imports:
        return None
    end = importer.span(imports[-1]).end
    if importer.text[end:].partition("\n")[0].strip():
        return None
    return name, Replace(Span(end, end), (f"{importer.newline}from {text} import {name}",))


def _relative(owner: Module, importer: Module, imports: list[ast.Import | ast.ImportFrom]) -> str | None:
    """The relative name of a module below the package of one that has relative imports already."""
    folder = importer.path.rpartition("/")[0]
    is_relative = any(isinstance(node, ast.ImportFrom) and node.level for node in imports)
    if not is_relative or owner.is_package or not owner.path.startswith(f"{folder}/" if folder else ""):
        return None
    inner = owner.path[len(folder) :].strip("/")
    return f".{inner.removesuffix('.py').replace('/', '.')}"


def _absolute(owner: Module, project: Project) -> str | None:
    """The absolute name by which a module of the project imports another."""
    word = owner.name.rpartition(".")[2]
    for module in project.modules.values():
        for node in module.nodes.within(module.tree, ast.ImportFrom) if module.mentions(word) else ():
            if not node.level and project.imported_module(module, node) == owner.path:
                return node.module
    return None
