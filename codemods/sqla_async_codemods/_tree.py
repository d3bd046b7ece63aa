"""One file parsed once: nodes by span, parents, and where tokens stand in the text. No change is made here."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider

from sqla_async_codemods.errors import CodemodError
from sqla_async_fix.core.span import Span

Node = TypeVar("Node", bound=cst.CSTNode)

_LINE_END = re.compile(r"\r\n?|\n")
_LONE_CR = re.compile(r"\r(?!\n)")
_STRINGS = (cst.SimpleString, cst.FormattedString)
_INDEXED = (
    cst.BaseExpression,
    cst.BaseSmallStatement,
    cst.BaseCompoundStatement,
    cst.Arg,
    cst.CompFor,
    cst.Decorator,
)


class Tree:
    """The concrete syntax tree of `text`; all spans are code-point offsets into it."""

    def __init__(self, text: str) -> None:
        """Parse; raises CodemodError when the text is not Python."""
        # Python reads a lone CR as a line end, LibCST loses some: both are one code point, so offsets stay.
        readable = _LONE_CR.sub("\n", text)
        try:
            module = cst.parse_module(readable)
        except (cst.ParserSyntaxError, RecursionError) as error:
            raise CodemodError("The file cannot be parsed") from error
        self._unseen = _unseen_spaces(readable, module.code)
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self.text = text
        self.module = module
        self.unit: str = module.default_indent
        self._line_starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        first_end = _LINE_END.search(text)
        self.newline = first_end.group() if first_end else "\n"
        self._positions = wrapper.resolve(PositionProvider)
        self._parents = dict(_child_and_parent(module))
        self._by_span: dict[Span, list[cst.CSTNode]] = {}
        self._statements: dict[int, cst.CSTNode] = {}
        self._inside_strings: set[int] = set()
        self._scopes: list[tuple[Span, cst.FunctionDef | cst.ClassDef | cst.Lambda]] = []
        self._names_in: dict[cst.CSTNode, frozenset[str]] = {}
        self.clauses: list[cst.CompFor] = []
        self.imports: list[cst.Import | cst.ImportFrom] = []
        for node in self._positions:
            if isinstance(node, _INDEXED):
                self._index(node)

    def _index(self, node: cst.CSTNode) -> None:
        span = self.span(node)
        self._by_span.setdefault(span, []).append(node)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            self._scopes.append((span, node))
        if isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            self._statements.setdefault(span.start, node)
            if isinstance(node, (cst.Import, cst.ImportFrom)):
                self.imports.append(node)
        elif isinstance(node, cst.CompFor):
            self.clauses.append(node)
        elif isinstance(node, _STRINGS):
            self._inside_strings.update(start for start in self.line_starts(span) if start > span.start)
        elif isinstance(node, (cst.Tuple, cst.GeneratorExp)):
            # `ast` counts the parentheses of these two, LibCST does not
            outer = self._call_parentheses(node) if not node.lpar else self._within_parentheses(node)
            if outer is not None:
                self._by_span.setdefault(outer, []).append(node)

    def _within_parentheses(self, node: cst.BaseExpression) -> Span:
        opening, closing = self.innermost_parentheses(node)
        return Span(opening.start, closing.end)

    def _call_parentheses(self, node: cst.CSTNode) -> Span | None:
        argument = self.parent(node)
        call = self.parent(argument) if isinstance(argument, cst.Arg) else None
        if isinstance(node, cst.GeneratorExp) and isinstance(call, cst.Call):
            return Span(self.opening_parenthesis(call), self.span(call).end)
        return None

    # --- places ------------------------------------------------------------------------------------------------------

    def offset(self, line: int, column: int) -> int:
        """The offset of a row (from 1) and a column of code points."""
        return self._line_starts[line - 1] + column

    def _shown_offset(self, position: CodePosition) -> int:
        """The offset of a position that LibCST gives."""
        offset = self.offset(position.line, position.column)
        for unseen in self._unseen:
            if unseen < offset + 1 and self.line_start(unseen) == self._line_starts[position.line - 1]:
                offset += 1
        return offset

    def _range(self, node: cst.CSTNode) -> CodeRange:
        found = self._positions[node]
        assert isinstance(found, CodeRange)
        return found

    def _range_start(self, node: cst.CSTNode) -> int:
        return self._shown_offset(self._range(node).start)

    def _range_end(self, node: cst.CSTNode) -> int:
        return self._shown_offset(self._range(node).end)

    def span(self, node: cst.CSTNode) -> Span:
        """Where the node stands, without the parentheses around it."""
        return Span(self._range_start(node), self._range_end(node))

    def outer(self, node: cst.BaseExpression) -> Span:
        """Where the expression stands with all its own parentheses."""
        if not node.lpar:
            return self.span(node)
        return Span(self._range_start(node.lpar[0]), self._range_end(node.rpar[-1]))

    def innermost_parentheses(self, node: cst.BaseExpression) -> tuple[Span, Span]:
        """The places of the two parentheses right around an expression that has some."""
        opening, closing = self._range_start(node.lpar[-1]), self._range_end(node.rpar[0])
        return Span(opening, opening + 1), Span(closing - 1, closing)

    def whole_span(self, statement: cst.CSTNode) -> Span:
        """Where a statement stands, with its decorators."""
        span = self.span(statement)
        decorators = getattr(statement, "decorators", ())
        return Span(self.span(decorators[0]).start, span.end) if decorators else span

    def whole_lines(self, statement: cst.CSTNode) -> Span:
        """The lines of a statement, with its decorators and the end of the last one."""
        span = self.whole_span(statement)
        return Span(self.line_start(span.start), self.next_line(span.end))

    def slice(self, span: Span) -> str:
        """The text at `span`."""
        return self.text[span.start : span.end]

    def line_start(self, offset: int) -> int:
        """The offset at which the line of `offset` starts."""
        return self._line_starts[bisect_right(self._line_starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """The offset at which the line of `offset` ends, before its line end."""
        match = _LINE_END.search(self.text, offset)
        # between the two characters of a CRLF the search finds the LF alone
        return match.start() if match else len(self.text)

    def next_line(self, offset: int) -> int:
        """The offset at which the line after that of `offset` starts; the length of the text after the last."""
        match = _LINE_END.search(self.text, offset)
        return match.end() if match else len(self.text)

    def line_starts(self, span: Span) -> Iterator[int]:
        """The line starts in `span`, that at its own start included."""
        index = bisect_right(self._line_starts, span.start - 1)
        while index < len(self._line_starts) and self._line_starts[index] < span.end:
            yield self._line_starts[index]
            index += 1

    def code_line_starts(self, span: Span) -> Iterator[int]:
        """The line starts in `span` that do not continue a string."""
        return (start for start in self.line_starts(span) if start not in self._inside_strings)

    def margin(self, offset: int) -> str:
        """The white space that the line of `offset` starts with."""
        start = self.line_start(offset)
        end = start
        while end < len(self.text) and self.text[end] in " \t\f":
            end += 1
        return self.text[start:end]

    def starts_line(self, offset: int) -> bool:
        """Whether only white space precedes `offset` on its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def ends_line(self, offset: int) -> bool:
        """Whether only white space or a comment follows `offset` on its line."""
        rest = self.text[offset : self.line_end(offset)].strip()
        return not rest or rest.startswith("#")

    def several_lines(self, span: Span) -> bool:
        """Whether the text at `span` has a line end."""
        return self.line_start(span.start) != self.line_start(span.end)

    # --- nodes -------------------------------------------------------------------------------------------------------

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that holds `node`; None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around `node`, innermost first."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def find(self, span: Span, kind: type[Node]) -> Node:
        """The one node of that kind at `span`, as `ast` gives it. Raises CodemodError."""
        for node in self._by_span.get(span, ()):
            if isinstance(node, kind):
                return node
        raise CodemodError(f"No {kind.__name__} at {span.start}..{span.end}")

    def expression(self, span: Span) -> cst.BaseExpression:
        """The expression at `span`. Raises CodemodError."""
        return self.find(span, cst.BaseExpression)  # type: ignore[type-abstract]

    def statement(self, span: Span) -> cst.CSTNode:
        """The simple or compound statement that starts where `span` does (decorators not part of it)."""
        node = self._statements.get(span.start)
        if node is None:
            raise CodemodError(f"No statement at {span.start}")
        return node

    def argument(self, value: cst.BaseExpression) -> cst.Arg:
        """The call argument that `value` is the whole of. Raises CodemodError."""
        parent = self.parent(value)
        if not isinstance(parent, cst.Arg):
            raise CodemodError("Not an argument of a call")
        return parent

    def method(self, call: cst.CSTNode) -> tuple[cst.Call, cst.Attribute]:
        """A call `x.method(...)` and its `x.method`. Raises CodemodError."""
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and not call.func.lpar:
            return call, call.func
        raise CodemodError("Not a method call")

    def opening_parenthesis(self, call: cst.Call) -> int:
        """The offset of the `(` of a call's arguments."""
        return self.text.index("(", self.outer(call.func).end)

    def in_string(self, node: cst.CSTNode) -> bool:
        """Whether the node stands within an f-string, where no line can end."""
        return any(isinstance(ancestor, cst.FormattedString) for ancestor in self.ancestors(node))

    def functions_around(self, node: cst.CSTNode) -> list[cst.FunctionDef]:
        """The function definitions that hold `node`, innermost first."""
        return [ancestor for ancestor in self.ancestors(node) if isinstance(ancestor, cst.FunctionDef)]

    def names_in(self, node: cst.CSTNode) -> frozenset[str]:
        """Every identifier that occurs in the code of `node`."""
        if node not in self._names_in:
            names = (found.value for found in _descendants(node) if isinstance(found, cst.Name))
            self._names_in[node] = frozenset(names)
        return self._names_in[node]

    def scopes_at(self, offset: int) -> list[cst.FunctionDef | cst.ClassDef | cst.Lambda]:
        """The functions, classes and lambdas that hold `offset`."""
        return [node for span, node in self._scopes if span.start <= offset < span.end]

    def functions_at(self, offset: int) -> list[cst.FunctionDef]:
        """The function definitions that hold `offset`, innermost first."""
        found = [node for node in self.scopes_at(offset) if isinstance(node, cst.FunctionDef)]
        return sorted(found, key=lambda node: self.span(node).start, reverse=True)

    def unevaluated(self, offset: int) -> bool:
        """Whether `offset` is in an annotation that only type checkers read: quoted, or all are by a future import."""
        for node in self._positions:
            if isinstance(node, cst.Annotation) and self.span(node).start <= offset < self.span(node).end:
                return "from __future__ import annotations" in self.text or any(
                    isinstance(each, cst.SimpleString) and self.span(each).start < offset < self.span(each).end
                    for each in _descendants(node)
                )
        return False

    def line_number(self, offset: int) -> int:
        """The number of the line of `offset`, from 1."""
        return bisect_right(self._line_starts, offset)


def _unseen_spaces(text: str, shown: str) -> list[int]:
    """The offsets of spaces that LibCST forgets, such as that in `except E :`. Raises CodemodError where it is more."""
    unseen: list[int] = []
    if text == shown:
        return unseen
    position = 0
    for offset, character in enumerate(text):
        if position < len(shown) and shown[position] == character:
            position += 1
        elif character == " ":
            unseen.append(offset)
        else:
            break
    if position < len(shown) or offset + 1 < len(text):
        raise CodemodError("The file is not reproduced by its syntax tree")
    return unseen


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    # `CSTNode.children` walks by visitors, which takes many times longer
    for name in _fields(type(node)):
        value = getattr(node, name)
        for child in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(child, cst.CSTNode) and not isinstance(child, cst.BaseParenthesizableWhitespace):
                yield child


def _child_and_parent(module: cst.Module) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    for node in _descendants(module):
        for child in _children(node):
            yield child, node


def _descendants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(_children(current))
