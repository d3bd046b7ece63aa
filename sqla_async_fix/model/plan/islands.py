"""Functions that stay synchronous among asynchronous ones, and the engines and factories that they keep.

Who becomes asynchronous is in `colours`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddStatements, Code, Replace, Step, Symbol
from sqla_async_fix.model.kinds import Engine, External, ExternalInstance, Factory, Kind, ModuleRef
from sqla_async_fix.model.knowledge.sync_hosts import CALLING, DECORATING
from sqla_async_fix.model.plan import threads
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations, origins
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope, functions_around, imported_name
from sqla_async_fix.model.syntax import walk

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.colours import Colours

_NOQA = re.compile(r"#\s*noqa(?:\s*:(?P<codes>[^#\n]*)|(?=[\s#]|$))", re.IGNORECASE)


def chosen(project: Project) -> Iterator[tuple[Function, str]]:
    """Functions that stay synchronous by the user's wish or because of who calls them, and why."""
    noted = {module.path for module in project.live_modules() if "noqa" in module.text}
    for function in list(project.functions.values()):
        for pattern in project.options.stay_sync:
            if fnmatch(function.name, pattern) or fnmatch(function.module.path, pattern):
                yield function, "stays synchronous by the setting `stay-sync`"
        if function.module.path in noted and not function.is_async and _has_noqa(function):
            yield function, "stays synchronous by its `noqa`"
        for kind in function.decorators:
            if isinstance(kind, (External, ExternalInstance)) and kind.name.startswith(DECORATING):
                yield function, f"is called by `{kind.name.partition('.')[0]}` outside of any event loop"
    for scope in (*list(project.scopes.values()), *list(project.functions.values())):
        for reference in scope.record.references.values():
            if reference.how == "argument" and reference.receiver.startswith(CALLING):
                if threads.hosted(scope, reference.node) and not threads.opens_own(reference.function):
                    continue
                yield reference.function, f"is handed to `{reference.receiver.removeprefix('unknown.')}`"


def _has_noqa(function: Function) -> bool:
    text = function.module.text
    start = text.find("def ", function.module.span(function.definition).start)
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    if "noqa" not in line:
        return False
    return any(found["codes"] is None or "SAF303" in found["codes"] for found in _NOQA.finditer(line))


@dataclass(frozen=True, slots=True)
class Creation:
    """The call that makes an engine or factory, at `origin`, with the sites of what it is made from."""

    scope: Scope
    call: DatabaseCall
    origin: str
    needs: frozenset[str]


