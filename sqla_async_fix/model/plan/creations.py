"""Engines, their URLs, factories and registries of sessions (SAF201 to SAF204, SAF208). Their use is elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, AddStatements, Code, DropArgument, Replace, Step, Symbol
from sqla_async_fix.model.kinds import Engine, External, Factory, Session
from sqla_async_fix.model.knowledge import drivers
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import free_name, names_in, parents, statement_of
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import Node, name_of
from sqla_async_fix.model.plan.sessions import is_idle
from sqla_async_fix.model.plan.urls import Driver, Url
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Scope

_ASYNCIO = "sqlalchemy.ext.asyncio"


def findings(colours: Colours) -> Iterator[Finding]:
    """Every synchronous engine, factory and directly made session."""
    texts: set[tuple[str, Span]] = set()
    for _, found in by_origin(colours):
        for finding in found:
            place = (finding.module.path, finding.span)
            if finding.code != "SAF202" or finding.detail == OUTSIDE or place not in texts:
                yield finding
            if finding.code == "SAF202":
                texts.add(place)


def by_origin(colours: Colours) -> Iterator[tuple[Node, list[Finding]]]:
    """The node of each engine, factory and session that is made, with its findings."""
    for scope in colours.evaluated:
        for operation in operations(scope):
            if operation.method or not isinstance(operation.receiver, External) or colours.is_island(scope):
                continue
            node = f"origin:{getattr(operation.result, 'origin', '')}"
            if node in colours.keeping.kept:
                continue
            group = name_of(colours.parts.leader(node))
            if isinstance(operation.result, Engine):
                yield node, list(_engine(scope, operation, colours, group))
            elif isinstance(operation.result, Factory):
                yield node, list(_factory(scope, operation, colours, group))
            elif isinstance(operation.result, Session):
                idle = is_idle(scope, operation, colours)
                yield node, [] if idle else list(_session(scope.module, operation, group))


def _engine(scope: Scope, operation: DatabaseCall, colours: Colours, group: str) -> Iterator[Finding]:
    module, node = scope.module, operation.node
    steps, refusal = _arguments(scope, node, colours)
    steps = (Replace(module.span(node.func), (Symbol(_ASYNCIO, "create_async_engine"),)), *steps)
    yield Finding("SAF201", module, module.span(node.func), module.source(node.func), "", steps, group, refusal)
    url = colours.urls.get(node)
    if url is None:
        refusal = "the engine is made without a URL as its first argument"
        yield Finding("SAF202", module, module.span(node), module.source(node.func), "", (), group, refusal)
    elif url.shared:
        yield from _converted(module, node, url, colours, group)
    else:
        for driver in url.drivers.values():
            if driver.scheme not in drivers.ASYNC_SCHEMES:
                yield _driver(driver, url, colours, group)
        for label in dict.fromkeys(url.outside):
            advice = f"{label} comes from outside of the program; give it a URL with an asynchronous driver there"
            span = module.span(node)
            yield Finding("SAF202", module, span, label, OUTSIDE, (), group, unfixable=advice, is_advice=True)


OUTSIDE = "outside"
"""The detail of a finding about a URL that the program's text does not have."""


def _twin(scheme: str, colours: Colours) -> str | None:
    return {**drivers.ASYNC_TWINS, **colours.project.options.driver_map}.get(scheme)


def _driver(driver: Driver, url: Url, colours: Colours, group: str) -> Finding:
    """The driver in the text of a URL."""
    module, scheme = driver.module, driver.scheme
    twin = _twin(scheme, colours)
    if twin is not None:
        return Finding("SAF202", module, driver.span, scheme, twin, (Replace(driver.span, (twin,)),), group)
    reason = f"there is no asynchronous driver known for `{scheme}`; name one in the setting `driver-map`"
    if any(_twin(other.scheme, colours) for other in url.drivers.values()):
        return Finding("SAF202", module, driver.span, scheme, "", (), group, unfixable=reason, is_advice=True)
    return Finding("SAF202", module, driver.span, scheme, "", (), group, reason)


