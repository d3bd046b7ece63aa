"""Imports that run under a condition or in a function: what they surely bind, where a further one goes beside them.

How symbols are spelled, and the imports of the module's own level, are in `imports`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sqla_async_codemods._import_place import is_docstring, section_of, sort_place
from sqla_async_codemods._import_statement import ImportStatement
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError
from sqla_async_fix.model.knowledge.sqlalchemy_names import BRING_SQLALCHEMY

_PACKAGE = "sqlalchemy"


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """Where an import goes in the body of a function: the start of a line, its indentation, and the line ends around
    it; or the statement that takes further names."""

    offset: int
    margin: str
    before: str = ""
    after: str = "\n"
    statement: ImportStatement | None = None


class Conditions:
    """The imports of one file that do not simply run with its module."""

    def __init__(
        self,
        tree: Tree,
        statements: Sequence[ImportStatement],
        first_party: frozenset[str],
        bringing: frozenset[str],
    ) -> None:
        self._tree = tree
        self._statements = statements
        self._own = first_party - {_PACKAGE}
        self._bringing = bringing
        self.local = list(_local_imports(tree))

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
        """Whether the package of `module` may be missing or late where the file is imported, so that what needs it
        imports it for itself."""
        if module.partition(".")[0] != _PACKAGE or "" in self._bringing:
            return False
        if any(self._brings(statement) for statement in self._statements if statement.runs):
            return False
        guarded = [found for found in self._statements if _of(found, (_PACKAGE,)) and not self._for_types(found)]
        if guarded:
            return not any(self._in_each_branch(self._top(found)) for found in guarded)
        return any(self._brings(found) for found in self.local)

    def _brings(self, statement: ImportStatement) -> bool:
        """Whether the package surely is there after a statement has run."""
        if _of(statement, BRING_SQLALCHEMY):
            return True
        named = (f"{module}{'' if module.endswith('.') else '.'}{name}" for module, name, _ in statement.names())
        return not self._bringing.isdisjoint((*statement.modules(), *named))

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

    def place(self, offset: int, module: str) -> LocalPlace:
        """Where a function around `offset` takes a further import; for annotations, the block for type checkers.

        Raises CodemodError.
        """
        if self._tree.unevaluated(offset):
            for found in reversed(self._statements):
                if found.guard is not None and found.alone and _of(found, (_PACKAGE,)):
                    return LocalPlace(self._tree.next_line(found.span.end), self._tree.margin(found.span.start))
        functions = self._tree.functions_at(offset)
        before = [found for found in self.local if found.precedes(offset) and self._brings(found)]
        if functions and before:
            return self._beside(before[-1], module)
        for function in functions[:1]:
            body = function.body
            if isinstance(body, cst.IndentedBlock) and self._tree.span(body.body[0]).start <= offset:
                return self._at_head(body, offset, module)
        raise CodemodError("SQLAlchemy is imported conditionally in this file")

    def _beside(self, found: ImportStatement, module: str) -> LocalPlace:
        """Into a statement, or into the run of imports that it stands in."""
        same = next((other for other in self._run(found) if other.alone and other.takes_names_of(module)), None)
        if same is not None:
            return LocalPlace(same.span.start, "", statement=same)
        return self._in_run(self._run(found), module)

    def _run(self, found: ImportStatement) -> list[ImportStatement]:
        """The imports of one block that nothing but blank lines parts from a statement."""
        run: list[ImportStatement] = []
        for other in self.local:
            if other.block is not found.block:
                continue
            gap = self._tree.text[run[-1].span.end : other.span.start] if run else ""
            if gap.strip():
                if found in run:
                    break
                run = []
            run.append(other)
        return run

    def _in_run(self, run: Sequence[ImportStatement], module: str) -> LocalPlace:
        """In isort's order; a blank line parts it from imports of another section."""
        tree, section = self._tree, section_of(module, self._own)
        later = next((found for found in run if sort_place(found, self._own) > (section, 1, module.lower())), None)
        margin = tree.margin(run[0].span.start)
        if later is None:
            parted = section_of(run[-1].modules()[0], self._own) != section
            return LocalPlace(tree.next_line(run[-1].span.end), margin, before="\n" if parted else "")
        index = run.index(later)
        parted = section_of(later.modules()[0], self._own) != section
        if parted and index and section_of(run[index - 1].modules()[0], self._own) == section:
            return LocalPlace(tree.next_line(run[index - 1].span.end), margin)
        return LocalPlace(tree.line_start(later.span.start), margin, after="\n\n" if parted else "\n")

    def _at_head(self, body: cst.IndentedBlock, offset: int, module: str) -> LocalPlace:
        """Among the imports that the body of a function begins with, else before everything but its docstring."""
        tree = self._tree
        first = body.body[1] if is_docstring(body.body[0]) and len(body.body) > 1 else body.body[0]
        begun = next((found for found in self.local if found.span.start == tree.span(first).start), None)
        if begun is not None and begun.precedes(offset):
            return self._beside(begun, module)
        margin = tree.margin(tree.whole_span(body.body[0]).start)
        start = tree.line_start(tree.whole_span(first).start)
        while start and tree.text[: start - 1].rpartition("\n")[2].lstrip().startswith("#"):
            start = tree.line_start(start - 1)
        return LocalPlace(start, margin, after="\n\n")


def _local_imports(tree: Tree) -> Iterator[ImportStatement]:
    """The imports within functions, in order."""
    for node in sorted(tree.imports, key=lambda node: tree.span(node).start):
        line = tree.parent(node)
        if isinstance(line, cst.SimpleStatementLine) and tree.functions_around(node):
            yield ImportStatement(tree, node, line, False)


def _of(statement: ImportStatement, packages: Collection[str]) -> bool:
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
