"""Attributes that are read after something has expired them, so that reading them would load (SAF502).

What is expired: everything by `rollback()` and `expire_all()`, one object by `expire()`, what a savepoint that may roll
back has changed, what an `update()` sets by an expression that only the database can evaluate; and by a `commit()` in
legacy code what was written past the session before. Relationships after a plain commit are in `freshness`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqla_async_fix.core.steps import Step
from sqla_async_fix.model.kinds import ClassRef, External, Session, Statement
from sqla_async_fix.model.plan.blocks import block_of, parents, statement_of
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.freshness import reload
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.presence import may_be_none
from sqla_async_fix.model.plan.stale import bound_at
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import DatabaseCall, Load, ProjectCall
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class _Expiry:
    """What a call expires: the objects of a name (None: of any), attributes of a model (None: all of them).

    `session` is the expression of the session at the call, if it has one. `is_final`: the object may be gone as well,
    so that it cannot be loaded again. `raises`: whoever goes on has handled an exception.
    """

    call: ast.Call
    method: str
    session: ast.expr | None
    name: str | None = None
    model: str = ""
    attributes: frozenset[str] | None = None
    is_final: bool = False
    raises: bool = False

    def concerns(self, load: Load) -> bool:
        """Whether an attribute is among what is expired."""
        if self.model and load.model != self.model:
            return False
        name = load.node.value.id if isinstance(load.node.value, ast.Name) else None
        return (self.name is None or self.name == name) and (self.attributes is None or load.name in self.attributes)


@dataclass(frozen=True, slots=True)
class ExpiredRead:
    """A read of an expired attribute; `steps` load it again before, unless `refusal` says why that cannot be."""

    load: Load
    method: str
    steps: tuple[Step, ...]
    refusal: str | None


def findings(colours: Colours) -> Iterator[Finding]:
    """Every such read in a function that becomes asynchronous."""
    expiries = _Expiries(colours.project)
    for function in colours.reasons:
        group = name_of(colours.parts.leader(function))
        for read in _expired_reads(function, expiries):
            module, node = function.module, read.load.node
            span, source = module.span(node), module.source(node)
            yield Finding("SAF502", module, span, source, read.method, read.steps, group, read.refusal, follows=True)


def _expired_reads(function: Function, expiries: _Expiries) -> Iterator[ExpiredRead]:
    """What a function reads of objects that it held before they were expired, once for each object and expiry."""
    if function.is_async or not (expired := expiries.within(function)):
        return
    span = function.module.span
    done: set[tuple[ast.Call, str, str]] = set()
    for load in sorted(function.record.loads.values(), key=lambda each: span(each.node).start):
        if not isinstance(load.node.value, ast.Name):
            continue
        held = bound_at(function, load.node.value)
        found = [each for each in expired if each.concerns(load) and _precedes(function, each, load, held)]
        if not found:
            continue
        last = next((each for each in found if not _is_mendable(function, each, load)), found[-1])
        key = (last.call, load.node.value.id, "" if last.attributes is None else load.name)
        if key not in done:
            done.add(key)
            yield _read(function, last, load, expiries.project)


def _precedes(function: Function, expiry: _Expiry, load: Load, held: int) -> bool:
    """Whether an expiry may have happened between getting an object and reading it."""
    span, read = function.module.span, function.module.span(load.node).start
    if _comes_round(function, expiry, load, held):
        return True
    if not held < span(expiry.call).start or not span(expiry.call).end <= read <= _reach(function, expiry.call):
        return False
    refreshed = (call.node for call in operations(function) if call.method == "refresh" and call.node.args)
    name = getattr(load.node.value, "id", None)
    return not any(
        span(expiry.call).end <= span(node).start < read and getattr(node.args[0], "id", "") == name
        for node in refreshed
    )


def _reach(function: Function, call: ast.Call) -> int:
    """Where the code that follows a call ends: with its block, if that leaves the function or loop."""
    last = block_of(function.module, statement_of(function.module, call))[-1]
    return function.module.span(last if isinstance(last, _LEAVING) else function.definition).end


def _comes_round(function: Function, expiry: _Expiry, load: Load, held: int) -> bool:
    """Whether a loop comes back from an expiry to the read of an object that it does not get anew."""
    last = block_of(function.module, statement_of(function.module, expiry.call))[-1]
    if isinstance(last, (ast.Return, ast.Raise, ast.Break)):
        return False
    above, span = parents(function.module), function.module.span
    around: set[ast.AST] = set()
    inner: ast.AST = expiry.call
    while inner is not function.definition:
        inner = above[inner]
        around.add(inner)
    outer: ast.AST = load.node
    while outer is not function.definition:
        outer = above[outer]
        if isinstance(outer, _LOOPS) and outer in around:
            return held < span(outer).start and span(load.node).start < span(expiry.call).start
    return False


def _is_mendable(function: Function, expiry: _Expiry, load: Load) -> bool:
    """Whether the object can be loaded again by a statement before the one that reads it."""
    module = function.module
    statement = statement_of(module, load.node)
    start = module.span(statement).start
    alone = not module.before(start).strip() and not module.text.startswith("elif", start)
    behind = module.span(expiry.call).start < start
    plain = isinstance(expiry.session, (ast.Name, ast.Attribute)) and not isinstance(statement, ast.While)
    named = isinstance(load.node.value, ast.Name) and bound_at(function, load.node.value) < start
    return alone and behind and plain and named and not _is_item(function, load) and not expiry.is_final


def _is_item(function: Function, load: Load) -> bool:
    """Whether the object is an item of a comprehension, which no statement before can reach."""
    above, node = parents(function.module), load.node
    inner: ast.AST = node
    while not isinstance(inner, ast.stmt):
        inner = above[inner]
        for clause in getattr(inner, "generators", ()):
            if any(
                isinstance(each, ast.Name) and each.id == getattr(node.value, "id", "") for each in walk(clause.target)
            ):
                return True
    return False


def _read(function: Function, expiry: _Expiry, load: Load, project: Project) -> ExpiredRead:
    module, source = function.module, function.module.source(load.node)
    if expiry.session is None or not _is_mendable(function, expiry, load):
        reason = f"`{source}` is read after `{expiry.method}()` has expired it; read it before"
        return ExpiredRead(load, expiry.method, (), reason)
    statement, session, name = statement_of(module, load.node), module.source(expiry.session), load.node.value
    assert isinstance(name, ast.Name)
    is_optional = may_be_none(function, name.id, statement, project, load.node)
    step = reload(module, statement, session, name.id, sorted(expiry.attributes or ()), is_optional)
    return ExpiredRead(load, expiry.method, (step,), None)


# --- what expires --------------------


class _Expiries:
    """What the functions of a project expire, themselves and by whom they call."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[Function, tuple[list[_Expiry], bool]] = {}
        mapped = {info.name: project.mapped(info.name) for info in list(project.classes.values())}
        columns = {name: each.columns.values() for name, each in mapped.items() if each is not None and each.is_mapped}
        computed = {name: frozenset(each.name for each in found if each.computed) for name, found in columns.items()}
        self._computed = {name: found for name, found in computed.items() if found}

    def within(self, function: Function) -> list[_Expiry]:
        """The expiries in a body, in order of the text."""
        return self._of(function)[0]

    def _of(self, function: Function) -> tuple[list[_Expiry], bool]:
        if function not in self._found:
            self._found[function] = [], False
            self._found[function] = self._collected(function)
        return self._found[function]

    def _collected(self, function: Function) -> tuple[list[_Expiry], bool]:
        """The expiries, and whether rows are written past the session without a commit afterwards."""
        span, found, written = function.module.span, list[_Expiry](), False
        calls: list[DatabaseCall | ProjectCall] = [*operations(function), *function.record.calls.values()]
        for call in sorted(calls, key=lambda each: span(each.node).start):
            if isinstance(call, DatabaseCall):
                found += self._direct(call, function, written)
                statement = call.node.args[0] if call.method == "execute" and call.node.args else None
                past = statement is not None and _writes_past(statement, function, self.project)
                written = (written or past) and call.method != "commit"
            elif isinstance(call.node, ast.Call):
                for target in call.targets:
                    expiries, writes = self._of(target)
                    written = written or writes
                    found += _handed(expiries, call.node, target, function)
        return [*found, *_in_savepoints(function)], written

    def _direct(self, call: DatabaseCall, function: Function, written: bool) -> Iterator[_Expiry]:
        node, method = call.node, call.method
        session = node.func.value if isinstance(node.func, ast.Attribute) else None
        if method == "rollback":
            yield _Expiry(node, method, session, is_final=True, raises=_ends_raising(function, node))
        elif method == "expire_all" or (method == "commit" and written):
            yield _Expiry(node, method, session)
        elif method == "expire" and node.args and isinstance(node.args[0], ast.Name):
            yield _Expiry(node, method, session, node.args[0].id)
        elif method == "execute" and node.args:
            yield from _updated(call, node.args[0], function, self.project)
        if method == "commit":
            for model, names in self._computed.items():
                yield _Expiry(node, method, session, None, model, names)


