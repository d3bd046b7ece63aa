"""The linked project: modules, names across files, classes, functions. What bodies do is solved by `model.solver`."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.model import mapping
from sqla_async_fix.model.bindings import bindings, is_generator, statements
from sqla_async_fix.model.imperative import MappingCall, mapping_calls
from sqla_async_fix.model.kinds import (
    NEVER,
    UNKNOWN,
    ClassRef,
    External,
    ExternalInstance,
    FunctionRef,
    Instance,
    Kind,
    ModuleRef,
    Session,
    Unknown,
)
from sqla_async_fix.model.kinds import Sequence as Items
from sqla_async_fix.model.knowledge import flask_sqlalchemy
from sqla_async_fix.model.knowledge.mapping_bases import DECLARATIVE_BASES, HARMLESS_BASES
from sqla_async_fix.model.lattice import is_vague, join
from sqla_async_fix.model.mapped import MappedClass
from sqla_async_fix.model.member_syntax import last_name
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.naming import ModuleNames
from sqla_async_fix.model.options import ModelOptions
from sqla_async_fix.model.symbols import ClassInfo, Function, FunctionNode, Scope, imported_name
from sqla_async_fix.model.syntax import walk

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Plan
    from sqla_async_fix.model.queries import QueryGroups

_BUILTINS = frozenset(dir(builtins))
ANY_MODEL = "*"
"""The name of a class that stands for any mapped class of the project."""

_MAX_REEXPORTS = 30
_MAKING_NAMES = ("__getattr__", "exec", "globals", "locals", "modules", "vars")
"""Words of modules that may have names which their text does not show."""
_DEFINES = re.compile(r"[\n\r][ \t\f]*(?:def|class|async)\b")
_LATE_RELATIONSHIP = re.compile(r"[\n\r][ \t]+[\w.]+\.\w+ *= *[\w.]*\brelationship\(")


class Project:
    """Every file that the tool knows of, linked. Read-only once `build` has returned it."""

    def __init__(self, sources: Sequence[SourceFile], options: ModelOptions) -> None:
        self.options = options
        self.names = ModuleNames(sources, options.src)
        self.modules: dict[str, Module] = {
            source.path: Module(source, self.names.name_of(source.path)) for source in sources
        }
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, ClassInfo] = {}
        self.scopes: dict[str, Scope] = {}
        self._functions_at: dict[ast.AST, Function] = {}
        self._classes_at: dict[ast.AST, ClassInfo] = {}
        self._bindings: dict[str, dict[str, list[ast.AST]]] = {}
        self._stores: dict[str, list[tuple[ast.Attribute, ast.expr, Scope]]] = {}
        self._imperative: dict[str, list[tuple[MappingCall, Scope]]] = {}
        self._mapped: dict[str, MappedClass] | None = None
        self._describing: set[str] = set()
        self._subclasses: dict[str, list[ClassInfo]] | None = None
        self._protocols: dict[str, list[ClassInfo]] = {}
        self._lineages: dict[str, tuple[ClassInfo, ...]] = {}
        self._finding_bases = 0
        self._stand_for: dict[str, MappedClass] = {}
        self.observe: Callable[[object], None] | None = None
        self._names_known: dict[tuple[str, str], tuple[Kind, tuple[object, ...]]] = {}
        self._reading: list[object] = []
        self._fixtures: dict[str, dict[str, str]] = {}
        self.stored: dict[tuple[str, str], Kind] = {}
        self._bounds: list[tuple[ast.expr, Scope]] = []
        self._stand_ins: tuple[int, frozenset[str]] = (0, frozenset())

    @classmethod
    def build(cls, sources: Sequence[SourceFile], options: ModelOptions | None = None) -> Project:
        """Link `sources` (the whole project, in any order) and solve what their bodies mean."""
        from sqla_async_fix.model.plan.prospects import prospects
        from sqla_async_fix.model.solver import solve

        project = cls(sorted(sources, key=lambda source: source.path), options or ModelOptions())
        solve(project, prospects)
        return project

    # --- modules and their names --------------------

    def index(self, module: Module) -> Scope:
        """Parse a module and enter its functions and classes; gives its module scope."""
        if module.path in self.scopes:
            return self.scopes[module.path]
        scope = Scope(module.name, module, module.tree)
        self.scopes[module.path] = scope
        self._bindings[module.path] = bindings(module.tree.body)
        self._enter(module.tree.body, scope, module.name, None)
        for call in mapping_calls(module):
            self._imperative.setdefault(last_name(call.cls), []).append((call, scope))
        for node in dict.fromkeys((*statements(module.tree.body), *_late_relationships(module))):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute) and isinstance(target.value, (ast.Name, ast.Attribute)):
                        owner = target.value.id if isinstance(target.value, ast.Name) else target.value.attr
                        self._stores.setdefault(owner, []).append((target, node.value, scope))
                if (bound := _bound_of_variable(node.value)) is not None:
                    self._bounds.append((bound, scope))
        return scope

    def _enter(self, body: Sequence[ast.stmt], scope: Scope, prefix: str, cls: ClassInfo | None) -> None:
        for node in statements(body):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._enter_function(node, scope, prefix, cls)
            elif isinstance(node, ast.ClassDef):
                name = self._unique(f"{prefix}.{node.name}", self.classes)
                info = ClassInfo(name, scope.module, node, scope)
                self.classes[name] = self._classes_at[node] = info
                self._enter(node.body, scope, name, info)

    def _enter_function(self, node: FunctionNode, scope: Scope, prefix: str, cls: ClassInfo | None) -> None:
        name = self._unique(f"{prefix}.{node.name}", self.functions)
        function = Function(name, scope.module, node, cls, scope)
        text = scope.module.source(node)
        function.is_generator = "yield" in text and is_generator(node)
        self.functions[name] = self._functions_at[node] = function
        if cls is not None:
            cls.methods[node.name] = function
        elif isinstance(scope, Function):
            scope.nested[node.name] = function
        if _DEFINES.search(text):
            self._enter(node.body, function, f"{name}.<locals>", None)

    @staticmethod
    def _unique(name: str, taken: Mapping[str, object]) -> str:
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name}#{count}"
        return unique

    def bindings(self, module: Module) -> dict[str, list[ast.AST]]:
        """The statements that bind each module-level name, in order."""
        self.index(module)
        return self._bindings[module.path]

    def module_kind(self, name: str, importer: Module) -> Kind:
        """What `import name` refers to: a module of the project, or an external."""
        found = self.names.find(name, importer.path)
        if found is not None:
            return ModuleRef(found)
        return External(name)

    def module_of(self, ref: ModuleRef) -> Module:
        """The module that a reference stands for; its `name` is a path."""
        return self.modules[ref.name]

    def resolve_from(self, importer: Module, node: ast.ImportFrom, name: str, depth: int = 0) -> Kind:
        """What `from node.module import name` refers to, through re-exports."""
        base = node.module or ""
        if node.level:
            found = self.names.relative(importer.path, node.level, base)
            if found is None and not base:
                sibling = self.names.relative(importer.path, node.level, name)
                if sibling is not None:
                    return ModuleRef(sibling)
            if found is None:
                inner = self.names.relative(importer.path, node.level, f"{base}.{name}") if base else None
                if inner is not None:
                    return ModuleRef(inner)
                return Unknown(f"`{'.' * node.level}{base}` is not a module of the project")
            return self._imported(importer, ModuleRef(found), name, depth + 1)
        kind = self.module_kind(base, importer)
        if isinstance(kind, ModuleRef):
            return self._imported(importer, kind, name, depth + 1)
        return self.module_kind(f"{base}.{name}", importer)

    def imported_module(self, importer: Module, node: ast.ImportFrom) -> str | None:
        """The path of the module that `from module import ...` imports from; None if it is not of the project."""
        if node.level:
            return self.names.relative(importer.path, node.level, node.module or "")
        return self.names.find(node.module or "", importer.path)

    def stores_on(self, owner: str) -> Sequence[tuple[ast.Attribute, ast.expr, Scope]]:
        """The assignments to attributes of what goes by a name: target, value and the body that they are in."""
        return self._stores.get(owner, ())

    def _imported(self, importer: Module, ref: ModuleRef, name: str, depth: int) -> Kind:
        """What an import takes from a module; a package takes its modules from itself."""
        submodule = self.names.submodule(ref.name, name) if ref.name == importer.path else None
        return self.member(ref, name, depth) if submodule is None else ModuleRef(submodule)

    def member(self, ref: ModuleRef, name: str, depth: int = 0) -> Kind:
        """The kind of a name in a module of the project: its own, re-exported, or a submodule."""
        return self._named(ref.name, name, depth)

    def _named(self, path: str, name: str, depth: int) -> Kind:
        known = self._names_known.get((path, name))
        if known is not None:
            kind, read = known
            if self.observe is not None:
                for each in read:
                    self.observe(each)
            return kind
        if depth > _MAX_REEXPORTS:
            return Unknown("imports go round in a circle")
        mark = len(self._reading)
        kind = self._member(path, name, depth)
        read = tuple(dict.fromkeys(self._reading[mark:]))
        if depth == 0:
            self._reading.clear()
        self._names_known[path, name] = kind, read
        return kind

    def forget_names(self) -> None:
        """What names of modules hold has changed."""
        self._names_known.clear()

    def _member(self, path: str, name: str, depth: int) -> Kind:
        module = self.modules[path]
        bindings = self.bindings(module)
        if name in bindings:
            return self.bound(module, name, bindings[name], depth)
        for star in bindings.get("*", ()):
            assert isinstance(star, ast.ImportFrom)
            kind = self.resolve_from(module, star, name, depth + 1)
            if not isinstance(kind, (Unknown, External)):
                return kind
            if isinstance(kind, External) and _exists_outside(kind.name):
                return kind
        submodule = self.names.submodule(path, name)
        if submodule is not None:
            return ModuleRef(submodule)
        return Unknown(f"`{name}` is not found in `{module.name}`")

    def lacks(self, ref: ModuleRef, name: str) -> bool:
        """Whether a module of the project surely has nothing by a name, so that reading it fails."""
        module = self.modules[ref.name]
        stars = self.bindings(module).get("*", ())
        if module.mentions(name) or self.names.submodule(ref.name, name) or name.startswith("__"):
            return False
        if any(module.mentions(word) for word in _MAKING_NAMES) or (module.path, name) in self.stored:
            return False
        if any(target.attr == name for target, _, _ in self.stores_on(module.name.rpartition(".")[2])):
            return False
        found = [self.imported_module(module, node) for node in stars if isinstance(node, ast.ImportFrom)]
        return all(path is not None and path != ref.name and self.lacks(ModuleRef(path), name) for path in found)

    def bound(self, module: Module, name: str, nodes: Sequence[ast.AST], depth: int = 0) -> Kind:
        """The kind of a module-level name from the statements that bind it, the last definition or import winning."""
        found = [self._binding_kind(module, name, node, depth) for node in nodes]
        kinds = [kind for kind in dict.fromkeys(found) if kind is not None]
        if len(kinds) == 1:
            kind = kinds[0]
            if not isinstance(nodes[-1], (ast.Assign, ast.AnnAssign)):
                return kind
        known = [kind for kind in kinds if not isinstance(kind, Unknown)]
        read = (self.scopes[module.path], "name", name)
        self._reading.append(read)
        if self.observe is not None:
            self.observe(read)
        assigned = self.scopes[module.path].names.get(name)
        if (stored := self.stored.get((module.path, name))) is not None:
            assigned = stored if assigned is None or is_vague(assigned) else join(assigned, stored)
        if assigned is not None and not isinstance(assigned, Unknown):
            return assigned
        if len(known) == 1 and len(kinds) == 1:
            return known[0]
        external = [kind for kind in known if isinstance(kind, External)]
        if known and len(external) == len(known):
            return external[0]
        return assigned or (known[0] if known else UNKNOWN)

    def _binding_kind(self, module: Module, name: str, node: ast.AST, depth: int) -> Kind | None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = self.function_at(node)
            return FunctionRef(function.name) if function else UNKNOWN
        if isinstance(node, ast.ClassDef):
            info = self.class_at(node)
            return ClassRef(info.name) if info else UNKNOWN
        if isinstance(node, ast.ImportFrom):
            return self.resolve_from(module, node, imported_name(node, name), depth)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname == name:
                    return self.module_kind(alias.name, module)
                if alias.asname is None and alias.name.split(".")[0] == name:
                    return self.module_kind(name, module)
        return None

    def function_at(self, node: ast.AST) -> Function | None:
        """The function that a `def` statement defines."""
        return self._functions_at.get(node)

    def class_at(self, node: ast.AST) -> ClassInfo | None:
        """The class that a `class` statement defines."""
        return self._classes_at.get(node)

    # --- classes --------------------

    def bases(self, info: ClassInfo) -> tuple[Kind, ...]:
        """The kinds of a class's bases; a subscripted base (`Repository[User]`) counts as its origin."""
        if info.bases is None:
            info.bases = ()
            self._finding_bases += 1
            found = []
            for node in info.node.bases:
                target = node.value if isinstance(node, ast.Subscript) else node
                found.append(self.static(target, info.scope))
            info.bases = tuple(found)
            self._finding_bases -= 1
        return info.bases

    def static(self, node: ast.expr, scope: Scope) -> Kind:
        """The kind of a name or attribute path in annotations, bases and decorators."""
        if isinstance(node, ast.Name):
            return self.lookup(node.id, scope)
        if isinstance(node, ast.Attribute):
            return self.get(self.static(node.value, scope), node.attr)
        if isinstance(node, ast.Call):
            called = self.static(node.func, scope)
            if isinstance(called, External):
                return ExternalInstance(called.name)
            if isinstance(called, FunctionRef):
                return self.functions[called.name].returns
        return UNKNOWN

    def get(self, value: Kind, name: str) -> Kind:
        """A static member: of a module, an external, or a class's own definitions."""
        if isinstance(value, ModuleRef):
            return self.member(value, name)
        if isinstance(value, External):
            found = self.names.find(f"{value.name}.{name}", "")
            return ModuleRef(found) if found else External(f"{value.name}.{name}")
        if isinstance(value, ExternalInstance):
            return _member_of(value.name, name)
        if isinstance(value, Instance):
            base = next((each for each in self.external_bases(value.cls) if _is_extension(each)), None)
            return _member_of(base.name, name) if isinstance(base, External) else UNKNOWN
        if isinstance(value, ClassRef):
            nested = self.classes.get(f"{value.name}.{name}")
            return ClassRef(nested.name) if nested else UNKNOWN
        return UNKNOWN

    def lookup(self, name: str, scope: Scope | None) -> Kind:
        """A name as a body sees it: enclosing functions, the module, star imports, builtins."""
        inner = scope
        while scope is not None and scope.parent is not None:
            if isinstance(scope, Function):
                if name in scope.nested:
                    return FunctionRef(scope.nested[name].name)
                if name in scope.names:
                    return scope.names[name]
                local = self.classes.get(f"{scope.name}.<locals>.{name}")
                if local is not None:
                    return ClassRef(local.name)
            scope = scope.parent
        assert inner is not None
        kind = self._named(inner.module.path, name, 0)
        if isinstance(kind, Unknown) and name in _BUILTINS and name not in self.bindings(inner.module):
            return External(f"builtins.{name}")
        return kind

    def fixture(self, function: Function, name: str) -> Function | None:
        """The pytest fixture that a test or fixture gets for a parameter: of its class, its module, or a conftest above
        it."""
        if not (function.short_name.startswith("test") or function.fixture_name):
            return None
        folder = function.module.path
        candidates = [function.module.path]
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            candidates.append(f"{folder}/conftest.py")
        candidates.append("conftest.py")
        for info in self.mro(function.cls.name) if function.cls is not None else ():
            for method in info.methods.values():
                if method.fixture_name == name and method is not function:
                    return method
        for path in candidates:
            if path in self.modules:
                kind = self.member(ModuleRef(path), self._fixtures_named(path).get(name, name))
                if (
                    isinstance(kind, FunctionRef)
                    and (found := self.functions[kind.name]).fixture_name == name
                    and found is not function
                ):
                    return found
        return None

    def _fixtures_named(self, path: str) -> dict[str, str]:
        """The names that functions have in a module whose fixtures have another one, by `fixture(name=...)`."""
        if path not in self._fixtures:
            self._fixtures[path] = found = {}
            for bound, nodes in self.bindings(self.modules[path]).items():
                if isinstance(nodes[-1], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ImportFrom)) and bound != "*":
                    kind = self._binding_kind(self.modules[path], bound, nodes[-1], 0)
                    name = self.functions[kind.name].fixture_name if isinstance(kind, FunctionRef) else ""
                    if name not in ("", bound):
                        found[name] = bound
        return self._fixtures[path]

    def mro(self, name: str) -> tuple[ClassInfo, ...]:
        """A class and its project bases, nearest first, each once."""
        if self.observe is not None:
            self.observe(("lineage", name))
        found = self._lineages.get(name)
        if found is None:
            found = tuple(self._lineage(name))
            if not self._finding_bases:
                self._lineages[name] = found
        return found

    def _lineage(self, name: str) -> Iterator[ClassInfo]:
        seen: set[str] = set()
        pending = [name]
        while pending:
            current = pending.pop(0)
            info = self.classes.get(current)
            if info is None or current in seen:
                continue
            seen.add(current)
            yield info
            pending.extend(base.name for base in self.bases(info) if isinstance(base, ClassRef))

    def external_bases(self, name: str) -> Iterator[Kind]:
        """The bases of a class and its project bases that are not of the project."""
        for info in self.mro(name):
            for base in self.bases(info):
                if not isinstance(base, ClassRef) and base != External("builtins.object"):
                    yield base

    def subclasses(self, name: str) -> Sequence[ClassInfo]:
        """All classes of the project that derive from a class, directly or not, or that are all of what a protocol
        asks for, with the bases that they have it from."""
        if self._subclasses is None:
            subclasses: dict[str, list[ClassInfo]] = {}
            protocols = []
            for info in list(self.classes.values()):
                protocols += [info] if any(is_protocol(base) for base in self.bases(info)) else []
                for ancestor in self.mro(info.name):
                    if ancestor is not info:
                        subclasses.setdefault(ancestor.name, []).append(info)
            self._subclasses, self._protocols = subclasses, {}
            for protocol in protocols:
                derived = subclasses.get(protocol.name, [])
                fulfilling = [info for info in self._fulfilling(protocol) if info not in derived]
                subclasses[protocol.name] = [*derived, *fulfilling]
                for info in fulfilling:
                    self._protocols.setdefault(info.name, []).append(protocol)
        return self._subclasses.get(name, ())

    def _fulfilling(self, protocol: ClassInfo) -> Iterable[ClassInfo]:
        wanted = {name for info in self.mro(protocol.name) for name in info.methods} - {"__init__"}
        found: dict[str, ClassInfo] = {}
        for info in list(self.classes.values()) if wanted else ():
            lineage = self.mro(info.name)
            missing = wanted - {name for each in lineage for name in each.methods}
            if protocol not in lineage and (not missing or self._nearly_fulfils(info, protocol, wanted, missing)):
                found |= {each.name: each for each in lineage if not wanted.isdisjoint(each.methods)}
        return found.values()

    def _nearly_fulfils(self, info: ClassInfo, protocol: ClassInfo, wanted: set[str], missing: set[str]) -> bool:
        """Whether objects of a class that lacks some methods may be used as a protocol nevertheless: it has most of
        them, and a file knows both."""
        if len(missing) * 2 >= len(wanted):
            return False
        names = info.node.name, protocol.node.name
        return any(all(map(module.mentions, names)) for module in self.live_modules())

    def hierarchy(self, name: str) -> Iterator[ClassInfo]:
        """A class, its bases, the protocols that it fulfils, and what derives from it."""
        yield from self.mro(name)
        derived = self.subclasses(name)
        yield from self._protocols.get(name, ())
        yield from derived

    def are_related(self, one: str, other: str) -> bool:
        """Whether one of two classes derives from the other or fulfils it as a protocol."""
        return any(info.name == other for info in self.hierarchy(one))

    def method(self, cls: str, name: str) -> Function | None:
        """The method that an instance of a class has by this name."""
        return next((info.methods[name] for info in self.mro(cls) if name in info.methods), None)

    # --- mapped classes --------------------

    def mapped(self, name: str) -> MappedClass | None:
        """The mapped class of this qualified name, with backrefs once all files that may matter are indexed.

        A declarative base that bounds a type variable stands for any of its subclasses.
        """
        if name == ANY_MODEL and name not in self._stand_for:
            models = tuple(sorted(each for each in self._mapped or () if self.is_mapped(each))) or ("",)
            self._stand_for[name] = MappedClass(name, complete=False, declarative=True, stands_for=models)
        if name == ANY_MODEL:
            return self._stand_for[name]
        info = self.classes.get(name)
        if info is None:
            return None
        if self.observe is not None:
            self.observe(("mapped", name))
        found = self._mapped[name] if self._mapped is not None and name in self._mapped else self._describe(info)
        if found is None or not found.declarative or not self._is_bound(name):
            return found
        if self._mapped is None:
            return replace(found, complete=False, stands_for=("",))
        if name not in self._stand_for:
            below = sorted(other.name for other in self.subclasses(name) if self.is_mapped(other.name))
            self._stand_for[name] = replace(found, complete=False, stands_for=tuple(below))
        return self._stand_for[name]

    def join(self, one: Kind, other: Kind) -> Kind:
        """The least kind that covers both; two mapped classes become any, objects those of a class in common."""
        if isinstance(one, Instance) and isinstance(other, Instance) and one.cls != other.cls:
            return self._in_common(one, other) or UNKNOWN
        if not (isinstance(one, ClassRef) and isinstance(other, ClassRef)) or one == other:
            return join(one, other)
        mapped = self._has_table(one.name) and self._has_table(other.name)
        return ClassRef(ANY_MODEL) if mapped else join(one, other)

    def join_all(self, kinds: Iterable[Kind]) -> Kind:
        """The join of any number of kinds; of none, `NEVER`."""
        joined: Kind = NEVER
        for kind in kinds:
            joined = self.join(joined, kind)
        return joined

    def _in_common(self, one: Instance, other: Instance) -> Kind | None:
        """Objects of the nearest class that two classes derive from, where neither is mapped."""
        if self._has_table(one.cls) or self._has_table(other.cls):
            return None
        above = {info.name for info in (*self.mro(other.cls), *self._protocols.get(other.cls, ()))}
        for info in (*self.mro(one.cls), *self._protocols.get(one.cls, ())):
            if info.name in above:
                return Instance(info.name)
        return None

    def _has_table(self, name: str) -> bool:
        """Whether a class looks mapped, also before its base is known."""
        found = self.mapped(name)
        return found is not None and (found.is_mapped or found.has_table)

    def _named_in_body(self, cls: str, models: Sequence[str]) -> set[str]:
        """The models that the nearest class body names in an assignment: `model = User`."""
        for info in self.mro(cls):
            values = [s.value for s in info.node.body if isinstance(s, (ast.Assign, ast.AnnAssign)) and s.value]
            kinds = [self.static(value, info.scope) for value in values if isinstance(value, (ast.Name, ast.Attribute))]
            if found := {kind.name for kind in kinds if isinstance(kind, ClassRef) and kind.name in models}:
                return found
        return set()

    def narrow(self, kind: Kind, receiver: Kind | None) -> Kind:
        """What a method of a generic class gives, where the class of its receiver names the model."""
        inner = kind.item if isinstance(kind, Items) else kind
        if not isinstance(inner, Instance) or not isinstance(receiver, Instance):
            return kind
        mapped = self.mapped(inner.cls)
        if mapped is None or not mapped.stands_for:
            return kind
        named = {
            found.name
            for info in self.mro(receiver.cls)
            for base in info.node.bases
            if isinstance(base, ast.Subscript)
            for node in (base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice])
            if isinstance(found := self.static(node, info.scope), ClassRef) and found.name in mapped.stands_for
        }
        named = named or self._named_in_body(receiver.cls, mapped.stands_for)
        if len(named) != 1:
            return kind
        return Items(Instance(min(named))) if isinstance(kind, Items) else Instance(min(named))

    def _is_bound(self, name: str) -> bool:
        """Whether a class is the bound of a type variable."""
        if self._stand_ins[0] != len(self._bounds):
            self._stand_ins = len(self._bounds), frozenset()
            kinds = [self.static(node, scope) for node, scope in self._bounds]
            self._stand_ins = len(self._bounds), frozenset(kind.name for kind in kinds if isinstance(kind, ClassRef))
        return name in self._stand_ins[1]

    def _describe(self, info: ClassInfo) -> MappedClass | None:
        if info.mapping_known:
            return info.mapped
        if info.name in self._describing:
            return None
        self._describing.add(info.name)
        bases: list[MappedClass] = []
        complete, declarative = True, False
        for base in self.bases(info):
            if isinstance(base, ClassRef):
                described = self._describe(self.classes[base.name])
                if described is not None:
                    bases.append(described)
                    declarative = declarative or described.declarative
                    complete = complete and described.complete
            elif _is_declarative_base(base):
                declarative = True
            elif isinstance(base, (Unknown, External, ExternalInstance)) and not _is_harmless_base(base):
                complete = False
        imperative, elsewhere = self._imperative_members(info)
        described = mapping.describe(
            info.name,
            info.node,
            lambda node: self.static(node, elsewhere.get(node, info.scope)),
            bases,
            complete,
            [*imperative, *self._assigned_members(info)],
        )
        decorated = any(
            isinstance(kind := self.static(d.func if isinstance(d, ast.Call) else d, info.scope), External)
            and kind.name.rsplit(".", 1)[-1] in ("mapped", "as_declarative")
            for d in info.node.decorator_list
        )
        described = replace(described, declarative=declarative or decorated)
        if elsewhere:
            described = replace(described, declarative=True, has_table=True, complete=False)
        info.mapped = described
        info.mapping_known = True
        self._describing.discard(info.name)
        return described

    def _assigned_members(self, info: ClassInfo) -> list[tuple[str, ast.expr]]:
        """What modules set on a class after its body: `Model.name = value`."""
        return [
            (target.attr, value)
            for target, value, scope in self.stores_on(info.node.name)
            if self.static(target.value, scope) == ClassRef(info.name)
        ]

    def _imperative_members(self, info: ClassInfo) -> tuple[list[tuple[str, ast.expr]], dict[ast.AST, Scope]]:
        """What a mapping call gives a class, and the scope of each node of it; both empty without such a call."""
        members: list[tuple[str, ast.expr]] = []
        scopes: dict[ast.AST, Scope] = {}
        for call, scope in self._imperative.get(info.node.name, ()):
            if self.static(call.cls, scope) != ClassRef(info.name):
                continue
            scopes.update(dict.fromkeys(walk(call.node), scope))
            found = self._table(call.table, scope) if call.table is not None else None
            if found is not None:
                members.append(("__table__", found[0]))
                scopes.update(dict.fromkeys(walk(found[0]), found[1]))
            members.extend(call.properties())
        return members, scopes

    def _table(self, node: ast.expr, scope: Scope) -> tuple[ast.Call, Scope] | None:
        """The `Table(...)` that a name of a module, or of a module it imports, was assigned, and its scope."""
        module, name = scope.module, last_name(node)
        if isinstance(node, ast.Attribute):
            owner = self.static(node.value, scope)
            if not isinstance(owner, ModuleRef):
                return None
            module = self.module_of(owner)
        for bound in self.bindings(module).get(name, ()):
            if isinstance(bound, ast.Assign) and isinstance(bound.value, ast.Call):
                return bound.value, self.scopes[module.path]
        return None

    def link_mapped(self) -> list[object]:
        """Describe every class anew and add what relationships of other classes imply. Gives what is not as it was, by
        the keys under which it was observed."""
        known, lineages = self._mapped or {}, self._lineages
        bases = {info.name: info.bases for info in self.classes.values()}
        early = {info.name: info.mapped for info in self.classes.values() if info.mapping_known}
        for info in self.classes.values():
            info.mapping_known = False
            info.bases = None
        self._mapped = self._subclasses = None
        self._lineages = {}
        stood, self._stand_for = self._stand_for, {}
        described = {
            info.name: found for info in list(self.classes.values()) if (found := self._describe(info)) is not None
        }
        self._mapped = mapping.link_backrefs(described, self.resolve_class)
        changed: list[object] = [
            ("mapped", name) for name, found in self._mapped.items() if known.get(name, early.get(name)) != found
        ]
        changed += [("mapped", name) for name, before in stood.items() if self.mapped(name) != before]
        moved = {name for name, before in bases.items() if before != self.bases(self.classes[name])}
        changed += [
            ("lineage", name)
            for name in lineages
            if not moved.isdisjoint(info.name for info in (*lineages[name], *self.mro(name)))
        ]
        return changed

    def resolve_class(self, origin: str, text: str) -> str | None:
        """The qualified name that a relationship's string target means, seen from class `origin`."""
        info = self.classes.get(origin)
        last = text.rsplit(".", 1)[-1]
        if info is not None:
            kind = self.lookup(text, info.scope) if "." not in text else UNKNOWN
            if isinstance(kind, ClassRef):
                return kind.name
        matches = [c.name for c in self.classes.values() if c.node.name == last and c.name.endswith(f".{text}")]
        return matches[0] if len(matches) == 1 else None

    def is_mapped(self, name: str) -> bool:
        """Whether a class is a mapped class rather than a mixin, base or plain class."""
        found = self.mapped(name)
        return found is not None and found.is_mapped

    # --- context of `model.sql` and `model.legacy_query` -------------------------------------------------------------

    def context(self, module: Module) -> ModuleContext:
        """What the SQL rooms need to know of a module."""
        return ModuleContext(self, module)

    @cached_property
    def query_groups(self) -> QueryGroups:
        """The connected groups of legacy query uses."""
        from sqla_async_fix.model.queries import query_groups

        return query_groups(self)

    @cached_property
    def plan(self) -> Plan:
        """What changes colour, and what stops it."""
        from sqla_async_fix.model.plan import plan

        return plan(self)

    @cached_property
    def oversights(self) -> Plan:
        """What code that is asynchronous already forgets."""
        from sqla_async_fix.model.oversights import oversights

        return oversights(self)

    def live_modules(self) -> Iterable[Module]:
        """The modules that were parsed, in order of their paths."""
        return (module for module in self.modules.values() if module.path in self.scopes)


