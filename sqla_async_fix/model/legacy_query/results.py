"""Terminals that give results: all, first, one, scalar, iteration, slices. Those that write are in `writing`."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import RenameMethod, Replace
from sqla_async_fix.model.kinds import (
    VALUE,
    Constant,
    ExternalInstance,
    Instance,
    Kind,
    Outcome,
    Query,
    Result,
    Row,
    Sequence,
)
from sqla_async_fix.model.legacy_query.criteria import orders_by_unselected
from sqla_async_fix.model.legacy_query.shape import (
    Shape,
    ambiguous_names,
    at_most_one,
    hashable,
    item,
    repeats,
    shape,
    unhashable,
)
from sqla_async_fix.model.legacy_query.use import FUNC, SELECT, Use, execute, executed, no_shape
from sqla_async_fix.model.sql import Context, elements

UNIQUE = ".unique()"


def refusal_of(query: Query, *, rows: bool = True, positional: bool = False) -> str | None:
    """Why the results of a query cannot be asked for in 2.0 form; `rows`: whole results are wanted, not one value."""
    if query.refusal is not None:
        return query.refusal
    form = shape(query)
    if form is None or query.elements is None:
        return no_shape(query)
    if query.needs_join and not (query.joined or query.select_from or query.from_statement):
        return "`contains_eager()` without a join combines every row with every other; join the relationship first"
    if query.set_operation and form is not Shape.COLUMNS:
        return (
            "entities of a combined query have no exact form as methods; select `aliased(Model, union(...).subquery())`"
        )
    if form is Shape.SINGLE or not rows:
        return None
    if ambiguous_names(query.elements) and not positional:
        return "two columns of the rows share a name: the last one's in legacy rows, the first one's in 2.0; label one"
    if query.labelled:
        return "label styles name the fields of 2.0 rows, but not of legacy ones; label the columns instead"
    if orders_by_unselected(query):
        return "DISTINCT with ORDER BY on a column that is not selected differs between versions; select it as well"
    if form is Shape.MIXED and not hashable(query) and not unhashable(query) and not query.yield_per:
        return (
            "whether a column beside the entity can be compared is not known, and so whether duplicate rows go; "
            "select the columns apart"
        )
    return None


def _plain(query: Query) -> tuple[str, str]:
    """The session's method, and `unique()` where it is needed, for all results."""
    form = shape(query)
    if form is Shape.SINGLE:
        return "scalars", UNIQUE if repeats(query) else ""
    drop = form is Shape.MIXED and not unhashable(query) and not query.yield_per
    return "execute", UNIQUE if drop else ""


def all_(use: Use) -> Outcome:
    """`all()`."""
    method, unique = _plain(use.query)
    return _ended(use, Sequence(item(use.query)), method, tail=f"{unique}.all()")


def one(use: Use) -> Outcome:
    """`one()`, `one_or_none()`."""
    method, unique = _plain(use.query)
    return _ended(use, item(use.query), method, tail=f"{unique}.{use.name}()")


_YIELD_PER = "`yield_per()` before a single result means nothing; remove it"


def _streaming(query: Query) -> frozenset[tuple[int, int]] | None:
    """The calls of `yield_per()` to take out of the chain before a single result; None when they are out of reach."""
    spans = frozenset(call.span for call in query.calls if call.method == "yield_per")
    return spans if spans or not query.yield_per else None


def first(use: Use) -> Outcome:
    """`first()`."""
    query = use.query
    kind = item(query)
    form = shape(query)
    if query.from_statement:
        return _ended(use, kind, "scalars" if form is Shape.SINGLE else "execute", tail=".first()")
    if form is not Shape.SINGLE:
        return _ended(use, kind, "execute", suffix=".limit(1)", tail=".first()")
    unlimited = at_most_one(query, use.context) and not query.joined_collection and not query.limited
    unique = UNIQUE if query.joined_collection else ""
    return _ended(use, kind, "execute", suffix="" if unlimited else ".limit(1)", tail=f"{unique}.scalar_one_or_none()")


def scalar(use: Use) -> Outcome:
    """`scalar()`."""
    query = use.query
    form = shape(query)
    kind: Kind = VALUE if form is Shape.COLUMNS or not query.elements else item(query)
    if form is Shape.SINGLE:
        method, unique = _plain(query)
        return _ended(use, kind, method, tail=f"{unique}.one_or_none()", rows=False)
    if form is Shape.MIXED:
        first_of_row = query.elements[0] if query.elements else None
        kind = Instance(first_of_row.model) if first_of_row is not None and first_of_row.model else VALUE
        method, unique = _plain(query)
        use = replace(use, unpacked=True)
        return _ended(use, kind, method, tail=f"{unique}.scalar_one_or_none()")
    if at_most_one(query, use.context):
        return _ended(use, kind, "scalar", rows=False)
    return _ended(use, kind, "execute", tail=".scalar_one_or_none()", rows=False)


