"""`Query.get()` becomes `Session.get()`."""

from __future__ import annotations

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Code, Replace, Step
from sqla_async_fix.model.kinds import BuilderCall, ClassRef, Outcome
from sqla_async_fix.model.legacy_query.shape import Shape, item, shape
from sqla_async_fix.model.legacy_query.use import NO_SESSION, Use, no_shape, session_code

_IGNORED = frozenset({"order_by", "distinct", "enable_assertions", "with_session"})


def get(use: Use) -> Outcome:
    """`get(key)`, with the options, locks and execution options before it as keyword arguments."""
    query, kind = use.query, item(use.query)
    reason = query.refusal or (None if query.elements else no_shape(query))
    if reason is None and (
        shape(query) is not Shape.SINGLE or not isinstance((query.elements or ())[0].kind, ClassRef)
    ):
        reason = "`get()` needs a query of exactly one mapped class; this one fails in legacy form, too"
    if reason is None and (
        query.filtered or query.limited or query.joined or query.grouped or query.select_from or query.from_statement
    ):
        reason = (
            "`get()` after criteria, joins or limits fails in legacy form; use a `select()` with all of the criteria"
        )
    if reason is None and (len(use.args) != 1 or use.starred):
        reason = "the key of `get()` is not plain to see; pass one value, tuple or dict"
    settings = _settings(query.calls[1:])
    changed = query.optioned or query.for_update or query.configured or query.yield_per or query.parameterised
    if reason is None and (settings is None or (query.start is None and changed)):
        reason = "what was set on the query before `get()` has no argument of `Session.get()`; write it by hand"
    if reason is None and not query.primary_code:
        reason = "the class of this query has no plain name here; write `session.get(Model, key)` by hand"
    if reason is not None or settings is None:
        return use.refuse(reason or "", kind, effect=True)
    steps = _steps(use, settings)
    return Outcome(kind, steps, None if steps else NO_SESSION, effect=True)


def _steps(use: Use, settings: tuple[str, ...]) -> tuple[Step, ...]:
    query = use.query
    argument = use.args[0]
    keyword = use.node.keywords[0] if use.node.keywords else None
    key = use.context.span(argument.node if keyword is None else keyword)
    value = use.context.span(argument.node)
    if query.start is not None and not query.rebound:
        begin = Span(query.function_end - len("query"), _opening(use, key.start))
        code: Code = ("get(", *query.primary_code, ", ")
    else:
        session = session_code(query, use.session, use.context)
        if not session:
            return ()
        begin = Span(use.span.start, _opening(use, key.start))
        code = (*session, ".get(", *query.primary_code, ", ")
    steps: list[Step] = [Replace(begin, code)]
    if keyword is not None:
        steps.append(Replace(Span(key.start, value.start), ()))
    if settings:
        steps.append(use.before_parenthesis(", " + ", ".join(settings)))
    return tuple(steps)


def _opening(use: Use, key: int) -> int:
    """Where the arguments of the call begin: after the parenthesis that opens them."""
    end = use.context.span(use.node.func).end
    text = use.context.source(use.node)[end - use.span.start :]
    return min(end + text.index("(") + 1, key)


def _settings(builders: tuple[BuilderCall, ...]) -> tuple[str, ...] | None:
    """The keyword arguments that stand for the builders; None when one has none."""
    options: list[str] = []
    execution: list[str] = []
    found: list[str] = []
    for call in builders:
        if call.method == "options" and call.steps:
            return None
        if call.method == "options":
            options.append(call.arguments)
        elif call.method == "with_for_update":
            if call.arguments and not _are_keywords(call.arguments):
                return None
            inner = ", ".join(_quoted(part) for part in call.arguments.split(", ")) if call.arguments else ""
            found.append(f"with_for_update={{{inner}}}" if inner else "with_for_update=True")
        elif call.method == "populate_existing":
            found.append("populate_existing=True")
        elif call.method == "execution_options" and _are_keywords(call.arguments):
            execution.extend(_quoted(part) for part in call.arguments.split(", "))
        elif call.method == "autoflush" and "=" not in call.arguments:
            execution.append(f'"autoflush": {call.arguments}')
        elif call.method not in _IGNORED:
            return None
    if options:
        found.insert(0, f"options=[{', '.join(filter(None, options))}]")
    if execution:
        found.append(f"execution_options={{{', '.join(execution)}}}")
    return tuple(found) if len({each.split("=")[0] for each in found}) == len(found) else None


def _are_keywords(arguments: str) -> bool:
    return all(part.partition("=")[0].isidentifier() and "=" in part for part in arguments.split(", "))


def _quoted(part: str) -> str:
    name, _, value = part.partition("=")
    return f'"{name}": {value}'
