"""One use of a legacy query: the call at hand, and how its outcome is made. What each method means is elsewhere."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Code, DropCall, Execute, RenameMethod, Replace, Step, Symbol
from sqla_async_fix.model.kinds import UNKNOWN, Argument, BuilderCall, Kind, Outcome, Query, Statement
from sqla_async_fix.model.sql import Context

SELECT = Symbol("sqlalchemy", "select")
FUNC = Symbol("sqlalchemy", "func")

NO_SESSION = (
    "the session of this query is not known where it is executed; "
    "pass the session along, or end the query where it begins"
)
NO_PATH = "the session that this query begins with is not a plain name; bind it to a name first"


def no_shape(query: Query) -> str:
    """Why a query stays whose elements are not known."""
    if query.extra:
        reason = f"`{query.extra[0]}` is not known to be a mapped class or column"
    else:
        reason = "what this query selects is not known (starred, dynamic or unresolved arguments)"
    return f"{reason}; rewrite it by hand, or use `run_sync`"


@dataclass(frozen=True, slots=True)
class Use:
    """A method call on a legacy query."""

    query: Query
    name: str
    args: tuple[Argument, ...]
    node: ast.Call
    context: Context
    session: str | None
    result_used: bool = True
    unpacked: bool = False

    @property
    def receiver(self) -> ast.expr:
        """The expression of the query."""
        assert isinstance(self.node.func, ast.Attribute)
        return self.node.func.value

    @property
    def span(self) -> Span:
        """The place of the call."""
        return self.context.span(self.node)

    @property
    def positional(self) -> tuple[Argument, ...]:
        """The arguments without a name."""
        return tuple(arg for arg in self.args if arg.name is None and not arg.starred)

    @property
    def starred(self) -> bool:
        """Whether `*` or `**` hides arguments."""
        return any(arg.starred for arg in self.args)

    def keyword(self, name: str) -> Argument | None:
        """The argument of this name."""
        return next((arg for arg in self.args if arg.name == name), None)

    def noted(self, outcome: Outcome) -> Outcome:
        """A builder's outcome; while the chain is one expression its steps wait for what ends it."""
        query = outcome.kind
        if not isinstance(query, Query):
            return outcome
        taken = [arg.kind.origins for arg in self.args if isinstance(arg.kind, Statement)]
        query = replace(query, origins=query.origins.union(*taken))
        if query.start is None:
            return replace(outcome, kind=query)
        span = self.span
        text = argument_text(self.node, self.context)
        call = BuilderCall(self.name, (span.start, span.end), text, outcome.steps)
        return Outcome(replace(query, calls=(*query.calls, call)), refusal=outcome.refusal)

    def keep(self, *steps: Step, **changes: object) -> Outcome:
        """The builder stays, but for `steps`."""
        return Outcome(replace(self.query, **changes), steps)  # type: ignore[arg-type]

    def rename(self, name: str, *steps: Step, **changes: object) -> Outcome:
        """The builder goes by another name on a `select()`."""
        return self.keep(RenameMethod(self.span, name), *steps, **changes)

    def refuse(self, reason: str, kind: Kind = UNKNOWN, *, effect: bool = False) -> Outcome:
        """No exact 2.0 form; for a builder the query goes on with the refusal."""
        if not effect and kind == UNKNOWN:
            kind = replace(self.query, refusal=self.query.refusal or reason)
        return Outcome(kind, refusal=reason, effect=effect)

    def insert(self, offset: int, *code: str | Symbol) -> Replace:
        """New code at an offset."""
        return Replace(Span(offset, offset), code)

    def before_parenthesis(self, *code: str | Symbol) -> Replace:
        """New code at the end of the call's arguments."""
        end = self.span.end - 1
        return self.insert(end, *code)


def argument_text(node: ast.Call, context: Context) -> str:
    """The arguments of a call as written, on one line if they are."""
    parts: list[ast.AST] = [*node.args, *node.keywords]
    return ", ".join(context.source(part) for part in parts)


def detached(query: Query) -> tuple[Query, tuple[Step, ...], str | None]:
    """The query as a statement of its own, the step that makes it one where it begins, or why that cannot be."""
    if query.start is None:
        return query, (), None
    loose = replace(query, start=None, calls=())
    if query.session is None and not query.owner:
        return loose, (), NO_PATH
    steps = [step for call in query.calls for step in call.steps]
    return loose, (begin(query, SELECT), *steps), None


def begin(query: Query, name: Symbol) -> Replace:
    """The step that makes what the query begins with a statement of its own."""
    assert query.start is not None
    return Replace(Span(query.start[0], query.function_end), (name, *query.given))


def session_code(query: Query, session: str | None, context: Context) -> Code:
    """The code of the session that executes a query here, where `session` is what is known of its name; empty if none
    can be written."""
    if query.owner and all(origin.startswith(f"{context.path}:") for origin in query.origins):
        return query.owner
    return (session,) if session is not None and not query.owner else ()


def execute(
    query: Query,
    node: ast.expr,
    context: Context,
    session: str | None,
    method: str,
    *,
    start_name: Symbol = SELECT,
    drop_terminal: bool = True,
    prefix: Code = (),
    suffix: Code = (),
    tail: Code = (),
    dropped: frozenset[tuple[int, int]] = frozenset(),
) -> tuple[Step, ...]:
    """The steps that execute the query expression `node`; none when the session cannot be written here.

    Calls at the spans `dropped` go; the others of the chain get their 2.0 form.
    """
    steps: list[Step] = []
    for call in query.calls:
        steps.extend([DropCall(Span(*call.span))] if call.span in dropped else call.steps)
    start = Span(*query.start) if query.start is not None else None
    if start is not None and query.rebound:
        steps.append(begin(query, start_name))
        start = None
    code = session_code(query, session, context) if start is None else ()
    if start is None and not code:
        return ()
    step = Execute(context.span(node), start, code, method, start_name, drop_terminal, prefix, suffix, tail)
    return (step, *steps)


def executed(kind: Kind, steps: tuple[Step, ...], *more: Step, refusal: str | None = None) -> Outcome:
    """The outcome of a terminal whose query is executed by `steps`."""
    if refusal is not None:
        return Outcome(kind, refusal=refusal, effect=True)
    if not steps:
        return Outcome(kind, refusal=NO_SESSION, effect=True)
    return Outcome(kind, (*steps, *more), effect=True)