def value(use: Use) -> Outcome:
    """`value(column)`, `values(*columns)`."""
    found = elements(use.args, use.context)
    kind: Kind = VALUE if use.name == "value" else Result(Row(found))
    query = use.query
    if query.refusal or found is None or any(each.entity for each in found):
        return use.refuse(query.refusal or no_shape(query), kind, effect=True)
    if query.set_operation or query.from_statement or query.yield_per or ambiguous_names(found):
        return use.refuse(
            f"`{use.name}()` has no exact form here; use `with_entities()` before a terminal", kind, effect=True
        )
    step = execute(
        query,
        use.node,
        use.context,
        use.session,
        "scalar" if use.name == "value" else "execute",
        drop_terminal=False,
    )
    return executed(kind, step, RenameMethod(use.span, "with_only_columns"))


def _ended(
    use: Use,
    kind: Kind,
    method: str,
    *,
    suffix: str = "",
    tail: str = "",
    rows: bool = True,
) -> Outcome:
    refusal = refusal_of(use.query, rows=rows, positional=use.unpacked)
    dropped = frozenset[tuple[int, int]]()
    if use.name == "all":
        # a list is whole whatever the size of its parts, which would keep an asynchronous session from buffering it
        plain = not use.query.joined_collection and not use.query.optioned
        dropped = (_streaming(use.query) or dropped) if plain else dropped
    else:
        streaming = _streaming(use.query)
        if streaming is None or (streaming and use.query.joined_collection):
            refusal = refusal or _YIELD_PER
        dropped = streaming or dropped
    steps = execute(
        use.query,
        use.node,
        use.context,
        use.session,
        method,
        suffix=(suffix,) if suffix else (),
        tail=(tail,) if tail else (),
        dropped=dropped,
    )
    return executed(kind, steps, refusal=refusal)


# --- without a call ---------------------------------------------------------------------------------------------------


def iterate(
    query: Query, node: ast.expr, context: Context, *, positional: bool = False, listed: bool = False
) -> Outcome:
    """The query expression `node` is iterated.

    `positional`: what takes the rows apart never asks for names. `listed`: it needs a list, as `dict()` does, which
    takes anything with `keys()` for a mapping.
    """
    method, unique = _plain(query)
    tail = f"{unique}.all()" if listed else unique
    step = execute(query, node, context, query.session, method, drop_terminal=False, tail=(tail,) if tail else ())
    return executed(Result(item(query)), step, refusal=refusal_of(query, positional=positional))


def subscript(
    query: Query, node: ast.Subscript, bounds: dict[ast.expr, Kind], context: Context, *, positional: bool = False
) -> Outcome:
    """`query[i]` and `query[a:b]`; `bounds` are the kinds of its bounds."""
    single = not isinstance(node.slice, ast.Slice)
    kind: Kind = item(query) if single else Sequence(item(query))
    if query.refusal is None and _is_empty(node.slice):
        return Outcome(kind, (Replace(context.span(node), ("[]",)),))
    refusal = refusal_of(query, positional=positional)
    if query.from_statement or query.set_operation:
        refusal = refusal or "a slice of this query has no exact form; use `.all()` and slice the list"
    call, rest = _slice(node.slice, query.limited)
    if call is None:
        call, rest = _of_counts(node.slice, bounds, query.limited, context)
    if call is None:
        refusal = refusal or (
            "the bounds are not known to be numbers that are not negative; "
            "use `.offset()` and `.limit()` before `.all()`"
        )
    method, unique = _plain(query)
    step = execute(
        query,
        node.value,
        context,
        query.session,
        method,
        drop_terminal=False,
        suffix=(call,) if call else (),
        tail=(f"{unique}.all()",),
    )
    text, span = context.source(node), context.span(node)
    bracket = span.start + text.rindex("[", 0, context.span(node.slice).start - span.start)
    return executed(kind, step, Replace(Span(bracket, span.end), (rest,) if rest else ()), refusal=refusal)


def _slice(node: ast.expr, limited: bool) -> tuple[str | None, str]:
    """The builder call that stands for a subscript (None when there is none), and the subscript that stays."""
    if not isinstance(node, ast.Slice):
        index = _natural(node)
        return (f".slice({index}, {index + 1})", "[0]") if index is not None else (None, "")
    start, stop = _natural(node.lower), _natural(node.upper)
    if (node.lower is not None and start is None) or (node.upper is not None and stop is None):
        return None, ""
    step = _natural(node.step)
    if node.step is not None and not step:
        return None, ""
    rest = f"[::{step}]" if step else ""
    if start is not None and stop is not None:
        return (f".slice({start}, {stop})" if start < stop else None), rest
    if stop is not None:
        return (f".limit({stop})" if stop else None), rest
    if start is None:
        return "", rest
    # `offset()` replaces an earlier offset, a slice adds to it
    return (f".slice({start}, None)" if limited else f".offset({start})"), rest


