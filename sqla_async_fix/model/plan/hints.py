"""Relationships that are read where the object is not known: in lambdas, in functions that others call back, and by
names in strings (`getattr`, `attrgetter`, `str.format`). They are loaded with the objects that the part holds (SAF501).

Reads of known objects are in `loading`. What is found here never holds a part back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

from sqla_async_fix.model.kinds import UNKNOWN
from sqla_async_fix.model.lattice import is_vague
from sqla_async_fix.model.member_syntax import last_name, text_of
from sqla_async_fix.model.plan import loading
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.readers import Readers
from sqla_async_fix.model.symbols import Function

_NAMING = frozenset({"getattr", "attrgetter"})


def findings(colours: Colours) -> Iterator[Finding]:
    """Every such relationship of a model whose objects the part of the reader holds."""
    readers = Readers(colours)
    owners: dict[str, list[str]] = {}
    for info in list(colours.project.classes.values()):
        mapped = colours.project.mapped(info.name)
        for name in mapped.relationships if mapped is not None and mapped.is_mapped else ():
            owners.setdefault(name, []).append(info.name)
    found: dict[tuple[str, str, str], None] = {}
    for function in colours.reasons if owners else ():
        if function.is_async:
            continue
        group = name_of(colours.parts.leader(function))
        for name in _names(function):
            models = (model for model in owners.get(name, ()) if group in readers.loading(model))
            found |= dict.fromkeys((model, name, group) for model in models)
    for model, name, group in sorted(found):
        finding = loading.eager(colours.project, model, name, "SAF501", group)
        if finding is not None and finding.refusal is None:
            yield finding


def _names(function: Function) -> Iterator[str]:
    """The attributes that may be read of objects which are not known, in a function and in those that it hands on."""
    nodes = function.module.nodes
    for node in nodes.within(function.definition, ast.Lambda):
        yield from _read_of({arg.arg for arg in (*node.args.posonlyargs, *node.args.args)}, node.body)
    for call in nodes.within(function.definition, ast.Call):
        texts = [text for each in call.args if (text := text_of(each)) is not None]
        if last_name(call.func) in _NAMING:
            yield from (name for text in texts for name in text.split("."))
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "format":
            yield from _formatted(text_of(call.func.value) or "")
    for reference in function.record.references.values():
        given = reference.function
        unknown = {arg.arg for arg in given.arguments() if is_vague(given.parameters.get(arg.arg, UNKNOWN))}
        yield from _read_of(unknown, given.definition)


def _read_of(names: set[str], body: ast.AST) -> Iterator[str]:
    """The attributes that are read of some names, and of what these attributes give."""
    called = {node.func for node in ast.walk(body) if isinstance(node, ast.Call)}
    for node in ast.walk(body):
        root: ast.expr | None = node if isinstance(node, ast.Attribute) and node not in called else None
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(node, ast.Attribute) and isinstance(root, ast.Name) and root.id in names:
            yield node.attr


def _formatted(text: str) -> Iterator[str]:
    try:
        fields = [field for _, field, _, _ in Formatter().parse(text) if field]
    except ValueError:
        return
    for field in fields:
        yield from field.split(".")[1:]
