"""What a rewrite asks of the codemods, as frozen data. How the text is changed is in `sqla_async_codemods`.

Every step names its place by spans of expressions or statements of the original text, as `ast` gives them: the
parentheses around an expression are not part of its span. One rewrite is a tuple of steps; steps of one file are
carried out together on one parse, so no step sees the text of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sqla_async_fix.core.span import Span


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name of a module that new code refers to; the file's imports decide how it is spelled.

    `Symbol("sqlalchemy", "select")` becomes `select`, `sa.select`, `sqlalchemy.select` or an alias, and is imported
    where the file does not have it yet. An empty `name` means the module itself, `import asyncio`.
    """

    module: str
    name: str


Code: TypeAlias = tuple[str | Symbol, ...]
"""New code: literal text and symbols, put together in order."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Put `code` in the place of `span`; an empty span inserts, empty code deletes."""

    span: Span
    code: Code


@dataclass(frozen=True, slots=True)
class RenameMethod:
    """In the call expression at `span`, `x.old(...)` becomes `x.name(...)`."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class DropCall:
    """In the call expression at `span`, `x.method(...)` becomes `x`; a line left empty goes with it."""

    span: Span


@dataclass(frozen=True, slots=True)
class DropArgument:
    """The argument (positional, keyword with its name, or starred) whose value is the expression at `span` goes, with
    its comma."""

    span: Span


@dataclass(frozen=True, slots=True)
class UnpackList:
    """The items of the list display at `span`, an argument of a call, become arguments themselves: the brackets go."""

    span: Span


@dataclass(frozen=True, slots=True)
class Execute:
    """The legacy query expression at `span` becomes an executed statement.

    `span` is the whole expression; if `drop_terminal`, it is a call `<query>.method(...)` whose `.method(...)` goes.
    `start` is the span of the `<session>.query(...)` call when it stands inside `span` (the session stays where it
    is), else None and `session` is the code of the session expression. `start_name` replaces `<session>.query`.

    With `start`:     `db.query(User).filter(x).first()` -> `db.<method>(<prefix>select(User).filter(x)<suffix>)<tail>`
    Without `start`:  `q.filter(x).first()`              -> `<session>.<method>(<prefix>q.filter(x)<suffix>)<tail>`

    Where the expression stands on several lines the statement goes on lines of its own, indented once more.
    """

    span: Span
    start: Span | None
    session: Code
    method: str
    start_name: Symbol = Symbol("sqlalchemy", "select")
    drop_terminal: bool = True
    prefix: Code = ()
    suffix: Code = ()
    tail: Code = ()


@dataclass(frozen=True, slots=True)
class AddAwait:
    """The expression at `span` is awaited, in parentheses where its surroundings bind tighter than `await`."""

    span: Span


@dataclass(frozen=True, slots=True)
class DropAwait:
    """The `await` expression at `span` becomes its operand."""

    span: Span


@dataclass(frozen=True, slots=True)
class AddAsync:
    """The `def`, `with` or `for` statement at `span` (decorators not part of it), or the comprehension clause whose
    target starts at `span.start`, becomes `async`."""

    span: Span


@dataclass(frozen=True, slots=True)
class ListComprehension:
    """The generator expression at `span` becomes a list comprehension, as the only argument or in its own
    parentheses."""

    span: Span


@dataclass(frozen=True, slots=True)
class WrapWith:
    """Statements become the body of `[async] with <code of the call> as <name>:`.

    `span` is the assignment statement `<name> = <call>`, replaced by the `with` header; the statements that follow it
    in the same block, up to and including the one at `last`, are indented once more. `unwrap` is the span of a
    `try` statement among them whose body takes its place (its `finally` closes the session and goes; a `try` with
    handlers or an else keeps those and only loses its `finally`). `dropped` are statements that go, such as
    `<name>.close()`; a block left empty gets `pass`.
    """

    span: Span
    last: Span
    is_async: bool
    unwrap: Span | None = None
    dropped: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class DropStatement:
    """The statement at `span` goes with its line; a block left empty gets `pass`."""

    span: Span


@dataclass(frozen=True, slots=True)
class AddStatements:
    """Lines of code (without indentation of their own surroundings) go before or after the statement at `span`,
    at its indentation."""

    span: Span
    lines: tuple[Code, ...]
    after: bool


@dataclass(frozen=True, slots=True)
class AddArgument:
    """The call at `span` gets one more argument, such as `lazy="selectin"`, after those it has."""

    span: Span
    code: Code


Step: TypeAlias = (
    Replace
    | RenameMethod
    | DropCall
    | DropArgument
    | UnpackList
    | Execute
    | AddAwait
    | DropAwait
    | AddAsync
    | ListComprehension
    | WrapWith
    | DropStatement
    | AddStatements
    | AddArgument
)
