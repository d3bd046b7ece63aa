"""What an evaluation carries along: the local names, the place, what it found. No semantics here."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Protocol

from sqla_async_fix.model import legacy_query
from sqla_async_fix.model.kinds import (
    Awaitable,
    Connection,
    Engine,
    Factory,
    Kind,
    ModuleRef,
    Outcome,
    Query,
    Session,
)
from sqla_async_fix.model.lattice import is_vague
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import Escape, Place, QueryUse, Record
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope
from sqla_async_fix.model.syntax import walk


class Facts(Protocol):
    """What evaluations tell each other through the solver: everything only grows, readers are told of changes."""

    project: Project

    def parameter(self, function: Function, name: str) -> Kind:
        """What callers pass for a parameter."""

    def pass_argument(self, function: Function, name: str, node: ast.AST, kind: Kind) -> None:
        """A call at `node` passes `kind` for a parameter."""

    def lent(self, function: Function) -> str:
        """The name of the parameter that a function is to get for the session of its queries, if it needs one."""

    def returned(self, function: Function) -> Kind:
        """What calling the function's body gives."""

    def yielded(self, function: Function) -> Kind:
        """What the generator function yields."""

    def attribute(self, cls: str, name: str) -> Kind:
        """What an attribute of a class or its instances holds, over its project bases."""

    def set_attribute(self, cls: ClassInfo, name: str, kind: Kind) -> None:
        """A body stores `kind` in an attribute."""

    def set_name(self, module: ModuleRef, name: str, kind: Kind) -> None:
        """A body stores `kind` in a name of another module."""

    def path(self, text: str) -> Kind:
        """What the project stores at an attribute path of an outside object, such as `request.state.db`."""

    def set_path(self, text: str, kind: Kind) -> None:
        """A body stores `kind` at such a path."""

    def add_evidence(self, scope: Scope, path: str, kind: Kind) -> None:
        """A body uses `path` as a session."""


