"""Statements and the flow of control through one body.

Expressions are in `expressions`, iteration over bodies in the solver.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence as Listing
from dataclasses import replace

from sqla_async_fix.core.steps import Code, Replace, Symbol
from sqla_async_fix.model.evaluation.annotations import maybe_none
from sqla_async_fix.model.evaluation.expressions import Expressions, component
from sqla_async_fix.model.kinds import (
    NEVER,
    NONE,
    UNKNOWN,
    VALUE,
    ClassRef,
    Connection,
    Constant,
    ContextManager,
    Engine,
    External,
    ExternalInstance,
    Factory,
    FunctionRef,
    Functions,
    Instance,
    Kind,
    ModuleRef,
    Query,
    Sequence,
    Session,
    Statement,
    Unknown,
)
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.lattice import is_vague, join
from sqla_async_fix.model.records import Entered, Place, QueryUse
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope
from sqla_async_fix.model.syntax import walk

_MAX_LOOP_PASSES = 4
_ENDS = frozenset({"commit", "rollback", "close"})


class Evaluation(Expressions):
    """The evaluation of one scope; `returns` and `yields` are what it found."""

    returns: Kind = NEVER
    yields: Kind = NEVER

    def run(self) -> None:
        """Evaluate the whole body."""
        if self.function is not None:
            self._enter_function(self.function)
            self._block(self.function.definition.body)
            if not self.dead:
                self.returns = join(self.returns, NONE)
            self._annotate_query(self.function.definition.returns, self.returns)
        else:
            assert isinstance(self.scope.node, ast.Module)
            self._block(self.scope.node.body)

    def _enter_function(self, function: Function) -> None:
        defaults = function.defaults()
        spec = function.definition.args
        for index, arg in enumerate(function.arguments()):
            if arg is spec.vararg or arg is spec.kwarg:
                kind: Kind = Sequence(UNKNOWN) if arg is spec.vararg else VALUE
            elif index == 0 and function.cls is not None and not function.has_decorator("staticmethod"):
                bound_class = function.has_decorator("classmethod") or function.short_name == "__new__"
                kind = ClassRef(function.cls.name) if bound_class else self.instance_of(function.cls.name)
            else:
                kind = self._parameter(function, arg, defaults.get(arg.arg))
            function.parameters[arg.arg] = kind
            self._annotate_query(arg.annotation, kind)
            held = self.evidence_of(arg.arg, kind) if is_vague(kind) else kind
            self.hold(arg.arg, held)
            self.scope.names[arg.arg] = held

    def _parameter(self, function: Function, arg: ast.arg, default: ast.expr | None) -> Kind:
        annotated = self.annotated(arg.annotation)
        kind = self.dependency_value(annotated) if annotated != UNKNOWN else UNKNOWN
        if is_vague(kind):
            kind = annotated
        if default is not None:
            with self.standing_in(Place.DEFAULT):
                given = self._outside().evaluate(default)
            if not isinstance(given, Constant) or given == NONE:
                kind = maybe_none(kind)
            provided = self.dependency_value(given)
            if not is_vague(provided) and (is_vague(kind) or isinstance(kind, ExternalInstance)):
                kind = provided
            elif is_vague(kind) and isinstance(given, (Session, Factory, Engine, ClassRef)):
                kind = given
        unsettled = is_vague(kind) or kind == Statement() or isinstance(kind, ExternalInstance)
        wants_origin = isinstance(kind, Session) and not kind.origin
        passed = self.facts.parameter(function, arg.arg) if unsettled or wants_origin else UNKNOWN
        if isinstance(passed, (FunctionRef, Functions)):
            if default is None or (isinstance(default, ast.Constant) and default.value is None):
                return passed
            return UNKNOWN
        if is_vague(kind) or kind == Statement():
            kind = kind if is_vague(passed) else passed
        elif isinstance(kind, Session) and not kind.origin and isinstance(passed, Session):
            kind = replace(kind, origin=passed.origin)
        if is_vague(kind) or (isinstance(kind, Session) and not kind.origin):
            fixture = self.project.fixture(function, arg.arg)
            given = self.provided(fixture) if fixture is not None else UNKNOWN
            if not isinstance(kind, Session) or (isinstance(given, Session) and given.is_async == kind.is_async):
                kind = kind if is_vague(given) else given
        return kind

    def _annotate_query(self, annotation: ast.expr | None, kind: Kind) -> None:
        """What is annotated as a `Query` becomes a `Select` with it."""
        inner = annotation.slice if isinstance(annotation, ast.Subscript) else None
        named = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if not isinstance(kind, Query) or not isinstance(named, (ast.Name, ast.Attribute)) or annotation is None:
            return
        static = self.project.static(named, self.scope)
        if not isinstance(static, External) or static.name not in names.QUERY:
            return
        code: Code = (Symbol("sqlalchemy", "Select"),)
        if inner is not None:
            entity = self.context.source(inner)
            code = (*code, f"[{entity}]" if entity.lower().startswith("tuple[") else f"[tuple[{entity}]]")
        step = Replace(self.context.span(annotation), code)
        self.record.queries[(annotation, "annotation")] = QueryUse(annotation, kind.origins, (step,), kind.refusal)

    def _outside(self) -> Evaluation:
        """An evaluation in the scope that the function is defined in, where defaults and decorators are evaluated."""
        parent = self.scope.parent
        assert parent is not None
        outside = Evaluation(self.facts, parent)
        outside.record = self.record
        outside.place = Place.DEFAULT
        return outside

    # --- blocks --------------------

    def _block(self, statements: Listing[ast.stmt]) -> None:
        for statement in statements:
            method = _METHODS.get(statement.__class__)
            if method is not None:
                method(self, statement)

    def _branch(self, statements: Listing[ast.stmt], env: dict[str, Kind]) -> tuple[dict[str, Kind], bool]:
        self.env, self.dead = dict(env), False
        self._block(statements)
        return self.env, self.dead

    def _meet(self, *branches: tuple[dict[str, Kind], bool]) -> None:
        live = [env for env, dead in branches if not dead]
        self.dead = not live
        merged: dict[str, Kind] = {}
        for env in live or [branches[0][0]]:
            if not merged:
                merged = dict(env)
                continue
            for name, kind in env.items():
                known = merged.setdefault(name, kind)
                if known is not kind:
                    merged[name] = self.project.join(known, kind)
        self.env = merged

    def _do_Expr(self, node: ast.Expr) -> None:
        self.discarded.add(node.value)
        if isinstance(node.value, ast.Await):
            self.discarded.add(node.value.value)
        self.detach(node.value, self.evaluate(node.value))

    def _do_Assign(self, node: ast.Assign) -> None:
        kind = self.evaluate(node.value)
        apart = [target for target in node.targets if isinstance(target, (ast.Tuple, ast.List))]
        if isinstance(kind, Query) and apart and len(node.targets) > 1:
            self.refuse(node.value, kind, "the query is bound as a whole and taken apart; use two statements")
            kind = UNKNOWN
        elif not apart:
            kind = self.detach(node.value, kind)
        for target in node.targets:
            self.assign(target, kind, node.value)

    def _do_AnnAssign(self, node: ast.AnnAssign) -> None:
        declared = self.annotation(node.annotation)
        kind = declared
        if node.value is not None:
            value = self.detach(node.value, self.evaluate(node.value))
            kind = value if is_vague(declared) or isinstance(value, Query) or not is_vague(value) else declared
        self.assign(node.target, kind, node.value or node.target)

    def _do_AugAssign(self, node: ast.AugAssign) -> None:
        value = self.evaluate(node.value)
        held: Kind = UNKNOWN
        if isinstance(node.target, ast.Name):
            held = self.evaluate(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        if isinstance(value, Query) and isinstance(held, Sequence) and isinstance(node.op, ast.Add):
            self.iterate(node.value, value, node)
        else:
            self.let_go(node.value, value, "is an operand")
        if isinstance(node.target, ast.Name):
            if isinstance(held, Query):
                self.refuse(node.value, held, "the query is an operand; rewrite it by hand")
            if not isinstance(held, Sequence):
                self.bind(node.target.id, UNKNOWN)
        else:
            self.use(node.target, "is assigned to")

    def _do_TypeAlias(self, node: ast.stmt) -> None:
        name, value = node.name, node.value  # type: ignore[attr-defined]
        self.bind(name.id, self.annotated(value))

    def assign(self, target: ast.expr, kind: Kind, value: ast.expr) -> None:
        """Bind a target of an assignment."""
        if isinstance(target, ast.Name):
            self.refer(value, kind, "assigned")
            self.bind(target.id, kind)
        elif isinstance(target, ast.Attribute):
            self._assign_attribute(target, kind, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(kind, Query):
                kind = Sequence(self.iterate(value, kind, target, positional=True))
            for index, element in enumerate(target.elts):
                inner = element.value if isinstance(element, ast.Starred) else element
                part = (
                    kind if isinstance(element, ast.Starred) and isinstance(kind, Sequence) else component(kind, index)
                )
                self.assign(inner, part, value)
        else:
            self.use(target, "is assigned to")
            self.let_go(value, kind, "is put into a container")
            self.refer(value, kind, "container")

    def _assign_attribute(self, target: ast.Attribute, kind: Kind, value: ast.expr) -> None:
        owner = self.evaluate(target.value)
        path = self.path_of(target)
        self.lend(target, owner, f"gets another method `{target.attr}`")
        self.refer(value, kind, "attribute")
        if isinstance(kind, Query):
            self.refuse(
                value, kind, f"the query is kept in the attribute `{target.attr}`; keep it in a local variable instead"
            )
            kind = UNKNOWN
        if isinstance(owner, (Instance, ClassRef)):
            name = owner.cls if isinstance(owner, Instance) else owner.name
            held = self.facts.attribute(name, target.attr)
            if is_vague(kind) and isinstance(held, (Session, Factory, Engine)):
                self.add_evidence(value, held)
                kind = self.by_annotation(value, kind, held) if isinstance(value, ast.Call) else kind
            if name in self.project.classes:
                self.facts.set_attribute(self.project.classes[name], target.attr, kind)
        elif isinstance(owner, ModuleRef) and isinstance(kind, (Session, Factory, Engine, Connection)):
            self.facts.set_name(owner, target.attr, kind)
        elif path is not None and isinstance(kind, (Session, Factory, Engine, Connection)):
            self.facts.set_path(path, kind)
        if path is not None:
            self.bind_path(path, kind)

    def _do_Return(self, node: ast.Return) -> None:
        kind: Kind = NONE
        if node.value is not None:
            kind = self.detach(node.value, self.evaluate(node.value))
            self.refer(node.value, kind, "returned")
            if self.function is not None and (isinstance(node.value, ast.Call) or not is_vague(kind)):
                kind = self.by_annotation(node.value, kind, self.annotation(self.function.definition.returns))
        self.returns = self.project.join(self.returns, kind)
        self.dead = True

    def yielded(self, kind: Kind) -> None:
        """The body yields a value of this kind."""
        self.yields = join(self.yields, kind)

    def _do_Raise(self, node: ast.Raise) -> None:
        for value in (node.exc, node.cause):
            if value is not None:
                self.use(value, "is raised")
        self.dead = True

    def _do_Continue(self, node: ast.stmt) -> None:
        self.dead = True

    _do_Break = _do_Continue

    def _do_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.env.pop(target.id, None)
            else:
                self.use(target, "is deleted")

    def _do_Assert(self, node: ast.Assert) -> None:
        self.test(node.test)
        if node.msg is not None:
            self.use(node.msg, "is a message")

    # --- branches and loops --------------------

    def _do_If(self, node: ast.If) -> None:
        self.test(node.test)
        env = self.env
        body = self._branch(node.body, self._narrowed(node.test, env, True))
        orelse = self._branch(node.orelse, self._narrowed(node.test, env, False))
        self._meet(body, orelse)

    def _narrowed(self, test: ast.expr, env: dict[str, Kind], holds: bool) -> dict[str, Kind]:
        """Names that `isinstance` fixes in the branch where the test holds."""
        if not (
            holds
            and isinstance(test, ast.Call)
            and isinstance(test.func, ast.Name)
            and test.func.id == "isinstance"
            and len(test.args) == 2
            and isinstance(test.args[0], ast.Name)
        ):
            return env
        kind = self.annotation(test.args[1])
        name = test.args[0].id
        if is_vague(kind) or name not in env or not is_vague(env[name]):
            return env
        return {**env, name: kind}

    def _loop(
        self,
        body: Listing[ast.stmt],
        orelse: Listing[ast.stmt],
        target: ast.expr | None,
        item: Kind,
        value: ast.expr | None,
    ) -> None:
        for _ in range(_MAX_LOOP_PASSES):
            before = dict(self.env)
            if target is not None and value is not None:
                self.assign(target, item, value)
            self._block(body)
            self.dead = False
            self._meet((before, False), (self.env, False))
            if self.env == before:
                break
        self._block(orelse)

    def _do_While(self, node: ast.While) -> None:
        self.test(node.test)
        self._loop(node.body, node.orelse, None, UNKNOWN, None)
        self.evaluate(node.test)
        if isinstance(node.test, ast.Constant) and node.test.value:
            self.dead = not any(isinstance(child, ast.Break) for child in walk(node))

    def _do_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.taken_apart(node.iter, node.target)
        kind = self.evaluate(node.iter)
        if isinstance(kind, Query) and (kind.yield_per or kind.streamed) and _ends_transaction(node.body):
            self.refuse(
                node.iter,
                kind,
                "its rows are still being fetched when the loop commits or rolls back, which an asynchronous result "
                "does not survive; remove `yield_per()` or end the transaction after the loop",
            )
        item = self.iterate(node.iter, kind, node, positional=node.iter in self.positional)
        self._loop(node.body, node.orelse, node.target, item, node.iter)

    _do_AsyncFor = _do_For

    def _do_Try(self, node: ast.Try) -> None:
        before = dict(self.env)
        body = self._branch(node.body, before)
        partial: dict[str, Kind] = dict(before)
        for name, kind in body[0].items():
            partial[name] = join(partial[name], kind) if name in partial else kind
        ends = [self._branch(node.orelse, body[0]) if node.orelse and not body[1] else body]
        for handler in node.handlers:
            env = dict(partial)
            if handler.type is not None:
                self.env = env
                self.use(handler.type, "is an exception")
            if handler.name is not None:
                env[handler.name] = UNKNOWN
            ends.append(self._branch(handler.body, env))
        self._meet(*ends)
        dead = self.dead
        if node.finalbody:
            if dead:
                self._meet(*((env, False) for env, _ in ends))
            self.dead = False
            self._block(node.finalbody)
            self.dead = self.dead or dead

    _do_TryStar = _do_Try

    def _do_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            kind = self.evaluate(item.context_expr)
            if isinstance(kind, Query):
                self.let_go(item.context_expr, kind, "is entered as a context manager")
            self.record.entered[item.context_expr] = Entered(item.context_expr, kind, node)
            if isinstance(kind, Instance) and isinstance(node, ast.With):
                self.manage(item.context_expr, kind)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, self._entered(kind), item.context_expr)
        self._block(node.body)

    _do_AsyncWith = _do_With

    def _entered(self, kind: Kind) -> Kind:
        if isinstance(kind, ContextManager):
            return kind.value
        if isinstance(kind, (Session, Connection)):
            return kind
        if isinstance(kind, Instance):
            for name in ("__enter__", "__aenter__"):
                method = self.project.method(kind.cls, name)
                if method is not None:
                    returned = self.facts.returned(method)
                    return kind if isinstance(returned, Instance) and returned.cls == kind.cls else returned
        return kind if isinstance(kind, ExternalInstance) and _gives_itself(kind.name) else UNKNOWN

    def _do_Match(self, node: ast.Match) -> None:
        self.use(node.subject, "is matched")
        env = self.env
        ends = [(env, False)]
        for case in node.cases:
            self.env = dict(env)
            for child in walk(case.pattern):
                name = getattr(child, "name", None)
                if isinstance(name, str):
                    self.env[name] = UNKNOWN
            if case.guard is not None:
                self.test(case.guard)
            ends.append(self._branch(case.body, self.env))
        self._meet(*ends)

    # --- definitions --------------------

    def _do_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = self.project.function_at(node)
        with self.standing_in(Place.DEFAULT):
            applied = tuple(self._decorator(decorator) for decorator in node.decorator_list)
        if function is None:
            return
        function.applied = applied
        function.decorators = tuple(
            self.evaluate(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list
        )
        self._hand_to_decorators(function)
        self.env[node.name] = FunctionRef(function.name)
        self.scope.names[node.name] = FunctionRef(function.name)

    _do_AsyncFunctionDef = _do_FunctionDef

    def _decorator(self, node: ast.expr) -> Kind:
        """What is called with a decorated function: for an object, its `__call__`."""
        kind = self.evaluate(node)
        method = self.project.method(kind.cls, "__call__") if isinstance(kind, Instance) else None
        if method is None or self.overrides(method, kind):
            return kind
        return FunctionRef(method.name, kind)

    def _hand_to_decorators(self, function: Function) -> None:
        """A decorator of the project is called with the function."""
        for node, kind in zip(function.definition.decorator_list, function.applied, strict=True):
            if isinstance(kind, FunctionRef):
                decorator = self.project.functions[kind.name]
                taken = [arg.arg for arg in decorator.arguments()][kind.bound is not None :]
                name = taken[0] if taken else ""
                self.refer(node, FunctionRef(function.name), "decorated", kind.name, name)
                self.facts.pass_argument(decorator, name, node, FunctionRef(function.name))

    def _do_ClassDef(self, node: ast.ClassDef) -> None:
        info = self.project.class_at(node)
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        for base in node.bases:
            self.evaluate(base)
        if info is None:
            return
        self._class_body(info, node.body)
        self.env[node.name] = ClassRef(info.name)
        self.scope.names[node.name] = ClassRef(info.name)

    def _class_body(self, info: ClassInfo, body: Listing[ast.stmt]) -> None:
        inner = Evaluation(self.facts, Scope(info.name, self.module, self.scope.node, info, self.scope))
        inner.record = self.record
        inner.place = Place.CLASS
        inner._block(body)
        for name, kind in inner.env.items():
            if "." not in name and not isinstance(kind, (FunctionRef, Functions, Unknown)):
                self.facts.set_attribute(info, name, kind)

    def _do_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            kind = self.project.module_kind(alias.name if alias.asname else name, self.module)
            self.env[name] = kind
            self.scope.names[name] = kind

    def _do_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                continue
            kind = self.project.resolve_from(self.module, node, alias.name)
            self.env[alias.asname or alias.name] = kind
            self.scope.names[alias.asname or alias.name] = kind

    def _do_Global(self, node: ast.Global) -> None:
        for name in node.names:
            self.env[name] = self.project.lookup(name, self.scope)


def _gives_itself(name: str) -> bool:
    """Whether a `with` over an object of an outside class, by its dotted name, gives the object itself, as most do."""
    return name.rpartition(".")[2][:1].isupper() and not name.startswith(names.GIVING_OTHERS)


_METHODS: dict[type[ast.AST] | None, Callable[[Evaluation, ast.stmt], None]] = {
    getattr(ast, name.removeprefix("_do_"), None): method
    for name, method in vars(Evaluation).items()
    if name.startswith("_do_")
}
"""The method that evaluates each type of statement."""


def _ends_transaction(body: Listing[ast.stmt]) -> bool:
    """Whether statements plainly call `commit()`, `rollback()` or `close()`."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS
        for statement in body
        for node in walk(statement)
    )
