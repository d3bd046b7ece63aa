"""Calls: who is called, with what, and what comes back. Expressions that are not calls are in `expressions`."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.model import legacy_query, sql
from sqla_async_fix.model.evaluation.database import is_database_object
from sqla_async_fix.model.evaluation.project_calls import ProjectCalls
from sqla_async_fix.model.kinds import (
    NEVER,
    NONE,
    UNKNOWN,
    VALUE,
    Alias,
    Annotation,
    Argument,
    Attribute,
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
    Functions,
    Instance,
    Kind,
    Lookup,
    ModuleRef,
    Outcome,
    Query,
    Result,
    Row,
    Sequence,
    Session,
    SqlTable,
    Statement,
    Transaction,
    Tuple,
)
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.knowledge.coroutine_hosts import CALL, TASKS
from sqla_async_fix.model.knowledge.readers import RENDERING, SERIALISING, TEMPLATES
from sqla_async_fix.model.knowledge.sync_hosts import AWAITED
from sqla_async_fix.model.knowledge.test_frameworks import TEST_CASES
from sqla_async_fix.model.lattice import functions_of, is_vague, item, join_all
from sqla_async_fix.model.model_queries import ATTRIBUTE, home_of, spelled
from sqla_async_fix.model.project import ANY_MODEL
from sqla_async_fix.model.records import (
    DatabaseCall,
    Listened,
    Loop,
    Place,
    QueryUse,
    Shown,
)
from sqla_async_fix.model.symbols import Function, Scope, stores, times_bound
from sqla_async_fix.model.syntax import walk

_PLAIN_BUILTINS = frozenset(
    f"builtins.{name}"
    for name in [
        "str",
        "repr",
        "int",
        "float",
        "bool",
        "len",
        "print",
        "format",
        "hash",
        "id",
        "isinstance",
        "issubclass",
        "type",
        "hasattr",
        "callable",
        "bytes",
        "abs",
        "round",
    ]
)


_TEXTS = frozenset({"builtins.str", "builtins.repr", "builtins.format"})
_LOOKING = frozenset(
    f"builtins.{name}" for name in ("isinstance", "id", "hash", "bool", "callable", "str", "repr", "print")
)
"""Builtins that do nothing to a database object."""

_LOGGING = ("logging.", "loguru.logger.", "structlog.")
"""Prefixes of the dotted names of what writes down the text of an object."""

_ITERATING = frozenset(("extend", "extendleft", "update", "union", "difference", "intersection"))
"""Methods of lists, sets and deques that iterate their arguments at once."""


_DESCRIBING = ("builtins.", "typing.", "dataclasses.", "inspect.", "sqlalchemy.", "sqlmodel.", "pydantic.")
"""Prefixes of what takes a class and gives no object of it."""

_MOCKS = frozenset(f"unittest.mock.{name}" for name in ("Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock"))
_SPECS = frozenset(("spec", "spec_set"))

_OBJECTS = (Session, Connection, Engine, Factory)
_OWNERS = (ClassRef, Instance, ModuleRef, External, ExternalInstance)
_SQL = (Alias, Attribute, SqlTable, Statement, ClassRef)


class Calls(ProjectCalls):
    """Evaluation of calls."""

    def call(self, node: ast.Call) -> Kind:
        """The kind of a call expression."""
        if isinstance(node.func, ast.Attribute):
            receiver = self.with_evidence(node.func.value, self.evaluate(node.func.value))
            return self._method(node, node.func, receiver)
        called = self.with_evidence(node.func, self.evaluate(node.func))
        return self.call_of(node, called, self.arguments(node))

    def arguments(self, node: ast.Call) -> tuple[Argument, ...]:
        """The arguments of a call with their kinds; what becomes of queries among them is the caller's matter."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "run_sync":
            with self.standing_in(Place.ISLAND):
                return self._arguments(node)
        return self._arguments(node)

    def _arguments(self, node: ast.Call) -> tuple[Argument, ...]:
        found = []
        self._run_lambdas_elsewhere(node)
        for arg in node.args:
            inner = arg.value if isinstance(arg, ast.Starred) else arg
            kind = self.evaluate(inner)
            if isinstance(arg, ast.Starred) and isinstance(kind, Query):
                kind = Sequence(self.iterate(inner, kind, arg))
            found.append(Argument(inner, kind, None, isinstance(arg, ast.Starred)))
        for keyword in node.keywords:
            kind = self.evaluate(keyword.value)
            found.append(Argument(keyword.value, kind, keyword.arg, keyword.arg is None))
        return tuple(found)

    def _method(self, node: ast.Call, func: ast.Attribute, receiver: Kind) -> Kind:
        method = func.attr
        if method == "setattr" and self._set_by_name(node):
            return NONE
        if is_vague(receiver):
            return self._vague_method(node, func, receiver)
        if isinstance(receiver, Query):
            return self._query_method(node, receiver, method)
        if isinstance(receiver, Factory) and receiver.scoped and method == "query":
            receiver = Session(receiver.is_async, receiver.origin, "factory")
        if isinstance(receiver, Session) and method == "query":
            return self._start_query(node, func, receiver)
        args = self.arguments(node)
        if method in SERIALISING or method in RENDERING:
            self._show_entities(node, receiver, args)
        if isinstance(receiver, _OBJECTS):
            args = tuple(self.as_sql(arg) for arg in args)
            return self._database_method(node, receiver, method, args)
        if isinstance(receiver, Transaction):
            self.let_arguments_go(args, f"is passed to `.{method}()`")
            return self.database_call(node, receiver, method, NONE)
        if isinstance(receiver, Row):
            self.row_member(func, receiver, method)
        if isinstance(receiver, Result):
            self.let_arguments_go(args, f"is passed to `.{method}()`")
            return self.result_method(node, receiver, method)
        if isinstance(receiver, _OWNERS):
            known = self._known_method(node, func, receiver, args)
            if known is not None:
                return known
        if sql.is_sql(receiver) or isinstance(receiver, _SQL):
            args = tuple(self.as_sql(arg) for arg in args)
            found = sql.method(receiver, method, args, node, self.context)
            if found is not None:
                return found
        return self._unknown_method(node, receiver, method, args)

    def _show_entities(self, node: ast.Call, receiver: Kind, args: tuple[Argument, ...]) -> None:
        """`UserOut.model_validate(user)` and `templates.TemplateResponse("user.html", {"user": user})`."""
        if isinstance(receiver, ClassRef) and not self.project.is_mapped(receiver.name):
            schema, kinds = receiver.name, [arg.kind for arg in args[:1]]
        elif isinstance(receiver, ExternalInstance) and receiver.name.startswith(TEMPLATES):
            given = (child for arg in args for child in walk(arg.node) if isinstance(child, ast.Name))
            schema, kinds = "", [self.env.get(child.id, UNKNOWN) for child in given]
        else:
            return
        found = [kind.item if isinstance(kind, Sequence) else kind for kind in kinds]
        entities = [kind for kind in found if isinstance(kind, Instance) and self.project.is_mapped(kind.cls)]
        if entities:
            models = tuple(dict.fromkeys(kind.cls for kind in entities))
            self.record.shown[node] = Shown(node, models, schema, any(kind.made for kind in entities))

    def _set_by_name(self, node: ast.Call) -> bool:
        """`monkeypatch.setattr(database, "engine", engine)`, which assigns a database object to a name of a module."""
        if len(node.args) < 2 or not isinstance(node.args[-1], (ast.Name, ast.Attribute, ast.Call)) or node.keywords:
            return False
        owner, name = patched(node)
        if name is None:
            return False
        found = self.project.names.find(owner, self.module.path) if isinstance(owner, str) else None
        target = ModuleRef(found) if found is not None else None
        if isinstance(owner, ast.expr):
            target = kind if isinstance(kind := self.evaluate(owner), ModuleRef) else None
        value = self.evaluate(node.args[-1])
        if target is None or not isinstance(value, _OBJECTS):
            return False
        self.facts.set_name(target, name, value)
        return True

    def _vague_method(self, node: ast.Call, func: ast.Attribute, receiver: Kind) -> Kind:
        """A method of something of which only the call itself can tell what it is."""
        method, args = func.attr, self.arguments(node)
        session = self.session_by_use(node, method, args)
        if session is not None and isinstance(func.value, (ast.Name, ast.Attribute)):
            self.add_evidence(func.value, session)
            return self._by_use(node, func, session, method, args)
        if session is not None and method == "query":
            return self._by_use(node, func, session, method, args)
        return self._unknown_method(node, receiver, method, args)

    def _by_use(
        self, node: ast.Call, func: ast.Attribute, session: Session, method: str, args: tuple[Argument, ...]
    ) -> Kind:
        if method == "query":
            return self._start_query(node, func, session)
        return self._database_method(node, session, method, tuple(self.as_sql(arg) for arg in args))

    def _database_method(
        self, node: ast.Call, receiver: Session | Connection | Engine | Factory, method: str, args: tuple[Argument, ...]
    ) -> Kind:
        for arg in args:
            if is_database_object(arg.kind) and not (isinstance(receiver, Factory) and method == "configure"):
                self.let_go(arg.node, arg.kind, f"is passed to `.{method}()`")
            self.refer(arg.node, arg.kind, "argument", f"sqlalchemy.orm.Session.{method}", arg.name or "")
        if isinstance(receiver, Session):
            return self.session_method(node, receiver, method, args)
        if isinstance(receiver, Connection):
            return self.connection_method(node, receiver, method, args)
        if isinstance(receiver, Engine):
            return self.engine_method(node, receiver, method)
        return self.factory_method(node, receiver, method, args)

    def _known_method(
        self, node: ast.Call, func: ast.Attribute, receiver: Kind, args: tuple[Argument, ...]
    ) -> Kind | None:
        member = self.member(func, receiver)
        if (
            isinstance(receiver, ClassRef)
            and not isinstance(member, FunctionRef)
            and self.project.is_mapped(receiver.name)
        ):
            return None
        if isinstance(member, (FunctionRef, Functions, ClassRef, External, Factory, Session)):
            return self.call_of(node, member, args)
        return None

    def _unknown_method(self, node: ast.Call, receiver: Kind, method: str, args: tuple[Argument, ...]) -> Kind:
        if isinstance(receiver, Sequence) and method in ("append", "add") and args:
            self.let_arguments_go(args, f"is passed to `.{method}()`")
            self._grow(node, receiver, args[0].kind)
            return NONE
        if isinstance(receiver, Sequence) and method in _ITERATING and not any(arg.name or arg.starred for arg in args):
            items = [self.iterate(arg.node, arg.kind, node) for arg in args]
            self._grow(node, receiver, join_all(items))
            return UNKNOWN
        if isinstance(receiver, Sequence) and method in ("pop", "popleft"):
            return receiver.item
        if isinstance(receiver, Lookup) and method == "get":
            self.let_arguments_go(args[:1], "is the key of a dictionary")
            return join_all((receiver.item, *(arg.kind for arg in args[1:])))
        if isinstance(node.func, ast.Attribute) and self._fails(node.func, receiver):
            return NEVER
        if (hosted := self._run_elsewhere(node, f"unknown.{method}", args)) is not None:
            return hosted
        if self._is_of_metadata(method, receiver, args):
            return self._metadata_call(node, method, args)
        self.let_arguments_go(args, f"is passed to `.{method}()`, which is not known", f"unknown.{method}")
        if is_vague(receiver) or receiver == Instance(ANY_MODEL):
            self.record.unresolved[node] = method
        return UNKNOWN

    def _fails(self, node: ast.Attribute, receiver: Kind) -> bool:
        """Whether a path leads through a name that its module surely lacks, so that nothing is called."""
        if isinstance(receiver, ModuleRef):
            return self.project.lacks(receiver, node.attr)
        inner = node.value
        return (
            is_vague(receiver) and isinstance(inner, ast.Attribute) and self._fails(inner, self.evaluate(inner.value))
        )

    def _grow(self, node: ast.Call, receiver: Sequence, kind: Kind) -> None:
        assert isinstance(node.func, ast.Attribute)
        target = node.func.value
        if isinstance(target, ast.Name) and not isinstance(kind, Query):
            self.env[target.id] = Sequence(self.project.join(receiver.item, kind))

    # --- legacy queries --------------------

    def _start_query(self, node: ast.Call, func: ast.Attribute, session: Session) -> Kind:
        args = self.arguments(node)
        args = tuple(self.as_sql(arg) for arg in args)
        text = self.path_of(func.value)
        outcome = legacy_query.start(session, text, args, node, self.context)
        query = outcome.kind
        assert isinstance(query, Query)
        return self.query_outcome(node, query, outcome, "query", made=True, label="start", session=session)

    def model_query(self, node: ast.Attribute, model: ClassRef) -> Kind | None:
        """`Model.query`, a query of the model by the session that belongs to it; None if it is no such attribute."""
        home = home_of(self.project, model.name) if node.attr == ATTRIBUTE and isinstance(node.ctx, ast.Load) else None
        if home is None or not self.project.is_mapped(model.name):
            return None
        owner = spelled(self.project, home, self.scope, node.value)
        missing = f"the session of this query, `{home.name}{home.member}`, has no name here; import `{home.name}`"
        args = (Argument(node.value, model),)
        outcome = legacy_query.start_of_model(owner, args, node, self.context, None if owner else missing)
        query = outcome.kind
        assert isinstance(query, Query)
        return self.query_outcome(node, query, outcome, ATTRIBUTE, made=True, label="start", session=home.session)

    def _query_method(self, node: ast.Call, query: Query, method: str) -> Kind:
        args = tuple(self.as_sql(arg) for arg in self.arguments(node))
        outcome = legacy_query.method(
            query,
            method,
            args,
            node,
            self.context,
            result_used=node not in self.discarded,
            session_text=query.session,
            positional=node in self.positional,
        )
        return self.query_outcome(node, query, outcome, method)

    def session_of_outer(self, name: str, query: Query) -> str | None:
        """The session's text of a query that the enclosing scope's `name` holds; None where it may mean another
        here."""
        if query.session is None:
            return None
        root = query.session.split(".", 1)[0]
        scope: Scope | None = self.scope
        while scope is not None and scope.parent is not None and name not in scope.names:
            if isinstance(scope, Function) and times_bound(scope, root):
                return None
            scope = scope.parent
        if scope is None or (scope is self.scope and scope.parent is not None):
            return None
        bindings = self.project.bindings(self.module)
        if scope.parent is None and any(isinstance(node, ast.ImportFrom) for node in bindings.get(name, ())):
            return None
        while isinstance(scope, Function):
            bound = times_bound(scope, root)
            if bound:
                return query.session if bound == 1 and not stores(scope, query.session) else None
            scope = scope.parent
        return query.session if len(bindings.get(root, ())) == 1 else None

    def as_sql(self, arg: Argument) -> Argument:
        """An argument of an SQL construct; a query there becomes the statement it stands for."""
        if isinstance(arg.kind, Query):
            outcome = legacy_query.coerce(arg.kind, arg.node, self.context)
            return replace(arg, kind=self.query_outcome(arg.node, arg.kind, outcome, "coerce", label="coerce"))
        return arg

    def taken_apart(self, node: ast.expr, target: ast.expr) -> None:
        """The rows that `node` gives are unpacked at once, so that their fields' names do not matter."""
        if isinstance(target, (ast.Tuple, ast.List)):
            self.positional.add(node)

    def iterate(
        self, node: ast.expr, kind: Kind, statement: ast.AST, *, positional: bool = False, listed: bool = False
    ) -> Kind:
        """What iterating the value of `node` in `statement` gives; the flags are those of `legacy_query.iterate`."""
        if isinstance(kind, Query):
            outcome = legacy_query.iterate(kind, node, self.context, positional=positional, listed=listed)
            kind = self.query_outcome(node, kind, outcome, "iterate", label="iterate")
        self.record.loops[node] = Loop(node, kind, statement, self.place)
        return item(kind)

    # --- functions and classes --------------------

    def call_of(self, node: ast.Call, called: Kind, args: tuple[Argument, ...]) -> Kind:
        """The kind of calling `called`."""
        if isinstance(called, (FunctionRef, Functions)):
            return self.project_call(node, functions_of(called), args)
        if isinstance(called, ClassRef):
            return self.construct(node, called, args)
        if isinstance(called, External):
            return self._external_call(node, called.name, args)
        if isinstance(called, Factory):
            return self.factory_call(node, called)
        if isinstance(called, Session):
            return called
        if isinstance(called, Instance):
            target = self.project.method(called.cls, CALL)
            if target is not None:
                return self.project_call(node, (FunctionRef(target.name, called),), args)
        elif is_vague(called):
            self.record.unresolved[node] = CALL
        self.let_arguments_go(args, "is passed to a function that is not known")
        return UNKNOWN

    def _external_call(self, node: ast.Call, name: str, args: tuple[Argument, ...]) -> Kind:
        if name in names.DEPENDS:
            for arg in args:
                self.refer(arg.node, arg.kind, "dependency", name)
            return Dependency(args[0].kind if args else UNKNOWN)
        if name in self.project.options.session_factories:
            return Session(evidence="settings")
        made = self.made_by(name, node, args)
        if made is not None:
            return made
        if name in names.INSPECT and len(args) == 1 and isinstance(args[0].kind, (Engine, Connection)):
            self.record.inspections[node] = args[0].kind
            return ExternalInstance("sqlalchemy.Inspector")
        if name.startswith(("sqlalchemy.", "sqlmodel.")):
            coerced = tuple(self.as_sql(arg) for arg in args)
            found = sql.call(name, coerced, node, self.context)
            if found is not None:
                return found
            args = coerced
        if name in names.TAKING_SESSIONS and self._is_given_session(node, args):
            return self._outside_call(node, name, args)
        if name in names.QUERY:
            return self._bare_query(node, args)
        if name in names.CONSUMERS:
            return self._consume(node, name.rsplit(".", 1)[-1], args)
        if name in ("typing.TypeVar", "typing_extensions.TypeVar"):
            return self._type_variable(name, args)
        if name in ("typing.cast", "typing_extensions.cast") and len(args) == 2:
            kind = self.annotation(args[0].node)
            if isinstance(kind, _OBJECTS) and isinstance(args[1].node, ast.Call):
                return self.by_annotation(args[1].node, args[1].kind, kind)
            return args[1].kind if is_vague(kind) else kind
        if name == "functools.partial" and args and functions_of(args[0].kind):
            return self._partial(node, name, args)
        if name in TASKS and self._is_task(args):
            self.record.externals[node] = name
            self._partial(node, name, args)
            return ExternalInstance(name)
        if name in _MOCKS and (specified := self._specified(args)) is not None:
            return specified
        if name == "contextlib.closing" and args:
            return ContextManager(args[0].kind)
        if name == "builtins.super":
            return self._super()
        self.record.externals[node] = name
        if (hosted := self._run_elsewhere(node, name, args)) is not None:
            return hosted
        if name in names.METADATA_CALLS:
            return self._metadata_call(node, name, args)
        if name == "builtins.print":
            for arg in args:
                self.detach(arg.node, arg.kind)
            return NONE
        if name in _TEXTS:
            for arg in args:
                self.show(arg.node, arg.kind)
            return ExternalInstance(name)
        if name == "builtins.isinstance" and args:
            self.record.tested[node] = args[0].kind
        if name in names.EVENT_CALLS and args and isinstance(args[0].kind, (Engine, Session)):
            self.record.listened[args[0].node] = Listened(args[0].node, args[0].kind)
            args = args[1:]
        if name in _LOOKING or name.startswith(_LOGGING):
            args = tuple(arg for arg in args if not is_database_object(arg.kind))
        self.let_arguments_go(args, f"is passed to `{name.removeprefix('builtins.')}()`", name)
        if name in _PLAIN_BUILTINS:
            return VALUE if name == "builtins.type" else ExternalInstance(name)
        if name == "builtins.next" and args:
            return item(args[0].kind)
        return UNKNOWN if self._may_make(name, args) else ExternalInstance(name)

    def _may_make(self, name: str, args: tuple[Argument, ...]) -> bool:
        """Whether a function that is not known, such as a container's `resolve(Class)`, is given a class of the project
        and may give back an object of it."""
        is_function = name.rpartition(".")[2][:1].islower() and not name.startswith(_DESCRIBING)
        return is_function and any(
            isinstance(arg.kind, ClassRef) and not self.project.is_mapped(arg.kind.name) for arg in args
        )

    def _is_given_session(self, node: ast.Call, args: tuple[Argument, ...]) -> bool:
        """Whether the first argument is a path to a synchronous session."""
        first = args[0].kind if node.args else UNKNOWN
        return isinstance(first, Session) and not first.is_async and self.path_of(node.args[0]) is not None

    def _outside_call(self, node: ast.Call, name: str, args: tuple[Argument, ...]) -> Kind:
        """A function from outside that uses the session given to it."""
        session, rest = args[0].kind, tuple(self.as_sql(arg) for arg in args[1:])
        self.let_arguments_go(rest, f"is passed to `{name}()`", name)
        result, short = ExternalInstance(name), name.rpartition(".")[2]
        call = DatabaseCall(node, session, short, result, node in self.awaited, self.place, outside=True)
        self.record.database[node] = call
        return call.result

    def _run_elsewhere(self, node: ast.Call, name: str, args: tuple[Argument, ...]) -> Kind | None:
        """A function of the project that runs in a thread, with the arguments after it, while a coroutine waits."""
        index = AWAITED.get(name)
        if index is None or node not in self.awaited or len(args) <= index:
            return None
        given = args[index]
        functions = functions_of(given.kind)
        if not functions or given.name is not None or given.starred:
            return None
        self.refer(given.node, given.kind, "argument", name)
        return Awaitable(self.project_call(node, functions, args[index + 1 :]))

    def _run_lambdas_elsewhere(self, node: ast.Call) -> None:
        """Note a lambda that runs in a thread while a coroutine waits: its body may as well stand there."""
        if node not in self.awaited or not any(isinstance(arg, ast.Lambda) for arg in node.args):
            return
        if isinstance(node.func, ast.Attribute):
            owner = self.evaluate(node.func.value)
            known = owner.name if isinstance(owner, (External, ExternalInstance)) else "unknown"
            name = f"{known}.{node.func.attr}"
        else:
            called = self.evaluate(node.func)
            name = called.name if isinstance(called, External) else ""
        index = AWAITED.get(name)
        for given in node.args[index : index + 1] if index is not None else ():
            if isinstance(given, ast.Lambda) and len(walk(given.args)) == 1:
                self.unfolded.add(given)

    def _type_variable(self, name: str, args: tuple[Argument, ...]) -> Kind:
        """A type variable stands for the class that bounds it, or one that all classes of its bound derive from."""
        bound = next((arg for arg in args if arg.name == "bound"), None)
        if bound is None or isinstance(bound.kind, ClassRef):
            return ExternalInstance(name) if bound is None else bound.kind
        kind = self.annotation(bound.node)
        return ClassRef(kind.cls) if isinstance(kind, Instance) else ExternalInstance(name)

    def by_annotation(self, node: ast.expr, kind: Kind, declared: Kind) -> Kind:
        """The kind of a value that is annotated as a database object; where nothing else shows that it is one, what
        gives it may go on giving synchronous ones."""
        if not isinstance(declared, _OBJECTS) or declared.is_async:
            return kind
        if not (is_vague(kind) or isinstance(kind, ExternalInstance)):
            return kind
        origin = f"{self.module.path}:{self.context.span(node).start}"
        self.record.strangers[node] = stranger = replace(declared, origin=origin)
        return stranger

    def _specified(self, args: tuple[Argument, ...]) -> Kind | None:
        """`Mock(spec=Class)`, whose methods are of the colour of the class's; None where no class of the project is
        given, or a mapped one."""
        given = next((a.kind for i, a in enumerate(args) if a.name in _SPECS or (i == 0 and a.name is None)), None)
        known = isinstance(given, ClassRef) and not self.project.is_mapped(given.name)
        kind = self.instance_of(given.name) if isinstance(given, ClassRef) and known else None
        return kind if isinstance(kind, Instance) else None

    def _partial(self, node: ast.Call, name: str, args: tuple[Argument, ...]) -> Kind:
        """`functools.partial(function, ...)` and the like: the function, some of whose arguments are given."""
        first, rest = args[0], args[1:]
        self.refer(first.node, first.kind, "argument", name)
        if any(arg.starred and arg.name is None for arg in rest):
            self.let_arguments_go(rest, "is unpacked into arguments")
            return UNKNOWN
        for option in functions_of(first.kind):
            for target, bound in self.reached(option):
                self.bind_arguments(node, target, rest, bound, option.given)
        count = sum(arg.name is None for arg in rest)
        return join_all(replace(option, given=option.given + count) for option in functions_of(first.kind))

    def _is_task(self, args: tuple[Argument, ...]) -> bool:
        """Whether a function of the project comes first, and no object after it that is new: it is stored by the time
        the function gets it, and its relationships would not be loaded."""
        is_known = bool(args) and args[0].name is None and bool(functions_of(args[0].kind))
        return is_known and not any(isinstance(arg.kind, Instance) and arg.kind.made for arg in args)

    def _bare_query(self, node: ast.Call, args: tuple[Argument, ...]) -> Kind:
        """`Query(...)`, a query that is bound to its session later or by an argument."""
        self.let_arguments_go(args, "is passed to `Query()`")
        site = f"{self.module.path}:{self.context.span(node).start}"
        reason = "the query is made by `Query(...)`, not by a session; write `select(...)` and execute it"
        query = Query(frozenset({site}), None, refusal=reason)
        return self.query_outcome(node, query, Outcome(query, refusal=reason), "query", made=True, label="start")

    def _is_of_metadata(self, method: str, receiver: Kind, args: tuple[Argument, ...]) -> bool:
        """Whether a method of something that is not known can only be one of metadata: an engine is given to it."""
        named = f"sqlalchemy.MetaData.{method}" in names.METADATA_CALLS and is_vague(receiver)
        bound = [arg for arg in args if arg.name == "bind" or arg.name is None][:1]
        if not named or not bound or not isinstance(bound[0].kind, (Engine, Connection)):
            return False
        return all(function.short_name != method for function in list(self.project.functions.values()))

    def _metadata_call(self, node: ast.Call, name: str, args: tuple[Argument, ...]) -> Kind:
        """`metadata.create_all(engine)` and the like, which reach the database through their argument."""
        bind = next((arg.kind for arg in args if arg.name == "bind" or arg.name is None), UNKNOWN)
        if isinstance(bind, (Engine, Connection)):
            return self.database_call(node, External("sqlalchemy.MetaData"), name.rsplit(".", 1)[-1], NONE, (bind,))
        return NONE

    def _super(self) -> Kind:
        function = self.function
        while function is not None and function.cls is None:
            function = function.parent if isinstance(function.parent, Function) else None
        if function is None or function.cls is None:
            return UNKNOWN
        bases = self.project.bases(function.cls)
        own = [base for base in bases if isinstance(base, ClassRef)]
        if own:
            return Instance(own[0].name)
        first = bases[0] if len(bases) == 1 else UNKNOWN
        return ExternalInstance(first.name) if isinstance(first, External) and first.name in TEST_CASES else UNKNOWN

    def _consume(self, node: ast.Call, name: str, args: tuple[Argument, ...]) -> Kind:
        """A builtin that iterates its arguments."""
        items: list[Kind] = []
        for arg in args:
            first_of_map = name in ("map", "filter") and arg is args[0]
            if arg.name is not None or first_of_map:
                self.let_go(arg.node, arg.kind, f"is passed to `{name}()`")
                self.refer(arg.node, arg.kind, "argument", f"builtins.{name}", arg.name or "")
            else:
                apart = name in ("dict", "OrderedDict")
                items.append(self.iterate(arg.node, arg.kind, node, positional=apart, listed=apart))
        if name in ("min", "max", "sum") and len(args) == 1:
            return items[0] if items else UNKNOWN
        if name in ("any", "all", "dict", "sum", "min", "max", "OrderedDict", "Counter"):
            return VALUE
        if name == "enumerate":
            return Sequence(Tuple((VALUE, items[0] if items else UNKNOWN)))
        if name in ("zip", "zip_longest"):
            return Sequence(Tuple(tuple(items)))
        if name == "groupby":
            return Sequence(Tuple((UNKNOWN, Sequence(items[0] if items else UNKNOWN))))
        if name in ("map", "combinations", "pairwise", "product"):
            return Sequence(UNKNOWN)
        if name == "from_iterable":
            return Sequence(item(items[0]) if items else UNKNOWN)
        return Sequence(items[0] if items else NEVER)

    def dependency_value(self, kind: Kind) -> Kind:
        """What a default value or annotation metadata makes the framework pass; Unknown where it is no dependency."""
        if isinstance(kind, Dependency):
            return self.depends(kind)
        if isinstance(kind, Annotation):
            provided = [self.depends(data) for data in kind.metadata if isinstance(data, Dependency)]
            return join_all((kind.value,)) if not provided or not is_vague(kind.value) else provided[0]
        return UNKNOWN

    def member(self, node: ast.Attribute, value: Kind) -> Kind:
        """The kind of `value.attr`; the layer of expressions knows."""
        raise NotImplementedError

    def row_member(self, node: ast.Attribute, row: Row, name: str) -> Kind:
        """A field of a result row."""
        found = legacy_query.row_attribute(row, name)
        if isinstance(found, Outcome):
            if row.origins:
                self.record.queries[(node, "row")] = QueryUse(node, row.origins, refusal=found.refusal)
            return UNKNOWN
        return UNKNOWN if found is None else found


def patched(node: ast.Call) -> tuple[ast.expr | str, str | None]:
    """The owner and the name that `setattr(owner, "name", value)` or `setattr("owner.name", value)` is about."""
    first = node.args[0]
    named = node.args[1] if len(node.args) == 3 else first
    if not isinstance(named, ast.Constant) or not isinstance(named.value, str):
        return first, None
    if named is first:
        owner, _, name = named.value.rpartition(".")
        return owner, name or None
    return first, named.value
