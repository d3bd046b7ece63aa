"""How a constructor that cannot wait prepares its database (SAF309). What it does is in `preparations`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqla_async_fix.core.steps import AddStatements, Code, DropStatement, Replace, Step, Symbol
from sqla_async_fix.model.plan.blocks import free_name
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.islands import is_memory, twin_name
from sqla_async_fix.model.plan.operations import METADATA, origins
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.preparations import Preparation, creations_of, driver_uses, kept_engines, preparations
from sqla_async_fix.model.plan.urls import Url
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk


def findings(colours: Colours) -> Iterator[Finding]:
    """Every engine of a constructor that has to be a synchronous one as well."""
    for function in list(colours.project.functions.values()):
        creations = {} if colours.is_island(function) else creations_of(function)
        prepared = {each.target: each for each in preparations(function)} if creations else {}
        for target, made in creations.items():
            drivers = list(driver_uses(function, target))
            found = prepared.get(target)
            if made[0].value in kept_engines(function):
                continue
            if drivers or (found is not None and found.outlives):
                yield _finding(function, made, found, drivers, colours)


def _finding(
    function: Function,
    creations: Sequence[ast.Assign],
    found: Preparation | None,
    drivers: Sequence[tuple[Function, ast.expr]],
    colours: Colours,
) -> Finding:
    module = function.module
    urls = [colours.urls.get(each.value) for each in creations if isinstance(each.value, ast.Call)]
    known = [url for url in urls if url is not None and url.drivers]
    steps: tuple[Step, ...] | None = None
    refusal = None
    if len(known) < len(urls):
        refusal = "the constructor prepares a database whose URL is not known here; do it in a method that is awaited"
    elif any(is_memory(driver.text) for url in known for driver in url.drivers.values()):
        steps = _at_first_connection(function, found) if found is not None and not drivers else None
        if steps is None:
            refusal = "an engine of the constructor's own would have another in-memory database; prepare it in a method"
    elif not all(_is_file(url) for url in known) and any(":memory:" in m.text for m in colours.project.live_modules()):
        refusal = "the database may be in memory, where an engine of the constructor's own would have another one"
    else:
        steps = _at_once(function, creations, found, drivers)
    made = function.record.database[creations[0].value]
    group = name_of(colours.parts.leader(next(origins(made.result))))
    if found is None:
        why = "makes an engine that is asked for connections of its synchronous driver"
        span = module.span(creations[0].value)
    else:
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


def _at_once(
    function: Function,
    creations: Sequence[ast.Assign],
    found: Preparation | None,
    drivers: Sequence[tuple[Function, ast.expr]],
) -> tuple[Step, ...]:
    """The constructor has a synchronous engine beside the other, as an attribute where methods ask its driver for
    connections; else only to prepare the database."""
    module = function.module
    target = module.source(creations[0].targets[0])
    owner, _, name = target.rpartition(".")
    members = {word[1:] for word in module.words if word.startswith(".")}
    twin = f"{owner}.{free_name(members, twin_name(name))}" if drivers else _free(function, twin_name(name))
    steps: list[Step] = [
        AddStatements(module.span(each), ((f"{twin} = {module.source(each.value)}",),), True) for each in creations
    ]
    uses = [*(found.uses if found is not None else ()), *(use for _, use in drivers)]
    steps += [Replace(module.span(use), (twin,)) for use in uses]
    if found is not None and not drivers:
        steps.append(AddStatements(module.span(found.last), ((f"{twin}.dispose()",),), True))
    return tuple(steps)


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
