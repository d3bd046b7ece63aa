"""Functions that something outside calls without an event loop: they stay as they are to the outside and run a
coroutine function that takes over their body.

Who becomes asynchronous is in `colours`; what is run at the end of a script is in `roots`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace, Step, Symbol
from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.kinds import External, ExternalInstance, FunctionRef, ModuleRef
from sqla_async_fix.model.knowledge.command_lines import GROUPING, HANDED, RUNNING, STARTING
from sqla_async_fix.model.plan.blocks import free_name, names_in
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.colours import Colours


def edges(project: Project) -> Iterator[Function]:
    """The functions that are commands or entry points, by the text or by the settings."""
    named = dict.fromkeys(function for name in project.options.entry_points for function in _named(name, project))
    commands = (function for function in list(project.functions.values()) if is_command(function, project))
    for function in dict.fromkeys((*named, *commands, *(function for function, _ in _handed(project)))):
        if not function.is_async:
            yield function


def _handed(project: Project) -> Iterator[tuple[Function, str]]:
    """The functions that are given to a parser of command lines, with the name by which the script calls them:
    `set_defaults(func=add)`."""
    for scope in (*list(project.scopes.values()), *list(project.functions.values())):
        for reference in scope.record.references.values():
            receiver = reference.receiver if reference.how == "argument" else ""
            if receiver.startswith(HANDED[0]) and receiver.endswith(HANDED[1]) and reference.argument:
                yield reference.function, reference.argument


def _named(name: str, project: Project) -> Iterator[Function]:
    module, _, attribute = name.partition(":") if ":" in name else name.rpartition(".")
    path = project.names.find(module, "")
    if path is not None and path in project.scopes:
        kind = project.member(ModuleRef(path), attribute)
        if isinstance(kind, FunctionRef):
            yield project.functions[kind.name]


def is_command(function: Function, project: Project) -> bool:
    """Whether a decorator makes a function a command of a command line."""
    for node, kind in zip(function.definition.decorator_list, function.decorators, strict=False):
        if isinstance(kind, (External, ExternalInstance)) and kind.name.startswith(STARTING):
            return True
        target = node.func if isinstance(node, ast.Call) else node
        if isinstance(target, ast.Attribute) and target.attr in GROUPING:
            owner = project.static(target.value, function.parent or project.scopes[function.module.path])
            group = project.functions.get(owner.name) if isinstance(owner, FunctionRef) else None
            if group is not None and group is not function and is_command(group, project):
                return True
    return False


def refusal(function: Function, colours: Colours) -> str | None:
    """Why a function cannot run a coroutine function that takes over its body; None if it can."""
    name = function.short_name
    if function.cls is not None or function.is_generator:
        return f"`{name}` is called from outside, which would not await it"
    if _body_start(function) is None:
        return f"`{name}` is called from outside, which would not await it; write its body on lines of its own"
    calls = [(scope, call.node) for scope, call in colours.callers(function)]
    for scope, node in (*calls, *_runs(function, colours)):
        if isinstance(scope, Function) and (scope in colours.reasons or scope.is_async):
            place = f"line {scope.module.row(scope.module.span(node).start)} of `{scope.module.path}`"
            return f"`{name}` is called from outside, which would not await it, and in an event loop by {place}"
    return None


def _runs(function: Function, colours: Colours) -> Iterator[tuple[Scope, ast.AST]]:
    """Where a command may be run from within the project without a call by its name."""
    yield from colours.edge_uses.get(function, ())
    if is_command(function, colours.project):
        yield from colours.edge_uses.get(None, ())
    names = {name for handed, name in _handed(colours.project) if handed is function}
    for scope in colours.reasons if names else ():
        for node in walk(scope.definition):
            named = node.attr if isinstance(node, ast.Attribute) else getattr(node, "value", None)
            if isinstance(named, str) and named in names:
                yield scope, node


def uses(functions: Container[Function], scopes: Iterable[Scope]) -> dict[Function | None, list[tuple[Scope, ast.AST]]]:
    """Where some functions are used as values; under None, where any command may be run."""
    found: defaultdict[Function | None, list[tuple[Scope, ast.AST]]] = defaultdict(list)
    for scope in scopes:
        for node, name in scope.record.externals.items():
            if name.endswith(RUNNING):
                found[None].append((scope, node))
        for reference in scope.record.references.values():
            if reference.function in functions:
                found[reference.function].append((scope, reference.node))
    return found


def split(function: Function) -> Iterator[Step]:
    """The function runs a coroutine function, whose `def` line comes before the body; nothing where that is refused."""
    module, node = function.module, function.definition
    start = _body_start(function)
    if start is None:
        return
    newline = module.newline
    indent = module.before(module.span(node).start)
    inner = module.before(module.span(node.body[-1]).start)
    gap = newline * (2 if indent else 3)
    plain = node.name.lstrip("_")
    name = free_name(names_in(module), f"_{plain}", f"_{plain}_async", f"_run_{plain}")
    returns = any(isinstance(each, ast.Return) and each.value is not None for each in statements(node.body))
    result = "" if node.returns is None else f" -> {module.source(node.returns)}"
    code = (
        f"{inner}{'return ' if returns else ''}",
        Symbol("asyncio", ""),
        f".run({name}({_given(node.args)})){gap}",
        f"{indent}async def {name}({_taken(function)}){result}:{newline}",
    )
    yield Replace(Span(start, start), code)


def _body_start(function: Function) -> int | None:
    """Where the line after the header and the docstring begins; None where the body stands in the line of one."""
    module, node = function.module, function.definition
    body = list(node.body)
    if ast.get_docstring(node, clean=False) is not None:
        end = module.span(body.pop(0)).end
        rest = module.text.find(module.newline, end)
        if not body or rest < 0 or module.text[end:rest].strip().startswith(";"):
            return None
        return rest + len(module.newline)
    start = module.span(body[0]).start
    if isinstance(body[0], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and body[0].decorator_list:
        start = module.text.rindex("@", 0, module.span(body[0].decorator_list[0]).start)
    if module.before(start).strip():
        return None
    start -= len(module.before(start))
    while (above := module.before(start - len(module.newline)).strip()) == "" or above.startswith("#"):
        start -= len(module.newline) + len(module.before(start - len(module.newline)))
    return start


def _given(spec: ast.arguments) -> str:
    """The arguments of a call that passes all parameters on."""
    given = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    given += [f"*{spec.vararg.arg}"] if spec.vararg else []
    given += [f"{arg.arg}={arg.arg}" for arg in spec.kwonlyargs]
    given += [f"**{spec.kwarg.arg}"] if spec.kwarg else []
    return ", ".join(given)


def _taken(function: Function) -> str:
    """The parameters without their default values, annotated as they are but for what `Annotated` adds."""

    def spelled(arg: ast.arg) -> str:
        annotation = arg.annotation
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            outer = annotation.value
            if (outer.attr if isinstance(outer, ast.Attribute) else getattr(outer, "id", "")) == "Annotated":
                annotation = annotation.slice.elts[0]
        return arg.arg if annotation is None else f"{arg.arg}: {function.module.source(annotation)}"

    spec = function.definition.args
    taken = [spelled(arg) for arg in spec.posonlyargs]
    taken += ["/"] if spec.posonlyargs else []
    taken += [spelled(arg) for arg in spec.args]
    taken += [f"*{spelled(spec.vararg)}"] if spec.vararg else ["*"] if spec.kwonlyargs else []
    taken += [spelled(arg) for arg in spec.kwonlyargs]
    taken += [f"**{spelled(spec.kwarg)}"] if spec.kwarg else []
    return ", ".join(taken)