def _handed(expiries: list[_Expiry], node: ast.Call, target: Function, function: Function) -> Iterator[_Expiry]:
    """What a call of a function expires of its caller's objects."""
    given = (arg for arg in (*node.args, *(k.value for k in node.keywords)) if arg in function.record.passed)
    session = next((arg for arg in given if isinstance(function.record.passed[arg].kind, Session)), None)
    for expiry in expiries:
        if expiry.name is None and (not expiry.raises or _is_handled(function, node)):
            raises = _ends_raising(function, node)
            yield replace(expiry, call=node, method=target.short_name, session=session, raises=raises)


def _ends_raising(function: Function, node: ast.AST) -> bool:
    """Whether the block around a call ends by raising an exception."""
    return isinstance(block_of(function.module, statement_of(function.module, node))[-1], ast.Raise)


def _is_handled(function: Function, node: ast.AST) -> bool:
    """Whether what a call raises is handled around it."""
    above = parents(function.module)
    while node is not function.definition:
        child, node = node, above[node]
        if isinstance(node, ast.Try) and node.handlers and child in node.body:
            return True
    return False


def _updated(call: DatabaseCall, statement: ast.expr, function: Function, project: Project) -> Iterator[_Expiry]:
    """`execute(update(User).values({"name": func.upper(User.name)}))`."""
    root, methods = _chain(statement)
    model = project.static(root.args[0], function) if root is not None and root.args else None
    if root is None or not isinstance(model, ClassRef) or not _is(root.func, "update", function, project):
        return
    if any(_leaves_objects(option) for option in methods.get("execution_options", ())):
        return
    mapped = project.mapped(model.name)
    found = (
        {each.name for each in mapped.columns.values() if each.server_onupdate} if mapped is not None else set[str]()
    )
    for given in methods.get("values", ()):
        values = {keyword.arg: keyword.value for keyword in given.keywords if keyword.arg}
        for argument in given.args:
            if isinstance(argument, ast.Dict):
                values |= {_key(key): value for key, value in zip(argument.keys, argument.values, strict=True) if key}
        found |= {name for name, value in values.items() if name and _is_expression(value, function, project)}
    if found:
        session = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
        yield _Expiry(call.node, "update", session, None, model.name, frozenset(found))


