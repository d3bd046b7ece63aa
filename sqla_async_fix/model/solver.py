"""Iterates the evaluation of all bodies that may matter until nothing new is learned.

What a body means is in `evaluation`.
"""

from __future__ import annotations

import ast
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqla_async_fix.model import glance
from sqla_async_fix.model.evaluation.annotations import maybe_none
from sqla_async_fix.model.evaluation.flow import Evaluation
from sqla_async_fix.model.kinds import (
    NEVER,
    UNKNOWN,
    Annotation,
    Awaitable,
    ClassRef,
    Connection,
    ContextManager,
    Engine,
    Factory,
    FunctionRef,
    Functions,
    Instance,
    Kind,
    Lookup,
    ModuleRef,
    Query,
    Sequence,
    Session,
    Statement,
)
from sqla_async_fix.model.knowledge.coroutine_hosts import CALL
from sqla_async_fix.model.lattice import is_vague, item, join, join_all, options_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.query_helpers import lend_sessions
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope
from sqla_async_fix.model.waking import Waking, both, concerns_databases

_MAX_EVALUATIONS = 12
_MAX_DEPTH = 40
_MAX_LINKS = 3


@dataclass(frozen=True, slots=True)
class Prospects:
    """Which `functions` may still change colour, and whether any object may."""

    functions: frozenset[Function]
    any: bool


def solve(project: Project, prospects: Callable[[Project], Prospects]) -> None:
    """Fill in what functions take, return and do, and what attributes and module names hold.

    `prospects` is asked after every wave: only callers of what may still change colour need to be known.
    """
    if concerns_databases(project):
        _Solver(project, prospects).run()


