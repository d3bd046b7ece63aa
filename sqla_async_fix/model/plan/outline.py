"""What the plan tells people of functions: chains to the database, stops, who stays synchronous. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqla_async_fix.core.outline import Outline, Place, Stop, Waiting
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.symbols import Function


def outline(colours: Colours, stops: Mapping[str, Stop]) -> Outline:
    """The outline of a plan; `stops` has what stops each part that cannot change."""
    waiting: dict[Place, Waiting] = {}
    for function, reason in colours.reasons.items():
        cause = colours.causes.get(function)
        called = _place(cause) if cause is not None else None
        stop = stops.get(name_of(colours.parts.leader(function)))
        waiting[_place(function)] = Waiting(reason, called, stop, function.is_async)
    islands = colours.own_islands()
    return Outline(waiting, {_place(function): islands[function] for function in _concerned(colours)})


def _concerned(colours: Colours) -> Iterator[Function]:
    """The functions that stay synchronous and use the database, themselves or by others of them."""
    islands = colours.own_islands()
    pending = [each for each in islands if each.record.queries or any(True for _ in operations(each))]
    seen = set(pending)
    while pending:
        function = pending.pop()
        yield function
        for caller, _ in colours.callers(function):
            if isinstance(caller, Function) and caller in islands and caller not in seen:
                seen.add(caller)
                pending.append(caller)


def _place(function: Function) -> Place:
    module = function.module
    name = function.name.removeprefix(f"{module.name}.").replace(".<locals>.", ".")
    return Place(module.path, function.definition.lineno, name)
