"""What annotations and dependencies say of a name. Values at run time are in `expressions`."""

from __future__ import annotations

import ast
from functools import cache

from sqla_async_fix.model.evaluation.state import State
from sqla_async_fix.model.kinds import (
    NEVER,
    NONE,
    UNKNOWN,
    VALUE,
    Annotation,
    Awaitable,
    ClassRef,
    Connection,
    ContextManager,
    Dependency,
    Engine,
    External,
    ExternalInstance,
    Factory,
    FunctionRef,
    Instance,
    Kind,
    Sequence,
    Session,
    Statement,
    Tuple,
    Unknown,
)
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.lattice import is_plain, is_vague
from sqla_async_fix.model.symbols import Function

_ITERABLES = [
    "list",
    "List",
    "Sequence",
    "Iterable",
    "Iterator",
    "Collection",
    "set",
    "Set",
    "frozenset",
    "FrozenSet",
    "AbstractSet",
    "MutableSequence",
    "Generator",
    "AsyncGenerator",
    "AsyncIterator",
    "AsyncIterable",
    "InstrumentedList",
    "Deque",
    "deque",
]
_CONTEXTS = {
    "ContextManager": False,
    "AbstractContextManager": False,
    "AsyncContextManager": True,
    "AbstractAsyncContextManager": True,
}
_NEVER_NONE = frozenset(f"builtins.{name}" for name in ("int", "str", "float", "bool", "bytes"))
_PLAIN = ["int", "str", "float", "bool", "bytes", "dict", "object", "complex", "Any", "Dict", "Mapping"]


class Annotations(State):
    """Kinds of annotated names and of what frameworks pass in."""

    def annotation(self, node: ast.expr | None) -> Kind:
        """What is annotated so; Unknown where the annotation says nothing of use."""
        kind = self.annotated(node)
        return kind.value if isinstance(kind, Annotation) else kind

    def annotated(self, node: ast.expr | None) -> Kind:
        """As `annotation`, but `Annotated[...]` and aliases of it keep their metadata."""
        if node is None:
            return UNKNOWN
        if isinstance(node, ast.Constant):
            if node.value is None:
                return NONE
            return self._text(node.value) if isinstance(node.value, str) else UNKNOWN
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union((node.left, node.right))
        if isinstance(node, ast.Subscript):
            return self._subscripted(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._named(self.project.static(node, self.scope))
        return UNKNOWN

    def _text(self, text: str) -> Kind:
        parsed = _parsed(text.strip())
        return UNKNOWN if parsed is None else self.annotated(parsed)

    def _union(self, nodes: tuple[ast.expr, ...]) -> Kind:
        kinds = [self.annotation(node) for node in nodes]
        kind = self.project.join_all(each for each in kinds if each != NONE)
        return maybe_none(kind) if NONE in kinds else kind

    def _named(self, kind: Kind) -> Kind:
        if isinstance(kind, Annotation):
            return kind
        if isinstance(kind, ClassRef):
            return self.instance_of(kind.name)
        if isinstance(kind, External):
            return instance_of_external(kind.name)
        return UNKNOWN

    def instance_of(self, cls: str) -> Kind:
        """An instance of a project class: a session where the class derives from SQLAlchemy's."""
        for base in self.project.external_bases(cls):
            if isinstance(base, External):
                kind = instance_of_external(base.name)
                if isinstance(kind, Session):
                    return kind
        return Instance(cls)

    def _subscripted(self, node: ast.Subscript) -> Kind:
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        target = self.project.static(node.value, self.scope)
        name = target.name if isinstance(target, External) else ""
        short = name.rsplit(".", 1)[-1]
        if short == "Annotated" and len(items) > 1:
            return Annotation(self.annotation(items[0]), tuple(self.evaluate(item) for item in items[1:]))
        if short == "Optional":
            return maybe_none(self._union(tuple(items)))
        if short == "Union":
            return self._union(tuple(items))
        if short in _ITERABLES and items:
            return Sequence(self.annotation(items[0]))
        if short in ("tuple", "Tuple"):
            if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is Ellipsis:
                return Sequence(self.annotation(items[0]))
            return Tuple(tuple(self.annotation(item) for item in items))
        if short in _CONTEXTS:
            return ContextManager(self.annotation(items[0]), _CONTEXTS[short])
        if short in ("Awaitable", "Coroutine"):
            return Awaitable(self.annotation(items[-1]))
        if short == "Callable" and isinstance(made := self.annotation(items[-1]), Session):
            return Factory(made.is_async)
        if short in ("type", "Type"):
            inner = self.project.static(items[0], self.scope)
            return inner if isinstance(inner, ClassRef) else UNKNOWN
        return self._named(target)

    def depends(self, dependency: Dependency) -> Kind:
        """What a framework passes for `Depends(provider)`."""
        provider = dependency.provider
        if isinstance(provider, FunctionRef):
            return self.provided(self.project.functions[provider.name])
        if isinstance(provider, ClassRef):
            return self.instance_of(provider.name)
        if isinstance(provider, Factory):
            return Session(provider.is_async, provider.origin, "factory")
        return UNKNOWN

    def provided(self, function: Function) -> Kind:
        """What a dependency or fixture function provides: what it yields, else what it returns."""
        kind = self.facts.yielded(function) if function.is_generator else self.facts.returned(function)
        if is_vague(kind):
            with_result = type(self)(self.facts, function).annotation(function.definition.returns)
            if function.is_generator and isinstance(with_result, Sequence):
                with_result = with_result.item
            kind = kind if is_vague(with_result) else with_result
        return UNKNOWN if kind == NEVER else kind


def maybe_none(kind: Kind) -> Kind:
    """The kind of a value that may be None as well; the other kinds leave that open."""
    return VALUE if is_plain(kind) else kind


@cache
def _parsed(text: str) -> ast.expr | None:
    """The expression that an annotation in quotes stands for; None where it is none."""
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None


def instance_of_external(name: str) -> Kind:
    """What an instance of a class from outside the project is."""
    if name in names.SESSION or name in names.SCOPED:
        return Session(False, evidence="annotation")
    if name in names.ASYNC_SESSION or name in names.ASYNC_SCOPED:
        return Session(True, evidence="annotation")
    if name in names.FACTORY:
        return Factory(False)
    if name in names.ASYNC_FACTORY:
        return Factory(True)
    if name in names.ENGINE:
        return Engine(False)
    if name in names.ASYNC_ENGINE:
        return Engine(True)
    if name in names.CONNECTION:
        return Connection(False)
    if name in names.ASYNC_CONNECTION:
        return Connection(True)
    short = name.rsplit(".", 1)[-1]
    if name in _NEVER_NONE:
        return ExternalInstance(name)
    if name in names.QUERY:
        return UNKNOWN
    if name in names.SELECT:
        return Statement()
    if short in _PLAIN:
        return VALUE if short not in ("Any", "object") else Unknown("it is annotated `Any`")
    if short in _ITERABLES:
        return Sequence(UNKNOWN)
    return ExternalInstance(name)