class ModuleContext:
    """Spans and texts of one module, and the project's mapped classes."""

    def __init__(self, project: Project, module: Module) -> None:
        self._project = project
        self._module = module
        self.path = module.path

    def span(self, node: ast.AST) -> Span:
        """Where a node stands."""
        return self._module.span(node)

    def source(self, node: ast.AST) -> str:
        """The text of a node."""
        return self._module.source(node)

    def mapped(self, name: str) -> MappedClass | None:
        """A mapped class by qualified name."""
        found = self._project.mapped(name)
        return found if found is not None and found.is_mapped else None


def _bound_of_variable(node: ast.expr) -> ast.expr | None:
    """The `bound` of a `TypeVar(...)` call."""
    if not isinstance(node, ast.Call) or last_name(node.func) != "TypeVar":
        return None
    bound = next((keyword.value for keyword in node.keywords if keyword.arg == "bound"), None)
    if isinstance(bound, ast.Constant) and isinstance(bound.value, str) and bound.value.isidentifier():
        return ast.copy_location(ast.Name(bound.value, ast.Load()), bound)
    return bound


def _is_extension(kind: Kind) -> bool:
    return isinstance(kind, External) and kind.name in flask_sqlalchemy.EXTENSION


def _member_of(cls: str, name: str) -> Kind:
    """A member of an object of a class from outside; Flask-SQLAlchemy's has the names of SQLAlchemy."""
    if cls not in flask_sqlalchemy.EXTENSION:
        return External(f"{cls}.{name}")
    if name == "session":
        return Session(origin=flask_sqlalchemy.SESSION_ORIGIN, evidence="extension")
    if name == "metadata":
        return ExternalInstance("sqlalchemy.MetaData")
    return External(f"flask_sqlalchemy.SQLAlchemy.{name}" if name in flask_sqlalchemy.MEMBERS else f"sqlalchemy.{name}")


def is_protocol(base: Kind) -> bool:
    """Whether a base makes a class a protocol."""
    return isinstance(base, External) and base.name in ("typing.Protocol", "typing_extensions.Protocol")


def _is_declarative_base(kind: Kind) -> bool:
    return isinstance(kind, (External, ExternalInstance)) and kind.name in DECLARATIVE_BASES


def _is_harmless_base(kind: Kind) -> bool:
    return isinstance(kind, (External, ExternalInstance)) and kind.name.startswith(HARMLESS_BASES)


def _late_relationships(module: Module) -> Iterator[ast.Assign]:
    """The assignments of relationships to attributes, those in functions too."""
    if _LATE_RELATIONSHIP.search(module.text):
        for node in module.nodes.within(module.tree, ast.Assign):
            if isinstance(node.value, ast.Call) and last_name(node.value.func) == "relationship":
                yield node


def _exists_outside(name: str) -> bool:
    """Whether a star import from outside plausibly gives a name: SQLAlchemy's modules are known, others are not."""
    return name.startswith(("sqlalchemy.", "sqlmodel."))
