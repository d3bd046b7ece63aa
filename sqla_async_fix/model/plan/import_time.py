"""Tables made when a module is imported, by the one application that imports it: its start-up takes that over.

What the module of the application itself does is in `startup`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.steps import Step
from sqla_async_fix.model.kinds import External
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan import startup
from sqla_async_fix.model.plan.blocks import free_name, is_main_guard, names_in, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.importing import access, directly, imported
from sqla_async_fix.model.plan.operations import METADATA, operations, reaches_database
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function

_SERVER = "uvicorn"
"""What runs an application with its start-up."""


@dataclass(frozen=True, slots=True)
class Handover:
    """A statement that becomes a function by the name `function`, which the start-up of an application awaits: the
    module of the application, the call that makes it and the steps there."""

    function: str
    module: Module
    call: ast.Call
    steps: tuple[Step, ...]


def handed_over(owner: Module, statement: ast.stmt, named: str, colours: Colours) -> Handover | str:
    """What takes a statement of a module over, or why nothing can."""
    project = colours.project
    made = _application(project)
    if made is None or statement not in owner.tree.body:
        return "it runs when the module is imported; call it from the application's start-up"
    module = made.scope.module
    reached = imported(module, project)
    if owner.path not in reached or module.path in reached:
        return f"it runs when the module is imported, and {module.path} does not import it; create the tables there"
    if (reason := _needed_before(owner, statement, {module.path, *reached}, colours)) is not None:
        return reason
    if (reason := startup.unseen(project) or _used_without(owner, module, reached, project)) is not None:
        return reason
    function = free_name(names_in(owner) | names_in(module), named)
    if (found := access(function, owner, module, project)) is None:
        return f"{module.path} does not import this module by itself; create the tables at its application's start-up"
    spelled, step = found
    steps, refusal = startup.begin(made, f"{function}_on_startup", f"await {spelled}()", project)
    return refusal or Handover(function, module, made.call, (*((step,) if step is not None else ()), *steps))


def _application(project: Project) -> startup.Application | None:
    """The application of a project that makes one, at the top of a module that is not one of tests."""
    found = [each for module in project.modules.values() for each in _calls(module, project)]
    if len(found) != 1:
        return None
    module, call = found[0]
    owner = parents(module).get(call)
    if not isinstance(owner, ast.Assign) or owner not in module.tree.body or not isinstance(owner.targets[0], ast.Name):
        return None
    return startup.Application(project.index(module), call, owner, owner.targets[0].id)


def _calls(module: Module, project: Project) -> Iterator[tuple[Module, ast.Call]]:
    if startup.is_test(module) or not any(module.mentions(n.rpartition(".")[2]) for n in startup.APPLICATIONS):
        return
    scope = project.index(module)
    for call in module.nodes.within(module.tree, ast.Call):
        kind = project.static(call.func, scope)
        if isinstance(kind, External) and kind.name in startup.APPLICATIONS:
            yield module, call


def _needed_before(owner: Module, statement: ast.stmt, paths: set[str], colours: Colours) -> str | None:
    """Why the tables cannot wait for the start-up: something else that reaches the database when it is imported."""
    for scope in colours.evaluated:
        if isinstance(scope, Function) or scope.module.path not in paths:
            continue
        record = scope.record
        waits: Sequence[ast.AST] = [
            *(each.node for each in operations(scope) if each.receiver == METADATA or reaches_database(each)),
            *(call.node for call in record.calls.values() if any(map(colours.is_awaited, call.targets))),
            *record.inspections,
        ]
        for node in waits:
            if scope.module is not owner or parents(owner).get(node) is not statement:
                line = f"{scope.module.path}:{node.lineno}"  # type: ignore[attr-defined]
                return f"it runs at import, as does what reaches the database in {line}; call both from `main()`"
    return None


def _used_without(owner: Module, application: Module, reached: frozenset[str], project: Project) -> str | None:
    """Why the tables may be used by what does not start the application: scripts, migrations and tests."""
    modules = list(project.modules.values())
    makes_tables = any(startup.is_test(each) and each.mentions("create_all") for each in modules)
    for module in modules:
        if module is application or (_is_of_tests(module) and (makes_tables or module.mentions("TestClient"))):
            continue
        if module.path in reached:
            is_user = any(map(is_main_guard, module.tree.body))
        else:
            is_server = module.mentions(_SERVER) and set(directly(module, project)) <= {application.path}
            is_user = not is_server and owner.path in imported(module, project)
        if is_user:
            return f"{module.path} may use the tables and does not start the application; create them there as well"
    return None


def _is_of_tests(module: Module) -> bool:
    """Whether a file holds tests or helps them, by its name or folder."""
    return startup.is_test(module) or not {"test", "tests"}.isdisjoint(module.path.split("/")[:-1])
