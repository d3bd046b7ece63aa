"""The main block of a script, which has to start an event loop. Functions are in `waits`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from symtable import SymbolTable, symtable

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAwait, Replace, Step, Symbol
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import free_name, is_main_guard, names_in, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import METADATA, entered_sync, operations, origins, reaches_database
from sqla_async_fix.model.plan.parts import Node, name_of
from sqla_async_fix.model.symbols import Scope
from sqla_async_fix.model.syntax import walk


def main_block(module: Module) -> ast.If | None:
    """The `if __name__ == "__main__":` at the end of a module that has just one."""
    found = [node for node in module.tree.body if is_main_guard(node)]
    return found[0] if len(found) == 1 and isinstance(found[0], ast.If) and not found[0].orelse else None


def within(module: Module, node: ast.AST, block: ast.If) -> bool:
    """Whether a node stands in a block, outside of any function."""
    above = parents(module)
    while node in above:
        node = above[node]
        if node is block:
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            return False
    return False


def waiting(scope: Scope, colours: Colours) -> Iterator[tuple[ast.expr, Node]]:
    """What a main block has to wait for, each with a node of the part that it belongs to."""
    block = main_block(scope.module)
    if block is None:
        return
    for call in scope.record.calls.values():
        target = call.targets[0]
        if colours.is_awaited(target) and within(scope.module, call.node, block):
            yield call.node, target
    for operation in operations(scope):
        if reaches_database(operation) and within(scope.module, operation.node, block):
            sites = (site for kind in (operation.receiver, *operation.given) for site in origins(kind))
            if (site := next(sites, "")) != "":
                yield operation.node, site
    for _, node, kind in entered_sync(scope):
        if within(scope.module, node, block) and (site := next(origins(kind), "")) != "":
            yield node, site


def turned(scope: Scope, colours: Colours) -> bool:
    """Whether the main block becomes a coroutine function of its own, because it waits for more than one call."""
    if scope.module.path not in colours.turned:
        found = list(waiting(scope, colours))
        plain = len(found) == 1 and found[0][0] in scope.record.calls
        colours.turned[scope.module.path] = bool(found) and not plain
    return colours.turned[scope.module.path]


def findings(colours: Colours) -> Iterator[Finding]:
    """Every main block that becomes a coroutine function."""
    for scope in list(colours.project.scopes.values()):
        if turned(scope, colours):
            block = main_block(scope.module)
            assert block is not None
            nodes = [node for _, node in waiting(scope, colours)]
            yield _turn(scope, block, name_of(colours.parts.leader(nodes[0])))


def _turn(scope: Scope, block: ast.If, group: str) -> Finding:
    module = scope.module
    whole = module.span(block)
    name = free_name(names_in(module), "main", "async_main", "run_main", "main_coroutine")
    header = Span(whole.start, module.span(block.test).end)
    newline = module.newline
    steps: tuple[Step, ...] = (
        Replace(header, (f"async def {name}()",)),
        Replace(
            Span(whole.end, whole.end),
            (
                f'{newline}{newline}{newline}if __name__ == "__main__":{newline}    ',
                Symbol("asyncio", ""),
                f".run({name}())",
            ),
        ),
    )
    entered = {node for _, node, _ in entered_sync(scope)}
    awaited: list[Step] = [
        AddAwait(module.span(operation.node))
        for operation in operations(scope)
        if reaches_database(operation)
        and operation.receiver != METADATA
        and operation.node not in entered
        and within(module, operation.node, block)
    ]
    shared = _shared_names(module, block)
    refusal = None
    if shared:
        refusal = f"the main block sets the global name `{min(shared)}`, which functions use; move it into a function"
    return Finding(
        "SAF303", module, header, "__main__", "it waits for the database", (*steps, *awaited), group, refusal
    )


def _shared_names(module: Module, block: ast.If) -> set[str]:
    """Global names that the block binds and functions or the statements after it read."""
    inside = set(walk(block))
    bound = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if not bound:
        return set()
    outside = {node.id for node in walk(module.tree) if isinstance(node, ast.Name) and node not in inside}
    later = module.tree.body[module.tree.body.index(block) + 1 :]
    read = {node.id for statement in later for node in walk(statement) if isinstance(node, ast.Name)}
    for table in symtable(module.text, module.path, "exec").get_children():
        read |= _globals_of(table)
    return bound & outside & read


def _globals_of(table: SymbolTable) -> set[str]:
    """The global names that a body or the bodies within it mention."""
    found = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return found.union(*(_globals_of(child) for child in table.get_children()))
