"""Imports of one file: how a symbol is spelled, which imports are added, which are needed no more.

The text of one import statement is written by `_import_statement`, its place is found by `_import_place`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import libcst as cst

from sqla_async_codemods._conditions import Conditions, LocalPlace
from sqla_async_codemods._draft import Draft
from sqla_async_codemods._import_place import Place, import_place
from sqla_async_codemods._import_statement import ImportStatement, by_type
from sqla_async_codemods._layout import Layout
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError
from sqla_async_codemods.names import Bindings, used_names
from sqla_async_fix.core.steps import Symbol

# modules that give the same objects under another name
_SAME_MODULES = {
    "sqlalchemy.sql": "sqlalchemy",
    "sqlalchemy.sql.expression": "sqlalchemy",
    "sqlalchemy.future": "sqlalchemy",
    "sqlalchemy.orm.session": "sqlalchemy.orm",
    "sqlalchemy.orm.query": "sqlalchemy.orm",
    "sqlalchemy.ext.asyncio.session": "sqlalchemy.ext.asyncio",
    "sqlalchemy.ext.asyncio.engine": "sqlalchemy.ext.asyncio",
}


class Imports:
    """The module-level imports of one file, and those that new code needs."""

    def __init__(
        self, tree: Tree, layout: Layout, first_party: frozenset[str], bringing: frozenset[str] = frozenset()
    ) -> None:
        self._tree = tree
        self._layout = layout
        self._first_party = first_party
        self._statements = list(_statements(tree))
        self._bindings: Bindings | None = None
        self._conditions = Conditions(tree, self._statements, first_party, bringing)
        self._wanted: dict[tuple[Symbol, str, LocalPlace | None], None] = {}

    @property
    def _names(self) -> Bindings:
        if self._bindings is None:
            self._bindings = Bindings(self._tree)
        return self._bindings

    def spelling(self, symbol: Symbol, offset: int) -> str:
        """How code at `offset` refers to the symbol; an import is added where there is none. Raises CodemodError."""
        for statement in self._statements:
            for module, name, bound in statement.names():
                if bound and _same(module, name, symbol) and self._usable(statement, bound, symbol, offset):
                    return bound
        if (local := self._local_import(symbol, offset)) is not None:
            return local
        extended = any(statement.module == symbol.module and statement.runs for statement in self._statements)
        if symbol.name and not (extended and self._free(symbol.name, symbol, offset)):
            for statement in self._statements:
                for prefix in statement.prefixes(symbol.module):
                    root = prefix.partition(".")[0]
                    if self._usable(statement, root, None, offset):
                        return f"{prefix}.{symbol.name}"
        place = self._conditions.place(offset, symbol.module) if self._conditions.govern(symbol.module) else None
        new = self._local_name(symbol, offset)
        self._wanted[(symbol, new, place)] = None
        return new

    def _local_import(self, symbol: Symbol, offset: int) -> str | None:
        """The symbol by an import that stands before `offset` in a block of a function around it."""
        for statement in self._conditions.local:
            if not statement.precedes(offset):
                continue
            for module, name, local in statement.names():
                if _same(module, name, symbol) and self._names.imports_only(local, offset):
                    return local
            for prefix in statement.prefixes(symbol.module) if symbol.name else ():
                if self._names.imports_only(prefix.partition(".")[0], offset):
                    return f"{prefix}.{symbol.name}"
        return None

    def _usable(self, statement: ImportStatement, bound: str, symbol: Symbol | None, offset: int) -> bool:
        """Whether the name that a statement binds surely means the symbol at `offset`."""
        if self._names.hides(bound, offset):
            return False
        if not statement.runs and not (statement.guard is not None and self._tree.unevaluated(offset)):
            if not self._conditions.binds(statement, bound, offset) or self._names.globally_assigned(bound):
                return False
        elif self._names.module_assigns(bound):
            return False
        if not self._tree.scopes_at(offset) and statement.span.start > offset:
            return False
        if symbol is None:
            own = {(module, name) for module, name, local in statement.names() if local == bound}
            return statement.runs or all(
                (module, name) in own
                for other in self._statements
                for module, name, local in other.names()
                if local == bound
            )
        return all(
            _same(module, name, symbol)
            for other in self._statements
            for module, name, local in other.names()
            if local == bound
        )

    def _local_name(self, symbol: Symbol, offset: int) -> str:
        """A name for a new import of the symbol that nothing at module level or around `offset` binds."""
        top = symbol.module.lstrip(".").partition(".")[0]
        name = symbol.name or symbol.module
        candidates = [name, f"{'sa' if top == 'sqlalchemy' else top}_{name}"]
        for candidate in candidates:
            if self._free(candidate, symbol, offset):
                return candidate
        number = 2
        while not self._free(f"{candidates[1]}_{number}", symbol, offset):
            number += 1
        return f"{candidates[1]}_{number}"

    def _free(self, name: str, symbol: Symbol, offset: int) -> bool:
        if self._names.hides(name, offset) or self._names.module_assigns(name):
            return False
        if any(local == name and wanted != symbol for wanted, local, _ in self._wanted):
            return False
        return all(
            not statement.runs and _same(module, found, symbol)
            for statement in self._statements
            for module, found, local in statement.names()
            if local == name
        ) and (not self._names.module_binds(name) or self._bound_by_imports(name))

    def _bound_by_imports(self, name: str) -> bool:
        return any(local == name for statement in self._statements for _, _, local in statement.names())

    # --- changes -----------------------------------------------------------------------------------------------------

    def draft_changes(self, draft: Draft, new_text: str, keep: frozenset[str]) -> None:
        """Add what is wanted, and drop what the old text used and the new one does not. Raises CodemodError."""
        unused = self._no_longer_used(new_text) - keep
        statements: dict[str, list[Symbol]] = {}
        modules: list[tuple[str, str]] = []
        alone: list[tuple[Symbol, str]] = []
        places: dict[LocalPlace, list[tuple[Symbol, str]]] = {}
        for symbol, local, within in sorted(
            self._wanted, key=lambda wanted: (wanted[0].module, by_type(wanted[0].name))
        ):
            if within is not None:
                places.setdefault(within, []).append((symbol, local))
                continue
            if not symbol.name:
                modules.append((symbol.module, "" if local == symbol.module else f" as {local}"))
                continue
            target = next((found for found in self._statements if found.extends(symbol.module)), None)
            if target is not None and self._one_name_each():
                alone.append((symbol, local))
            elif target is not None:
                target.add(symbol.name, local)
            else:
                statements.setdefault(symbol.module, []).append(Symbol(symbol.module, _written(symbol, local)))
        for within, wanted in places.items():
            self._draft_local(draft, within, wanted)
        unused |= self._drop_guards(draft, unused)
        for statement in self._statements:
            statement.draft(draft, unused, self._layout)
        for symbol, local in sorted(alone, key=lambda each: (each[0].module, by_type(each[0].name))):
            place = import_place(self._tree, self._statements, symbol.module, self._first_party, symbol.name)
            _insert(draft, place, f"from {symbol.module} import {_written(symbol, local)}")
        for module, alias in sorted(modules):
            place = import_place(self._tree, self._statements, module, self._first_party, is_from=False)
            _insert(draft, place, f"import {module}{alias}")
        for module, symbols in sorted(statements.items()):
            names = ", ".join(sorted((symbol.name for symbol in symbols), key=by_type))
            place = import_place(self._tree, self._statements, module, self._first_party)
            _insert(draft, place, f"from {module} import {names}")

    def _draft_local(self, draft: Draft, place: LocalPlace, wanted: list[tuple[Symbol, str]]) -> None:
        if place.statement is not None:
            for symbol, local in wanted:
                place.statement.add(symbol.name, local)
            place.statement.draft(draft, frozenset(), self._layout)
            return
        by_module: dict[str, list[str]] = {}
        for symbol, local in wanted:
            by_module.setdefault(symbol.module, []).append(_written(symbol, local))
        lines = [f"{place.margin}from {module} import {', '.join(names)}" for module, names in by_module.items()]
        draft.insert(place.offset, place.before, "\n".join(lines), place.after)

    def _one_name_each(self) -> bool:
        """Whether the file has a statement for every name, also for those of one module."""
        from_modules = [found for found in self._statements if found.is_from and found.runs and found.alone]
        modules = [found.module for found in from_modules]
        return len(set(modules)) < len(modules) and all(len(list(found.names())) == 1 for found in from_modules)

    def _drop_guards(self, draft: Draft, unused: frozenset[str]) -> frozenset[str]:
        """Delete each `if TYPE_CHECKING:` of which nothing stays; its own name where that was the only use."""
        tree = self._tree
        guards = {id(found.guard): found.guard for found in self._statements if found.guard is not None}
        dropped = 0
        for guard in guards.values():
            inside = [found for found in self._statements if found.guard is guard]
            if len(guard.body.body) > len([found for found in inside if found.vanishes(unused)]):
                continue
            if guard.orelse is not None or "#" in tree.slice(tree.whole_lines(guard)):
                for statement in inside:
                    statement.keeps_names = True
                continue
            draft.delete(tree.whole_lines(guard))
            dropped += 1
        uses = re.findall(r"\bTYPE_CHECKING\b", tree.text)
        imported = sum(local == "TYPE_CHECKING" for found in self._statements for _, _, local in found.names())
        return frozenset({"TYPE_CHECKING"} if dropped and len(uses) == dropped + imported else ())

    def _no_longer_used(self, new_text: str) -> frozenset[str]:
        try:
            old, new = ast.parse(self._tree.text), ast.parse(new_text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise CodemodError("The rewritten text cannot be parsed") from error
        gone = used_names(old) - used_names(new)
        if not gone:
            return gone
        counts: dict[str, int] = {}
        for statement in self._statements:
            for _, _, local in statement.names():
                counts[local] = counts.get(local, 0) + 1
        return frozenset(name for name in gone if counts.get(name) == 1 and not self._names.module_assigns(name))


def _insert(draft: Draft, place: Place, statement: str) -> None:
    """A statement of its own, before what else is inserted at its place."""
    draft.insert(place.offset, place.before, statement, place.after, rank=-1)


def _same(module: str, name: str, symbol: Symbol) -> bool:
    return name == symbol.name and _SAME_MODULES.get(module, module) == _SAME_MODULES.get(symbol.module, symbol.module)


def _written(symbol: Symbol, local: str) -> str:
    return symbol.name if local == symbol.name else f"{symbol.name} as {local}"


def _statements(tree: Tree) -> Iterator[ImportStatement]:
    """The imports of the module, in order; those in its `if` and `try` blocks as well, but not in functions."""
    pending: list[tuple[cst.CSTNode, bool]] = [(node, True) for node in reversed(tree.module.body)]
    while pending:
        node, plain = pending.pop()
        if isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                if isinstance(small, (cst.Import, cst.ImportFrom)):
                    yield ImportStatement(tree, small, node, plain)
        elif isinstance(node, (cst.If, cst.Try, cst.With, cst.Else, cst.Finally, cst.ExceptHandler, cst.IndentedBlock)):
            pending.extend((child, False) for child in reversed(node.children))
