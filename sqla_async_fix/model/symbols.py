"""Functions and classes of the project and what the solver learned of them. How it is learned is in the evaluator."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sqla_async_fix.core.span import Span
from sqla_async_fix.model.kinds import UNKNOWN, Kind
from sqla_async_fix.model.records import Record
from sqla_async_fix.model.syntax import children

if TYPE_CHECKING:
    from sqla_async_fix.model.mapped import MappedClass
    from sqla_async_fix.model.module import Module

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False, slots=True)
class Scope:
    """A body of code that is evaluated as one: a function, or a module (`node` is then the module's tree).

    `names` are the kinds its local names may have (joined over the body), for nested functions and importers;
    `evidence` are paths such as `db` or `self.session` that the body uses as a session.
    """

    name: str
    module: Module
    node: FunctionNode | ast.Module
    cls: ClassInfo | None = None
    parent: Scope | None = None
    names: dict[str, Kind] = field(default_factory=dict)
    evidence: dict[str, Kind] = field(default_factory=dict)
    record: Record = field(default_factory=Record)
    nested: dict[str, Function] = field(default_factory=dict)
    evaluated: bool = False
    attribute_stores: tuple[tuple[ast.Attribute, ast.expr], ...] | None = None


@dataclass(eq=False, slots=True)
class Function(Scope):
    """A function or method: `parameters` as evidence knows them, what it `returns` and, if a generator, `yields`.

    `decorators` are the kinds of the names behind each `@`, `applied` those of the whole expressions; `bound` is how
    often its body binds each name, once `times_bound` was asked for one. `lent` is the name of the parameter that it
    is to get for the session of its queries.
    """

    parameters: dict[str, Kind] = field(default_factory=dict)
    returns: Kind = UNKNOWN
    yields: Kind = UNKNOWN
    is_generator: bool = False
    decorators: tuple[Kind, ...] = ()
    applied: tuple[Kind, ...] = ()
    awaited_paths: frozenset[str] | None = None
    bound: Counter[str] | None = None
    lent: str = ""
    _extent: Span | None = None

    @property
    def definition(self) -> FunctionNode:
        """The `def` statement."""
        assert not isinstance(self.node, ast.Module)
        return self.node

    @property
    def extent(self) -> Span:
        """Where its text stands, decorators included."""
        if self._extent is None:
            first = min([self.definition, *self.definition.decorator_list], key=lambda node: node.lineno)
            self._extent = Span(self.module.span(first).start, self.module.span(self.definition).end)
        return self._extent

    @property
    def is_async(self) -> bool:
        """Whether it is written `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def short_name(self) -> str:
        """The name after `def`."""
        return self.definition.name

    @property
    def fixture_name(self) -> str:
        """The name by which tests ask for it, if it is a pytest fixture; else an empty text."""
        for node in self.definition.decorator_list:
            if decorator_name(node) == "fixture":
                given = (k.value for k in node.keywords if k.arg == "name") if isinstance(node, ast.Call) else ()
                named = next((v.value for v in given if isinstance(v, ast.Constant)), None)
                return named if isinstance(named, str) else self.short_name
        return ""

    @property
    def fixture_scope(self) -> str:
        """The scope of a pytest fixture that is wider than a function; else an empty text."""
        for node in self.definition.decorator_list:
            if decorator_name(node) == "fixture" and isinstance(node, ast.Call):
                given = next((k.value for k in node.keywords if k.arg == "scope"), None)
                if isinstance(given, ast.Constant) and given.value in ("class", "module", "package", "session"):
                    return str(given.value)
        return ""

    def arguments(self) -> Iterator[ast.arg]:
        """All its parameters, in order of the call."""
        spec = self.definition.args
        yield from (*spec.posonlyargs, *spec.args)
        if spec.vararg:
            yield spec.vararg
        yield from spec.kwonlyargs
        if spec.kwarg:
            yield spec.kwarg

    def defaults(self) -> dict[str, ast.expr]:
        """The default value of each parameter that has one."""
        spec = self.definition.args
        positional = [*spec.posonlyargs, *spec.args]
        found = dict(
            zip((arg.arg for arg in positional[len(positional) - len(spec.defaults) :]), spec.defaults, strict=True)
        )
        found.update(
            (arg.arg, value) for arg, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value is not None
        )
        return found

    def has_decorator(self, *names: str) -> bool:
        """Whether one of its decorators, by plain last name, is among `names`."""
        return any(decorator_name(node) in names for node in self.definition.decorator_list)


def functions_around(scope: Scope | None) -> Iterator[Function]:
    """A body, if it is that of a function, and the functions around it, the innermost first."""
    while isinstance(scope, Function):
        yield scope
        scope = scope.parent


def imported_name(node: ast.ImportFrom, name: str) -> str:
    """The name that an import binds to `name`, as the imported module knows it."""
    return next((alias.name for alias in node.names if (alias.asname or alias.name) == name), name)


def times_bound(function: Function, name: str) -> int:
    """How often a function's own body binds a name: as a parameter, by assignment, import, `with`, `for`, ...

    A `global` or `nonlocal` declaration counts twice: the name is bound elsewhere and may be bound again.
    """
    if function.bound is None:
        function.bound = Counter(argument.arg for argument in function.arguments())
        function.bound.update(_bound_in(function.definition.body))
    return function.bound[name]


def _bound_in(body: list[ast.stmt]) -> Iterator[str]:
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
            continue
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.split(".", 1)[0]
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from (*node.names, *node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name is not None:
            yield node.name
        pending += children(node)


def stores(function: Function, path: str) -> bool:
    """Whether a function assigns to an attribute path such as `self.session`."""
    return "." in path and any(
        not isinstance(node.ctx, ast.Load) and ast.unparse(node) == path
        for node in function.module.nodes.within(function.definition, ast.Attribute)
    )


def decorator_name(node: ast.expr) -> str:
    """The last name of a decorator: `b` for `@a.b` and `@a.b(...)`."""
    target = node.func if isinstance(node, ast.Call) else node
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""


@dataclass(eq=False, slots=True)
class ClassInfo:
    """A class of the project. `bases` are kinds, `stores` what `glance` tells of its attributes, once they are asked
    for."""

    name: str
    module: Module
    node: ast.ClassDef
    scope: Scope
    methods: dict[str, Function] = field(default_factory=dict)
    bases: tuple[Kind, ...] | None = None
    stores: dict[str, tuple[list[Function], Kind]] | None = None
    _annotations: dict[str, ast.expr] | None = None
    mapped: MappedClass | None = None
    mapping_known: bool = False

    @property
    def annotations(self) -> dict[str, ast.expr]:
        """The annotations in the class body, by name."""
        if self._annotations is None:
            self._annotations = {
                statement.target.id: statement.annotation
                for statement in self.node.body
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
            }
        return self._annotations
