"""Subclasses with members of their own, which a query of a base class loads only when they are read (SAF501).

Source: SQLAlchemy's documentation, "Eager loading of specific subtypes with `polymorphic_load`".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace
from sqla_async_fix.model.mapped import MappedClass
from sqla_async_fix.model.plan.blocks import mapper_arguments
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
        apart, shared = _bases(info, project)
        bases = apart or shared
        if not bases or any(_settled(base) for base in (info, *bases)):
            continue
        names = [base.node.name for base in bases]
        readers = [f for f in colours.reasons if not f.is_async and any(f.module.mentions(name) for name in names)]
        for group in sorted({name_of(colours.parts.leader(function)) for function in readers}):
            yield _finding(info, group, "selectin" if apart else "inline")


def _bases(info: ClassInfo, project: Project) -> tuple[list[ClassInfo], list[ClassInfo]]:
    """The mapped base classes with other tables than a class has, and those with the same one but fewer members."""
    apart: list[ClassInfo] = []
    shared: list[ClassInfo] = []
    mapped = project.mapped(info.name)
    if mapped is None or not _is_in_table(mapped):
        return apart, shared
    for base in project.mro(info.name)[1:]:
        above = project.mapped(base.name)
        if above is not None and _is_in_table(above):
            if above.table != mapped.table:
                apart.append(base)
            elif _members(mapped) - _members(above):
                shared.append(base)
    return apart, shared


def _is_in_table(mapped: MappedClass) -> bool:
    return mapped.is_mapped and mapped.polymorphic and bool(mapped.table)


def _members(mapped: MappedClass) -> frozenset[str]:
    return frozenset((*mapped.columns, *mapped.relationships))


def _settled(info: ClassInfo) -> bool:
    """Whether a class says how subclasses are loaded."""
    statement = mapper_arguments(info)
    keys = statement.value.keys if statement is not None and isinstance(statement.value, ast.Dict) else []
    return any(isinstance(key, ast.Constant) and key.value in _DECIDING for key in keys)


def _finding(info: ClassInfo, group: str, load: str) -> Finding:
    module, statement = info.module, mapper_arguments(info)
    given = statement.value if statement is not None else None
    if statement is None or not isinstance(given, ast.Dict) or not given.values:
        reason = f"the members of `{info.node.name}` are loaded late; give it `polymorphic_load` in `__mapper_args__`"
        span = module.span(info.node)
        return Finding("SAF501", module, span, info.node.name, SUBCLASS, (), group, reason, True)
    end = module.span(given.values[-1]).end
    step = Replace(Span(end, end), (f', "polymorphic_load": "{load}"',))
    return Finding("SAF501", module, module.span(statement), info.node.name, SUBCLASS, (step,), group, follows=True)
