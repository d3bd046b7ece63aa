"""Mocks that are given in the place of what becomes asynchronous (SAF703). Patches are in `patches`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqla_async_fix.core.steps import AddArgument, Code, Replace, Step, Symbol
from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.kinds import External, Instance, Kind, Session
from sqla_async_fix.model.knowledge import mocks
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.knowledge.asyncio_api import Calling
from sqla_async_fix.model.plan.blocks import attribute_stores, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import calling, is_sync, operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.urls import argument_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import ProjectCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

ASYNC_MOCK = Symbol("unittest.mock", "AsyncMock")
MAGIC_MOCK = Symbol("unittest.mock", "MagicMock")


@dataclass(slots=True)
class Mock:
    """`call` makes a mock in `scope`, `path` is how the body it is given from names it; `members` are its methods that
    have to be awaited, with whether what they give is used."""

    scope: Scope
    call: ast.Call
    path: str
    members: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A method that has to be awaited because `function` changes; `used`: what it gives is used."""

    name: str
    function: Function
    used: bool


def findings(colours: Colours) -> Iterator[Finding]:
    """Every plain mock with a method that code awaits from now on."""
    if not any("Mock(" in module.text for module in colours.project.live_modules()):
        return
    reached = _Reached(colours)
    found: dict[tuple[ast.Call, str], Mock] = {}
    for scope in colours.scopes():
        for call in scope.record.calls.values():
            for mock, kind, target in _given(scope, call, colours):
                for each in reached.members(kind, target, scope):
                    group = name_of(colours.parts.leader(each.function))
                    members = found.setdefault((mock.call, group), replace(mock, members={})).members
                    members[each.name] = each.used or members.get(each.name, False)
    for (_, group), mock in found.items():
        steps = tuple(_steps(mock, colours.project))
        if steps:
            module = mock.scope.module
            span = module.span(mock.call)
            shown = ", ".join(f"`{name}`" for name in sorted(mock.members))
            yield Finding("SAF703", module, span, shown, "", steps, group, follows=True)


def is_plain(node: ast.AST | None, scope: Scope, project: Project) -> bool:
    """Whether an expression makes a mock that is not asynchronous."""
    if not isinstance(node, ast.Call):
        return False
    kind = project.static(node.func, scope)
    by_fixture = scope.module.source(node.func) in mocks.PLAIN_OF_FIXTURE
    return by_fixture or (isinstance(kind, External) and kind.name in mocks.PLAIN)


def _given(scope: Scope, call: ProjectCall, colours: Colours) -> Iterator[tuple[Mock, Kind, Function]]:
    """The mocks among the arguments of a call, with the kind of object that each stands for and who gets it."""
    for target in call.targets:
        for name, kind in target.parameters.items() if isinstance(call.node, ast.Call) else ():
            if (isinstance(kind, Session) and is_sync(kind)) or isinstance(kind, Instance):
                given = argument_of(call.node, target, name)
                by = made(given, scope, colours.project) if given is not None else None
                if by is not None and given is not None:
                    yield Mock(by[0], by[1], scope.module.source(given)), kind, target


def made(node: ast.expr, scope: Scope, project: Project, depth: int = 0) -> tuple[Scope, ast.Call] | None:
    """The call that makes the plain mock which an expression stands for, with its body."""
    if is_plain(node, scope, project):
        assert isinstance(node, ast.Call)
        return scope, node
    if depth > 3:
        return None
    value = _only_value(node, scope)
    if value is not None or not isinstance(scope, Function):
        return made(value, scope, project, depth + 1) if value is not None else None
    if isinstance(node, ast.Attribute) and scope.cls is not None:
        text = scope.module.source(node)
        methods = list(scope.cls.methods.values())
        stores = [(method, *store) for method in methods for store in attribute_stores(method)]
        values = [(method, value) for method, to, value in stores if method.module.source(to) == text]
        return made(values[0][1], values[0][0], project, depth + 1) if len(values) == 1 else None
    if not isinstance(node, ast.Name):
        return None
    fixture = project.fixture(scope, node.id) if any(a.arg == node.id for a in scope.arguments()) else None
    if fixture is not None:
        given = [n.value for n in walk(fixture.definition) if isinstance(n, (ast.Return, ast.Yield)) and n.value]
        return made(given[0], fixture, project, depth + 1) if len(given) == 1 else None
    if node.id in scope.names or any(a.arg == node.id for a in scope.arguments()):
        return None
    return made(node, project.scopes[scope.module.path], project, depth + 1)


def _only_value(node: ast.expr, scope: Scope) -> ast.expr | None:
    """What a body assigns to a name, where it does so once."""
    assigned = [
        each.value
        for each in statements(scope.node.body)
        if isinstance(each, ast.Assign)
        and isinstance(node, ast.Name)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
    ]
    return assigned[0] if len(assigned) == 1 else None