def _converted(module: Module, node: ast.Call, url: Url, colours: Colours, group: str) -> Iterator[Finding]:
    """A URL that others read as well gets its driver where the engine is made, as far as the program knows it."""
    given = node.args[0] if node.args else next(k.value for k in node.keywords if k.arg == "url")
    span, source = module.span(given), module.source(given)
    schemes = {driver.scheme for driver in url.drivers.values()}
    scheme = min(schemes)
    twin = _twin(scheme, colours)
    if scheme in drivers.ASYNC_SCHEMES and len(schemes) == 1:
        yield Finding("SAF202", module, span, scheme, scheme, (), group, follows=True)
        return
    known = len(schemes) == 1 and not (url.is_object and url.outside)
    by_driver = () if known else _by_driver(module, node, given, schemes, colours)
    if url.outside or not (by_driver or (known and twin)) or None in (_twin(each, colours) for each in schemes):
        advice = "name their asynchronous twins there" if by_driver else "give the engine an asynchronous one"
        reason = f"`{source}` may have several drivers and is read elsewhere too; {advice}"
        yield Finding(
            "SAF202", module, module.span(node), f"`{source}`", OUTSIDE, (), group, unfixable=reason, is_advice=True
        )
    if by_driver:
        yield Finding("SAF202", module, span, "`, `".join(sorted(schemes)), "", by_driver, group)
    if not known or twin is None or (url.outside and _is_another(module, node, source, scheme)):
        return
    change = f'.set(drivername="{twin}")' if url.is_object else f'.replace("{scheme}:", "{twin}:", 1)'
    step = Replace(Span(span.end, span.end), (change,))
    yield Finding("SAF202", module, span, scheme, twin, (step,), group)


def _is_another(module: Module, node: ast.Call, url: str, scheme: str) -> bool:
    """Whether a call stands where a condition has found that a URL, as it is written there, has another scheme."""
    above = parents(module)
    inner: ast.AST = node
    while inner in above:
        parent = above[inner]
        if isinstance(parent, ast.If):
            is_otherwise = inner in parent.orelse
        else:
            is_otherwise = isinstance(parent, ast.IfExp) and inner is parent.orelse
        if isinstance(parent, (ast.If, ast.IfExp)) and is_otherwise and _asks(parent.test, url, scheme, module):
            return True
        inner = parent
    return False


def _asks(test: ast.expr, url: str, scheme: str, module: Module) -> bool:
    """Whether a condition holds for every URL with a scheme."""
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        asked, text = test.func.value, test.args[0] if test.args else None
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In):
        asked, text = test.comparators[0], test.left
    else:
        return False
    start = text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else None
    return module.source(asked) == url and start is not None and f"{scheme}:".startswith(start)


def _by_driver(
    module: Module, node: ast.Call, given: ast.expr, schemes: Collection[str], colours: Colours
) -> tuple[Step, ...]:
    """The steps by which an engine gets the asynchronous twin of whichever driver its URL has."""
    statement = statement_of(module, node)
    above = parents(module)
    inner: ast.AST = node
    while inner is not statement:
        inner = above[inner]
        if isinstance(inner, (ast.Lambda, ast.comprehension, ast.ListComp, ast.GeneratorExp)):
            return ()
    pairs = [(scheme, twin) for scheme in sorted(schemes) if (twin := _twin(scheme, colours)) is not None]
    if not pairs or not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr)):
        return ()
    taken = names_in(module)
    url, twins = free_name(taken, "url", "database_url"), free_name(taken, "async_drivers")
    lines: tuple[Code, ...] = (
        (f"{twins} = {{",),
        *((f'    "{scheme}": "{twin}",',) for scheme, twin in pairs),
        ("}",),
        (f"{url} = ", Symbol("sqlalchemy.engine", "make_url"), f"({module.source(given)})"),
    )
    driver = f"{url}.set(drivername={twins}.get({url}.drivername, {url}.drivername))"
    return (AddStatements(module.span(statement), lines, False), Replace(module.span(given), (driver,)))


