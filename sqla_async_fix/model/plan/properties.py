"""Properties that reach the database and become methods, with everyone who reads them. Other members are elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAwait, Replace, Step
from sqla_async_fix.model.kinds import ClassRef, External, ModuleRef
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.symbols import ClassInfo, Function
from sqla_async_fix.model.syntax import Parents, walk

_BY_NAME = frozenset({"getattr", "hasattr", "setattr", "delattr", "attrgetter", "object", "PropertyMock"})
"""Calls that know an attribute by its name as a text."""

_TEMPLATES = ("jinja2", "mako", "templating", "render_template", "TemplateResponse")
"""Words of files that hand objects to templates, whose reads nobody sees."""


def refusal(function: Function, colours: Colours) -> str | None:
    """Why a property cannot become a method, whoever reads it; None if it can."""
    name, cls = function.short_name, function.cls
    is_fixed = cls is None or colours.project.is_mapped(cls.name) or not all(map(is_plain, _twins(function, colours)))
    if is_fixed or any(_is_assigned(info, name) for info in _family(function, colours)):
        return f"`{name}` is a property and cannot be awaited; make it a method"
    return None


def missed_reads(function: Function, colours: Colours) -> Iterator[tuple[Module, Span, str]]:
    """The places that may read a property, and would get a method."""
    name = function.short_name
    family = _family(function, colours)
    read: set[ast.AST] = {call.node for each in _twins(function, colours) for _, call in colours.callers(each)}
    for module in list(colours.project.modules.values()):
        if any(module.mentions(word) for word in _TEMPLATES):
            reason = f"a template may read the property `{name}`, which has to become a method; call it before"
            yield module, Span(0, 0), reason
        for node in _unknown_reads(name, module, read, family, colours):
            reason = f"`{module.source(node)}` may read the property `{name}`, which has to become a method"
            yield module, module.span(node), reason


def _family(function: Function, colours: Colours) -> list[ClassInfo]:
    return list(colours.project.hierarchy(function.cls.name)) if function.cls is not None else []


def _twins(function: Function, colours: Colours) -> list[Function]:
    name = function.short_name
    return [info.methods[name] for info in _family(function, colours) if name in info.methods]


def is_plain(function: Function) -> bool:
    """Whether a method is a property that is only read."""
    decorators = function.definition.decorator_list
    return len(decorators) == 1 and isinstance(decorators[0], ast.Name) and decorators[0].id == "property"


def undecorated(function: Function) -> Iterator[Step]:
    """The steps that make a method of a property."""
    module, node = function.module, function.definition
    start = module.text.rindex("@", 0, module.span(node.decorator_list[0]).start)
    yield Replace(Span(start, module.span(node).start), ())


def called(module: Module, node: ast.Attribute) -> tuple[Step, ...]:
    """The steps that make an awaited call of a read."""
    span = module.span(node)
    return (Replace(Span(span.end - len(node.attr), span.end), (f"{node.attr}()",)), AddAwait(span))


def _is_assigned(info: ClassInfo, name: str) -> bool:
    """Whether a class or its methods put something else under the name."""
    return any(
        (isinstance(node, ast.Name) and node.id == name and node in _class_targets(info))
        or (isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load))
        for node in walk(info.node)
    )


def _class_targets(info: ClassInfo) -> Iterator[ast.AST]:
    for statement in info.node.body:
        if isinstance(statement, ast.Assign):
            yield from statement.targets
        elif isinstance(statement, ast.AnnAssign):
            yield statement.target


def _unknown_reads(
    name: str, module: Module, read: set[ast.AST], family: list[ClassInfo], colours: Colours
) -> Iterator[ast.AST]:
    """The places of a file that may read the property and are not known to."""
    if not module.mentions(name) and f'"{name}"' not in module.text and f"'{name}'" not in module.text:
        return
    above = parents(module)
    for node in module.nodes.within(module.tree, ast.Call, ast.Attribute, ast.Name):
        if isinstance(node, ast.Call):
            by_name = _last(node.func) in _BY_NAME
            if by_name and any(isinstance(arg, ast.Constant) and arg.value == name for arg in node.args):
                yield node
        elif isinstance(node, ast.Attribute) and node.attr == name:
            parent = above[node]
            is_method = isinstance(parent, ast.Call) and parent.func is node
            known = node in read or is_method or _is_other(node, module, family, colours)
            if not known or not isinstance(node.ctx, ast.Load):
                yield node
        elif isinstance(node, ast.Name) and node.id == name and _is_field(node, above):
            yield node


def _is_field(node: ast.Name, above: Parents) -> bool:
    """Whether a name is declared in a class body: a schema may read what has it from an object."""
    parent = above[node]
    return isinstance(parent, ast.AnnAssign) and parent.target is node and isinstance(above[parent], ast.ClassDef)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_other(node: ast.Attribute, module: Module, family: list[ClassInfo], colours: Colours) -> bool:
    """Whether an attribute is surely one of something else: of a module, a class, or of `self` in another class."""
    scope = colours.project.scopes.get(module.path)
    kind = colours.project.static(node.value, scope) if scope is not None else None
    if isinstance(kind, (ModuleRef, External)):
        return True
    if isinstance(kind, ClassRef):
        return all(info.name != kind.name for info in family)
    around: ast.AST | None = node
    while around is not None and not isinstance(around, ast.ClassDef):
        around = parents(module).get(around)
    is_self = isinstance(node.value, ast.Name) and node.value.id == "self"
    return is_self and around is not None and all(info.node is not around for info in family)
