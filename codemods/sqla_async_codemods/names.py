"""Names of one file: which scope binds what, and which names code uses. How imports change is in `imports`."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Sequence

import libcst as cst

from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError

_WORD = re.compile(r"[^\W\d]\w*")


class Bindings:
    """What the module and each function bind."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        try:
            self._module = symtable.symtable(tree.text, "<module>", "exec")
        except (SyntaxError, ValueError) as error:
            raise CodemodError("The file cannot be compiled") from error
        self._scopes: dict[tuple[int, str], symtable.SymbolTable] = {}
        self._collect(self._module)

    def _collect(self, table: symtable.SymbolTable) -> None:
        for child in table.get_children():
            self._scopes[(child.get_lineno(), child.get_name())] = child
            self._collect(child)

    def module_binds(self, name: str) -> bool:
        """Whether anything at module level, or a `global` of a function, binds the name."""
        if _binds(self._module, name):
            return True
        return any(_declares_global(table, name) for table in self._scopes.values())

    def module_assigns(self, name: str) -> bool:
        """Whether the module binds the name by something else than imports."""
        if name in self._module.get_identifiers() and self._module.lookup(name).is_assigned():
            return True
        return self.globally_assigned(name)

    def globally_assigned(self, name: str) -> bool:
        """Whether a function assigns the module's name."""
        return any(_declares_global(table, name) for table in self._scopes.values())

    def hides(self, name: str, offset: int) -> bool:
        """Whether a scope around `offset` binds the name, which hides the module's there."""
        return any(_binds(table, name) for table in self._tables(offset))

    def imports_only(self, name: str, offset: int) -> bool:
        """Whether all that one scope around `offset` does to bind the name is import it, and no other binds it."""
        tables = [table for table in self._tables(offset) if _binds(table, name)]
        return len(tables) == 1 and tables[0].lookup(name).is_imported() and not tables[0].lookup(name).is_assigned()

    def _tables(self, offset: int) -> list[symtable.SymbolTable]:
        found = []
        scopes = self._tree.scopes_at(offset)
        for node in scopes:
            if isinstance(node, cst.ClassDef) and self._deeper(node, scopes, offset):
                continue
            name = "lambda" if isinstance(node, cst.Lambda) else node.name.value
            table = self._scopes.get((self._tree.line_number(self._tree.span(node).start), name))
            if table is not None:
                found.append(table)
        return found

    def _deeper(self, cls: cst.ClassDef, scopes: Sequence[cst.CSTNode], offset: int) -> bool:
        """Whether a function of a class holds `offset`, so that the names of the class are not seen there."""
        around = self._tree.span(cls)
        for scope in scopes:
            span = self._tree.span(scope)
            if span == around or not around.contains(span) or not isinstance(scope, (cst.FunctionDef, cst.Lambda)):
                continue
            if self._tree.span(scope.body).start <= offset:
                return True
        return False


def _binds(table: symtable.SymbolTable, name: str) -> bool:
    if name not in table.get_identifiers():
        return False
    symbol = table.lookup(name)
    bound = symbol.is_assigned() or symbol.is_imported() or symbol.is_parameter() or symbol.is_namespace()
    return bound and not (symbol.is_declared_global() and table.get_type() != "module")


def _declares_global(table: symtable.SymbolTable, name: str) -> bool:
    return (
        name in table.get_identifiers() and table.lookup(name).is_declared_global() and table.lookup(name).is_assigned()
    )


def used_names(module: ast.Module) -> frozenset[str]:
    """Names that code reads or binds outside of imports, and every word of a string that is not a docstring."""
    used: set[str] = set()
    docstrings = {id(text) for node in ast.walk(module) if (text := _docstring(node)) is not None}
    for node in ast.walk(module):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            used.update(node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            used.update(_WORD.findall(node.value))
    return frozenset(used)


def _docstring(node: ast.AST) -> ast.Constant | None:
    if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or not node.body:
        return None
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value
    return None
