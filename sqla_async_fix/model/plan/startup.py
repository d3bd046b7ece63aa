"""The start-up of an application, where what ran when it was imported or made is awaited.

What a call on metadata becomes is in `metadata`, who becomes asynchronous in `colours`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, Code, DropStatement, Replace, Step, Symbol
from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import free_name, names_in, parents
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

APPLICATIONS = ("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette")
"""What makes an application that has a start-up."""

_EVENTS = ("on_event", "add_event_handler", "on_startup")
"""Start-up code that an application with a `lifespan` never runs."""

Lines: TypeAlias = Callable[[str], str]
"""The lines of code that take the place of a statement, given the indentation of those after the first."""


@dataclass(frozen=True, slots=True)
class Application:
    """The call that makes the one application of a body, and the statement that gives it a name."""

    scope: Scope
    call: ast.Call
    owner: ast.Assign
    name: str


def application(scope: Scope) -> Application | None:
    """The application that a body makes: a module, or a function that gives it to its caller."""
    calls = [node for node, name in scope.record.externals.items() if name in APPLICATIONS]
    owner = parents(scope.module).get(calls[0]) if len(calls) == 1 else None
    if not isinstance(owner, ast.Assign) or not isinstance(owner.targets[0], ast.Name):
        return None
    name = owner.targets[0].id
    if isinstance(scope, Function):
        gives = any(
            isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id == name
            for node in statements(scope.definition.body)
        )
        if scope.is_async or scope.is_generator or scope.fixture_name or not gives:
            return None
    call = calls[0]
    return Application(scope, call, owner, name) if isinstance(call, ast.Call) else None


def put_off(scope: Scope) -> frozenset[ast.AST]:
    """The calls in a function that makes an application which stand on lines of their own: they can wait for its
    start-up, so that the function needs not."""
    if not isinstance(scope, Function) or not (scope.record.calls or scope.record.database):
        return frozenset()
    return frozenset(_on_lines(scope)) if application(scope) is not None else frozenset()


def _on_lines(scope: Scope) -> Iterator[ast.expr]:
    for statement in scope.node.body:
        if isinstance(statement, ast.Expr):
            yield statement.value


@dataclass(frozen=True, slots=True)
class Moving:
    """A statement of a body that makes an application which waits for the database: what is to be awaited at its
    start-up instead, a name for it, and the part that it belongs to."""

    statement: ast.stmt
    lines: Lines
    named: str
    group: str


def moved(
    scope: Scope, node: ast.AST, moving: Sequence[Moving], project: Project
) -> tuple[tuple[Step, ...], str | None] | None:
    """The steps that take the statement of `node` to the start-up, or why they cannot; None if it is not one of the
    `moving` ones. The first takes all of them along."""
    made = application(scope)
    mine = next((each for each in moving if node is each.statement or node is each.statement.value), None)  # type: ignore[attr-defined]
    if made is None or mine is None:
        return None
    if (reason := unseen(project)) is not None:
        return (), reason
    first = moving[0]
    if mine.group != first.group:
        return (), f"the application's start-up is that of line {first.statement.lineno}; call it there"
    if mine is not first:
        return (DropStatement(scope.module.span(mine.statement)),), None
    statement, named, lines = first.statement, first.named, [each.lines for each in moving if each.group == first.group]
    return _begun(made, statement, named, lines, project)


def begin(made: Application, named: str, line: str, project: Project) -> tuple[tuple[Step, ...], str | None]:
    """The steps by which an application awaits a line of code at its start-up, or why they cannot be taken."""
    return _begun(made, None, named, [lambda _: line], project)


def _begun(
    made: Application, statement: ast.stmt | None, named: str, lines: Sequence[Lines], project: Project
) -> tuple[tuple[Step, ...], str | None]:
    """What takes lines to the start-up, away from a statement of the application's body if they come from one."""
    module = made.scope.module
    dropped = (_dropped(module, statement),) if statement is not None else ()
    given = {keyword.arg: keyword.value for keyword in made.call.keywords}
    if isinstance(lifespan := given.get("lifespan"), ast.Name):
        into, refusal = _into(made, lifespan.id, lines)
        return (*into, *dropped) if refusal is None else (), refusal
    if given.keys() & {"lifespan", "on_startup", None}:
        return (), "the application has start-up code of its own; create the tables there"
    if any(module.mentions(word) for module in project.modules.values() for word in _EVENTS):
        return _as_handler(made, statement, named, lines), None
    if any(isinstance(node, ast.Name) and node.id == "lifespan" for node in walk(module.tree)):
        return (), "the name `lifespan` is taken in this module; create the tables at the application's start-up"
    return _as_lifespan(made, statement, lines), None


