"""Patches that put something into the place of a function that becomes asynchronous (SAF703). Mocks are in `mocks`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.steps import AddArgument, Code, Replace, Step
from sqla_async_fix.model.kinds import ClassRef, External, FunctionRef, Instance, Kind, ModuleRef
from sqla_async_fix.model.knowledge import mocks
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import attribute_stores, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.mocks import ASYNC_MOCK, MAGIC_MOCK, asynchronous, calling_mock, made
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import Parents, walk

_FIXTURES = {"monkeypatch": ("setattr",), "mocker": ("patch", "object")}
"""What test fixtures patch with, by their usual parameters and the last names of the calls."""


def findings(colours: Colours) -> Iterator[Finding]:
    """Every patch of a function that code awaits from now on."""
    for module in list(colours.project.live_modules()):
        if "patch" not in module.text or module.path not in colours.project.scopes:
            continue
        for node in module.nodes.within(module.tree, ast.Call):
            if node.args:
                scope = _scope_at(node, module, colours.project)
                function = _target(node, scope, colours)
                if function is not None and _is_replaced(function, colours):
                    yield from _finding(node, function, tuple(_steps(node, function, scope, colours)), scope, colours)
    yield from _assigned(colours)


def _assigned(colours: Colours) -> Iterator[Finding]:
    """What is assigned to the attribute that holds such a function: `users.count = Mock()`."""
    changing = {function.short_name for function in colours.reasons if _is_replaced(function, colours)}
    for scope in colours.scopes():
        for target, value in attribute_stores(scope):
            if target.attr in changing and made(target.value, scope, colours.project) is None:
                root = target.value
                own = scope.names.get(root.id) if isinstance(root, ast.Name) and isinstance(scope, Function) else None
                function = _member(own or colours.project.static(root, scope), target.attr, colours)
                if function is not None and _is_replaced(function, colours):
                    yield from _finding(value, function, tuple(_replacement(value, scope, colours)), scope, colours)


def _is_replaced(function: Function, colours: Colours) -> bool:
    """Whether what takes the place of a function has to be a coroutine function from now on."""
    return colours.is_awaited(function) and not function.is_generator


def _scope_at(node: ast.AST, module: Module, project: Project) -> Scope:
    """The body that a node stands in."""
    above = parents(module)
    while node in above:
        node = above[node]
        function = project.function_at(node)
        if function is not None:
            return function
    return project.scopes[module.path]


def _finding(
    node: ast.expr, function: Function, steps: tuple[Step, ...], scope: Scope, colours: Colours
) -> Iterator[Finding]:
    if steps:
        module = scope.module
        group = name_of(colours.parts.leader(function))
        subject = f"`{function.short_name}`"
        yield Finding("SAF703", module, module.span(node), subject, "", steps, group, follows=True)


def _target(node: ast.Call, scope: Scope, colours: Colours) -> Function | None:
    """The function of the project that a call puts something in the place of."""
    kind = colours.project.static(node.func, scope)
    name = kind.name if isinstance(kind, External) else ""
    root: ast.expr = node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    by_fixture = isinstance(root, ast.Name) and last in _FIXTURES.get(root.id, ())
    if name not in mocks.PATCHES | mocks.PATCHES_OF_OBJECTS and not by_fixture:
        return None
    if last in ("object", "setattr") and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        named = node.args[1].value
        owner: Kind | None = colours.project.static(node.args[0], scope)
        return _member(owner, str(named), colours)
    text = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
    return _by_text(text, scope, colours) if isinstance(text, str) else None


def _by_text(text: str, scope: Scope, colours: Colours) -> Function | None:
    parts = text.split(".")
    for end in range(len(parts) - 1, 0, -1):
        path = colours.project.names.find(".".join(parts[:end]), scope.module.path)
        if path is not None:
            owner: Kind = ModuleRef(path)
            for part in parts[end:-1]:
                owner = colours.project.get(owner, part)
            return _member(owner, parts[-1], colours)
    return None


def _member(owner: Kind | None, name: str, colours: Colours) -> Function | None:
    if isinstance(owner, ModuleRef):
        kind = colours.project.member(owner, name)
        return colours.project.functions[kind.name] if isinstance(kind, FunctionRef) else None
    if isinstance(owner, (ClassRef, Instance)):
        return colours.project.method(owner.name if isinstance(owner, ClassRef) else owner.cls, name)
    return None


def _steps(node: ast.Call, function: Function, scope: Scope, colours: Colours) -> Iterator[Step]:
    module = scope.module
    last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    by_name = 2 if last in ("object", "setattr") and len(node.args) > 1 and _is_text(node.args[1]) else 1
    new = given.get("new") or (node.args[by_name] if len(node.args) > by_name else None)
    if new is not None:
        yield from _replacement(new, scope, colours)
        return
    if "new_callable" in given:
        kind = colours.project.static(given["new_callable"], scope)
        if isinstance(kind, External) and kind.name in mocks.PLAIN:
            yield Replace(module.span(given["new_callable"]), (ASYNC_MOCK,))
    elif last == "setattr" or {"return_value", "side_effect", None} & given.keys():
        return
    elif _is_used(function, colours) and not _is_configured(node, scope):
        again = _runs_again(parents(module)[node], scope)
        start: Code = ("new_callable=lambda: ", ASYNC_MOCK, "(") if again else ()
        yield AddArgument(module.span(node), (*start, "return_value=", MAGIC_MOCK, "())" if again else "()"))


def _replacement(new: ast.expr, scope: Scope, colours: Colours) -> Iterator[Step]:
    """The steps that make a coroutine function of what takes the place of one: a mock, or another function."""
    yield from asynchronous(new, scope, colours.project)
    kind = colours.project.static(new, scope) if isinstance(new, (ast.Name, ast.Attribute)) else None
    if isinstance(kind, FunctionRef) and not _is_coroutine(colours.project.functions[kind.name], colours):
        yield Replace(scope.module.span(new), calling_mock(new, scope))


def _runs_again(parent: ast.AST, scope: Scope) -> bool:
    """Whether what a decorator was given serves several runs of tests."""
    if isinstance(parent, ast.FunctionDef):
        return any("parametrize" in scope.module.source(each) for each in parent.decorator_list)
    return isinstance(parent, ast.ClassDef)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_coroutine(function: Function, colours: Colours) -> bool:
    return function.is_async or colours.is_awaited(function)


def _is_used(function: Function, colours: Colours) -> bool:
    """Whether anybody uses what a function gives."""
    return any(not isinstance(parents(scope.module)[call.node], ast.Expr) for scope, call in colours.callers(function))


def _is_configured(node: ast.Call, scope: Scope) -> bool:
    """Whether the test says what the mock of a patch gives, or what it does instead."""
    above = parents(scope.module)
    parent = above[node]
    if isinstance(parent, ast.withitem):
        name = parent.optional_vars.id if isinstance(parent.optional_vars, ast.Name) else ""
        body: ast.AST = above[parent]
    elif isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        name, body = parent.targets[0].id, _around(parent, above)
    elif isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
        patches = [each for each in reversed(parent.decorator_list) if _gives_mock(each)]
        parameters = [arg.arg for arg in parent.args.args if arg.arg not in ("self", "cls")]
        index = next((i for i, each in enumerate(patches) if each is node), len(parameters))
        name, body = (parameters[index] if index < len(parameters) else ""), parent
    else:
        return False
    return name != "" and any(
        isinstance(each, ast.Attribute)
        and each.attr in ("return_value", "side_effect")
        and isinstance(each.ctx, ast.Store)
        and isinstance(each.value, ast.Name)
        and each.value.id == name
        for each in walk(body)
    )


def _gives_mock(node: ast.expr) -> bool:
    """Whether a decorator is a patch without an object of its own, which gives its mock to the function."""
    if not isinstance(node, ast.Call) or "patch" not in ast.unparse(node.func):
        return False
    is_object = isinstance(node.func, ast.Attribute) and node.func.attr == "object"
    has_own = len(node.args) > (2 if is_object else 1) or any(keyword.arg == "new" for keyword in node.keywords)
    return not has_own and not (isinstance(node.func, ast.Attribute) and node.func.attr in ("dict", "multiple"))


def _around(node: ast.AST, above: Parents) -> ast.AST:
    """The function around a node."""
    while node in above and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        node = above[node]
    return node
