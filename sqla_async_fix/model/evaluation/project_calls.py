"""Calls of what the project itself defines, what they pass and what they give. Other calls are in `calls`."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.core.steps import AddArgument
from sqla_async_fix.model.evaluation.database import Database
from sqla_async_fix.model.kinds import (
    Argument,
    Awaitable,
    ClassRef,
    Connection,
    ContextManager,
    Engine,
    External,
    ExternalInstance,
    Factory,
    FunctionRef,
    Instance,
    Kind,
    Query,
    Sequence,
    Session,
)
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.knowledge.coroutine_hosts import CALL, HARMLESS_BASES
from sqla_async_fix.model.lattice import functions_of, is_vague, join_all
from sqla_async_fix.model.legacy_query.use import NO_SESSION, session_code
from sqla_async_fix.model.query_helpers import PASSED_ALONG
from sqla_async_fix.model.records import (
    Passed,
    ProjectCall,
    QueryUse,
    Reference,
)
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope, decorator_name, times_bound

_SHOWING = frozenset("debug error exception format info isinstance join len log print repr str warning".split())
"""Last names of functions that take values and call none of them."""

_FIELDS = ("dataclass", "define", "frozen", "mutable", "attrs", "s")
"""Decorators that write a constructor which sets the fields: those of `dataclasses` and of `attrs`."""


class ProjectCalls(Database):
    """Calls of the project's functions and classes."""

    def let_arguments_go(self, args: tuple[Argument, ...], how: str, receiver: str = "") -> None:
        """The arguments go to something that the model does not follow; `receiver` is its dotted name, if it has
        one."""
        for arg in args:
            self.let_go(arg.node, arg.kind, how)
            self.refer(arg.node, arg.kind, "argument", receiver, arg.name or "")

    def refer(self, node: ast.expr, kind: Kind, how: str, receiver: str = "", argument: str = "") -> None:
        """Record that a function of the project is used as a value, or something that may be one."""
        is_handed = how in ("argument", "container") and receiver.rpartition(".")[2] not in _SHOWING
        if is_handed and isinstance(node, ast.Attribute) and node.attr != argument and is_vague(kind):
            self.record.handed[node] = node.attr
        for option in functions_of(kind):
            function = self.project.functions[option.name]
            self.record.references[node, option.name] = Reference(node, function, how, receiver, argument)
        if isinstance(kind, Instance) and how in ("argument", "dependency") and receiver not in self.project.functions:
            called = self.project.method(kind.cls, CALL)
            if called is not None:
                self.record.references[node, called.name] = Reference(node, called, how, receiver, argument)

    # --- methods --------------------

    def construct(self, node: ast.Call, called: ClassRef, args: tuple[Argument, ...]) -> Kind:
        instance = self.instance_of(called.name)
        initializer = self.project.method(called.name, "__init__")
        if initializer is not None:
            self.bind_arguments(node, initializer, args, bound=True)
            self.record.calls[node] = ProjectCall(node, (initializer,), node in self.awaited, self.place)
        else:
            self._fill_fields(called.name, args)
        if isinstance(instance, Instance) and self.project.is_mapped(called.name):
            instance = replace(instance, made=True)
        if isinstance(instance, Session):
            origin = f"{self.module.path}:{self.context.span(node).start}"
            return self.database_call(node, called, "", replace(instance, origin=origin, evidence="constructor"))
        return instance

    def _fill_fields(self, cls: str, args: tuple[Argument, ...]) -> None:
        """Arguments of a class without `__init__` of its own, such as a dataclass, become its attributes."""
        info = self.project.classes.get(cls)
        if info is None:
            self.let_arguments_go(args, "is passed to a constructor")
            return
        fields = [
            statement.target.id
            for statement in info.node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        foreign = self._is_made_by_others(info)
        for index, arg in enumerate(args):
            name = arg.name or (fields[index] if index < len(fields) and not arg.starred else None)
            if name is None or isinstance(arg.kind, Query) or foreign or self.project.is_mapped(cls):
                self.let_go(arg.node, arg.kind, "is passed to a constructor")
            else:
                self.facts.set_attribute(info, name, arg.kind)

    def _is_made_by_others(self, info: ClassInfo) -> bool:
        """Whether a base class that is not known has the constructor."""
        if any(decorator_name(node) in _FIELDS for node in info.node.decorator_list):
            return False
        return any(
            not (isinstance(base, (External, ExternalInstance)) and base.name.startswith(HARMLESS_BASES))
            for base in self.project.external_bases(info.name)
        )

    def project_call(self, node: ast.Call, called: tuple[FunctionRef, ...], args: tuple[Argument, ...]) -> Kind:
        results: list[Kind] = []
        reached: list[Function] = []
        for option in called:
            for target, bound in self.reached(option):
                self.bind_arguments(node, target, args, bound, option.given)
                reached.append(target)
                results.append(self._result(node, target, option, args, bound))
        self.record.calls[node] = ProjectCall(node, tuple(dict.fromkeys(reached)), node in self.awaited, self.place)
        known = [kind for kind in results if not is_vague(kind)]
        return join_all(known) if known else join_all(results)

    def reached(self, called: FunctionRef) -> list[tuple[Function, bool]]:
        """The functions that calling one may reach, each with whether its first parameter is the receiver."""
        target = self.project.functions[called.name]
        bound = called.bound is not None and not target.has_decorator("staticmethod")
        if isinstance(called.bound, ClassRef) and not target.has_decorator("classmethod", "staticmethod"):
            bound = False
        return [(each, bound) for each in (target, *self.overrides(target, called.bound))]

    def manage(self, node: ast.expr, kind: Instance) -> None:
        """A `with` enters and leaves an object of a class of the project."""
        found = [self.project.method(kind.cls, name) for name in ("__enter__", "__exit__")]
        targets = [method for method in found if method is not None]
        if targets:
            overrides = [each for method in targets for each in self.overrides(method, kind)]
            self.record.managers[node] = ProjectCall(node, (*targets, *overrides), False, self.place)  # type: ignore[arg-type]

    def overrides(self, target: Function, bound: Kind | None) -> list[Function]:
        """The methods of subclasses that a method taken from an object may turn out to be."""
        if target.cls is None or not isinstance(bound, (Instance, ClassRef)):
            return []
        cls = bound.cls if isinstance(bound, Instance) else bound.name
        name = target.short_name
        return [
            info.methods[name] for info in self.project.subclasses(cls) if info.methods.get(name) not in (None, target)
        ]

    def bind_arguments(
        self, node: ast.Call, target: Function, args: tuple[Argument, ...], bound: bool, given: int = 0
    ) -> None:
        spec = target.definition.args
        positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)][given + bound :]
        keywords = {*positional, *(arg.arg for arg in spec.kwonlyargs)}
        index = 0
        for arg in args:
            if arg.starred:
                self.let_go(arg.node, arg.kind, "is unpacked into arguments")
                index = len(positional) if arg.name is None else index
                continue
            name = arg.name
            if name is None:
                name = positional[index] if index < len(positional) else None
                index += 1
            elif name not in keywords:
                name = None
            if name is None:
                self.let_go(arg.node, arg.kind, f"is passed to `{target.short_name}()` among other arguments")
                continue
            self._pass(node, target, name, arg, args)

    def _pass(self, node: ast.Call, target: Function, name: str, arg: Argument, args: tuple[Argument, ...]) -> None:
        kind = arg.kind
        if isinstance(kind, Query):
            kind = self.detach(arg.node, kind)
            assert isinstance(kind, Query)
            declared = self._declared(target, name)
            if not is_vague(declared) and not (isinstance(declared, ExternalInstance) and declared.name in names.QUERY):
                self.refuse(
                    arg.node, kind, f"the query is passed to `{target.short_name}()`, which declares another type"
                )
            session = self._session_in_callee(kind, node, target, args)
            kind = replace(kind, session=session) if session else self._pass_along(kind, node, target, arg)
        expected = self.facts.parameter(target, name)
        if is_vague(kind) and is_vague(expected) and isinstance(arg.node, (ast.Name, ast.Attribute)):
            expected = self._declared(target, name)
        if is_vague(kind) and isinstance(expected, (Session, Factory, Engine)) and not is_vague(expected):
            self.add_evidence(arg.node, expected)
        self.refer(arg.node, kind, "argument", target.name, name)
        if isinstance(kind, (Session, Engine, Factory, Connection)):
            self.record.passed[arg.node] = Passed(arg.node, target, name, kind)
        self.facts.pass_argument(target, name, arg.node, kind)

    def _declared(self, target: Function, name: str) -> Kind:
        """What the annotation of a parameter says."""
        annotation = next((arg.annotation for arg in target.arguments() if arg.arg == name), None)
        return type(self)(self.facts, target).annotation(annotation)

    def _session_in_callee(
        self, query: Query, node: ast.Call, target: Function, args: tuple[Argument, ...]
    ) -> str | None:
        """The name under which the callee gets the session that a query passed to it is bound to."""
        if query.session is None:
            return None
        spec = target.definition.args
        positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        is_method = target.cls is not None and not target.has_decorator("staticmethod")
        for index, arg in enumerate(args, start=int(is_method)):
            if self.path_of(arg.node) == query.session:
                return arg.name or (positional[index] if index < len(positional) else None)
        receiver = self.path_of(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if receiver is None or not is_method or target.has_decorator("classmethod") or not positional:
            return None
        rest = query.session.removeprefix(f"{receiver}.")
        return f"{positional[0]}.{rest}" if rest != query.session else None

    def _pass_along(self, query: Query, node: ast.Call, target: Function, arg: Argument) -> Query:
        """The query as the callee has it, which gets its session as one more argument if it needs one."""
        name = self.facts.lent(target)
        if not name:
            return replace(query, session=None)
        session = session_code(query, query.session, self.context)
        steps = (AddArgument(self.context.span(node), (f"{name}=", *session)),) if session else ()
        refusal = query.refusal or (None if steps else NO_SESSION)
        use = QueryUse(arg.node, query.origins, steps, refusal, place=self.place)
        self.record.queries[arg.node, PASSED_ALONG] = use
        return replace(query, session=name, owner=())

    def _result(
        self, node: ast.Call, target: Function, called: FunctionRef, args: tuple[Argument, ...], bound: bool
    ) -> Kind:
        if target.is_generator:
            items = self.facts.yielded(target)
            if any(n.endswith("contextmanager") for n in _decorator_names(target)):
                return ContextManager(items, target.is_async)
            return Sequence(items)
        kind = self.facts.returned(target)
        if is_vague(kind) and target.definition.returns is not None:
            declared = type(self)(self.facts, target).annotation(target.definition.returns)
            kind = kind if is_vague(declared) else declared
        kind = self.project.narrow(kind, called.bound)
        if isinstance(kind, Query):
            kind = replace(kind, session=self._session_from_callee(kind, node, target, called, args, bound), start=None)
        elif isinstance(kind, Instance) and kind.cls == _owner(target) and isinstance(called.bound, Instance):
            kind = called.bound
        return Awaitable(kind) if target.is_async else kind

    def _session_from_callee(
        self,
        query: Query,
        node: ast.Call,
        target: Function,
        called: FunctionRef,
        args: tuple[Argument, ...],
        bound: bool,
    ) -> str | None:
        """The caller's text of the session that a query returned to it is bound to."""
        if query.session is None or query.session == target.lent:
            return self._session_of_given(query, target, args)
        if called.given:
            return None
        root, _, rest = query.session.partition(".")
        if times_bound(target, root) > 1:
            return None
        spec = target.definition.args
        positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        text: str | None = None
        if bound and positional and root == positional[0]:
            assert isinstance(node.func, ast.Attribute)
            return self.session_through(query, target, self.path_of(node.func.value))
        if root in positional or any(arg.arg == root for arg in spec.kwonlyargs):
            offset = 1 if bound else 0
            for index, arg in enumerate(args):
                if arg.name == root or (arg.name is None and positional[index + offset : index + offset + 1] == [root]):
                    text = self.path_of(arg.node)
        elif target.module is self.module and (
            (self._is_global(root) and not _binds_between(target, root)) or self._shares(root, target)
        ):
            text = root
        if text is None:
            return None
        return f"{text}.{rest}" if rest else text

    def _session_of_given(self, query: Query, target: Function, args: tuple[Argument, ...]) -> str | None:
        """The session of the query given to a function that gives it back; None if it may give another."""
        given = [arg.kind for arg in args if isinstance(arg.kind, Query)]
        passed = [self.facts.parameter(target, arg.arg) for arg in target.arguments()]
        taken = frozenset().union(*(kind.origins for kind in passed if isinstance(kind, Query)))
        return given[0].session if len(given) == 1 and query.origins <= taken else None

    def session_through(self, query: Query, target: Function, receiver: str | None) -> str | None:
        """The caller's text of the session of a query that a method gives, where it is a path from the instance."""
        spec = target.definition.args
        root, _, rest = (query.session or "").partition(".")
        itself = next((arg.arg for arg in (*spec.posonlyargs, *spec.args)), None)
        if not rest or receiver is None or root != itself or times_bound(target, root) > 1:
            return None
        return f"{receiver}.{rest}"

    def _shares(self, name: str, target: Function) -> bool:
        """Whether a name means, here and in a function nested around or beside, one variable of an outer function."""
        owner = _owner_of(name, target)
        return owner is not None and times_bound(owner, name) == 1 and _owner_of(name, self.scope) is owner

    def _is_global(self, name: str) -> bool:
        """Whether a name means, here, what the module binds once."""
        if len(self.project.bindings(self.module).get(name, ())) != 1:
            return False
        return self.function is None or not _binds_between(self.function, name)


def _decorator_names(target: Function) -> list[str]:
    return [decorator_name(node) for node in target.definition.decorator_list]


def _binds_between(function: Function, name: str) -> bool:
    """Whether a function or one around it binds a name, so that it does not mean the module's."""
    return _owner_of(name, function) is not None


def _owner_of(name: str, scope: Scope | None) -> Function | None:
    """The innermost function around that binds a name."""
    while isinstance(scope, Function):
        if times_bound(scope, name):
            return scope
        scope = scope.parent
    return None


def _owner(target: Function) -> str:
    return target.cls.name if target.cls is not None else ""