class _Solver:
    """The facts that evaluations exchange, and who has to be evaluated again when one changes."""

    def __init__(self, project: Project, prospects: Callable[[Project], Prospects]) -> None:
        self.project = project
        self._prospects = prospects
        self._arguments: defaultdict[tuple[Function, str], dict[ast.AST, Kind]] = defaultdict(dict)
        self._parameters: dict[tuple[Function, str], Kind] = {}
        self._owners: defaultdict[str, set[str]] = defaultdict(set)
        self._attributes: dict[tuple[str, str], Kind] = {}
        self._paths: dict[str, Kind] = {}
        self._readers: defaultdict[object, set[Scope]] = defaultdict(set)
        self._dirty: OrderedDict[Scope, None] = OrderedDict()
        self._counts: defaultdict[Scope, int] = defaultdict(int)
        self._running: list[Scope] = []
        self._linking = False
        self._names_changed = False
        self._postponed: dict[Scope, None] = {}
        self._plain: dict[Function, Kind | None] = {}
        self._demanded: set[tuple[str, str]] = set()
        self._waking = Waking(project)
        project.observe = self._read

    # --- which bodies --------------------

    def run(self) -> None:
        """Evaluate, wake what the results may concern, until both settle."""
        self._waking.begin()
        anything = True
        while anything:
            fresh = [self.project.index(module) for module in list(self._waking.modules())]
            fresh += [scope for scope in self.project.scopes.values() if not scope.evaluated and scope not in fresh]
            if fresh:
                self._link(fresh)
            self._dirty.update(dict.fromkeys(self._waking.functions()))
            self._settle()
            anything = self._waking.wake(self._interesting_words()) or self._lend()
        self.project.observe = None

    def _link(self, fresh: Iterable[Scope]) -> None:
        """Evaluate modules, which say what classes are, before any function is demanded."""
        self._linking = True
        self._dirty.update(dict.fromkeys(fresh))
        for _ in range(_MAX_LINKS):
            self._settle()
            if not self._names_changed:
                break
            self._names_changed = False
            for key in self.project.link_mapped():
                self._mark(self._readers[key])
        self._linking = False
        self._dirty.update(self._postponed)
        self._postponed.clear()

    def _interesting_words(self) -> Iterator[str]:
        """Names whose mention anywhere may concern the database."""
        prospects = self._prospects(self.project)
        for function in list(self.project.functions.values()):
            if not function.evaluated and function not in prospects.functions:
                continue
            ripples = function in prospects.functions and not function.is_async
            asks = "query" in function.record.unresolved.values()  # of what, its callers may know
            if ripples or asks or self._wakes(function.returns, prospects) or self._wakes(function.yields, prospects):
                name = function.short_name
                if not (name.startswith("__") and name.endswith("__")):
                    yield f".{name}"
                    if function.cls is None or function.fixture_name:
                        yield from {name, function.fixture_name or name}
                elif function.cls is not None:
                    yield from (f".{name}", *both(function.cls.node.name))
                outer = function.parent
                while isinstance(outer, Function):  # a decorator, whose wrapper others may get as well
                    yield from both(outer.short_name)
                    outer = outer.parent
        for (cls, name), kind in self._attributes.items():
            if self._wakes(kind, prospects):
                yield from (f".{name}", *both(self.project.classes[cls].node.name))
        for module in self.project.live_modules():
            for name, kind in self.project.scopes[module.path].names.items():
                if self._wakes(kind, prospects):
                    yield from both(name)

    def _wakes(self, kind: Kind, prospects: Prospects) -> bool:
        """Whether who may get a value of this kind is looked at: for a query always, else while something may change;
        objects that a `with` enters say nothing else of what happens to them."""
        if isinstance(kind, Instance):
            return self.project.method(kind.cls, "__enter__") in prospects.functions
        held = options_of(kind.item if isinstance(kind, Lookup) else item(kind))
        if any(self.project.functions[each.name] in prospects.functions for each in held):
            return True
        return isinstance(kind, Query) or (prospects.any and _matters(kind))

    # --- the fixpoint --------------------

    def _settle(self) -> None:
        while self._dirty:
            scope, _ = self._dirty.popitem(last=False)
            if self._counts[scope] < _MAX_EVALUATIONS:
                self._evaluate(scope)

    def _evaluate(self, scope: Scope) -> None:
        self._counts[scope] += 1
        self._dirty.pop(scope, None)
        scope.evaluated = True
        before = dict(scope.names)
        scope.names = {}
        scope.record.clear()
        self._running.append(scope)
        evaluation = Evaluation(self, scope)
        evaluation.run()
        self._running.pop()
        if isinstance(scope, Function):
            returns, yields = scope.returns, scope.yields
            scope.returns, scope.yields = evaluation.returns, evaluation.yields
            if returns != scope.returns:
                self._mark(self._readers[scope, "returns"])
            if yields != scope.yields:
                self._mark(self._readers[scope, "yields"])
            if scope.names != before:
                shared = any(_matters(kind) for kind in scope.names.values()) or any(
                    isinstance(kind, (FunctionRef, Functions)) for kind in scope.parameters.values()
                )
                self._dirty.update(dict.fromkeys(f for f in scope.nested.values() if shared or f.evaluated))
        elif scope.names != before:
            self.project.forget_names()
            self._names_changed = True
            for name in before.keys() | scope.names.keys():
                if before.get(name) != scope.names.get(name):
                    self._mark(self._readers[scope, "name", name])

    def _mark(self, scopes: Iterable[Scope]) -> None:
        for scope in scopes:
            if scope.evaluated:
                self._dirty[scope] = None

    def _read(self, key: object) -> None:
        if self._running:
            self._readers[key].add(self._running[-1])

    # --- facts --------------------

    def parameter(self, function: Function, name: str) -> Kind:
        """What callers pass for a parameter."""
        self._read((function, name))
        return self._parameters.get((function, name), UNKNOWN)

    def pass_argument(self, function: Function, name: str, node: ast.AST, kind: Kind) -> None:
        """A call at `node` passes `kind` for a parameter."""
        if not isinstance(kind, _PASSED):
            kind = UNKNOWN
        key = (function, name)
        sites = self._arguments[key]
        before = sites.get(node)
        if before == kind:
            return
        sites[node] = kind
        known = self._parameters.get(key, UNKNOWN)
        if any(isinstance(each, (FunctionRef, Functions)) for each in sites.values()):
            joined = _only_functions(sites.values())
        elif before is None and not isinstance(known, Query) and not isinstance(kind, Query):
            joined = (
                known
                if is_vague(kind)
                else kind
                if len(sites) == 1 or known == UNKNOWN
                else self.project.join(known, kind)
            )
        else:
            joined = _passed(list(sites.values()))
        if joined != known:
            self._parameters[key] = joined
            self._mark(self._readers[key])
        active = self._is_active(kind) or isinstance(kind, (FunctionRef, Functions))
        if not function.evaluated and (active or _matters(kind)):
            self._dirty[function] = None

    def lent(self, function: Function) -> str:
        """The name of the parameter that a function is to get for the session of its queries, if it needs one."""
        self._read((function, "lent"))
        return function.lent

    def _lend(self) -> bool:
        """Whether functions newly turn out to need the session of their queries; their callers are told."""
        functions = lend_sessions(self.project)
        for function in functions:
            self._mark(self._readers[function, "lent"])
        return bool(functions)

    def _is_active(self, kind: Kind) -> bool:
        """Whether using a value of this kind may reach the database: an object that a `with` enters or that is called,
        an entity."""
        if isinstance(kind, Sequence):
            return self._is_active(kind.item)
        if not isinstance(kind, Instance):
            return False
        entered_or_called = (self.project.method(kind.cls, name) for name in ("__enter__", CALL))
        return self.project.is_mapped(kind.cls) or any(entered_or_called)

    def returned(self, function: Function) -> Kind:
        """What calling the function's body gives."""
        self._read((function, "returns"))
        if not function.evaluated:
            plain = self._plain_result(function)
            if plain is not None:
                return plain
            self._demand(function)
        return function.returns

    def _plain_result(self, function: Function) -> Kind | None:
        """What a function that need not be evaluated gives; methods of entities have to be, for what they load."""
        if function.cls is not None and self.project.is_mapped(function.cls.name):
            return None
        if function not in self._plain:
            self._plain[function] = glance.result(function)
        return self._plain[function]

    def yielded(self, function: Function) -> Kind:
        """What the generator function yields."""
        self._demand(function)
        self._read((function, "yields"))
        return function.yields

    def _demand(self, function: Function) -> None:
        """Callees are evaluated before what their callers do with the result."""
        if function.evaluated or len(self._running) >= _MAX_DEPTH:
            return
        if self._linking:
            self._postponed.update(dict.fromkeys(self._running))
        else:
            self._evaluate(function)

    def attribute(self, cls: str, name: str) -> Kind:
        """What an attribute of a class or its instances holds, over its project bases and subclasses."""
        self._owners[name].add(cls)
        self._read(("attribute", cls, name))
        self._demand_assignments(cls, name)
        found: Kind = NEVER
        for info in self.project.mro(cls):
            found = self.project.join(found, self._attributes.get((info.name, name), NEVER))
        if is_vague(found):
            for info in self.project.mro(cls):
                annotated = self._annotated(info, name)
                if not is_vague(annotated):
                    return annotated
            for info in self.project.subclasses(cls):
                found = self.project.join(found, self._attributes.get((info.name, name), NEVER))
        return UNKNOWN if found == NEVER else found

    def _demand_assignments(self, cls: str, name: str) -> None:
        """Methods that assign an attribute are evaluated before it is read."""
        if (cls, name) in self._demanded:
            return
        if self._linking:
            self._postponed.update(dict.fromkeys(self._running))
            return
        self._demanded.add((cls, name))
        for info in self.project.mro(cls):
            if info.stores is None:
                info.stores = glance.stores(info)
            methods, plain = info.stores.get(name, ((), NEVER))
            self.set_attribute(info, name, plain)
            for method in methods:
                self._demand(method)

    def _annotated(self, info: ClassInfo, name: str) -> Kind:
        annotation = info.annotations.get(name)
        return UNKNOWN if annotation is None else maybe_none(Evaluation(self, info.scope).annotation(annotation))

    def set_attribute(self, cls: ClassInfo, name: str, kind: Kind) -> None:
        """A body stores `kind` in an attribute; what is not known does not count."""
        if is_vague(kind):
            return
        key = (cls.name, name)
        joined = self.project.join(self._attributes.get(key, NEVER), kind)
        if joined != self._attributes.get(key):
            self._attributes[key] = joined
            for owner in self._owners[name]:
                if owner == cls.name or self.project.are_related(owner, cls.name):
                    self._mark(self._readers["attribute", owner, name])

    def set_name(self, module: ModuleRef, name: str, kind: Kind) -> None:
        """A body stores `kind` in a name of another module."""
        joined = join(self.project.stored.get((module.name, name), NEVER), kind)
        if joined != self.project.stored.get((module.name, name)):
            self.project.stored[module.name, name] = joined
            self.project.forget_names()
            self._names_changed = True
            self._mark(self._readers[self.project.scopes[module.name], "name", name])

    def path(self, text: str) -> Kind:
        """What the project stores at an attribute path of an outside object."""
        if "." in text:
            self._read(("path", text))
        return self._paths.get(text, UNKNOWN)

    def set_path(self, text: str, kind: Kind) -> None:
        """A body stores `kind` at such a path."""
        joined = join(self._paths.get(text, NEVER), kind)
        if joined != self._paths.get(text):
            self._paths[text] = joined
            self._mark(self._readers["path", text])

    def add_evidence(self, scope: Scope, path: str, kind: Kind) -> None:
        """A body uses `path` as a session: the body, and for `self.x` the class, is told."""
        root, _, rest = path.partition(".")
        owner: Scope | None = scope
        while owner is not None and not (isinstance(owner, Function) and root in owner.names):
            owner = owner.parent
        owner = owner or scope
        if path not in owner.evidence:
            owner.evidence[path] = kind
            self._dirty[owner] = None
            if owner is not scope:
                self._dirty[scope] = None
        held = owner.names.get(root)
        if isinstance(held, Instance) and held.cls in self.project.classes and rest and "." not in rest:
            self.set_attribute(self.project.classes[held.cls], rest, kind)