class State(ABC):
    """Base of the evaluation; the layers above add meaning."""

    def __init__(self, facts: Facts, scope: Scope) -> None:
        self.facts = facts
        self.project = facts.project
        self.scope = scope
        self.module = scope.module
        self.context = facts.project.context(scope.module)
        self.env: dict[str, Kind] = {}
        self.dead = False
        self._has_paths = False
        self._holds_queries = False
        self.place = Place.BODY
        self.record: Record = scope.record
        self.awaited: set[ast.AST] = set()
        self.unfolded: set[ast.Lambda] = set()
        self.discarded: set[ast.AST] = set()
        self.positional: set[ast.AST] = set()
        self.tests: set[ast.AST] = set()

    @abstractmethod
    def evaluate(self, node: ast.expr) -> Kind:
        """The kind of an expression whose consumer is known to the caller."""

    @abstractmethod
    def annotation(self, node: ast.expr | None) -> Kind:
        """What is annotated so."""

    @property
    def function(self) -> Function | None:
        """The function whose body this is; None for a module."""
        return self.scope if isinstance(self.scope, Function) else None

    def use(self, node: ast.expr, how: str) -> Kind:
        """Evaluate an expression whose value goes somewhere the model does not follow; `how` says where."""
        kind = self.evaluate(node)
        self.let_go(node, kind, how)
        return kind

    def let_go(self, node: ast.expr, kind: Kind, how: str) -> None:
        """Record that a value leaves the model's sight."""
        if isinstance(kind, Awaitable):
            kind = kind.value
        if isinstance(kind, Query):
            self.refuse(node, kind, f"the query {how}; end it with `.all()` or the like there, or rewrite it by hand")
        elif isinstance(kind, (Session, Engine, Factory, Connection)):
            self.record.escapes[node] = Escape(node, kind, how)

    def show(self, node: ast.expr, kind: Kind) -> None:
        """A value is made a text."""
        if isinstance(kind, Query):
            reason = (
                "the text of a legacy query names columns and parameters differently; show `query.statement` instead"
            )
            self.refuse(node, kind, reason)

    def refuse(self, node: ast.expr, query: Query, reason: str) -> None:
        """No query that may be here can be rewritten."""
        self.record.queries[(node, "escape")] = QueryUse(
            node, query.origins, refusal=query.refusal or reason, place=self.place
        )

    def query_outcome(
        self,
        node: ast.expr,
        query: Query,
        outcome: Outcome,
        method: str,
        *,
        made: bool = False,
        label: str = "use",
        session: Kind | None = None,
    ) -> Kind:
        """Record what happens to a query at `node` and give the resulting kind."""
        origins = query.origins
        if isinstance(outcome.kind, Query):
            origins = origins | outcome.kind.origins
        self.record.queries[(node, label)] = QueryUse(
            node,
            origins,
            outcome.steps,
            outcome.refusal or query.refusal,
            outcome.effect,
            made,
            method,
            self.place,
            session,
        )
        return outcome.kind

    def detach(self, node: ast.expr, kind: Kind) -> Kind:
        """A query that leaves the expression it began in becomes a statement of its own."""
        if isinstance(kind, Query) and kind.start is not None:
            return self.query_outcome(node, kind, legacy_query.detach(kind, self.context), "made", label="detach")
        return kind

    @cached_property
    def awaited_paths(self) -> frozenset[str]:
        """The paths whose members the body awaits or enters asynchronously somewhere."""
        if self.function is None or not self.function.is_async:
            return frozenset()
        if self.function.awaited_paths is None:
            self.function.awaited_paths = self._awaited_paths()
        return self.function.awaited_paths

    def _awaited_paths(self) -> frozenset[str]:
        found: set[str | None] = set()
        for node in walk(self.scope.node):
            waited = [node.value] if isinstance(node, ast.Await) else []
            if isinstance(node, ast.AsyncWith):
                waited = [item.context_expr for item in node.items]
            elif isinstance(node, ast.AsyncFor):
                waited = [node.iter]
            for call in waited:
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                    found.add(self.path_of(call.func.value))
        return frozenset(path for path in found if path is not None)

    @contextmanager
    def standing_in(self, place: Place) -> Iterator[None]:
        """Expressions evaluated within stand in `place`, unless they already stand in a narrower one."""
        before = self.place
        if before in (Place.BODY, Place.GENERATOR):
            self.place = place
        yield
        self.place = before

    def path_of(self, node: ast.expr) -> str | None:
        """The text of a name or attribute path; None for anything else."""
        if node.__class__ is ast.Name:
            return node.id
        if node.__class__ is not ast.Attribute:
            return None
        names = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        names.append(node.id)
        return ".".join(reversed(names))

    def add_evidence(self, node: ast.expr, kind: Kind) -> None:
        """The expression is used as a session; its path counts as one wherever nothing else is known of it."""
        path = self.path_of(node)
        if path is not None:
            self.facts.add_evidence(self.scope, path, kind)

    def bind(self, name: str, kind: Kind) -> None:
        """A local name gets a value; paths that began with it mean nothing any more."""
        self.forget_session(name)
        if self._has_paths:
            prefix = f"{name}."
            for path in [path for path in self.env if path.startswith(prefix)]:
                del self.env[path]
        self.hold(name, kind)
        self.scope.names[name] = self.project.join(self.scope.names[name], kind) if name in self.scope.names else kind

    def hold(self, name: str, kind: Kind) -> None:
        """A local name has a value, whatever else its text meant before."""
        self.env[name] = kind
        self._holds_queries = self._holds_queries or isinstance(kind, Query)

    def bind_path(self, path: str, kind: Kind) -> None:
        """An attribute path of a local name holds a value from here on; nothing is known of it if the kind is vague."""
        self.forget_session(path)
        if is_vague(kind):
            self.env.pop(path, None)
        else:
            self._has_paths = True
            self.env[path] = kind

    def forget_session(self, path: str) -> None:
        """The text of a path means something else from here on; queries whose session it named cannot name it."""
        if not self._holds_queries:
            return
        for name, kind in self.env.items():
            if isinstance(kind, Query) and kind.session is not None and f"{kind.session}.".startswith(f"{path}."):
                self.env[name] = replace(kind, session=None)

    def with_evidence(self, node: ast.expr, kind: Kind) -> Kind:
        """The kind of a path, by the body's own use of it where nothing better is known."""
        if not is_vague(kind):
            return kind
        path = self.path_of(node)
        return kind if path is None else self.evidence_of(path, kind)

    def evidence_of(self, path: str, kind: Kind) -> Kind:
        """As `with_evidence`, for the text of a path of which nothing better than `kind` is known."""
        scope: Scope | None = self.scope
        while scope is not None:
            if path in scope.evidence:
                return scope.evidence[path]
            scope = scope.parent
        if path.rsplit(".", 1)[-1] in self.project.options.session_names:
            return Session(evidence="settings")
        return kind
