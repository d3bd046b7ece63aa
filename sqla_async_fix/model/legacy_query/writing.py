"""`update()` and `delete()` of a legacy query."""

from __future__ import annotations

import ast

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Code, DropArgument, RenameMethod, Replace, Step, Symbol
from sqla_async_fix.model.kinds import VALUE, Argument, ClassRef, Constant, Outcome
from sqla_async_fix.model.legacy_query.shape import Shape, shape
from sqla_async_fix.model.legacy_query.use import Use, execute, executed, no_shape

_KEPT = frozenset({"filter", "where", "filter_by", "options", "enable_assertions"})
_UPDATE = Symbol("sqlalchemy", "update")
_DELETE = Symbol("sqlalchemy", "delete")


def write(use: Use) -> Outcome:
    """`update(values, synchronize_session, update_args)`, `delete(synchronize_session, delete_args)`."""
    refusal = _refusal(use)
    arguments = _arguments(use)
    if refusal is not None or arguments is None:
        reason = refusal or f"the arguments of `{use.name}()` are not plain to see; name them"
        return Outcome(VALUE, refusal=reason, effect=True)
    values, options = arguments
    tail: Code = (".rowcount",) if use.result_used else ()
    symbol = _UPDATE if use.name == "update" else _DELETE
    if use.query.start is not None:
        return _in_place(use, symbol, values, options, tail)
    return _of_statement(use, symbol, values, options, tail)


def _refusal(use: Use) -> str | None:
    query = use.query
    if query.refusal is not None:
        return query.refusal
    if not query.elements:
        return no_shape(query)
    if shape(query) is not Shape.SINGLE or not isinstance(query.elements[0].kind, ClassRef):
        return f"a legacy query has `{use.name}()` for exactly one mapped class; this one fails"
    if query.joined or query.limited or query.ordered or query.grouped or query.distinct or query.select_from:
        return (
            f"`{use.name}()` after a join, ORDER BY, GROUP BY, DISTINCT, LIMIT or `select_from()` fails in legacy form"
        )
    if query.set_operation or query.from_statement or query.yield_per or query.for_update or query.parameterised:
        return f"`{use.name}()` of such a query has no exact 2.0 form; write `{use.name}(Model).where(...)` by hand"
    return None


def _arguments(use: Use) -> tuple[Argument | None, tuple[tuple[Argument, Code], ...]] | None:
    """The values, and each further argument with what it becomes on the statement."""
    names = (
        ["values", "synchronize_session", "update_args"]
        if use.name == "update"
        else ["synchronize_session", "delete_args"]
    )
    given: dict[str, Argument] = {}
    for index, arg in enumerate(use.args):
        name = arg.name if arg.name is not None else names[index] if index < len(names) else None
        if arg.starred or name is None or name not in names:
            return None
        given[name] = arg
    values = given.get("values")
    if use.name == "update" and values is None:
        return None
    options: list[tuple[Argument, Code]] = []
    if (sync := given.get("synchronize_session")) is not None:
        options.append((sync, (f".execution_options(synchronize_session={use.context.source(sync.node)})",)))
    if (dialect := given.get(f"{use.name}_args")) is not None:
        if _keeps_order(dialect.node):
            options.append((dialect, ()))
        elif isinstance(dialect.node, ast.Dict) and "preserve_parameter_order" not in use.context.source(dialect.node):
            options.append((dialect, (f".with_dialect_options(**{use.context.source(dialect.node)})",)))
        elif not (isinstance(dialect.kind, Constant) and dialect.kind.value is None):
            return None
    return values, tuple(options)


def _keeps_order(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Dict)
        and len(node.keys) == 1
        and isinstance(node.keys[0], ast.Constant)
        and node.keys[0].value == "preserve_parameter_order"
        and isinstance(node.values[0], ast.Constant)
        and node.values[0].value is True
    )


def _values(use: Use, values: Argument, options: tuple[tuple[Argument, Code], ...]) -> tuple[str, list[Step]]:
    """The name of the method that takes the values, and the steps that make them its only argument."""
    steps: list[Step] = [DropArgument(use.context.span(arg.node)) for arg, _ in options]
    ordered = any(_keeps_order(arg.node) for arg, _ in options)
    start = use.context.span(values.node).start
    keyword = next((each for each in use.node.keywords if each.value is values.node), None)
    begin = use.context.span(keyword).start if keyword is not None else start
    if ordered or begin < start:
        steps.append(Replace(Span(begin, start), ("*",) if ordered else ()))
    return ("ordered_values" if ordered else "values"), steps


def _in_place(
    use: Use, symbol: Symbol, values: Argument | None, options: tuple[tuple[Argument, Code], ...], tail: Code
) -> Outcome:
    steps: list[Step] = []
    dropped = frozenset(call.span for call in use.query.calls if call.method == "options")
    for call in use.query.calls[1:]:
        if call.method not in _KEPT and call.method != "execution_options":
            return use.refuse(
                f"`{call.method}()` before `{use.name}()` has no exact 2.0 form; write `{use.name}(Model)...` by hand",
                VALUE,
                effect=True,
            )
    suffix = tuple(part for _, code in options for part in code)
    if values is not None:
        name, changed = _values(use, values, options)
        steps = [*steps, RenameMethod(use.span, name), *changed]
    step = execute(
        use.query,
        use.node,
        use.context,
        use.session,
        "execute",
        start_name=symbol,
        drop_terminal=values is None,
        suffix=suffix,
        tail=tail,
        dropped=dropped,
    )
    return executed(VALUE, step, *steps)


def _of_statement(
    use: Use, symbol: Symbol, values: Argument | None, options: tuple[tuple[Argument, Code], ...], tail: Code
) -> Outcome:
    """The query is a `select()` by now; its criteria go into a statement of their own."""
    query = use.query
    if not query.criteria:
        reason = f"whether this query has criteria is not known, and `{use.name}()` without them would change every row"
        return use.refuse(f"{reason}; write `{use.name}(Model).where(...)` by hand", VALUE, effect=True)
    if not query.primary_code or not all(origin.startswith(f"{use.context.path}:") for origin in query.origins):
        return use.refuse(
            "the class of this query has no plain name here; write the statement by hand", VALUE, effect=True
        )
    if query.configured:
        reason = "execution options of the query would be lost; write the statement by hand"
        return use.refuse(reason, VALUE, effect=True)
    steps: list[Step] = []
    suffix = tuple(part for _, code in options for part in code)
    prefix: Code = (symbol, "(", *query.primary_code, ").where(")
    if values is not None:
        name, steps = _values(use, values, options)
        end = use.context.span(use.node.func).end
        steps.append(Replace(Span(end - len(use.name), end), (f"whereclause).{name}",)))
    else:
        suffix = (".whereclause)", *suffix)
    step = execute(
        query,
        use.node,
        use.context,
        use.session,
        "execute",
        drop_terminal=values is None,
        prefix=prefix,
        suffix=suffix,
        tail=tail,
    )
    return executed(VALUE, step, *steps)
