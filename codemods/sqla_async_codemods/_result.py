"""The two-statement form of an awaited chain: `result = await ...`, then `return result.scalars().all()`.

Where `await` goes in any other expression is in `colour`.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from sqla_async_codemods._context import Context
from sqla_async_codemods._draft import Break
from sqla_async_codemods._layout import visible_width
from sqla_async_codemods._tree import Tree
from sqla_async_fix.core.span import Span

_NAME = "result"


@dataclass(frozen=True, slots=True)
class ResultStatement:
    """A statement whose whole value is a chain of links after the awaited expression."""

    context: Context
    node: cst.BaseExpression
    statement: cst.BaseSmallStatement
    value: cst.BaseExpression

    @classmethod
    def of(cls, context: Context, node: cst.BaseExpression) -> ResultStatement | None:
        """The statement around `node`, None where the form cannot be used."""
        tree = context.tree
        if not isinstance(node, cst.Call) or node.lpar:
            return None
        value: cst.BaseExpression = node
        while isinstance(parent := tree.parent(value), (cst.Call, cst.Attribute)):
            if parent.lpar and not isinstance(tree.parent(parent), cst.BaseSmallStatement):
                return None
            if (parent.func if isinstance(parent, cst.Call) else parent.value) is not value:
                return None
            value = parent
        if value is node or len(value.lpar) > 1 or not _whole_value(parent, value):
            return None
        assert isinstance(parent, cst.BaseSmallStatement)
        line = tree.parent(parent)
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
            return None
        functions = tree.functions_around(node)
        if not functions or _NAME in tree.names_in(functions[0]):
            return None
        return cls(context, node, parent, value)

    def draft(self) -> bool:
        """Write the two statements where one would be long or stands on several lines; whether that was done."""
        tree, changes = self.context.tree, self.context.draft
        statement, inner = tree.span(self.statement), tree.span(self.node)
        chain, outer = tree.span(self.value), tree.outer(self.value)
        head_start = tree.outer(self.value).start
        if not self._wanted(statement):
            return False
        head = Span(statement.start, head_start)
        links = self._tail_gaps()
        before, between, after = Span(head_start, inner.start), self._gap(), Span(chain.end, outer.end)
        if any("#" in tree.slice(gap) for gap in (before, between, *links)) or self._bare_line_ends():
            return False
        if any(changes.touches(gap, inner) for gap in (Span(statement.start, inner.start), between, after, *links)):
            return False
        changes.replace(Span(statement.start, inner.start), f"{_NAME} = await ")
        changes.replace(between, Break(statement.start), tree.slice(head), _NAME)
        for gap in links:
            if tree.several_lines(gap):
                changes.replace(gap, ".")
        # the closing parenthesis goes, a comment before it stays
        if (kept := tree.slice(after).rfind("#")) >= 0:
            after = Span(tree.line_end(after.start + kept), after.end)
        changes.delete(after)
        self._join(statement)
        deeper = len(tree.margin(inner.start)) - len(tree.margin(statement.start))
        for line in tree.code_line_starts(Span(inner.start + 1, chain.end)):
            changes.shift(line, -deeper)
        return True

    def _wanted(self, statement: Span) -> bool:
        written = self.context.draft.preview(statement)
        several = len(written.strip().splitlines()) > 1
        return several or visible_width(written) + len("(await )") > self.context.layout.limit_at(statement)

    def _join(self, statement: Span) -> None:
        """A lone argument that stands on a line of its own goes back into the call's where it fits now."""
        tree, changes = self.context.tree, self.context.draft
        assert isinstance(self.node, cst.Call)
        if len(self.node.args) != 1 or changes.touches(call := tree.span(self.node), Span(0, 0)):
            return
        argument = tree.span(self.node.args[0])
        opening = Span(tree.opening_parenthesis(self.node) + 1, argument.start)
        closing = Span(argument.end, call.end - 1)
        width = len(tree.margin(statement.start)) + len(f"{_NAME} = await ()") + argument.end - argument.start
        width += opening.start - 1 - call.start
        if tree.several_lines(argument) or tree.slice(opening).strip() or tree.slice(closing).strip():
            return
        if tree.several_lines(opening) and tree.several_lines(closing) and width <= self.context.layout.limit:
            changes.delete(opening)
            changes.delete(closing)

    def _gap(self) -> Span:
        """The text from the end of the awaited expression to the dot of the first link."""
        tree = self.context.tree
        end = tree.span(self.node).end
        return Span(end, tree.text.index(".", tree.outer(self.node).end))

    def _tail_gaps(self) -> list[Span]:
        """The texts before the names of the links after the first, dots included."""
        tree: Tree = self.context.tree
        gaps = []
        node: cst.CSTNode = self.value
        while node is not self.node:
            if isinstance(node, cst.Attribute):
                if node.value is not self.node:
                    gaps.append(Span(tree.outer(node.value).end, tree.span(node.attr).start))
                node = node.value
            else:
                assert isinstance(node, cst.Call)
                node = node.func
        return gaps

    def _bare_line_ends(self) -> bool:
        """Whether the awaited chain breaks lines outside of brackets of its own."""
        tree = self.context.tree
        node: cst.CSTNode = self.node
        while isinstance(node, (cst.Call, cst.Attribute)):
            if isinstance(node, cst.Attribute):
                if tree.several_lines(Span(tree.outer(node.value).end, tree.span(node.attr).start)):
                    return True
                node = node.value
            else:
                node = node.func
        return False


def _whole_value(statement: cst.CSTNode | None, value: cst.BaseExpression) -> bool:
    if isinstance(statement, cst.Return):
        return statement.value is value
    if isinstance(statement, cst.Assign):
        return len(statement.targets) == 1 and isinstance(statement.targets[0].target, cst.Name)
    return isinstance(statement, cst.AnnAssign) and statement.value is value and isinstance(statement.target, cst.Name)
