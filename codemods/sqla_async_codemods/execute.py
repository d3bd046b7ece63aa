"""The codemod of Execute: a legacy query expression becomes a statement in `session.execute(...)`, with its layout."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from sqla_async_codemods._context import Context, carries_out
from sqla_async_codemods._draft import Break, Fold, Piece
from sqla_async_codemods._layout import visible_width
from sqla_async_codemods.errors import CodemodError
from sqla_async_codemods.query import link_start
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import DropCall, Execute, Replace

_BACKSLASH = re.compile(r"[ \t]*\\(?=\r\n?|\n)")
_CRITERIA = ".whereclause)"
_PRIMARY = (cst.Call, cst.Name, cst.Attribute, cst.Subscript)


@carries_out(Execute)
def execute(context: Context, step: Execute) -> None:
    """The statement goes into a call on the session, on lines of its own where the query has several."""
    _Execution(context, step).draft()


class _Execution:
    """One Execute step on its expression."""

    def __init__(self, context: Context, step: Execute) -> None:
        self.context, self.tree, self.changes, self.step = context, context.tree, context.draft, step
        self.node = self.tree.expression(step.span)
        self.query = self.tree.method(self.node)[1].value if step.drop_terminal else self.node
        self.span = step.span
        self.query_span = self.tree.span(self.query)
        self.start = self._start()
        self.session = context.written(step.session, self.span.start)
        self.prefix = context.written(step.prefix, self.span.start)
        self.suffix = context.written(step.suffix, self.span.start)
        self.tail = context.written(step.tail, self.span.start)
        # a call that the prefix leaves open is a level of its own
        self.wrapped = self.prefix.endswith("(") and _closes_at_end(self.suffix)
        self.depth = 2 if self.wrapped else 1
        self.criteria = self.prefix.endswith(".where(")
        self.lines = self.inner_lines = self.link_lines = Fold(False)

    def _start(self) -> cst.Attribute | None:
        """`<session>.query` where it stands inside the expression."""
        if self.step.start is None:
            if not self.step.session:
                raise CodemodError("No session for the statement")
            return None
        if not self.query_span.contains(self.step.start):
            raise CodemodError("The query does not start within the expression")
        return self.tree.method(self.tree.find(self.step.start, cst.Call))[1]

    # --- how the query stands ----------------------------------------------------------------------------------------

    def _gaps(self) -> Iterator[Span]:
        """The texts between the links of the query's chain, from an expression's end to the name after its dot."""
        node: cst.CSTNode = self.query
        stop = self.start
        while node is not None:
            if isinstance(node, cst.Call):
                node = node.func
            elif isinstance(node, cst.Subscript):
                node = node.value
            elif isinstance(node, cst.Attribute):
                if node is stop or self._is_replaced(node):
                    return
                yield Span(self.tree.outer(node.value).end, self.tree.span(node.attr).start)
                node = node.value
            else:
                return

    def _is_replaced(self, node: cst.CSTNode) -> bool:
        """Whether other code takes the place of a whole expression."""
        return any(step.span.contains(self.tree.span(node)) for step in self.context.steps_of(Replace))

    def _dropped_links(self) -> Iterator[int]:
        """Where links begin that other steps drop."""
        for step in self.context.steps_of(DropCall):
            if self.span.contains(step.span):
                function = self.tree.method(self.tree.expression(step.span))[1]
                yield self.tree.outer(function.value).end

    def _line_links(self) -> list[int]:
        """The starts of the lines that a link of the query's chain or its terminal opens."""
        gaps = list(self._gaps())
        if self.step.drop_terminal:
            function = self.tree.method(self.node)[1]
            gaps.append(Span(self.tree.outer(function.value).end, self.tree.span(function.attr).start))
        return sorted(self.tree.line_start(gap.end) for gap in gaps if self.tree.several_lines(gap))

    def _reuses_parentheses(self) -> bool:
        """Whether the parentheses around the query can become those of the call."""
        if not self.step.drop_terminal or len(self.query.lpar) != 1:
            return False
        return isinstance(self.query, _PRIMARY) or not self.suffix

    # --- drafting ----------------------------------------------------------------------------------------------------

    def draft(self) -> None:
        """Put the call around the query."""
        links = self._line_links()
        in_string = self.tree.in_string(self.node)
        reused = self._reuses_parentheses()
        outer = self.tree.outer(self.query) if reused else self.query_span
        several = not in_string and (bool(links) or self.tree.several_lines(outer))
        self.lines, self.link_lines = Fold(several), Fold(several and bool(links))
        self.inner_lines = self.lines if several else self.link_lines
        if reused:
            self._draft_in_parentheses(links)
        else:
            self._draft_opening()
            self._draft_closing()
            if several:
                self._shift(links)
                self._drop_outer_parentheses()
                self._drop_outer_lines()
        if several:
            self._drop_backslashes()
        elif not in_string:
            # the criteria of a statement stand within another: a break there is none of its links
            gone = set(self._dropped_links()) if not self.criteria else {gap.start for gap in self._gaps()}
            for gap in self._gaps():
                if gap.start in gone:
                    continue
                self.changes.insert(gap.start, Break(self.span.start, self.depth, self.link_lines))
            if self._whole_value() is not None:
                self.context.later(self.span, self._fit)

    def _opening_pieces(self) -> tuple[Piece, ...]:
        anchor = self.span.start
        opening = (f"{self.step.method}(", Break(anchor, 1, self.lines))
        if self.criteria:
            return (*opening, self.prefix.removesuffix(".where("), Break(anchor, 1, self.link_lines), ".where(")
        second = (Break(anchor, 2, self.inner_lines),) if self.wrapped else ()
        return (*opening, self.prefix, *second)

    def _statement_span(self) -> Span:
        """The query, with its parentheses where it needs them."""
        alone = self.start is not None or isinstance(self.query, _PRIMARY) or not self.suffix
        return self.query_span if alone and not self.step.drop_terminal else self.tree.outer(self.query)

    def _draft_opening(self) -> None:
        if self.start is None:
            opening = (f"{self.session}.", *self._opening_pieces())
            self.changes.open(self.span, *opening, at=self._statement_span().start)
            return
        name = self.context.written((self.step.start_name,), self.span.start)
        attribute = self.tree.span(self.start.attr)
        self.changes.replace(attribute, *self._opening_pieces(), name)
        gap = Span(self.tree.outer(self.start.value).end, attribute.start)
        if self.lines.broken and not self.tree.slice(gap).strip(" \t\r\n\\.") and len(self.tree.slice(gap)) > 1:
            dot = self.tree.text.index(".", gap.start)
            self.changes.delete(Span(gap.start, dot))
            self.changes.delete(Span(dot + 1, gap.end))

    def _statement_end(self) -> tuple[Piece, ...]:
        """What follows the query within the call."""
        anchor = self.span.start
        suffix = self.suffix.removesuffix(")") if self.wrapped else self.suffix
        pieces: list[Piece] = []
        if self.criteria and suffix.startswith(_CRITERIA):
            suffix = suffix.removeprefix(_CRITERIA)
            pieces.append(_CRITERIA)
        if suffix.startswith(".") and (self.wrapped or self.criteria or not self.prefix.endswith("(")):
            pieces.append(Break(anchor, self.depth, self.link_lines))
        pieces.append(suffix)
        if self.wrapped:
            pieces += [Break(anchor, 1, self.inner_lines), ")"]
        return tuple(pieces)

    def _draft_closing(self) -> None:
        closing = (*self._statement_end(), Break(self.span.start, 0, self.lines), ")")
        outer = self.tree.outer(self.query)
        if not self.step.drop_terminal:
            self.changes.close(self.span, *closing, self.tail, at=self._statement_span().end)
            return
        begin = link_start(self.tree, outer.end, self.tree.method(self.node)[1])
        if self.start is not None and self.query.lpar:
            # the session stays inside the parentheses, and so does the whole call
            self.changes.close(self.query_span, *closing)
            self.changes.replace(Span(begin, self.span.end), self.tail)
        else:
            self.changes.replace(Span(begin, self.span.end), *closing, self.tail)

    def _draft_in_parentheses(self, links: list[int]) -> None:
        tree, outer, inner = self.tree, self.tree.outer(self.query), self.query_span
        session = self.session
        if self.start is not None:
            before = tree.outer(self.start.value)
            session = tree.slice(before)
            name = self.context.written((self.step.start_name,), self.span.start)
            self.changes.replace(Span(before.start, tree.span(self.start.attr).end), name)
        hangs = self.lines.broken and tree.starts_line(inner.start)
        pieces = (f"{self.step.method}(", self.prefix) if hangs else self._opening_pieces()
        self.changes.replace(Span(outer.start, outer.start + 1), f"{session}.", *pieces)
        self.changes.close(inner, *self._statement_end())
        if not (self.lines.broken and tree.starts_line(outer.end - 1)):
            self.changes.insert(outer.end - 1, Break(self.span.start, 0, self.lines))
        begin = link_start(tree, outer.end, tree.method(self.node)[1])
        self.changes.replace(Span(begin, self.span.end), self.tail)
        if self.lines.broken and not hangs:
            self._shift(links)

    # --- layout ------------------------------------------------------------------------------------------------------

    def _shift(self, links: list[int]) -> None:
        """Indent the lines of the query to stand within the call."""
        tree, width = self.tree, len(self.tree.unit)
        hanging = aligned = width * self.depth
        if links:
            aligned += len(tree.margin(self.span.start)) - len(tree.margin(links[0]))
        for line in links:
            self.changes.release(line)
        for line in tree.code_line_starts(Span(self.span.start + 1, self.span.end)):
            self.changes.shift(line, aligned if links and line >= links[0] else hanging)

    def _drop_backslashes(self) -> None:
        """Within the call's parentheses no line needs a backslash."""
        for gap in self._gaps():
            for match in _BACKSLASH.finditer(self.tree.slice(gap)):
                self.changes.delete(Span(gap.start + match.start(), gap.start + match.end()))

    def _drop_outer_parentheses(self) -> None:
        """Parentheses that only joined the lines of a chain which starts right after them are needed no more."""
        tree = self.tree
        if len(self.node.lpar) != 1:
            return
        outer = tree.outer(self.node)
        if outer.start + 1 != self.span.start or tree.slice(Span(self.span.end, outer.end)).strip(" \t") != ")":
            return
        if tree.text[outer.start - 1 : outer.start].isidentifier():
            self.changes.replace(Span(outer.start, outer.start + 1), " ")
        else:
            self.changes.delete(Span(outer.start, outer.start + 1))
        self.changes.delete(Span(self.span.end, outer.end))

    def _drop_outer_lines(self) -> None:
        """Parentheses on lines of their own around a statement's value are needed no more: the call breaks the line."""
        tree, value = self.tree, self._whole_value()
        if value is None or len(value.lpar) != 1 or self._breaks_outside(value):
            return
        inner, outer = tree.span(value), tree.outer(value)
        before, after = Span(outer.start, inner.start), Span(inner.end, outer.end)
        if tree.slice(before).split() != ["("] or tree.slice(after).split() != [")"]:
            return
        if not tree.several_lines(before) or not tree.several_lines(after):
            return
        joined = tree.text[outer.start - 1 : outer.start].isidentifier()
        self.changes.replace(before, " ") if joined else self.changes.delete(before)
        self.changes.delete(after)
        for gap in self._gaps_after(value):
            self.changes.replace(gap, ".")
        deeper = len(tree.margin(inner.start)) - len(tree.margin(outer.start))
        for line in tree.code_line_starts(Span(outer.start + 1, inner.end)):
            self.changes.shift(line, -deeper)

    def _gaps_after(self, value: cst.BaseExpression) -> Iterator[Span]:
        """The texts of several lines between the links that follow the query's terminal in a value."""
        node: cst.CSTNode | None = self.node
        while node is not None and node is not value:
            held, node = node, self.tree.parent(node)
            if isinstance(node, cst.Attribute) and isinstance(held, cst.BaseExpression):
                gap = Span(self.tree.outer(held).end, self.tree.span(node.attr).start)
                if self.tree.several_lines(gap):
                    yield gap

    def _breaks_outside(self, value: cst.BaseExpression) -> bool:
        """Whether the new value still breaks lines outside of brackets of its own."""
        tree = self.tree
        before = Span(tree.span(value).start, self.span.start)
        session = tree.span(self.start.value) if self.start is not None else Span(0, 0)
        if any(map(tree.several_lines, (before, session))):
            return True
        return any(tree.slice(gap).split() != ["."] for gap in self._gaps_after(value))

    def _fit(self) -> None:
        """Break the call where its line has become too long, then its links where one line is still too short."""
        layout = self.context.layout
        if visible_width(self.changes.preview(self.span)) <= layout.limit_at(self.span):
            return
        self.lines.broken = True
        self._drop_outer_lines()
        self.link_lines.broken = visible_width(self.changes.preview(self.span)) > layout.limit

    def _whole_value(self) -> cst.BaseExpression | None:
        """The expression with the links that follow it, if that is what a statement is about; else it is not broken."""
        tree = self.tree
        value: cst.BaseExpression = self.node
        while isinstance(parent := tree.parent(value), (cst.Call, cst.Attribute, cst.Await, cst.UnaryOperation)):
            held = parent.func if isinstance(parent, cst.Call) else _operand(parent)
            if held is not value:
                return None
            value = parent
        holder = getattr(parent, "iter" if isinstance(parent, cst.For) else "test", None)
        if isinstance(parent, (cst.For, cst.If, cst.While)):
            return value if holder is value else None
        is_statement = isinstance(parent, (cst.Return, cst.Expr, cst.Assign, cst.AnnAssign, cst.AugAssign))
        return value if is_statement and getattr(parent, "value", None) is value else None


def _operand(node: cst.Attribute | cst.Await | cst.UnaryOperation) -> cst.BaseExpression:
    return node.value if isinstance(node, cst.Attribute) else node.expression


def _closes_at_end(suffix: str) -> bool:
    """Whether the last character of the suffix, and none before, closes the parenthesis that the prefix leaves open."""
    depth = 1
    for position, character in enumerate(suffix):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return position == len(suffix) - 1
    return False