class Keeping:
    """What islands keep: `kept` are the sites of engines and factories that only they use, `split` those that need a
    synchronous twin, `users` an island that uses each."""

    def __init__(self, colours: Colours) -> None:
        self._colours = colours
        self.creations = {found.origin: found for found in self._creations()}
        self.users: dict[str, Function] = {}
        elsewhere: set[str] = set()
        for scope in colours.evaluated:
            used = set(self._used(scope))
            if colours.is_own_island(scope):
                assert isinstance(scope, Function)
                for origin in self._closure(used):
                    self.users.setdefault(origin, scope)
            elif not colours.is_island(scope):
                elsewhere |= used
        both = self.users.keys() & self._closure(elsewhere)
        self.split = frozenset(both)
        self.kept = frozenset(self.users.keys() - both)

    def _creations(self) -> Iterator[Creation]:
        for scope in self._colours.evaluated:
            for call in operations(scope):
                made = call.result
                if not call.method and isinstance(made, (Engine, Factory)) and isinstance(call.receiver, External):
                    needs = frozenset(site for kind in call.given for site in origins(kind))
                    yield Creation(scope, call, f"origin:{made.origin}", needs)

    def _used(self, scope: Scope) -> Iterator[str]:
        """The sites of what a body uses, apart from making it."""
        for call in operations(scope):
            made = not call.method and isinstance(call.receiver, External)
            for kind in (*call.given, *(() if made else (call.receiver, call.result))):
                if not (made and isinstance(call.result, (Engine, Factory))):
                    yield from origins(kind)
        for passed in scope.record.passed.values():
            yield from origins(passed.kind)

    def _closure(self, used: set[str]) -> set[str]:
        found: set[str] = set()
        pending = list(used)
        while pending:
            origin = pending.pop()
            if origin not in found:
                found.add(origin)
                creation = self.creations.get(origin)
                pending.extend(creation.needs if creation is not None else ())
        return found

    # --- twins --------------------

    def refusal(self, origin: str) -> str | None:
        """Why there cannot be a synchronous twin of what is made at a site."""
        creation = self.creations.get(origin)
        user = self.users[origin].short_name
        if creation is None or _name(creation) is None:
            return f"`{user}` stays synchronous and shares an engine that is not made by a plain name of a module"
        url = self._colours.urls.get(creation.call.node)
        if url is not None and any(is_memory(driver.text) for driver in url.drivers.values()):
            return f"`{user}` stays synchronous, and an engine of its own would have another in-memory database"
        return None

    def findings(self) -> Iterator[Finding]:
        """The twins, and their names in the islands."""
        for origin in sorted(self.split):
            if self.refusal(origin) is None:
                yield self._twin(self.creations[origin])
        steps: defaultdict[tuple[Scope, str], list[Step]] = defaultdict(list)
        for scope in self._colours.scopes():
            if self._colours.is_own_island(scope):
                for origin, step in self._renamed(scope):
                    steps[scope, name_of(self._colours.parts.leader(origin))].append(step)
        for (scope, group), found in sorted(steps.items(), key=lambda each: (each[0][0].name, each[0][1])):
            assert isinstance(scope, Function)
            module, node = scope.module, scope.definition
            start = module.text.index(node.name, module.span(node).start)
            span = Span(start, start + len(node.name))
            why = self._colours.why_island(scope)
            yield Finding("SAF309", module, span, scope.short_name, why, tuple(found), group, follows=True)

    def _twin(self, creation: Creation) -> Finding:
        module, node = creation.scope.module, creation.call.node
        name = _name(creation)
        assert name is not None
        assert isinstance(creation.call.receiver, External)
        library, _, function = creation.call.receiver.name.rpartition(".")
        whole = module.span(node)
        code: list[str | Symbol] = [f"{twin_name(name)} = ", Symbol(library, function)]
        at = module.span(node.func).end
        for child in sorted(walk(node), key=lambda child: getattr(child, "col_offset", 0)):
            if child is not node.func and isinstance(child, ast.Name) and self._origin(child, creation.scope):
                span = module.span(child)
                code += [module.text[at : span.start], twin_name(child.id)]
                at = span.end
        code.append(module.text[at : whole.end])
        statement = parents(module)[node]
        group = name_of(self._colours.parts.leader(creation.origin))
        step = AddStatements(module.span(statement), (tuple(code),), True)
        user = self.users[creation.origin]
        return Finding("SAF309", module, whole, user.short_name, self._colours.why_island(user), (step,), group)

    def _renamed(self, scope: Scope) -> Iterator[tuple[str, Step]]:
        module = scope.module
        for node in walk(scope.node):
            if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                continue
            origin = self._origin(node, scope)
            if origin is None:
                continue
            span = module.span(node)
            if isinstance(node, ast.Attribute):
                yield origin, Replace(Span(span.end - len(node.attr), span.end), (twin_name(node.attr),))
            else:
                yield origin, Replace(span, _spelled(node.id, scope, self._colours.project))

    def _origin(self, node: ast.Name | ast.Attribute, scope: Scope) -> str | None:
        """The site in question that a name of a module stands for."""
        project = self._colours.project
        kind: Kind
        if isinstance(node, ast.Name):
            if any(node.id in each.names and not _is_imported(node.id, each) for each in functions_around(scope)):
                return None
            kind = project.lookup(node.id, scope)
        else:
            if not isinstance(project.static(node.value, scope), ModuleRef):
                return None
            kind = project.static(node, scope)
        found = [site for site in origins(kind) if site in self.split] if isinstance(kind, (Engine, Factory)) else []
        return found[0] if found else None


def _is_imported(name: str, scope: Function) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names)
        for node in walk(scope.definition)
    )


def twin_name(name: str) -> str:
    """The name of the synchronous twin of `engine` or `SessionLocal`."""
    if name.isupper():
        return f"SYNC_{name}"
    return f"sync_{name}" if name.islower() else f"Sync{name[0].upper()}{name[1:]}"


def _spelled(name: str, scope: Scope, project: Project) -> Code:
    """A twin's name as a body can say it: its own module's, or imported from where the name is."""
    bindings = project.bindings(scope.module).get(name, ())
    imported = next((node for node in bindings if isinstance(node, ast.ImportFrom)), None)
    if imported is None:
        return (twin_name(name),)
    library = "." * imported.level + (imported.module or "")
    return (Symbol(library, twin_name(imported_name(imported, name))),)


def _name(creation: Creation) -> str | None:
    """The name of the module to which the call is assigned, where that is all there is."""
    module, node = creation.scope.module, creation.call.node
    statement = parents(module).get(node)
    if isinstance(creation.scope, Function) or statement not in module.tree.body:
        return None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def is_memory(text: str) -> bool:
    """Whether the text of a URL means an in-memory database."""
    return text.partition(":")[2] in ("//", "///:memory:") and text.startswith("sqlite")
