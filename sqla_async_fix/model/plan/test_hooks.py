"""Test cases of unittest, and the functions that unittest and pytest call by their names around tests (SAF702).

Tests and fixtures that are plain functions are in `waits`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAsync, AddStatements, Replace, Step, Symbol
from sqla_async_fix.model.kinds import External, ExternalInstance, Kind
from sqla_async_fix.model.knowledge.test_frameworks import (
    ASYNC_TEST_CASES,
    CASE_HOOKS,
    CASE_TWINS,
    CLASS_HOOKS,
    CLEANUP_TWINS,
    METHOD_HOOKS,
    MODULE_HOOKS,
    TEST_CASES,
)
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope, functions_around


def in_tests(module: Module) -> bool:
    """Whether pytest looks for tests in a file, by its name."""
    name = module.path.rsplit("/", 1)[-1]
    return name.startswith("test") or name.removesuffix(".py").endswith("_test")


def is_case_base(kind: Kind) -> bool:
    """Whether a base class is unittest's own."""
    return isinstance(kind, (External, ExternalInstance)) and kind.name in TEST_CASES | ASYNC_TEST_CASES


def is_case(function: Function, project: Project) -> bool:
    """Whether unittest runs objects that a method is of: those of its class or of one that derives from it."""
    if function.cls is None:
        return False
    name = function.cls.name
    family = (function.cls, *project.subclasses(name))
    return any(is_case_base(base) for info in family for base in project.external_bases(info.name))


def twin(function: Function, project: Project) -> str | None:
    """The name by which unittest awaits a method that prepares its tests or cleans up after them."""
    return CASE_TWINS[function.short_name] if function.short_name in CASE_TWINS and is_case(function, project) else None


def refusal(function: Function, colours: Colours) -> str | None:
    """Why a function that is called around tests cannot become asynchronous; None if it can, or is none."""
    name, project = function.short_name, colours.project
    if function.cls is None:
        called = name in MODULE_HOOKS and not isinstance(function.parent, Function)
        return _unawaited(name) if called and in_tests(function.module) else None
    if is_case(function, project):
        if name in CASE_HOOKS:
            return f"`{name}` is called by `unittest`, which would not await it; prepare in `asyncSetUp`"
        awaited = CASE_TWINS.get(name)
        if awaited is not None and project.method(function.cls.name, awaited) is not None:
            return f"`{function.cls.node.name}` has `{name}` and `{awaited}`; write the one that is wanted"
        return None
    if not _is_collected(function.cls, project):
        return None
    if name in CLASS_HOOKS:
        return _unawaited(name)
    if name in METHOD_HOOKS and not _can_be_fixture(function, colours):
        return _unawaited(name)
    return None


def _unawaited(name: str) -> str:
    return f"`{name}` is called by pytest, which would not await it; make it a fixture with `autouse=True`"


def _is_collected(info: ClassInfo, project: Project) -> bool:
    """Whether pytest runs the tests of a class or of one that derives from it."""
    return any(each.node.name.startswith("Test") for each in (info, *project.subclasses(info.name)))


def _can_be_fixture(function: Function, colours: Colours) -> bool:
    """Whether nothing but pytest calls a method, which asks for nothing and is the only one of its name."""
    if colours.project.options.async_tests == "anyio":
        return False  # its asynchronous fixtures are for asynchronous tests alone
    plain = (
        len(list(function.arguments())) == 1 and not function.definition.decorator_list and not function.is_generator
    )
    return plain and not colours.callers(function) and not any(colours.twins(function))


def is_fixture(function: Function, project: Project) -> bool:
    """Whether a method that pytest calls by its name becomes a fixture."""
    hooked = function.cls is not None and function.short_name in METHOD_HOOKS
    return hooked and not is_case(function, project) and _is_collected(function.cls, project)  # type: ignore[arg-type]


def fixture(function: Function, scoped: str) -> Iterator[Step]:
    """`setup_method` becomes a fixture that all tests of the class use; `teardown_method` one that waits for them."""
    module, node = function.module, function.definition
    start = module.span(node).start
    indent = module.newline + module.before(start)
    given = f"autouse=True, {scoped}" if scoped else "autouse=True"
    yield Replace(Span(start, start), ("@", Symbol("pytest_asyncio", ""), f".fixture({given}){indent}"))
    yield AddAsync(module.span(node))
    if METHOD_HOOKS[function.short_name] == "teardown":
        documented = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
        yield AddStatements(module.span(node.body[documented]), (("yield",),), False)


def cleanup(scope: Scope, given: ast.AST, colours: Colours) -> ast.Call | None:
    """The call `self.addCleanup(given, ...)` of a test case, which has a twin that awaits; None for other uses."""
    call = parents(scope.module).get(given)
    if not (isinstance(call, ast.Call) and call.args and call.args[0] is given and isinstance(scope, Function)):
        return None
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in CLEANUP_TWINS):
        return None
    return call if any(_is_awaited_case(function, colours) for function in functions_around(scope)) else None


def _is_awaited_case(function: Function, colours: Colours) -> bool:
    """Whether unittest runs objects that a method is of, and has to await something of theirs."""
    if function.cls is None or not is_case(function, colours.project):
        return False
    family = colours.project.hierarchy(function.cls.name)
    return any(colours.is_awaited(method) for info in family for method in info.methods.values())


def findings(colours: Colours) -> Iterator[Finding]:
    """Every class whose base is `unittest.TestCase` and whose tests, or those of a class that derives from it, wait."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for function in colours.reasons:
        if not function.is_async and function.cls is not None and is_case(function, colours.project):
            for info in colours.project.hierarchy(function.cls.name):
                groups[info.name].add(name_of(colours.parts.leader(function)))
    for name in sorted(groups):
        info = colours.project.classes[name]
        for node, base in zip(info.node.bases, colours.project.bases(info), strict=False):
            if isinstance(base, External) and base.name in TEST_CASES:
                step = Replace(info.module.span(node), (Symbol("unittest", "IsolatedAsyncioTestCase"),))
                for group in sorted(groups[name]):
                    yield Finding("SAF702", info.module, info.module.span(node), info.node.name, "", (step,), group)
