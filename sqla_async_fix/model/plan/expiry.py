"""Attributes that are read after something has expired them, so that reading them would load (SAF502).

What is expired: everything by `rollback()` and `expire_all()`, one object by `expire()`, what a savepoint that may roll
back has changed, what an `update()` sets by an expression that only the database can evaluate; and by a `commit()` in
legacy code what was written past the session before. Relationships after a plain commit are in `freshness`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sqla_async_fix.core.steps import AddStatements, Step
from sqla_async_fix.model.kinds import ClassRef, External, Statement
from sqla_async_fix.model.plan.blocks import block_of, parents, statement_of
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import DatabaseCall, Load
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class _Expiry:
    """What a call expires: the objects of a name (None: of any), attributes of a model (None: all of them)."""

    call: ast.Call
    method: str
    name: str | None = None
    model: str = ""
    attributes: frozenset[str] | None = None
    is_final: bool = False
    """Whether the object may be gone as well, so that it cannot be loaded again."""

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
    for function in colours.reasons:
        group = name_of(colours.parts.leader(function))
        for read in expired_reads(function, colours.project):
            module, node = function.module, read.load.node
            span, source = module.span(node), module.source(node)
            yield Finding("SAF502", module, span, source, read.method, read.steps, group, read.refusal, follows=True)


def expired_reads(function: Function, project: Project) -> Iterator[ExpiredRead]:
    """What a function reads of objects that it held before they were expired, once for each object and expiry."""
    if function.is_async:
        return
    expiries = list(_expiries(function, project))
    if not expiries:
        return
    stores: dict[str, list[int]] = {}
    for node in function.module.nodes.within(function.definition, ast.Name):
        if isinstance(node.ctx, ast.Store):
            stores.setdefault(node.id, []).append(node.lineno)
    done: set[tuple[ast.Call, str, str]] = set()
    for load in sorted(function.record.loads.values(), key=lambda each: (each.node.lineno, each.node.col_offset)):
        if not isinstance(load.node.value, ast.Name):
            continue
        name, line = load.node.value.id, load.node.lineno
        bound = max((at for at in stores.get(name, ()) if at < line), default=0)
        for expiry in expiries:
            again = _comes_round(function, expiry, load, bound)
            if expiry.concerns(load) and (again or bound < expiry.call.lineno < line <= _reach(function, expiry.call)):
                key = (expiry.call, name, "" if expiry.attributes is None else load.name)
                if key not in done:
                    done.add(key)
                    yield _read(function, expiry, load, mendable=not again and not expiry.is_final)


def _reach(function: Function, call: ast.Call) -> int:
    """The line where the code that follows a call ends: that of its block, if that leaves the function or loop."""
    last = block_of(function.module, statement_of(function.module, call))[-1]
    return (last if isinstance(last, _LEAVING) else function.definition).end_lineno or call.lineno


def _comes_round(function: Function, expiry: _Expiry, load: Load, bound: int) -> bool:
    """Whether a loop comes back from an expiry to the read of an object that it does not get anew."""
    last = block_of(function.module, statement_of(function.module, expiry.call))[-1]
    if isinstance(last, (ast.Return, ast.Raise, ast.Break)):
        return False
    above, node, around = parents(function.module), statement_of(function.module, load.node), set[ast.AST]()
    inner: ast.AST = expiry.call
    while inner is not function.definition:
        inner = above[inner]
        around.add(inner)
    outer: ast.AST = node
    while outer is not function.definition:
        outer = above[outer]
        if isinstance(outer, _LOOPS) and outer in around:
            return bound < outer.lineno and load.node.lineno <= expiry.call.lineno
    return False


def _read(function: Function, expiry: _Expiry, load: Load, *, mendable: bool) -> ExpiredRead:
    module, name = function.module, load.node.value
    source = module.source(load.node)
    statement = statement_of(module, load.node)
    session = expiry.call.func.value if isinstance(expiry.call.func, ast.Attribute) else None
    plain = isinstance(session, (ast.Name, ast.Attribute)) and not isinstance(statement, ast.While)
    start = module.span(statement).start
    if (
        not mendable
        or not plain
        or session is None
        or module.before(start).strip()
        or module.text.startswith("elif", start)
    ):
        reason = f"`{source}` is read after `{expiry.method}()` has expired it; read it before"
        return ExpiredRead(load, expiry.method, (), reason)
    listed = ", ".join(f'"{each}"' for each in sorted(expiry.attributes or ()))
    given = f", [{listed}]" if listed else ""
    code = f"await {module.source(session)}.refresh({module.source(name)}{given})"
    return ExpiredRead(load, expiry.method, (AddStatements(module.span(statement), ((code,),), False),), None)


# --- what expires --------------------


def _expiries(function: Function, project: Project) -> Iterator[_Expiry]:
    written = False
    for call in operations(function):
        if call.method == "rollback":
            yield _Expiry(call.node, call.method, is_final=True)
        elif call.method == "expire_all":
            yield _Expiry(call.node, call.method)
        elif call.method == "expire" and call.node.args and isinstance(call.node.args[0], ast.Name):
            yield _Expiry(call.node, call.method, call.node.args[0].id)
        elif call.method == "execute" and call.node.args:
            statement = call.node.args[0]
            yield from _updated(call, statement, function, project)
            written = written or _writes_past(statement, function, project)
        elif call.method == "commit" and written:
            written = False
            yield _Expiry(call.node, call.method)
    yield from _in_savepoints(function)


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
        yield _Expiry(call.node, "update", None, model.name, frozenset(found))


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
        handled, node = False, above[block]
        while node is not function.definition:
            handled, node = handled or (isinstance(node, ast.Try) and bool(node.handlers)), above[node]
        for target in walk(block) if handled else ():
            if not isinstance(target, ast.Attribute) or not isinstance(target.ctx, ast.Store):
                continue
            if isinstance(target.value, ast.Name):
                yield _Expiry(call.node, call.method, target.value.id, "", frozenset([target.attr]), True)
