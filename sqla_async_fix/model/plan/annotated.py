"""Annotations that name synchronous objects (SAF601) or synchronous generators (SAF602). Values are elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace, Step, Symbol
from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.kinds import External, Kind
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import is_sync, origins
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import children, walk

_TWINS = {
    **dict.fromkeys(names.SESSION, "AsyncSession"),
    **dict.fromkeys(names.FACTORY, "async_sessionmaker"),
    **dict.fromkeys(names.ENGINE, "AsyncEngine"),
    **dict.fromkeys(names.CONNECTION, "AsyncConnection"),
    **dict.fromkeys(names.SCOPED, "async_scoped_session"),
}
_GENERATORS = {
    "Generator": "AsyncGenerator",
    "Iterator": "AsyncIterator",
    "Iterable": "AsyncIterable",
    "ContextManager": "AsyncContextManager",
    "AbstractContextManager": "AbstractAsyncContextManager",
}


def findings(colours: Colours) -> Iterator[Finding]:
    """Annotations of every function, class and module that has to do with objects that change colour."""
    changing = {colours.parts.leader(function) for function in colours.reasons}
    for function in list(colours.project.functions.values()):
        if function in colours.islands:
            continue
        if colours.parts.leader(function) in changing or any(True for kind in _held(function) for _ in origins(kind)):
            group = name_of(colours.parts.leader(function))
            for node in _annotations_of(function.definition):
                yield from _names(colours.project, function, node, group)
            for call, kind in function.record.tested.items():
                if is_sync(kind) and len(call.args) == 2:
                    yield from _names(colours.project, function, call.args[1], group)
            if function in colours.reasons and not function.is_async and function.is_generator:
                yield from _generator(colours.project, function, group)
    for info in list(colours.project.classes.values()):
        member = _changing_method(colours, info.methods.values())
        if member is not None:
            for statement in info.node.body:
                if isinstance(statement, ast.AnnAssign):
                    yield from _names(
                        colours.project, info.scope, statement.annotation, name_of(colours.parts.leader(member))
                    )
    for scope in list(colours.project.scopes.values()):
        yield from _aliases(scope, colours)


def _held(function: Function) -> Iterator[Kind]:
    held = (*function.parameters.values(), function.returns, function.yields, *function.names.values())
    return filter(is_sync, held)


def _changing_method(colours: Colours, methods: Iterable[Function]) -> Function | None:
    for method in methods:
        if method in colours.reasons or any(_held(method)):
            return method
    return None


def _annotations_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    spec = node.args
    for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
        if arg is not None and arg.annotation is not None:
            yield arg.annotation
    if node.returns is not None:
        yield node.returns
    for statement in statements(node.body):
        if isinstance(statement, ast.AnnAssign):
            yield statement.annotation


def _names(project: Project, scope: Scope, annotation: ast.expr, group: str) -> Iterator[Finding]:
    module = scope.module
    for node, span in _paths(module, annotation):
        kind = project.static(node, scope)
        twin = _TWINS.get(kind.name) if isinstance(kind, External) else None
        if twin is None:
            continue
        assert isinstance(kind, External)
        library = names.ASYNC_HOMES[kind.name.partition(".")[0]]
        steps: tuple[Step, ...] = (Replace(span, (Symbol(library, twin),)),)
        source = module.text[span.start : span.end]
        yield Finding("SAF601", module, span, source, twin, steps, group, follows=True)


def _paths(module: Module, node: ast.expr) -> Iterator[tuple[ast.expr, Span]]:
    """The names and attribute paths of an annotation, outermost only, also those in a plain text."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        yield node, module.span(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _paths_in_text(module.span(node), module.source(node), node.value)
    else:
        for child in children(node):
            if isinstance(child, ast.expr) and not isinstance(child, ast.Call):
                yield from _paths(module, child)


def _paths_in_text(span: Span, source: str, value: str) -> Iterator[tuple[ast.expr, Span]]:
    if source[1:-1] != value or not value.isascii():
        return
    try:
        parsed = ast.parse(value, mode="eval").body
    except SyntaxError:
        return
    for node in walk(parsed):
        if isinstance(node, ast.Name) and node.lineno == 1:
            start = span.start + 1 + node.col_offset
            yield node, Span(start, start + len(node.id))


def _generator(project: Project, function: Function, group: str) -> Iterator[Finding]:
    returns = function.definition.returns
    if not isinstance(returns, (ast.Subscript, ast.Name, ast.Attribute)):
        return
    module = function.module
    named = returns.value if isinstance(returns, ast.Subscript) else returns
    kind = project.static(named, function)
    if not isinstance(kind, External):
        return
    library, _, short = kind.name.rpartition(".")
    twin = _GENERATORS.get(short)
    if twin is None:
        return
    steps: list[Step] = [Replace(module.span(named), (Symbol(library, twin),))]
    if (
        short == "Generator"
        and isinstance(returns, ast.Subscript)
        and isinstance(returns.slice, ast.Tuple)
        and len(returns.slice.elts) == 3
    ):
        kept, dropped = returns.slice.elts[1], returns.slice.elts[2]
        steps.append(Replace(Span(module.span(kept).end, module.span(dropped).end), ()))
    yield Finding(
        "SAF602", module, module.span(returns), module.source(returns), twin, tuple(steps), group, follows=True
    )


def _aliases(scope: Scope, colours: Colours) -> Iterator[Finding]:
    """`SessionDep = Annotated[Session, Depends(get_db)]`: the alias goes with what provides it."""
    for statement in scope.module.tree.body if scope.evaluated else ():
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Subscript):
            for reference in scope.record.references.values():
                if reference.how == "dependency" and any(child is reference.node for child in walk(value)):
                    yield from _names(colours.project, scope, value, name_of(colours.parts.leader(reference.function)))