def _writes_past(statement: ast.expr, function: Function, project: Project) -> bool:
    """Whether a statement changes rows of which loaded objects do not learn: SQL in a string, a table's own statements,
    `synchronize_session=False`."""
    root, methods = _chain(statement)
    if root is None:
        return False
    if _is(root.func, "text", function, project):
        text = root.args[0] if root.args else None
        return isinstance(text, ast.Constant) and str(text.value).lstrip()[:6].lower() in ("update", "delete")
    if any(_is(root.func, name, function, project) for name in ("update", "delete")):
        model = project.static(root.args[0], function) if root.args else None
        synchronised = isinstance(model, ClassRef)
        return not synchronised or any(_leaves_objects(option) for option in methods.get("execution_options", ()))
    return isinstance(root.func, ast.Attribute) and root.func.attr in ("update", "delete")


def _leaves_objects(options: ast.Call) -> bool:
    given = next((keyword.value for keyword in options.keywords if keyword.arg == "synchronize_session"), None)
    return isinstance(given, ast.Constant) and given.value is False


def _chain(node: ast.expr) -> tuple[ast.Call | None, dict[str, list[ast.Call]]]:
    """The innermost call of a chain such as `update(...).where(...)` or `table.update().values(...)`; the others by
    name."""
    methods: dict[str, list[ast.Call]] = {}
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        methods.setdefault(node.func.attr, []).append(node)
        node = node.func.value
    return (node if isinstance(node, ast.Call) else None), methods


def _is(func: ast.expr, name: str, function: Function, project: Project) -> bool:
    kind = project.static(func, function) if isinstance(func, (ast.Name, ast.Attribute)) else None
    return isinstance(kind, External) and kind.name.startswith("sqlalchemy") and kind.name.endswith(f".{name}")


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_expression(value: ast.expr, function: Function, project: Project) -> bool:
    """Whether only the database can evaluate a value: it calls one of its functions, or holds a statement."""
    for node in walk(value):
        if isinstance(node, ast.Name) and isinstance(function.names.get(node.id), Statement):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            kind = project.static(node.func, function)
            if isinstance(kind, External) and kind.name.startswith("sqlalchemy."):
                return True
    return False


def _in_savepoints(function: Function) -> Iterator[_Expiry]:
    """What is assigned in a `with session.begin_nested():` whose failure is handled."""
    above = parents(function.module)
    for call in operations(function):
        block = above.get(above.get(call.node))
        if call.method != "begin_nested" or not isinstance(block, ast.With):
            continue
        handled = _is_handled(function, block)
        for target in walk(block) if handled else ():
            if not isinstance(target, ast.Attribute) or not isinstance(target.ctx, ast.Store):
                continue
            if isinstance(target.value, ast.Name):
                yield _Expiry(call.node, call.method, None, target.value.id, "", frozenset([target.attr]), True)
