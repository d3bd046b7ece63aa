"""Expressions that are not calls: names, attributes, operators, containers, comprehensions.

Statements are in `flow`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence as Listing
from dataclasses import replace

from sqla_async_fix.model import legacy_query, sql
from sqla_async_fix.model.evaluation.calls import Calls
from sqla_async_fix.model.kinds import (
    NEVER,
    NONE,
    UNKNOWN,
    VALUE,
    Alias,
    Attribute,
    Awaitable,
    ClassRef,
    Connection,
    Constant,
    ContextManager,
    Engine,
    External,
    ExternalInstance,
    FunctionRef,
    Instance,
    Kind,
    Lookup,
    ModuleRef,
    Query,
    Result,
    Row,
    Sequence,
    Session,
    SqlExpr,
    SqlTable,
    Statement,
    Tuple,
    Unknown,
)
from sqla_async_fix.model.knowledge.sqlalchemy_names import DECLARATIVE_MEMBERS
from sqla_async_fix.model.lattice import functions_of, is_plain, is_vague, join, join_all
from sqla_async_fix.model.lattice import item as item_of
from sqla_async_fix.model.records import Load, Place, ProjectCall
from sqla_async_fix.model.syntax import children


class Expressions(Calls):
    """Evaluation of every kind of expression."""

    def evaluate(self, node: ast.expr) -> Kind:
        """The kind of an expression whose consumer is known to the caller."""
        method = _METHODS.get(node.__class__)
        if method is not None:
            return method(self, node)
        for child in children(node):
            if isinstance(child, ast.expr):
                self.use(child, "is used in an expression that is not followed")
        return UNKNOWN

    # --- leaves --------------------

    def _eval_Constant(self, node: ast.Constant) -> Kind:
        if node.value is None:
            return NONE
        return Constant(node.value, type(node.value).__name__)

    def _eval_Name(self, node: ast.Name) -> Kind:
        if node.id in self.env:
            return self.with_evidence(node, self.env[node.id])
        kind = self.project.lookup(node.id, self.scope)
        if isinstance(kind, Query):
            return replace(kind, session=self.session_of_outer(node.id, kind))
        return self.with_evidence(node, kind)

    def _eval_Attribute(self, node: ast.Attribute) -> Kind:
        value = self.evaluate(node.value)
        path = self.path_of(node)
        if path is not None and path in self.env:
            if isinstance(value, Instance):
                self._read_column(node, value)
            return self.with_evidence(node, self.env[path])
        if isinstance(value, Query):
            outcome = legacy_query.attribute(value, node.attr, node, self.context)
            return self.query_outcome(node, value, outcome, node.attr)
        kind = self.member(node, value)
        if (is_vague(kind) or isinstance(kind, (External, ExternalInstance))) and path is not None:
            stored = self.facts.path(path)
            if not is_vague(stored) and isinstance(value, (External, ExternalInstance, Unknown)):
                return stored
        return self.with_evidence(node, kind)

    def member(self, node: ast.Attribute, value: Kind) -> Kind:
        """The kind of `value.attr`."""
        name = node.attr
        if isinstance(value, External) and value.name.endswith("SQLModel") and name == "metadata":
            return ExternalInstance("sqlalchemy.MetaData")
        if isinstance(value, (ModuleRef, External)):
            kind = self.project.get(value, name)
            return replace(kind, session=None) if isinstance(kind, Query) else kind
        if isinstance(value, ExternalInstance):
            if name == "metadata" and value.name.endswith(("declarative_base", "automap_base")):
                return ExternalInstance("sqlalchemy.MetaData")
            return self.project.get(value, name)
        if isinstance(value, ClassRef):
            return self.model_query(node, value) or self._class_member(value, name)
        if isinstance(value, Instance):
            return self._instance_member(node, value, name)
        if isinstance(value, Row):
            return self.row_member(node, value, name)
        self.lend(node, value, f"lends its method `{name}` to who calls it later")
        if isinstance(value, Session):
            return Engine(value.is_async) if name == "bind" else self._session_member(value, name)
        if isinstance(value, Connection) and name == "connection":
            self.let_go(node.value, value, "gives the connection of its driver")
        if isinstance(value, (Alias, Attribute, SqlTable, SqlExpr, Statement)):
            return sql.attribute(value, name, self.context) or UNKNOWN
        return UNKNOWN

    def _session_member(self, value: Session, name: str) -> Kind:
        if name in ("sync_session",):
            return Session(False, evidence="sync_session")
        if name == "no_autoflush":
            return ContextManager(UNKNOWN)
        if name == "info":
            return VALUE
        return UNKNOWN

    def _class_member(self, value: ClassRef, name: str) -> Kind:
        mapped = self.project.mapped(value.name)
        if name == "metadata" and mapped is not None and mapped.declarative:
            return ExternalInstance("sqlalchemy.MetaData")
        if self.project.is_mapped(value.name):
            found = sql.attribute(value, name, self.context)
            if found is not None and not (isinstance(found, Attribute) and found.type == "other"):
                return found
            method = self.project.method(value.name, name)
            if method is None or method.has_decorator("hybrid_property", "hybrid_method"):
                return SqlExpr(name=name) if self._lacks(value.name, name) else found or UNKNOWN
        method = self.project.method(value.name, name)
        if method is not None:
            return FunctionRef(method.name, value)
        kind = self.facts.attribute(value.name, name)
        return self.project.get(value, name) if is_vague(kind) else kind

    def _lacks(self, model: str, name: str) -> bool:
        """Whether a mapped class surely has nothing by a name, so that no query that asks for it gets to run."""
        mapped = self.project.mapped(model)
        if mapped is None or not mapped.complete or mapped.stands_for or mapped.attribute_type(name) != "other":
            return False
        named = any(name in info.module.source(info.node) for info in self.project.mro(model))
        return not (named or name.startswith("_") or name in DECLARATIVE_MEMBERS)

    def _instance_member(self, node: ast.Attribute, value: Instance, name: str) -> Kind:
        method = self.project.method(value.cls, name)
        if method is not None:
            if value.made:
                self.record.loads[node, value.cls] = Load(node, value.cls, name, False, True)
            if method.has_decorator("property", "cached_property", "hybrid_property"):
                self.record.calls[node] = ProjectCall(node, (method,), node in self.awaited, self.place)  # type: ignore[arg-type]
                returned = self.facts.returned(method)
                if isinstance(returned, Query):
                    session = self.session_through(returned, method, self.path_of(node.value))
                    return replace(returned, session=session)
                return returned
            return FunctionRef(method.name, value)
        mapped = self.project.mapped(value.cls)
        if mapped is not None and mapped.is_mapped:
            if name in mapped.relationships:
                relationship = mapped.relationships[name]
                if isinstance(node.ctx, ast.Load):
                    self.record.loads[node, value.cls] = Load(node, value.cls, name, True, value.made)
                target: Kind = Instance(relationship.target) if relationship.target else UNKNOWN
                return target if relationship.collection is False else Sequence(target)
            if name in mapped.proxies:
                return self._proxied(node, value, *mapped.proxies[name])
            if self._read_column(node, value):
                return VALUE
        if mapped is not None and isinstance(node.ctx, ast.Load):
            for model in mapped.stands_for:
                stood = self.project.mapped(model)
                if stood is not None and name in stood.relationships:
                    self.record.loads[node, model] = Load(node, model, name, True, value.made)
        if mapped is not None and mapped.is_mapped and (heirs := self._heirs_with(value, name)):
            return join_all(self._instance_member(node, heir, name) for heir in heirs)
        kind = self.facts.attribute(value.cls, name)
        if is_vague(kind):
            kind = self.project.get(value, name)
        return self._heirs_member(value, name) if is_vague(kind) else kind

    def _read_column(self, node: ast.Attribute, value: Instance) -> bool:
        """Record that a column is read of an instance, which may have been assigned here; False if it is no column."""
        mapped = self.project.mapped(value.cls)
        if mapped is None or not mapped.is_mapped or node.attr not in mapped.columns:
            return False
        if isinstance(node.ctx, ast.Load):
            self.record.loads[node, value.cls] = Load(node, value.cls, node.attr, False)
        return True

    def _proxied(self, node: ast.Attribute, value: Instance, relationship: str, attribute: str) -> Kind:
        """An association proxy: what is read of the objects in a relationship."""
        found = self._instance_member(node, value, relationship)
        item = found.item if isinstance(found, Sequence) else found
        read = self._instance_member(node, item, attribute) if isinstance(item, Instance) else UNKNOWN
        return Sequence(read) if isinstance(found, Sequence) else read

    def _heirs_with(self, value: Instance, relationship: str) -> Listing[Instance]:
        """The subclasses with a relationship of their own, which an instance may be of."""
        heirs = [(info.name, self.project.mapped(info.name)) for info in self.project.subclasses(value.cls)]
        return [replace(value, cls=name) for name, heir in heirs if heir and relationship in heir.relationships]

    def _heirs_member(self, value: Instance, name: str) -> Kind:
        """A method that only subclasses have, which the instance may be of."""
        found = [(info, info.methods[name]) for info in self.project.subclasses(value.cls) if name in info.methods]
        methods = [(info, method) for info, method in found if not method.has_decorator("property", "cached_property")]
        return join_all(FunctionRef(method.name, Instance(info.name)) for info, method in methods) if found else UNKNOWN

    # --- operators --------------------

    def _eval_BoolOp(self, node: ast.BoolOp) -> Kind:
        kinds = [self.evaluate(value) for value in node.values]
        for value, kind in zip(node.values, kinds, strict=True):
            if isinstance(kind, Query) and node not in self.tests:
                self.refuse(value, kind, legacy_query.NO_TRUTH)
            self.truth(value, kind)
        found = sql.operator(node, tuple(kinds), self.context)
        return join_all(kinds) if found is None else found

    def test(self, node: ast.expr) -> None:
        """An expression is a condition: nothing but the truth of its value matters, and of those that it combines."""
        pending = [node]
        while pending:
            part = pending.pop()
            self.tests.add(part)
            if isinstance(part, ast.BoolOp):
                pending += part.values
            elif isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not):
                pending.append(part.operand)
        self.truth(node, self.evaluate(node))

    def truth(self, node: ast.expr, kind: Kind, negation: ast.UnaryOp | None = None) -> None:
        """The truth of a value is asked for, that of a combination after that of its parts."""
        if isinstance(kind, Query) and not isinstance(node, ast.BoolOp):
            outcome = legacy_query.as_condition(kind, node, negation, self.context)
            self.query_outcome(node, kind, outcome, "truth", label="truth")

    def _eval_UnaryOp(self, node: ast.UnaryOp) -> Kind:
        kind = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            self.truth(node.operand, kind, node)
        else:
            self.let_go(node.operand, kind, "is an operand")
        return sql.operator(node, (kind,), self.context) or VALUE

    def _eval_BinOp(self, node: ast.BinOp) -> Kind:
        kinds = (self.use(node.left, "is an operand"), self.use(node.right, "is an operand"))
        found = sql.operator(node, kinds, self.context)
        if found is not None:
            return found
        if isinstance(kinds[0], (Sequence, Tuple)) and isinstance(kinds[1], (Sequence, Tuple)):
            return join(Sequence(item_of(kinds[0])), Sequence(item_of(kinds[1])))
        return VALUE if all(is_plain(kind) for kind in kinds) else UNKNOWN

    def _eval_Compare(self, node: ast.Compare) -> Kind:
        operands = [node.left, *node.comparators]
        kinds = [self.evaluate(operand) for operand in operands]
        if not all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            for index, (operand, kind) in enumerate(zip(operands, kinds, strict=True)):
                if isinstance(kind, Query):
                    if index > 0 and isinstance(node.ops[index - 1], (ast.In, ast.NotIn)):
                        self.iterate(operand, kind, node)
                    elif index > 0 and sql.is_sql(kinds[index - 1]):
                        outcome = legacy_query.coerce(kind, operand, self.context, scalar=True)
                        kinds[index] = self.query_outcome(operand, kind, outcome, "coerce", label="coerce")
                    else:
                        self.let_go(operand, kind, "is compared")
        return sql.operator(node, tuple(kinds), self.context) or VALUE

    def _eval_IfExp(self, node: ast.IfExp) -> Kind:
        self.test(node.test)
        body, orelse = self.evaluate(node.body), self.evaluate(node.orelse)
        if isinstance(body, Query) or isinstance(orelse, Query):
            body, orelse = self.detach(node.body, body), self.detach(node.orelse, orelse)
        return self.project.join(body, orelse)

    def _eval_NamedExpr(self, node: ast.NamedExpr) -> Kind:
        kind = self.detach(node.value, self.evaluate(node.value))
        self.bind(node.target.id, kind)
        return kind

    def _eval_Await(self, node: ast.Await) -> Kind:
        self.awaited.add(node.value)
        kind = self.use(node.value, "is awaited")
        if isinstance(kind, Awaitable):
            return kind.value
        if isinstance(kind, ContextManager) and kind.is_async:
            return kind.value
        return kind if isinstance(kind, (Session, Engine, Instance, Result, Sequence)) else UNKNOWN

    # --- containers --------------------

    def _eval_Tuple(self, node: ast.Tuple) -> Kind:
        if any(isinstance(element, ast.Starred) for element in node.elts):
            return Sequence(self.project.join_all(self._element(element) for element in node.elts))
        return Tuple(tuple(self._element(element) for element in node.elts))

    def _eval_List(self, node: ast.List) -> Kind:
        return Sequence(self.project.join_all([self._element(element) for element in node.elts]))

    _eval_Set = _eval_List

    def _element(self, node: ast.expr) -> Kind:
        if isinstance(node, ast.Starred):
            return self.iterate(node.value, self.evaluate(node.value), node)
        kind = self.use(node, "is put into a container")
        self.refer(node, kind, "container")
        return UNKNOWN if isinstance(kind, Query) else kind

    def _eval_Dict(self, node: ast.Dict) -> Kind:
        kinds = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                self.use(key, "is the key of a dictionary")
            kinds.append(self.use(value, "is put into a dictionary"))
            self.refer(value, kinds[-1], "container")
        return Lookup(join_all(kinds)) if kinds and all(map(functions_of, kinds)) and None not in node.keys else VALUE

    def _eval_Subscript(self, node: ast.Subscript) -> Kind:
        value = self.evaluate(node.value)
        if isinstance(value, Query):
            bounds = self._evaluate_index(node.slice)
            return self.query_outcome(node, value, legacy_query.subscript(value, node, bounds, self.context), "slice")
        if isinstance(value, (External, ClassRef)) and not isinstance(node.slice, ast.Slice):
            annotated = self.annotated(node)
            if (
                not is_vague(annotated)
                and isinstance(value, External)
                and value.name.rsplit(".", 1)[-1]
                in (
                    "Annotated",
                    "Optional",
                    "Union",
                )
            ):
                return annotated
            return value
        self._evaluate_index(node.slice)
        if isinstance(node.slice, ast.Slice):
            return value if isinstance(value, (Sequence, Tuple)) else sql.subscript(value) or UNKNOWN
        if (element := sql.subscript(value)) is not None:
            return element
        if isinstance(value, Tuple) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            index = node.slice.value
            return value.items[index] if -len(value.items) <= index < len(value.items) else UNKNOWN
        if isinstance(value, Row):
            return self._row_item(value, node.slice)
        return value.item if isinstance(value, (Sequence, Lookup)) else UNKNOWN

    def _row_item(self, row: Row, index: ast.expr) -> Kind:
        from sqla_async_fix.model.evaluation.database import element_value

        elements, number = row.elements or (), index.value if isinstance(index, ast.Constant) else None
        if isinstance(number, int) and -len(elements) <= number < len(elements):
            return element_value(elements[number])
        return VALUE

    def _evaluate_index(self, node: ast.expr) -> dict[ast.expr, Kind]:
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return {part: self.use(part, "is a bound of a slice") for part in parts if part is not None}
        return {node: self.use(node, "is an index")}

    def _eval_JoinedStr(self, node: ast.JoinedStr) -> Kind:
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self.show(value.value, self.evaluate(value.value))
                if isinstance(value.format_spec, ast.JoinedStr):
                    self._eval_JoinedStr(value.format_spec)
        return VALUE

    def _eval_Starred(self, node: ast.Starred) -> Kind:
        return self.iterate(node.value, self.evaluate(node.value), node)

    # --- functions and generators --------------------

    def _eval_Lambda(self, node: ast.Lambda) -> Kind:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.use(default, "is the default of a parameter")
        names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        with self.standing_in(self.place if node in self.unfolded else Place.LAMBDA):
            saved = dict(self.env)
            for name in names:
                self.forget_session(name)
                self.env[name] = UNKNOWN
            kind = self.use(node.body, "is the value of a lambda")
            self.env = saved
        self.refer(node.body, kind, "returned")
        return UNKNOWN

    def _comprehension(self, node: ast.expr, generators: Listing[ast.comprehension], parts: Listing[ast.expr]) -> Kind:
        saved = dict(self.env)
        place = Place.GENERATOR if isinstance(node, ast.GeneratorExp) else self.place
        kinds: list[Kind] = []
        for index, clause in enumerate(generators):
            self.taken_apart(clause.iter, clause.target)
            apart = clause.iter in self.positional
            if index == 0:
                source = self.evaluate(clause.iter)
                item = self.iterate(clause.iter, source, clause, positional=apart)
            else:
                with self.standing_in(place):
                    source = self.evaluate(clause.iter)
                    item = self.iterate(clause.iter, source, clause, positional=apart)
            self.assign_local(clause.target, item)
            with self.standing_in(place):
                for condition in clause.ifs:
                    self.test(condition)
        with self.standing_in(place):
            kinds = [self.use(part, "is an item of a comprehension") for part in parts]
        self.env = saved
        return kinds[-1]

    def assign_local(self, target: ast.expr, kind: Kind) -> None:
        """Bind the target of a comprehension, which is seen only within it."""
        if isinstance(target, ast.Name):
            self.forget_session(target.id)
            self.hold(target.id, kind)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, element in enumerate(target.elts):
                self.assign_local(element, component(kind, index))

    def _eval_ListComp(self, node: ast.ListComp) -> Kind:
        return Sequence(self._comprehension(node, node.generators, [node.elt]))

    def _eval_SetComp(self, node: ast.SetComp) -> Kind:
        return Sequence(self._comprehension(node, node.generators, [node.elt]))

    def _eval_GeneratorExp(self, node: ast.GeneratorExp) -> Kind:
        return Sequence(self._comprehension(node, node.generators, [node.elt]))

    def _eval_DictComp(self, node: ast.DictComp) -> Kind:
        self._comprehension(node, node.generators, [node.key, node.value])
        return VALUE

    def _eval_Yield(self, node: ast.Yield) -> Kind:
        kind: Kind = NONE
        if node.value is not None:
            kind = self.evaluate(node.value)
            if isinstance(kind, Query):
                self.let_go(node.value, kind, "is yielded")
        self.yielded(kind)
        return UNKNOWN

    def _eval_YieldFrom(self, node: ast.YieldFrom) -> Kind:
        kind = self.evaluate(node.value)
        self.yielded(self.iterate(node.value, kind, node))
        return UNKNOWN

    def yielded(self, kind: Kind) -> None:
        """The body yields a value of this kind."""
        raise NotImplementedError

    def _eval_Call(self, node: ast.Call) -> Kind:
        return self.call(node)


def component(kind: Kind, index: int) -> Kind:
    """What unpacking gives at a position."""
    from sqla_async_fix.model.evaluation.database import element_value

    if isinstance(kind, Tuple):
        return kind.items[index] if index < len(kind.items) else NEVER
    if isinstance(kind, Row) and kind.elements and index < len(kind.elements):
        return element_value(kind.elements[index])
    return item_of(kind)


_METHODS: dict[type[ast.AST], Callable[[Expressions, ast.expr], Kind]] = {
    getattr(ast, name.removeprefix("_eval_")): method
    for name, method in vars(Expressions).items()
    if name.startswith("_eval_")
}
"""The method that evaluates each type of expression."""