_PASSED = (Session, Engine, Factory, Connection, Query, Statement, Instance, ClassRef, FunctionRef, Functions, Sequence)
"""Kinds of arguments that tell something of a parameter."""


def _passed(kinds: Iterable[Kind]) -> Kind:
    """What a parameter is where calls pass these; what is not known counts beside a query only."""
    if not any(isinstance(kind, Query) for kind in kinds):
        kinds = [kind for kind in kinds if not is_vague(kind)]
    joined = join_all(kinds)
    return UNKNOWN if joined == NEVER else joined


def _only_functions(kinds: Iterable[Kind]) -> Kind:
    """What a parameter is that functions are passed for: unknown where something else is as well."""
    options: set[FunctionRef] = set()
    for kind in kinds:
        if not (found := options_of(kind)):
            return UNKNOWN
        options |= found
    return Functions(frozenset(options)) if len(options) > 1 else next(iter(options), UNKNOWN)


def _matters(kind: Kind) -> bool:
    """Whether a value of this kind leads to the database."""
    if isinstance(kind, (Session, Engine, Factory, Connection, Query, Statement, Awaitable)):
        return True
    if isinstance(kind, (ContextManager, Annotation)):
        return _matters(kind.value)
    return isinstance(kind, Sequence) and _matters(kind.item)
