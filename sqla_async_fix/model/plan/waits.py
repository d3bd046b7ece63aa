"""Functions that become `async def` and the awaits they need (SAF303, SAF304, SAF305, SAF307, SAF206).

Sessions are in `sessions`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, AddAsync, AddAwait, RenameMethod, Replace, Step, Symbol
from sqla_async_fix.model.kinds import ContextManager
from sqla_async_fix.model.knowledge.asyncio_api import ENGINE, MANAGER_TWINS, Calling
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan import consumers, edges, laziness, properties, startup, tables, test_hooks
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.bridges import by_run_sync
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import METADATA, calling, entered_sync, operations, origins, reaches_database
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.roots import main_block, turned, within
from sqla_async_fix.model.plan.sessions import closed_by_block
from sqla_async_fix.model.plan.synchronised import synchronising
from sqla_async_fix.model.records import DatabaseCall, Place, ProjectCall
from sqla_async_fix.model.symbols import Function, Scope, decorator_name
from sqla_async_fix.model.syntax import walk


def findings(colours: Colours) -> Iterator[Finding]:
    """What every body has to wait for."""
    for scope in colours.scopes():
        if colours.is_island(scope):
            continue
        group = name_of(colours.parts.leader(colours.node_of(scope)))
        if isinstance(scope, Function) and scope in colours.reasons:
            operations_here = [*_operations(scope, colours, group), *_bridges(scope, colours, group)]
            if scope.is_async:
                yield from operations_here
            else:
                yield _definition(scope, colours, group, operations_here)
        yield from _calls(scope, colours)
        yield from _entered(scope, colours, group)
        yield from _loops(scope, colours)


def _definition(function: Function, colours: Colours, group: str, awaited: list[Finding]) -> Finding:
    """The `def` with the awaits on its own sessions; one that only calls others follows from them."""
    module, node = function.module, function.definition
    steps: list[Step] = (
        list(edges.split(function)) if function in colours.edges else list(_asynchronous(function, colours))
    )
    if properties.is_plain(function):
        steps.extend(properties.undecorated(function))
    for decorator in node.decorator_list:
        if decorator_name(decorator) == "contextmanager":
            steps.append(Replace(module.span(decorator), (Symbol("contextlib", "asynccontextmanager"),)))
    if function.cls is not None and node.name in MANAGER_TWINS:
        steps.append(Replace(_name_span(module, node), (MANAGER_TWINS[node.name],)))
    if (awaited_name := test_hooks.twin(function, colours.project)) is not None:
        steps.append(Replace(_name_span(module, node), (awaited_name,)))
    steps.extend(consumers.delegations(function, colours))
    for finding in awaited:
        steps.extend(finding.steps)
    refusal = next((finding.refusal for finding in awaited if finding.refusal), None)
    return Finding(
        "SAF303",
        module,
        _name_span(module, node),
        function.short_name,
        colours.reasons[function],
        tuple(steps),
        group,
        refusal,
        follows=function not in colours.direct,
    )


def _name_span(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
    start = module.span(node).start
    start = module.text.index(node.name, module.text.index("def", start) + 3)
    return Span(start, start + len(node.name))


def _asynchronous(function: Function, colours: Colours) -> Iterator[Step]:
    """`async def`; fixtures and tests are marked for who runs them, where that asks for it."""
    module, node = function.module, function.definition
    async_tests = colours.project.options.async_tests
    loop_scope = "" if async_tests == "anyio" else colours.loop_scope(function)
    by_itself = async_tests == "auto" and not loop_scope
    scoped = f'loop_scope="{loop_scope}"' if loop_scope else ""
    called = f"({scoped})" if scoped else ""
    for decorator in node.decorator_list:
        if decorator_name(decorator) == "fixture":
            if by_itself or async_tests == "anyio":
                break
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not module.source(target).startswith("pytest_asyncio"):
                after = "" if isinstance(decorator, ast.Call) else called
                yield Replace(module.span(target), (Symbol("pytest_asyncio", ""), f".fixture{after}"))
                if scoped and isinstance(decorator, ast.Call):
                    yield AddArgument(module.span(decorator), (scoped,))
            yield AddAsync(module.span(node))
            return
    if test_hooks.is_fixture(function, colours.project):
        yield from test_hooks.fixture(function, scoped)
        return
    is_marked = by_itself or test_hooks.is_case(function, colours.project) or _is_marked(module, async_tests, called)
    if is_marked or not _is_test(function):
        yield AddAsync(module.span(node))
        return
    newline = module.newline
    start = module.span(node).start
    indent = module.before(start)
    runner = "anyio" if async_tests == "anyio" else "asyncio"
    mark = ("@", Symbol("pytest", ""), f".mark.{runner}{called}{newline}{indent}")
    if node.decorator_list:
        first = module.text.rindex("@", 0, module.span(node.decorator_list[0]).start)
        yield Replace(Span(first, first), mark)
        yield AddAsync(module.span(node))
    else:
        yield Replace(Span(start, start + len("def")), (*mark, "async def"))


def _is_marked(module: Module, runner: str, called: str) -> bool:
    """Whether a module marks all of its tests for who runs them."""
    marks = (
        statement.value
        for statement in module.tree.body
        if isinstance(statement, ast.Assign) and module.source(statement.targets[0]) == "pytestmark"
    )
    return any(f"mark.{runner}{called}" in module.source(value) for value in marks)


def _is_test(function: Function) -> bool:
    is_named = function.short_name.startswith("test") and not isinstance(function.parent, Function)
    return is_named and test_hooks.in_tests(function.module)


def _operations(scope: Function, colours: Colours, group: str) -> Iterator[Finding]:
    entered: set[ast.AST] = {node for _, node, _ in entered_sync(scope)} | closed_by_block(scope)
    for operation in operations(scope):
        if operation.method == "get_bind" and (bind := _bind(scope, operation, group)) is not None:
            yield bind
        if operation.receiver == METADATA or not reaches_database(operation):
            continue
        if operation.node in entered or operation.awaited:
            continue
        if calling(operation) is Calling.ENTER and operation.node not in entered:
            refusal = f"`{operation.method}()` gives an object that can only be entered by `async with`"
        else:
            refusal = None
        module = scope.module
        steps: tuple[Step, ...] = (AddAwait(module.span(operation.node)),)
        if calling(operation) is Calling.RUN_SYNC:
            steps = (*by_run_sync(module, operation), *steps)
        steps = (*synchronising(scope, operation, colours), *steps)
        if operation.streamed:
            steps, refusal = _stream(scope, operation)
        elif operation.place is Place.GENERATOR and refusal is None:
            steps, refusal = laziness.awaited(scope, operation.node, steps)
        yield Finding("SAF307", module, module.span(operation.node), operation.method, "", steps, group, refusal)


def _bind(scope: Scope, operation: DatabaseCall, group: str) -> Finding | None:
    """`get_bind()` of an asynchronous session gives the synchronous engine; what reaches the database needs `bind`."""
    module, node = scope.module, operation.node
    parent = parents(module)[node]
    if isinstance(parent, ast.Attribute) and ENGINE.get(parent.attr, Calling.MISSING) is Calling.SYNC:
        return None
    outer = parents(module)[parent] if isinstance(parent, ast.keyword) else parent
    if outer in scope.record.database and scope.record.database[outer].receiver == METADATA:
        return None
    assert isinstance(node.func, ast.Attribute)
    start, end = module.span(node.func.value).end, module.span(node).end
    refusal = (
        "`get_bind()` is asked for the engine of something; use an engine by its name"
        if node.args or node.keywords
        else None
    )
    steps = (Replace(Span(start, end), (".bind",)),)
    return Finding("SAF307", module, module.span(node), "get_bind", "", steps, group, refusal)


def _bridges(scope: Scope, colours: Colours, group: str) -> Iterator[Finding]:
    for bridge in colours.bridges.get(scope, ()):
        yield Finding("SAF307", scope.module, scope.module.span(bridge.node), "query", "", bridge.steps(), group)


def _stream(scope: Scope, operation: DatabaseCall) -> tuple[tuple[Step, ...], str | None]:
    """A result that is not buffered is streamed, and its loop becomes asynchronous."""
    module, loop = scope.module, scope.record.loops.get(operation.node)
    twin = {"execute": "stream", "scalars": "stream_scalars"}.get(operation.method)
    clause: ast.AST | None = loop.statement if loop is not None else None
    if isinstance(clause, ast.comprehension) and operation.place in (Place.BODY, Place.GENERATOR):
        clause = clause.target
    elif not isinstance(clause, ast.For):
        clause = None
    if twin is None or clause is None or loop is None:
        return (), "its result is streamed, and only a loop over the call itself can become an `async for`"
    if isinstance(loop.statement, ast.For) and _ends_transaction(scope, loop.statement):
        return (), "the loop over a streamed result ends the transaction; collect the rows first"
    span = module.span(operation.node)
    steps = (RenameMethod(span, twin), AddAwait(span), AddAsync(module.span(clause)))
    if isinstance(loop.statement, ast.comprehension):
        return laziness.awaited(scope, operation.node, steps, loop.statement)
    return steps, None


def _ends_transaction(scope: Scope, loop: ast.For) -> bool:
    inside = set(walk(loop))
    return any(call.node in inside and call.method in ("commit", "rollback", "close") for call in operations(scope))


def _calls(scope: Scope, colours: Colours) -> Iterator[Finding]:
    module = scope.module
    for call in scope.record.calls.values():
        target = call.targets[0]
        if call.awaited or not colours.is_awaited(target):
            continue
        group = name_of(colours.parts.leader(target))
        steps, refusal = _call_steps(scope, call, target, colours)
        if steps or refusal:
            yield Finding("SAF304", module, module.span(call.node), target.short_name, "", steps, group, refusal, True)


def _call_steps(
    scope: Scope, call: ProjectCall, target: Function, colours: Colours
) -> tuple[tuple[Step, ...], str | None]:
    module = scope.module
    if not isinstance(call.node, ast.Call):
        assert isinstance(call.node, ast.Attribute)
        read = properties.called(module, call.node)
        if not isinstance(scope, Function):
            return (), "a property is read when the module is imported; read it in `main()`"
        return laziness.awaited(scope, call.node, read) if call.place is Place.GENERATOR else (read, None)
    if target.is_generator:
        if call.node in scope.record.entered or call.node in scope.record.loops:
            return (), None
        return consumers.taken(scope, call.node, target)
    steps: tuple[Step, ...] = (AddAwait(module.span(call.node)),)
    if target.short_name in MANAGER_TWINS and isinstance(call.node.func, ast.Attribute):
        steps = (RenameMethod(module.span(call.node), MANAGER_TWINS[target.short_name]), *steps)
    if (name := test_hooks.twin(target, colours.project)) is not None and isinstance(call.node.func, ast.Attribute):
        steps = (RenameMethod(module.span(call.node), name), *steps)
    if not isinstance(scope, Function) or call.node in startup.put_off(scope):
        block = main_block(module)
        if (moved := startup.moved(scope, call.node, tables.moving(scope, colours), colours.project)) is not None:
            return moved
        if block is None or not within(module, call.node, block):
            return (), "it is called when the module is imported, outside of any function; call it from `main()`"
        if not turned(scope, colours):
            span = module.span(call.node)
            opening = Replace(Span(span.start, span.start), (Symbol("asyncio", ""), ".run("))
            return (opening, Replace(Span(span.end, span.end), (")",))), None
    if call.place is Place.GENERATOR:
        return laziness.awaited(scope, call.node, steps)
    return steps, None


def _entered(scope: Scope, colours: Colours, group: str) -> Iterator[Finding]:
    module = scope.module
    changing = {(statement, node) for statement, node, _ in entered_sync(scope)}
    leaders = {
        node: name_of(colours.parts.leader(site)) for _, node, kind in entered_sync(scope) for site in origins(kind)
    }
    for entered in scope.record.entered.values():
        call = scope.record.calls.get(entered.node)
        known = call is not None and call.targets[0] in colours.reasons and isinstance(entered.kind, ContextManager)
        managed = scope.record.managers.get(entered.node)
        if managed is not None and any(target in colours.reasons for target in managed.targets):
            known = True
        if known and isinstance(entered.statement, ast.With):
            changing.add((entered.statement, entered.node))
    for statement in {statement: None for statement, _ in sorted(changing, key=lambda pair: pair[0].lineno)}:
        nodes = {node for each, node in changing if each is statement}
        whole = all(item.context_expr in nodes for item in statement.items)
        first = statement.items[0].context_expr
        refusal = None if whole else "the `with` also enters something that is not asynchronous; split it in two"
        if not isinstance(scope, Function):
            block = main_block(module) if turned(scope, colours) else None
            group = leaders.get(first, group)
            if block is None or not within(module, first, block):
                refusal = "it stands outside of any function; move it into an `async def`"
        elif scope not in colours.reasons and not scope.is_async:
            refusal = f"`{scope.short_name}` does not become asynchronous"
        yield Finding(
            "SAF206",
            module,
            module.span(first),
            module.source(first),
            "",
            (AddAsync(module.span(statement)),),
            group,
            refusal,
            follows=True,
        )


def _loops(scope: Scope, colours: Colours) -> Iterator[Finding]:
    module = scope.module
    for loop in scope.record.loops.values():
        call = scope.record.calls.get(loop.node)
        if call is None or call.targets[0] not in colours.reasons or not call.targets[0].is_generator:
            continue
        if call.targets[0].is_async:
            continue
        steps: tuple[Step, ...] = ()
        refusal: str | None = None
        if isinstance(loop.statement, ast.For):
            steps = (AddAsync(module.span(loop.statement)),)
        elif isinstance(loop.statement, ast.comprehension) and loop.place in (Place.BODY, Place.GENERATOR):
            steps = (AddAsync(module.span(loop.statement.target)),)
            steps, refusal = laziness.awaited(scope, loop.node, steps, loop.statement)
        elif isinstance(loop.statement, ast.YieldFrom):
            refusal = None if scope in colours.reasons else f"`{scope.name}` does not become asynchronous"
        else:
            steps, refusal = consumers.taken(scope, loop.node, call.targets[0])
        yield Finding(
            "SAF305",
            module,
            module.span(loop.node),
            call.targets[0].short_name,
            "",
            steps,
            name_of(colours.parts.leader(call.targets[0])),
            refusal,
        )