def _arguments(scope: Scope, node: ast.Call, colours: Colours) -> tuple[tuple[Step, ...], str | None]:
    """How the engine's other arguments follow its driver, or why one cannot."""
    module = scope.module
    steps: list[Step] = []
    for keyword in node.keywords:
        if keyword.arg == "poolclass":
            kind = colours.project.static(keyword.value, scope)
            pool = names.SYNC_POOLS.get(kind.name) if isinstance(kind, External) else None
            if pool:
                steps.append(Replace(module.span(keyword.value), (Symbol("sqlalchemy.pool", pool),)))
            elif pool is not None:
                steps.append(DropArgument(module.span(keyword.value)))
        elif keyword.arg in ("creator", "server_side_cursors", "module"):
            return (), f"the engine is made with `{keyword.arg}`, which belongs to a synchronous driver"
        elif keyword.arg in ("executemany_mode", "executemany_batch_page_size", "executemany_values_page_size"):
            steps.append(DropArgument(module.span(keyword.value)))
    return tuple(steps), None


def _factory(scope: Scope, operation: DatabaseCall, colours: Colours, group: str) -> Iterator[Finding]:
    module, node = scope.module, operation.node
    assert isinstance(operation.receiver, External)
    assert isinstance(operation.result, Factory)
    if operation.result.scoped:
        yield _scoped(module, node, group)
        return
    given = {keyword.arg or "**" for keyword in node.keywords}
    by_hand = sorted(given & {"query_cls", "twophase", "**"})
    refusal = f"the factory is made with `{by_hand[0]}`, which has to be rewritten by hand" if by_hand else None
    steps: list[Step] = [Replace(module.span(node.func), (Symbol(_ASYNCIO, "async_sessionmaker"),))]
    for keyword in node.keywords:
        if keyword.arg == "class_":
            kind = colours.project.static(keyword.value, scope)
            if isinstance(kind, External) and kind.name in names.SESSION:
                home = names.ASYNC_HOMES[kind.name.partition(".")[0]]
                steps.append(Replace(module.span(keyword.value), (Symbol(home, "AsyncSession"),)))
            else:
                source = module.source(keyword.value)
                refusal = f"the factory makes sessions of `{source}`; derive an asynchronous class from `AsyncSession`"
    yield Finding("SAF203", module, module.span(node.func), module.source(node.func), "", tuple(steps), group, refusal)
    if "expire_on_commit" not in given:
        yield _expiring(module, node, group)


def _scoped(module: Module, node: ast.Call, group: str) -> Finding:
    """A registry of sessions by thread becomes one by task."""
    refusal = None
    if len(node.args) != 1 or node.keywords:
        refusal = "the registry has a `scopefunc` of its own; write one for tasks"
    steps: tuple[Step, ...] = (
        Replace(module.span(node.func), (Symbol(_ASYNCIO, "async_scoped_session"),)),
        AddArgument(module.span(node), ("scopefunc=", Symbol("asyncio", ""), ".current_task")),
    )
    return Finding("SAF208", module, module.span(node.func), module.source(node.func), "", steps, group, refusal)


def _expiring(module: Module, node: ast.Call, group: str) -> Finding:
    steps = (AddArgument(module.span(node), ("expire_on_commit=False",)),)
    return Finding("SAF204", module, module.span(node), module.source(node.func), "", steps, group, follows=True)


def _session(module: Module, operation: DatabaseCall, group: str) -> Iterator[Finding]:
    node = operation.node
    assert isinstance(operation.receiver, External)
    if operation.receiver.name not in names.SESSION:
        refusal = f"`{module.source(node.func)}` has no asynchronous twin that the tool knows"
        yield Finding("SAF203", module, module.span(node.func), module.source(node.func), "", (), group, refusal)
        return
    home = names.ASYNC_HOMES[operation.receiver.name.partition(".")[0]]
    steps: tuple[Step, ...] = (Replace(module.span(node.func), (Symbol(home, "AsyncSession"),)),)
    yield Finding("SAF203", module, module.span(node.func), module.source(node.func), "", steps, group)
    if "expire_on_commit" not in {keyword.arg for keyword in node.keywords}:
        yield _expiring(module, node, group)
