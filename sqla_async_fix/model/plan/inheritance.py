"""Subclasses with tables of their own, whose columns a query of a base class loads only when they are read (SAF501).

Source: SQLAlchemy's documentation, "Eager loading of specific subtypes with `polymorphic_load`".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace
from sqla_async_fix.model.mapped import MappedClass
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import ClassInfo

SUBCLASS = "subclass"
"""The detail of these findings."""

_DECIDING = frozenset({"polymorphic_load", "with_polymorphic"})


def findings(colours: Colours) -> Iterator[Finding]:
    """Every such subclass, for each part that becomes asynchronous and names a base class of it."""
    project = colours.project
    for info in list(project.classes.values()):
        bases = _bases(info, project)
        if not bases or any(_settled(base) for base in (info, *bases)):
            continue
        names = [base.node.name for base in bases]
        readers = [f for f in colours.reasons if not f.is_async and any(f.module.mentions(name) for name in names)]
        for group in sorted({name_of(colours.parts.leader(function)) for function in readers}):
            yield _finding(info, group)


def _bases(info: ClassInfo, project: Project) -> list[ClassInfo]:
    """The mapped base classes of a class that has another table."""
    mapped = project.mapped(info.name)
    if mapped is None or not _is_in_table(mapped):
        return []
    found = []
    for base in project.mro(info.name)[1:]:
        above = project.mapped(base.name)
        if above is not None and _is_in_table(above) and above.table != mapped.table:
            found.append(base)
    return found


def _is_in_table(mapped: MappedClass) -> bool:
    return mapped.is_mapped and mapped.polymorphic and bool(mapped.table)


def _arguments(info: ClassInfo) -> ast.Assign | None:
    """The statement that sets the arguments of a class's mapper."""
    for statement in info.node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.Assign) and isinstance(target, ast.Name) and target.id == "__mapper_args__":
            return statement
    return None


def _settled(info: ClassInfo) -> bool:
    """Whether a class says how subclasses are loaded."""
    statement = _arguments(info)
    keys = statement.value.keys if statement is not None and isinstance(statement.value, ast.Dict) else []
    return any(isinstance(key, ast.Constant) and key.value in _DECIDING for key in keys)


def _finding(info: ClassInfo, group: str) -> Finding:
    module, statement = info.module, _arguments(info)
    given = statement.value if statement is not None else None
    if statement is None or not isinstance(given, ast.Dict) or not given.values:
        reason = f"the columns of `{info.node.name}` are loaded late; give it `polymorphic_load` in `__mapper_args__`"
        span = module.span(info.node)
        return Finding("SAF501", module, span, info.node.name, SUBCLASS, (), group, reason, True)
    end = module.span(given.values[-1]).end
    step = Replace(Span(end, end), (', "polymorphic_load": "selectin"',))
    return Finding("SAF501", module, module.span(statement), info.node.name, SUBCLASS, (step,), group, follows=True)
