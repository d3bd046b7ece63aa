"""Which functions may still become asynchronous, judged before all bodies are known.

The plan itself is in `planner`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqla_async_fix.model.plan import boundaries, creations
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import is_sync
from sqla_async_fix.model.plan.parts import Node
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.queries import connected_groups
from sqla_async_fix.model.solver import Prospects
from sqla_async_fix.model.symbols import Function


def prospects(project: Project) -> Prospects:
    """What nothing rules out that knowing more could not lift."""
    if project.options.target != "async":
        return Prospects(frozenset(), False)
    colours = Colours(project, connected_groups(project))
    leader = colours.parts.leader
    lost = {leader(node) for node in _lasting_obstacles(colours)}
    functions = frozenset(function for function in colours.reasons if leader(function) not in lost)
    made = any(leader(node) not in lost for node, _ in creations.by_origin(colours))
    free = (function for function in list(project.functions.values()) if not colours.is_island(function))
    taken = any(_takes(function) and leader(function) not in lost for function in free)
    return Prospects(functions, made or bool(functions) or taken)


def _takes(function: Function) -> bool:
    """Whether a function takes a synchronous object, which bodies that are not known yet may use."""
    return not function.is_async and any(is_sync(kind) for kind in function.parameters.values())


def _lasting_obstacles(colours: Colours) -> Iterator[Node]:
    for function in colours.reasons:
        if boundaries.refusal(function, colours) is not None:
            yield function
    for scope, _, refusal in colours.query_uses:
        if refusal is not None:
            yield colours.node_of(scope)
    for node, findings in creations.by_origin(colours):
        if any(finding.refusal is not None for finding in findings):
            yield node
    for scope in colours.evaluated:
        for reference in scope.record.references.values():
            if reference.how == "container" and not isinstance(scope, Function):
                continue  # who calls what a module's list holds may not have been looked at
            if (
                colours.is_awaited(reference.function)
                and boundaries.reference_refusal(reference, scope, colours) is not None
            ):
                yield reference.function