class _Reached:
    """What functions do with the objects that they are given, and what they call does."""

    def __init__(self, colours: Colours) -> None:
        self._colours = colours
        self._known: dict[tuple[Kind, Function], Sequence[Awaited]] = {}

    def members(self, kind: Kind, target: Function, scope: Scope) -> Iterator[Awaited]:
        """The methods of an object that a body gives to a function and that have to be awaited: where the body is a
        test whose calls are all known, those that it gets to."""
        record = scope.record
        is_test = isinstance(scope, Function) and scope.short_name.startswith("test")
        if isinstance(kind, Session) or not is_test or record.unresolved or record.references:
            yield from self._members(kind, target)
            return
        called = self._followed(each for call in record.calls.values() for each in call.targets)
        yield from (each for each in self._members(kind, target) if each.function in called)

    def _members(self, kind: Kind, target: Function) -> Sequence[Awaited]:
        found = self._known.get((kind, target))
        if found is None:
            found = self._known[kind, target] = [
                each for function in self._functions(target) for each in self._awaited(kind, function)
            ]
        return found

    def _awaited(self, kind: Kind, function: Function) -> Iterator[Awaited]:
        above = parents(function.module)
        if isinstance(kind, Session) and function in self._colours.reasons:
            for operation in operations(function):
                if isinstance(operation.receiver, Session) and calling(operation) is Calling.AWAIT:
                    yield Awaited(operation.method, function, not isinstance(above[operation.node], ast.Expr))
        elif isinstance(kind, Instance):
            for call in function.record.calls.values():
                for method in call.targets:
                    name = self._member(kind, call.node, method)
                    if name is not None and self._colours.is_awaited(method) and not method.is_generator:
                        yield Awaited(name, method, not isinstance(above[call.node], ast.Expr))

    def _member(self, kind: Instance, node: ast.expr, method: Function) -> str | None:
        """How a called method is named from an object: as one of its own, or as one of what its attribute holds."""
        project = self._colours.project
        if project.method(kind.cls, method.short_name) is method:
            return method.short_name
        holder = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        if not isinstance(holder, ast.Attribute):
            return None
        methods = (each for info in project.mro(kind.cls) for each in info.methods.values())
        held = any(target.attr == holder.attr for each in methods for target, _ in attribute_stores(each))
        return f"{holder.attr}.{method.short_name}" if held else None

    def _functions(self, target: Function) -> Iterable[Function]:
        """A function, for a constructor all methods of its class, and all that they call."""
        pending = [target]
        if target.short_name == "__init__" and target.cls is not None:
            pending += [m for info in self._colours.project.hierarchy(target.cls.name) for m in info.methods.values()]
        return self._followed(pending)

    def _followed(self, functions: Iterable[Function]) -> dict[Function, None]:
        """Functions and all that they call."""
        found = dict.fromkeys(functions)
        pending = list(found)
        while pending:
            for call in pending.pop().record.calls.values():
                for other in call.targets:
                    if other not in found:
                        found[other] = None
                        pending.append(other)
        return found


def _steps(mock: Mock, project: Project) -> Iterator[Step]:
    """How a mock gets asynchronous methods."""
    module, scope = mock.scope.module, mock.scope
    spec = next((k.value for k in mock.call.keywords if k.arg in mocks.SPECS), next(iter(mock.call.args), None))
    stands_for = project.static(spec, scope) if spec is not None else None
    if isinstance(stands_for, External) and spec is not None and stands_for.name in names.SESSION:
        home = names.ASYNC_HOMES[stands_for.name.partition(".")[0]]
        yield Replace(module.span(spec), (Symbol(home, "AsyncSession"),))
    elif spec is not None:
        return
    body = module.source(scope.definition) if isinstance(scope, Function) else module.text
    given = {keyword.arg: keyword.value for keyword in mock.call.keywords}
    code: list[str | Symbol] = []
    for name, used in sorted(mock.members.items()):
        own = [given[name]] if name in given else list(_assigned(mock, name))
        for value in own:
            yield from asynchronous(value, scope, project)
        configured = any(f"{mock.path}.{name}.{how} = " in body for how in ("return_value", "side_effect"))
        if not own and (spec is None or (used and not configured)):
            code += [", " if code else "", f'**{{"{name}": ' if "." in name else f"{name}=", ASYNC_MOCK]
            code += ["(return_value=", MAGIC_MOCK, "())"] if used and not configured else ["()"]
            code += ["}"] if "." in name else []
    if code:
        yield AddArgument(module.span(mock.call), tuple(code))


def _assigned(mock: Mock, name: str) -> Iterator[ast.expr]:
    """What a method of the mock is replaced by in the body that makes it: `db.get = Mock()`."""
    for target, value in attribute_stores(mock.scope):
        if mock.scope.module.source(target) == f"{mock.path}.{name}":
            yield value


def asynchronous(value: ast.expr, scope: Scope, project: Project) -> Iterator[Step]:
    """The steps that make a coroutine function of what takes the place of one."""
    module = scope.module
    span = module.span(value)
    if is_plain(value, scope, project):
        assert isinstance(value, ast.Call)
        yield Replace(module.span(value.func), (ASYNC_MOCK,))
    elif any(isinstance(each, ast.Lambda) for each in (value, _only_value(value, scope))) or made(
        value, scope, project
    ):
        yield Replace(span, calling_mock(value, scope))


def calling_mock(value: ast.expr, scope: Scope) -> Code:
    """A mock whose coroutines call what an expression stands for, which counts its calls itself if it is a mock."""
    return (ASYNC_MOCK, f"(side_effect={scope.module.source(value)})")