def unseen(project: Project) -> str | None:
    """Why start-up code would not run where tests need it: no test makes the tables, and their client is not entered,
    without which it starts nothing."""
    tests = [module for module in project.modules.values() if is_test(module)]
    if any(module.mentions("create_all") for module in tests):
        return None
    for module in tests:
        for node in walk(module.tree) if module.mentions("TestClient") else ():
            is_client = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TestClient"
            if is_client and not isinstance(parents(module)[node], ast.withitem):
                place = f"{module.path}:{node.lineno}"  # type: ignore[attr-defined]
                return f"it moves to the application's start-up, which `TestClient` runs only in a `with` ({place})"
    return None


def is_test(module: Module) -> bool:
    """Whether a file holds tests or fixtures, by its name."""
    name = module.path.rsplit("/", 1)[-1]
    return name.startswith("test_") or name == "conftest.py" or name.endswith("_test.py")


def _into(made: Application, name: str, lines: Sequence[Lines]) -> tuple[tuple[Step, ...], str | None]:
    """Into the `lifespan` function of the module."""
    module = made.scope.module
    found = [node for node in module.tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == name]
    if len(found) != 1:
        return (), "the application has start-up code of its own; create the tables there"
    body = found[0].body
    documented = ast.get_docstring(found[0], clean=False) is not None and len(body) > 1
    first = body[1 if documented else 0]
    indent = module.before(module.span(first).start)
    start = module.span(first).start
    code = "".join(f"{each(indent)}{module.newline}{indent}" for each in lines)
    return (Replace(Span(start, start), (code,)),), None


def _as_handler(made: Application, statement: ast.stmt | None, named: str, lines: Sequence[Lines]) -> tuple[Step, ...]:
    """As a handler of the application's start-up event, beside those that it has."""
    module, indent = made.scope.module, made.scope.module.before(made.scope.module.span(made.owner).start)
    inner = f"{indent}    "
    name = free_name(names_in(module), f"{named}_on_startup" if named in names_in(module) else named)
    body = f"{module.newline}{inner}".join(each(inner) for each in lines)
    header = f'@{made.name}.on_event("startup"){module.newline}{indent}async def {name}():'
    code: Code = (f"{header}{module.newline}{inner}{body}",)
    if statement is not None and module.span(statement).start > module.span(made.owner).start:
        return (placed(module, module.span(statement), code),)
    span = module.span(made.owner)
    end = Span(span.end, span.end)
    gap = module.newline * (2 if indent else 3)
    handler = Replace(end, (f"{gap}{indent}", *code))
    return (handler,) if statement is None else (_dropped(module, statement), handler)


def _as_lifespan(made: Application, statement: ast.stmt | None, lines: Sequence[Lines]) -> tuple[Step, ...]:
    """As the application's `lifespan`."""
    module = made.scope.module
    owner = module.span(made.owner)
    indent, newline = module.before(owner.start), module.newline
    inner = f"{indent}    "
    body = f"{newline}{inner}".join(each(inner) for each in lines)
    code: Code = (
        "@",
        Symbol("contextlib", "asynccontextmanager"),
        f"{newline}{indent}async def lifespan(app: ",
        module.source(made.call.func),
        f"):{newline}{inner}{body}{newline}{inner}yield",
    )
    given = AddArgument(module.span(made.call), ("lifespan=lifespan",))
    before = placed(module, Span(owner.start, owner.start), code, ends=True)
    if statement is None:
        return given, before
    if (span := module.span(statement)).start < owner.start:
        return given, placed(module, span, code)
    return given, _dropped(module, statement), before


def _dropped(module: Module, statement: ast.stmt) -> Step:
    """A statement goes, with the fewer of the empty lines before and after it."""
    span, text = module.span(statement), module.text
    start, end = len(text[: span.start].rstrip()), len(text) - len(text[span.end :].lstrip())
    before, after = text[start : span.start].count("\n"), text[span.end : end].count("\n")
    if not before or not after:
        return DropStatement(span)
    if after >= before:
        return Replace(Span(start, span.end), ())
    return Replace(Span(span.start, end), ()) if after > 1 else DropStatement(span)


def placed(module: Module, span: Span, code: Code, *, ends: bool = False) -> Step:
    """A definition in the place of a statement, with the empty lines before and after it that its level asks for: two
    in a module, one in a function. `ends`: what follows goes on in the same line."""
    newline, indent = module.newline, module.before(span.start)
    blank, start = 1 if indent else 2, span.start - len(indent)
    before, after = module.text[:start], module.text[span.end :]
    opens = before.rstrip().endswith(":") if indent else not before.strip()
    lines_before = before[len(before.rstrip()) :].count("\n") - 1
    missing = 0 if opens else max(0, blank - lines_before)
    gap = after[: len(after) - len(after.lstrip())].count("\n")
    closing = newline * (max(0, blank + 1 - gap) if after.strip() and gap else 0)
    if ends:
        closing = f"{newline * (blank + 1)}{indent}"
    return Replace(Span(start, span.end), (f"{newline * missing}{indent}", *code, closing))
