"""Where the driver of an engine's URL is written, and what of it comes from outside the program.

What becomes of the driver is in `creations`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqla_async_fix.core.span import Span
from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.evaluation.calls import patched
from sqla_async_fix.model.kinds import ClassRef, External, FunctionRef, Instance, Kind, ModuleRef
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import attribute_stores, parents
from sqla_async_fix.model.plan.preparations import prepared_engines
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope, decorator_name, functions_around, imported_name
from sqla_async_fix.model.syntax import Parents, walk

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.colours import Colours

_SCHEME = re.compile(r"[a-z0-9_]+(\+[a-z0-9_]+)?:")
_MAX_DEPTH = 12
_KEEPING = frozenset({"render_as_string", "update_query_dict", "update_query_pairs", "update_query_string", "format"})
_VALIDATORS = ("validator", "field_validator", "root_validator", "model_validator")


@dataclass(frozen=True, slots=True)
class Driver:
    """The text that names a driver, `scheme`, at `span`. `bare`: the text is nothing else, so no URL."""

    module: Module
    span: Span
    scheme: str
    text: str
    bare: bool = False


@dataclass(slots=True)
class Url:
    """All `drivers` that a URL may have by the program's text, and where else it may come from: `outside`.

    `shared`: a text that names a driver is read for something else than making engines as well. `is_object`: it is
    SQLAlchemy's `URL` and no text. `is_named`: a driver is not written in the engine's own call.
    """

    drivers: dict[Span, Driver] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    shared: bool = False
    is_object: bool = False
    is_named: bool = False


def url_of(node: ast.expr, scope: Scope, colours: Colours) -> Url:
    """What is known of the URL expression of an engine."""
    search = _Search(colours)
    search.look(node, scope, 0, False)
    search.url.shared = search.is_shared()
    own = scope.module.span(node)
    search.url.is_named = not all(own.contains(place) for place in search.url.drivers)
    return search.url


class _Search:
    def __init__(self, colours: Colours) -> None:
        self._colours = colours
        self._project = colours.project
        self.url = Url()
        self._seen: set[ast.AST] = set()
        self._through: dict[Function, tuple[Scope, ast.Call]] = {}
        self._named: set[tuple[Module, str]] = set()
        self._members: set[str] = set()

    def is_shared(self) -> bool:
        """Whether what was found to name a driver is read by others."""
        return any(self._is_read_elsewhere(module, name) for module, name in self._named) or any(
            self._is_member_read_elsewhere(name) for name in self._members
        )

    def look(self, node: ast.expr, scope: Scope, depth: int, bare: bool) -> None:
        """Add what an expression says; `bare`: it is the driver itself and not a URL."""
        module = scope.module
        if node in self._seen:
            return
        self._seen.add(node)
        if depth > _MAX_DEPTH:
            self._leave(module, node)
        elif isinstance(node, (ast.Constant, ast.JoinedStr)):
            self._text(module, node, scope, depth, bare)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
            self.look(node.left, scope, depth + 1, bare)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self.look(value, scope, depth + 1, bare)
        elif isinstance(node, ast.IfExp):
            self.look(node.body, scope, depth + 1, bare)
            self.look(node.orelse, scope, depth + 1, bare)
        elif isinstance(node, ast.Name):
            self._name(node, scope, depth, bare)
        elif isinstance(node, ast.Attribute):
            self._attribute(node, scope, depth, bare)
        elif isinstance(node, ast.Call):
            self._call(node, scope, depth, bare)
        else:
            self._leave(module, node)

    def _leave(self, module: Module, node: ast.expr) -> None:
        self.url.outside.append(f"`{module.source(node)}`")

    def _text(self, module: Module, node: ast.Constant | ast.JoinedStr, scope: Scope, depth: int, bare: bool) -> None:
        value: object = node
        if isinstance(node, ast.JoinedStr):
            value = node.values[0] if node.values else ""
            if isinstance(value, ast.FormattedValue):
                self.look(value.value, scope, depth + 1, True)
                return
        if isinstance(value, ast.Constant):
            value = value.value
        span = module.span(node)
        if value is None or value == "":
            return
        found = _SCHEME.match(value) if isinstance(value, str) else None
        scheme = value if bare and isinstance(value, str) else found.group()[:-1] if found else None
        at = module.text.find(scheme, span.start, span.end) if scheme is not None else -1
        if scheme is None or at < 0:
            self._leave(module, node)
            return
        place = Span(at, at + len(scheme))
        self.url.drivers[place] = Driver(module, place, scheme, str(value), bare)

    # --- names --------------------

    def _name(self, node: ast.Name, scope: Scope, depth: int, bare: bool) -> None:
        for around in functions_around(scope):
            if node.id in {arg.arg for arg in around.arguments()}:
                self._parameter(around, node, depth, bare)
                return
            if assigned := list(_assigned(around.definition.body, node.id)):
                self._values(assigned, around, depth, bare, node)
                return
        self._global(scope.module, node.id, depth, bare, node, scope.module)

    def _values(
        self,
        values: list[ast.expr | None],
        scope: Scope,
        depth: int,
        bare: bool,
        node: ast.expr,
        at: Module | None = None,
    ) -> None:
        for value in values:
            if value is None:
                self._leave(at or scope.module, node)
            else:
                self.look(value, scope, depth + 1, bare)

    def _global(self, module: Module, name: str, depth: int, bare: bool, node: ast.expr, at: Module) -> None:
        scope = self._project.index(module)
        bindings = self._project.bindings(module).get(name, ())
        imported = next((each for each in bindings if isinstance(each, ast.ImportFrom)), None)
        if imported is not None and depth < _MAX_DEPTH:
            found = (
                self._project.names.relative(module.path, imported.level, imported.module or "")
                if imported.level
                else self._project.names.find(imported.module or "", module.path)
            )
            if found is not None:
                other = self._project.modules[found]
                self._global(other, imported_name(imported, name), depth + 1, bare, node, at)
                return
        assigned = list(_assigned(module.tree.body, name))
        if not assigned or imported is not None:
            self._leave(at, node)
            return
        before = set(self.url.drivers)
        self._values(assigned, scope, depth, bare, node, at)
        for value, around in self._stored(name, lambda kind: kind == ModuleRef(module.path)):
            self.look(value, around, depth + 1, bare)
        if set(self.url.drivers) - before:
            self._named.add((module, name))

    def _parameter(self, function: Function, node: ast.Name, depth: int, bare: bool) -> None:
        name = node.id
        if list(_assigned(function.definition.body, name)):
            self._leave(function.module, node)
            return
        default = function.defaults().get(name)
        calls = [
            (scope, call.node) for scope, call in self._colours.callers(function) if isinstance(call.node, ast.Call)
        ]
        if function in self._through:
            calls = [self._through[function]]
        if default is not None and not (function in self._through and argument_of(calls[0][1], function, name)):
            self.look(default, function.parent or function, depth + 1, bare)
        for scope, call in calls:
            argument = argument_of(call, function, name)
            if argument is not None:
                self.look(argument, scope, depth + 1, bare)
            elif default is None:
                self._leave(function.module, node)
        if not calls and default is None:
            self._leave(function.module, node)

    # --- attributes --------------------

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int, bare: bool) -> None:
        owner = self._kind(node.value, scope)
        if isinstance(owner, ModuleRef):
            self._global(self._project.module_of(owner), node.attr, depth, bare, node, scope.module)
            return
        cls = owner.cls if isinstance(owner, Instance) else owner.name if isinstance(owner, ClassRef) else None
        if cls is None:
            self._leave(scope.module, node)
            return
        found = False
        before = set(self.url.drivers)
        for info in self._project.mro(cls):
            for statement in info.node.body:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else None
                target = statement.target if isinstance(statement, ast.AnnAssign) else target
                if isinstance(target, ast.Name) and target.id == node.attr:
                    found = True
                    value = getattr(statement, "value", None)
                    if value is not None:
                        self.look(value, info.scope, depth + 1, bare)
                    given = list(self._constructed(info, node.attr))
                    for argument, around in given:
                        self.look(argument, around, depth + 1, bare)
                    if value is None and not given:
                        self._leave(scope.module, node)
                    self._from_settings(info, node, scope)
            for method in info.methods.values():
                if self._gives(method, node.attr):
                    found = True
                    self._returned(method, depth, bare)
                for inner in method.module.nodes.within(method.definition, ast.Assign):
                    target = inner.targets[0]
                    if isinstance(target, ast.Attribute) and target.attr == node.attr and _is_self(target, method):
                        found = True
                        self.look(inner.value, method, depth + 1, bare)
        for value, around in self._stored(node.attr, lambda kind: kind in (Instance(cls), ClassRef(cls))):
            self.look(value, around, depth + 1, bare)
        if not found:
            self._leave(scope.module, node)
        elif set(self.url.drivers) - before:
            self._members.add(node.attr)

    def _constructed(self, info: ClassInfo, name: str) -> Iterator[tuple[ast.expr, Scope]]:
        """What a field of a class is given by keyword where an object is made."""
        for module in self._project.live_modules():
            if module.mentions(info.node.name) and module.mentions(name):
                scope = self._project.scopes[module.path]
                for node in module.nodes.within(module.tree, ast.Call):
                    given = [keyword.value for keyword in node.keywords if keyword.arg == name]
                    if given and self._project.static(node.func, scope) == ClassRef(info.name):
                        yield from ((value, scope) for value in given)

    def _stored(self, name: str, is_owner: Callable[[Kind | None], bool]) -> Iterator[tuple[ast.expr, Scope]]:
        """What others assign to an attribute of a module or object."""
        for scope in self._colours.scopes():
            if f".{name}" in scope.module.words:
                for target, value in attribute_stores(scope):
                    is_own = target.attr != name or _is_self(target, scope)
                    if not is_own and is_owner(self._kind(target.value, scope)):
                        yield value, scope
            if ".setattr" in scope.module.words and scope.module.mentions(name):
                for node in statements(scope.node.body):
                    patch = node.value if isinstance(node, ast.Expr) else None
                    given = self._patch(patch, scope, name, is_owner) if isinstance(patch, ast.Call) else None
                    if given is not None:
                        yield given, scope

    def _patch(
        self, node: ast.Call, scope: Scope, name: str, is_owner: Callable[[Kind | None], bool]
    ) -> ast.expr | None:
        """The value that `monkeypatch.setattr(owner, "name", value)` puts in place."""
        if not (isinstance(node.func, ast.Attribute) and node.func.attr == "setattr" and len(node.args) in (2, 3)):
            return None
        owner, named = patched(node)
        if named != name:
            return None
        if isinstance(owner, ast.expr):
            kind = self._kind(owner, scope)
        else:
            found = self._project.names.find(owner, scope.module.path)
            kind = ModuleRef(found) if found is not None else None
        return node.args[-1] if is_owner(kind) else None

    def _from_settings(self, info: ClassInfo, node: ast.Attribute, scope: Scope) -> None:
        """Settings classes read their fields from the environment."""
        for base in self._project.external_bases(info.name):
            if isinstance(base, External) and base.name.endswith("BaseSettings"):
                self._leave(scope.module, node)
                return

    def _gives(self, method: Function, name: str) -> bool:
        """Whether a method computes the attribute: a property, or a validator of the field."""
        if method.short_name == name and method.has_decorator("property", "cached_property", "computed_field"):
            return True
        return any(
            isinstance(decorator, ast.Call)
            and decorator_name(decorator) in _VALIDATORS
            and any(isinstance(arg, ast.Constant) and arg.value == name for arg in decorator.args)
            for decorator in method.definition.decorator_list
        )

    def _returned(self, function: Function, depth: int, bare: bool) -> None:
        for node in function.module.nodes.within(function.definition, ast.Return):
            if node.value is not None:
                if isinstance(node.value, ast.Name) and function.has_decorator(*_VALIDATORS):
                    continue
                self.look(node.value, function, depth + 1, bare)

    def _kind(self, node: ast.expr, scope: Scope) -> Kind | None:
        if isinstance(node, ast.Name):
            if isinstance(scope, Function) and node.id in scope.parameters:
                return scope.parameters[node.id]
            return self._project.lookup(node.id, scope)
        if isinstance(node, ast.Call):
            made = self._project.static(node.func, scope)
            return Instance(made.name) if isinstance(made, ClassRef) else None
        return self._project.static(node, scope)

    # --- calls --------------------

    def _call(self, node: ast.Call, scope: Scope, depth: int, bare: bool) -> None:
        called = self._project.static(node.func, scope)
        name = called.name if isinstance(called, External) else ""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(called, FunctionRef):
            self._given_by(self._project.functions[called.name], node, scope, depth, bare)
        elif name in names.MAKE_URL or name == "builtins.str":
            self.url.is_object = name in names.MAKE_URL
            for arg in node.args[:1]:
                self.look(arg, scope, depth + 1, bare)
        elif name in names.URL or last == "build":
            self.url.is_object = name in names.URL
            given = [k.value for k in node.keywords if k.arg in ("drivername", "scheme")] or node.args[:1]
            for arg in given:
                self.look(arg, scope, depth + 1, True)
        elif last == "set" and isinstance(node.func, ast.Attribute):
            given = [k.value for k in node.keywords if k.arg == "drivername"]
            self.look(given[0] if given else node.func.value, scope, depth + 1, bool(given))
        elif name in names.FIELDS:
            self._field(node, scope, depth, bare)
        elif last in _KEEPING and isinstance(node.func, ast.Attribute):
            self.look(node.func.value, scope, depth + 1, bare)
        else:
            self._default(node, scope, depth, bare)

    def _given_by(self, function: Function, node: ast.Call, scope: Scope, depth: int, bare: bool) -> None:
        """What a function gives for the arguments of one call."""
        if function in self._through:
            return
        self._through[function] = scope, node
        self._seen.difference_update(walk(function.definition))
        self._returned(function, depth, bare)
        del self._through[function]

    def _field(self, node: ast.Call, scope: Scope, depth: int, bare: bool) -> None:
        """`field(default_factory=lambda: "sqlite://")` and the like."""
        given = [k.value for k in node.keywords if k.arg in ("default", "default_factory", "factory")] or node.args[:1]
        for value in given:
            maker = self._project.static(value, scope)
            if isinstance(maker, FunctionRef):
                self._returned(self._project.functions[maker.name], depth, bare)
            else:
                self.look(value.body if isinstance(value, ast.Lambda) else value, scope, depth + 1, bare)
        if not given:
            self._leave(scope.module, node)

    def _default(self, node: ast.Call, scope: Scope, depth: int, bare: bool) -> None:
        """`os.getenv("URL", "sqlite://")`, `config("URL", default="sqlite://")` and the like."""
        given = [k.value for k in node.keywords if k.arg == "default"] or node.args[1:2]
        for arg in given:
            if isinstance(arg, (ast.Constant, ast.JoinedStr, ast.Name)):
                self.look(arg, scope, depth + 1, bare)
        self._leave(scope.module, node)

    # --- other readers --------------------

    def _is_read_elsewhere(self, module: Module, name: str) -> bool:
        for other in self._project.modules.values():
            if name not in other.text:
                continue
            if other is not module and not any(
                isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names)
                for nodes in self._project.bindings(other).values()
                for node in nodes
            ):
                if self._is_member_read(other, name):
                    return True
                continue
            if self._reads(other, lambda node: isinstance(node, ast.Name) and node.id == name):
                return True
        return False

    def _is_member_read_elsewhere(self, name: str) -> bool:
        return any(self._is_member_read(module, name) for module in self._project.modules.values())

    def _is_member_read(self, module: Module, name: str) -> bool:
        return f".{name}" in module.text and self._reads(
            module, lambda node: isinstance(node, ast.Attribute) and node.attr == name
        )

    def _reads(self, module: Module, is_it: Callable[[ast.AST], bool]) -> bool:
        above = parents(module)
        return any(
            is_it(node)
            and node not in self._seen
            and isinstance(getattr(node, "ctx", None), ast.Load)
            and not self._is_harmless(module, node, above)
            for node in walk(module.tree)
        )

    def _is_harmless(self, module: Module, node: ast.AST, above: Parents) -> bool:
        """Whether a read makes an engine, or only looks at what the URL begins with."""
        parent = above[node]
        if isinstance(parent, ast.Attribute) and parent.attr == "startswith":
            return True
        if isinstance(parent, ast.Compare) and all(isinstance(op, (ast.In, ast.NotIn)) for op in parent.ops):
            return True
        scopes = (self._project.scopes.get(module.path), *self._project.functions.values())
        call = parent if isinstance(parent, ast.Call) else above.get(parent)
        for scope in scopes:
            if scope is not None and scope.module is module and call in scope.record.database:
                made = scope.record.database[call]
                if isinstance(made.receiver, External) and made.receiver.name in names.CREATE_ENGINE:
                    kept = self._colours.keeping.kept
                    is_kept = f"origin:{made.result.origin}" in kept or call in prepared_engines(scope)  # type: ignore[attr-defined]
                    return not self._colours.is_island(scope) and not is_kept
        return False


def _assigned(body: Sequence[ast.stmt], name: str) -> Iterator[ast.expr | None]:
    """What a body binds a name to; None where it binds it otherwise than by an assignment."""
    for node in statements(body):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield node.value
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For)):
            if isinstance(node.target, ast.Name) and node.target.id == name:
                yield node.value if isinstance(node, ast.AnnAssign) else None
        elif isinstance(node, ast.Global) and name in node.names:
            yield None


def argument_of(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    """What a call gives to a parameter of a function, if that can be told."""
    positional = [arg.arg for arg in (*function.definition.args.posonlyargs, *function.definition.args.args)]
    if function.cls is not None and not function.has_decorator("staticmethod"):
        positional = positional[1:]
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    index = positional.index(name) if name in positional else len(call.args)
    if index < len(call.args) and not any(isinstance(arg, ast.Starred) for arg in call.args):
        return call.args[index]
    return None


def _is_self(target: ast.Attribute, scope: Scope) -> bool:
    first = next(scope.arguments(), None) if isinstance(scope, Function) and scope.cls is not None else None
    return isinstance(target.value, ast.Name) and first is not None and target.value.id == first.arg
