"""How a constructor that cannot wait prepares its database (SAF309). What it does is in `preparations`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.steps import AddStatements, Code, DropStatement, Replace, Step, Symbol
from sqla_async_fix.model.plan.blocks import free_name
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.islands import is_memory, twin_name
from sqla_async_fix.model.plan.operations import METADATA, origins
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.preparations import Preparation, preparations
from sqla_async_fix.model.plan.urls import Url
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk


def findings(colours: Colours) -> Iterator[Finding]:
    """Every engine that a constructor prepares for what becomes asynchronous."""
    for function in list(colours.project.functions.values()):
        if not colours.is_island(function):
            for found in preparations(function):
                if found.outlives:
                    yield _finding(function, found, colours)


def _finding(function: Function, found: Preparation, colours: Colours) -> Finding:
    module = function.module
    urls = [colours.urls.get(each.value) for each in found.creations if isinstance(each.value, ast.Call)]
    known = [url for url in urls if url is not None and url.drivers]
    steps: tuple[Step, ...] | None = None
    refusal = None
    if len(known) < len(urls):
        refusal = "the constructor prepares a database whose URL is not known here; do it in a method that is awaited"
    elif any(is_memory(driver.text) for url in known for driver in url.drivers.values()):
        steps = _at_first_connection(function, found)
        if steps is None:
            refusal = "an engine of the constructor's own would have another in-memory database; prepare it in a method"
    elif not all(_is_file(url) for url in known) and any(":memory:" in m.text for m in colours.project.live_modules()):
        refusal = "the database may be in memory, where an engine of the constructor's own would have another one"
    else:
        steps = _at_once(function, found)
    made = function.record.database[found.creations[0].value]
    group = name_of(colours.parts.leader(next(origins(made.result))))
    why = "prepares the database when an object is made, and cannot await"
    span = module.span(found.uses[0])
    return Finding("SAF309", module, span, function.short_name, why, steps or (), group, refusal)


def _is_file(url: Url) -> bool:
    """Whether a URL is whole in the program's text, or of a database that is never in memory."""
    texts = [driver.text for driver in url.drivers.values() if driver.text.startswith("sqlite")]
    return not texts or (not url.outside and all("/" in text and not _is_open(text) for text in texts))


def _is_open(text: str) -> bool:
    """Whether something is put into the text of a URL when the program runs, or after it."""
    return "%" in text or "{" in text or text.endswith("/")


def _at_once(function: Function, found: Preparation) -> tuple[Step, ...]:
    """The constructor prepares the database through a synchronous engine that it needs no longer afterwards."""
    module = function.module
    name = _free(function, twin_name(found.target.rpartition(".")[2]))
    made = tuple(
        AddStatements(module.span(each), ((f"{name} = {module.source(each.value)}",),), True)
        for each in found.creations
    )
    used = tuple(Replace(module.span(use), (name,)) for use in found.uses)
    return (*made, *used, AddStatements(module.span(found.last), ((f"{name}.dispose()",),), True))


def _at_first_connection(function: Function, found: Preparation) -> tuple[Step, ...] | None:
    """The first connection of the engine, which alone sees the database, makes the tables before anyone uses it."""
    module = function.module
    if len(found.uses) != 1 or not isinstance(found.last, ast.Expr):
        return None
    operation = function.record.database.get(found.last.value)
    if operation is None or operation.receiver != METADATA:
        return None
    name, connection = _free(function, "make_tables"), _free(function, "connection")
    span, use = module.span(found.last), module.span(found.uses[0])
    call = module.text[span.start : use.start] + connection + module.text[use.end : span.end]
    lines: tuple[Code, ...] = (
        ("",),
        ("@", Symbol("sqlalchemy", "event"), f'.listens_for({found.target}.sync_engine, "engine_connect", once=True)'),
        (f"def {name}({connection}):",),
        (f"    with {connection}.begin():",),
        (f"        {call}",),
        ("",),
    )
    return (AddStatements(span, lines, False), DropStatement(span))


def _free(function: Function, wanted: str) -> str:
    return free_name({node.id for node in walk(function.definition) if isinstance(node, ast.Name)}, wanted)