def _of_counts(node: ast.expr, bounds: dict[ast.expr, Kind], limited: bool, context: Context) -> tuple[str | None, str]:
    """As `_slice`, for bounds that are no literals and yet surely numbers that are not negative."""
    if not isinstance(node, ast.Slice) or node.step is not None:
        return None, ""
    if node.lower is not None and node.upper is not None:
        start, stop = _constant(bounds[node.lower]), _constant(bounds[node.upper])
        if start is None or stop is None or start >= stop:
            return None, ""
        return f".slice({context.source(node.lower)}, {context.source(node.upper)})", ""
    bound = node.lower if node.lower is not None else node.upper
    if bound is None:
        return None, ""
    if _constant(bounds[bound]) is None and bounds[bound] != ExternalInstance("builtins.len"):
        return None, ""
    text = context.source(bound)
    if node.upper is not None:
        return f".limit({text})", ""
    return (f".slice({text}, None)" if limited else f".offset({text})"), ""


def _constant(kind: Kind) -> int | None:
    if isinstance(kind, Constant) and type(kind.value) is int and kind.value >= 0:
        return kind.value
    return None


def _is_empty(node: ast.expr) -> bool:
    """Whether the bounds are plainly such that a legacy query gives an empty list without asking the database."""
    if not isinstance(node, ast.Slice) or node.step is not None:
        return False
    start, stop = _natural(node.lower) if node.lower is not None else 0, _natural(node.upper)
    return start is not None and stop is not None and stop <= start


def _natural(node: ast.expr | None) -> int | None:
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= 0:
        return node.value
    return None


# --- count ------------------------------------------------------------------------------------------------------------

_UNCOUNTED = frozenset({"order_by", "options"})
_COUNTED_SIMPLY = _UNCOUNTED | {"filter", "where", "filter_by", "join", "outerjoin", "execution_options"}


def count(use: Use) -> Outcome:
    """`count()`: of the entity itself where nothing shapes the rows, else of the statement as a subquery."""
    query = use.query
    refusal = refusal_of(query, rows=False) if not query.set_operation else query.refusal
    if query.for_update:
        refusal = refusal or "`count()` with `with_for_update()` fails on PostgreSQL in legacy form; drop one of them"
    if query.from_statement:
        refusal = refusal or "`count()` after `from_statement()` has no 2.0 form; select `func.count()` from the text"
    if query.yield_per:
        refusal = refusal or _YIELD_PER
    simple = _simple_count(use)
    if simple is not None and refusal is None:
        return simple
    options = _options_of_counted(use)
    if options is None:
        refusal = (
            refusal or "execution options of a counted subquery are not used in 2.0; set them on the whole statement"
        )
    step = execute(
        query,
        use.node,
        use.context,
        use.session,
        "scalar",
        prefix=(SELECT, "(", FUNC, f".count()){options}.select_from("),
        suffix=(".subquery())",),
        dropped=frozenset(call.span for call in query.calls if call.method == "execution_options"),
    )
    return executed(VALUE, step, refusal=refusal)


def _options_of_counted(use: Use) -> str | None:
    """The query's execution options, to be set on the statement that counts its rows; None when they are out of
    reach."""
    query = use.query
    if not query.configured:
        return ""
    if query.start is None:
        named = isinstance(use.receiver, ast.Name)
        return f".execution_options(**{use.context.source(use.receiver)}.get_execution_options())" if named else None
    if any(call.method in ("autoflush", "populate_existing", "with_session") for call in query.calls):
        return None
    given = [call.arguments for call in query.calls if call.method == "execution_options"]
    return "".join(f".execution_options({arguments})" for arguments in given)


def _simple_count(use: Use) -> Outcome | None:
    query = use.query
    if query.start is None or shape(query) is not Shape.SINGLE or len(query.calls) == 0:
        return None
    start, *builders = query.calls
    if not all(call.method in _COUNTED_SIMPLY for call in builders) or not start.arguments:
        return None
    dropped = frozenset(call.span for call in builders if call.method in _UNCOUNTED)
    if query.given:
        query = replace(query, given=("(", FUNC, ".count()).select_from", *query.given))
        return executed(VALUE, execute(query, use.node, use.context, use.session, "scalar", dropped=dropped))
    place, counted = Span(query.argument_start, query.argument_start), ""
    written = use.context.source(use.node)[query.function_end - use.span.start : start.span[1] - use.span.start]
    if "\n" in written and "#" not in written:
        place, counted = Span(start.span[1] - len(written) + 1, start.span[1] - 1), start.arguments
    steps = execute(query, use.node, use.context, use.session, "scalar", dropped=dropped)
    return executed(VALUE, steps, Replace(place, (FUNC, f".count()).select_from({counted}")))
