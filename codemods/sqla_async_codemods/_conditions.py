"""Imports that run under a condition or in a function: what they surely bind, where a further one goes beside them.

How symbols are spelled, and the imports of the module's own level, are in `imports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sqla_async_codemods._import_place import is_docstring
from sqla_async_codemods._import_statement import ImportStatement
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError

_PACKAGE = "sqlalchemy"
_BRINGS_IT = ("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "alembic")


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """Where an import goes in the body of a function: the start of a line, and its indentation."""

    offset: int
    margin: str


class Conditions:
    """The imports of one file that do not simply run with its module."""

    def __init__(self, tree: Tree, statements: Sequence[ImportStatement]) -> None:
        self._tree = tree
        self._statements = statements

    # --- names at run time --------------------------------------------------------------------------------------------

    def binds(self, statement: ImportStatement, name: str, offset: int) -> bool:
        """Whether code of a function at `offset` that is reached at all finds the name that `statement` may bind."""
        outer = self._top(statement)
        if outer is None or not self._tree.functions_at(offset):
            return False
        if any(
            node is not outer and name in _stored(node)
            for node in self._tree.module.body
            if not isinstance(node, (cst.FunctionDef, cst.ClassDef))
        ):
            return False
        if isinstance(outer, (cst.Try, cst.With)):
            return self._directly_in(statement, outer.body) and all(
                isinstance(value, cst.Name) and value.value == "None" for value in _values(outer, name)
            )
        if not isinstance(outer, cst.If):
            return False
        branches = list(_branches(outer))
        skipped = statement.guard is outer
        return (
            any(self._directly_in(statement, branch) for branch in branches)
            and isinstance(_last(outer), cst.Else)
            and all(self._binds_in(branch, name, statement) for branch in branches[skipped:])
        )

    def _binds_in(self, branch: cst.BaseSuite, name: str, statement: ImportStatement) -> bool:
        """Whether a branch imports the name, or makes it an object that stands for the module."""
        if any(self._directly_in(other, branch) and name in _bound(other) for other in self._statements):
            return True
        values = _values(branch, name)
        texts = {f'"{module}"' for module in statement.modules()} | {f"'{module}'" for module in statement.modules()}
        return bool(values) and all(
            isinstance(value, cst.Call)
            and any(isinstance(arg.value, cst.SimpleString) and arg.value.value in texts for arg in value.args)
            for value in values
        )

    def _top(self, statement: ImportStatement) -> cst.CSTNode | None:
        """The statement of the module's own level that holds the import."""
        return next(
            (node for node in self._tree.module.body if self._tree.whole_span(node).contains(statement.span)), None
        )

    def _directly_in(self, statement: ImportStatement, suite: cst.BaseSuite) -> bool:
        return any(statement.span == self._tree.span(small) for line in suite.body for small in _smalls(line))

    # --- a package that the module may do without ---------------------------------------------------------------------

    def govern(self, module: str) -> bool:
        """Whether the file imports the package of `module`, but nowhere so that it surely is with the module."""
        if module.partition(".")[0] != _PACKAGE:
            return False
        if any(_of(statement, _BRINGS_IT) for statement in self._statements if statement.runs):
            return False
        guarded = [found for found in self._statements if _of(found, (_PACKAGE,)) and not self._for_types(found)]
        if guarded:
            return not any(self._in_each_branch(self._top(found)) for found in guarded)
        return any(_of(found, (_PACKAGE,)) for _, found in self._local_imports())

    def _for_types(self, statement: ImportStatement) -> bool:
        return statement.guard is not None and statement.guard.orelse is None

    def _in_each_branch(self, outer: cst.CSTNode | None) -> bool:
        """Whether one branch imports the package where another cannot, so that it is there in any case."""
        if isinstance(outer, cst.Try):
            suites = [outer.body, *(handler.body for handler in outer.handlers)]
        elif isinstance(outer, cst.If) and isinstance(_last(outer), cst.Else):
            suites = list(_branches(outer))
        else:
            return False
        return all(
            any(_of(found, (_PACKAGE,)) and self._directly_in(found, suite) for found in self._statements)
            for suite in suites
        )

    def place(self, offset: int) -> LocalPlace:
        """Where a function around `offset` takes a further import; for annotations, the block for type checkers.

        Raises CodemodError.
        """
        if self._tree.unevaluated(offset):
            for found in reversed(self._statements):
                if found.guard is not None and found.alone and _of(found, (_PACKAGE,)):
                    return LocalPlace(self._tree.next_line(found.span.end), self._tree.margin(found.span.start))
        functions = self._tree.functions_at(offset)
        with_imports = [
            function
            for function in functions
            if any(of is function and _of(found, (_PACKAGE,)) for of, found in self._local_imports())
        ]
        for function in (*with_imports, *functions[:1]):
            body = function.body
            if not isinstance(body, cst.IndentedBlock) or self._tree.span(body.body[0]).start > offset:
                continue
            return self._in_body(body, offset)
        raise CodemodError("SQLAlchemy is imported conditionally in this file")

    def _in_body(self, body: cst.IndentedBlock, offset: int) -> LocalPlace:
        """After the imports of the package that the body begins with, else after all others, or its docstring."""
        tree, begun = self._tree, body.body[0]
        margin = tree.margin(tree.whole_span(begun).start)
        places = {0: tree.line_start(tree.whole_span(begun).start)}
        for index, line in enumerate(body.body):
            imports = [small for small in _smalls(line) if isinstance(small, (cst.Import, cst.ImportFrom))]
            if tree.span(line).end > offset or not (imports or (index == 0 and is_docstring(line))):
                break
            ours = isinstance(line, cst.SimpleStatementLine) and any(
                _of(ImportStatement(tree, each, line, False), (_PACKAGE,)) for each in imports
            )
            places[2 if ours else 1] = tree.next_line(tree.span(line).end)
        return LocalPlace(places[max(places)], margin)

    def _local_imports(self) -> Iterator[tuple[cst.FunctionDef, ImportStatement]]:
        for node in self._tree.imports:
            function, line = self._tree.function_of(node)
            if function is not None and line is not None:
                yield function, ImportStatement(self._tree, node, line, False)


