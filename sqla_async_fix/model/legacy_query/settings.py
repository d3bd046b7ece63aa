"""Builders that say how a query runs: options, locking, streaming, parameters, labels, its session."""

from __future__ import annotations

import ast

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import DropCall, Replace, Step, Symbol, UnpackList
from sqla_async_fix.model.kinds import (
    UNKNOWN,
    Constant,
    Instance,
    Kind,
    LoaderOption,
    Never,
    Outcome,
    Sequence,
    Tuple,
)
from sqla_async_fix.model.legacy_query.shape import Shape, shape
from sqla_async_fix.model.legacy_query.use import Use

LABELS = Symbol("sqlalchemy", "LABEL_STYLE_TABLENAME_PLUS_COL")


def options(use: Use) -> Outcome:
    """`options()`: whether a loader option joins a collection decides about `unique()`; lists are taken apart."""
    steps: list[Step] = []
    given: list[Kind] = []
    for arg in use.args:
        listed = _item(arg.kind)
        kind = arg.kind if arg.starred or listed is None else listed
        given.append(kind)
        if arg.starred:
            continue
        if not isinstance(kind, (LoaderOption, Instance, Never)):
            return use.refuse(
                f"`{use.context.source(arg.node)}` may be a list of options, which a `select()` does not take; "
                "write `options(*those)`"
            )
        if listed is not None:
            steps.extend(_apart(arg.node, use))
    return use.keep(
        *steps,
        optioned=True,
        joined_collection=use.query.joined_collection
        or any(not isinstance(kind, LoaderOption) or kind.joined_collection is not False for kind in given),
        needs_join=use.query.needs_join or any(isinstance(kind, LoaderOption) and kind.needs_join for kind in given),
    )


def _item(kind: Kind) -> Kind | None:
    """What a list of options holds; None for what is no list."""
    if isinstance(kind, Sequence):
        return kind.item
    if isinstance(kind, Tuple):
        held = set(kind.items)
        return held.pop() if len(held) == 1 else UNKNOWN
    return None


def _apart(node: ast.expr, use: Use) -> list[Step]:
    """The steps that make the items of a list the arguments: its brackets go, else it gets a star."""
    span = use.context.span(node)
    if isinstance(node, ast.List) and node.elts:
        return [UnpackList(span)]
    return [use.insert(span.start, "*")]


def execution_options(use: Use) -> Outcome:
    """`execution_options()`."""
    names = {arg.name for arg in use.args}
    if "yield_per" in names:
        return use.refuse("`execution_options(yield_per=...)` fails on a legacy query; use `yield_per()`")
    streamed = use.query.streamed or use.starred or bool(names & {"stream_results", "max_row_buffer"})
    return use.keep(configured=True, streamed=streamed)


def populate_existing(use: Use) -> Outcome:
    """`populate_existing()`."""
    return use.rename("execution_options", use.before_parenthesis("populate_existing=True"), configured=True)


def autoflush(use: Use) -> Outcome:
    """`autoflush(flag)`."""
    return _as_option(use, "autoflush", configured=True)


def yield_per(use: Use) -> Outcome:
    """`yield_per(count)`, which also turns off the removal of duplicates."""
    return _as_option(use, "yield_per", yield_per=True)


def _as_option(use: Use, name: str, **changes: object) -> Outcome:
    if len(use.args) != 1 or use.starred:
        return use.refuse(
            f"the arguments of `{use.name}()` are not plain to see; write `execution_options({name}=...)`"
        )
    value = use.context.span(use.args[0].node).start
    keyword = use.node.keywords[0] if use.node.keywords else None
    start = use.context.span(keyword).start if keyword is not None else value
    return use.rename("execution_options", Replace(Span(start, value), (f"{name}=",)), **changes)


def with_for_update(use: Use) -> Outcome:
    """`with_for_update()`."""
    return use.keep(for_update=True)


def params(use: Use) -> Outcome:
    """`params()`: on a `select()` it reaches only what stands before it."""
    return use.keep(parameterised=True)


def set_label_style(use: Use) -> Outcome:
    """`set_label_style()`: it names the fields of 2.0 rows, but not of legacy ones."""
    return use.keep(labelled=True)


def with_labels(use: Use) -> Outcome:
    """`with_labels()`, `apply_labels()`."""
    return use.rename("set_label_style", use.before_parenthesis(LABELS), labelled=True)


def tuples(use: Use) -> Outcome:
    """`tuples()`, `only_return_tuples(True)`: rows even for a single entity."""
    if use.name == "only_return_tuples":
        kind = use.args[0].kind if use.args else None
        if not isinstance(kind, Constant):
            return use.refuse("whether `only_return_tuples()` turns rows on is not known")
        rows = bool(kind.value)
    else:
        rows = True
    if shape(use.query) is None:
        rows = True
    return use.keep(DropCall(use.span), tuples=rows and shape(use.query) is not Shape.COLUMNS)


def enable_assertions(use: Use) -> Outcome:
    """`enable_assertions(False)`: a `select()` never objects to the order of calls."""
    kind = use.args[0].kind if use.args else None
    unchecked = isinstance(kind, Constant) and kind.value is False
    return use.keep(DropCall(use.span), unchecked=unchecked)


def with_session(use: Use) -> Outcome:
    """`with_session(other)`: the statement is executed on the other session."""
    text = use.context.source(use.args[0].node) if len(use.args) == 1 else ""
    if not text.replace(".", "").isidentifier():
        return use.refuse(
            "the session of `with_session()` is not a name; execute the statement on that session by hand"
        )
    return use.keep(DropCall(use.span), session=text, rebound=True, owner=())