def _of(statement: ImportStatement, packages: tuple[str, ...]) -> bool:
    return any(module.partition(".")[0] in packages for module in statement.modules())


def _bound(statement: ImportStatement) -> set[str]:
    return {local for _, _, local in statement.names()}


def _branches(node: cst.If) -> Iterator[cst.BaseSuite]:
    current: cst.If | cst.Else | None = node
    while current is not None:
        yield current.body
        current = current.orelse if isinstance(current, cst.If) else None


def _last(node: cst.If) -> cst.If | cst.Else | None:
    current: cst.If | cst.Else | None = node.orelse
    while isinstance(current, cst.If):
        current = current.orelse
    return current


def _smalls(line: cst.CSTNode) -> Sequence[cst.BaseSmallStatement]:
    return line.body if isinstance(line, cst.SimpleStatementLine) else ()


def _values(node: cst.CSTNode, name: str) -> list[cst.BaseExpression]:
    """What is assigned to the name in a statement or block, functions and classes left out."""
    found: list[cst.BaseExpression] = []
    pending: list[cst.CSTNode] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            continue
        targets = [target.target for target in current.targets] if isinstance(current, cst.Assign) else []
        if isinstance(current, cst.AnnAssign):
            targets = [current.target]
        if isinstance(current, (cst.Assign, cst.AnnAssign)) and current.value is not None:
            value = current.value
            found.extend(value for target in targets if isinstance(target, cst.Name) and target.value == name)
        pending.extend(current.children)
    return found


def _stored(node: cst.CSTNode) -> set[str]:
    """The names that a statement assigns to by `=`."""
    found: set[str] = set()
    pending: list[cst.CSTNode] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            continue
        if isinstance(current, cst.AssignTarget):
            found.update(
                part.value for part in (current.target, *current.target.children) if isinstance(part, cst.Name)
            )
        pending.extend(current.children)
    return found
