"""Builders that say what a query selects and from where: columns, entities, `select_from()`, joins."""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import pairwise

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Code, DropCall, Replace, Step, Symbol
from sqla_async_fix.model.kinds import (
    Alias,
    Argument,
    Attribute,
    ClassRef,
    Constant,
    Element,
    Outcome,
    Query,
    SqlExpr,
    SqlTable,
    Statement,
)
from sqla_async_fix.model.legacy_query.shape import mapped_of
from sqla_async_fix.model.legacy_query.use import Use
from sqla_async_fix.model.sql import Context, as_expression, elements, entity_key
from sqla_async_fix.model.sql.loaders import loads_collection_by_join


def selecting(query: Query, found: tuple[Element, ...] | None, args: tuple[Argument, ...], context: Context) -> Query:
    """The query with the arguments among what it selects; `found` are its elements then."""
    froms = list(query.froms)
    multiplied, eager = query.multiplied or found is None, query.joined_collection
    for arg in args:
        keys, complete = _sources(arg, context)
        froms.extend(key for key in keys if key not in froms)
        multiplied = multiplied or not complete
        eager = eager or _loads_collection(arg, context)
    query = replace(query, elements=found, froms=tuple(froms), multiplied=multiplied, joined_collection=eager)
    if query.primary is None and args:
        query = _with_primary(query, args, context)
    return query


def _sources(arg: Argument, context: Context) -> tuple[list[str], bool]:
    kind = arg.kind
    if isinstance(kind, (ClassRef, Alias)):
        return [entity_key(kind)], True
    expr = as_expression(kind, arg.node, context)
    return sorted(expr.sources), expr.complete and not arg.starred


def _loads_collection(arg: Argument, context: Context) -> bool:
    if isinstance(arg.kind, Alias):
        return arg.kind.polymorphic or loads_collection_by_join(arg.kind.model, context)
    return isinstance(arg.kind, ClassRef) and loads_collection_by_join(arg.kind.name, context)


def _with_primary(query: Query, args: tuple[Argument, ...], context: Context) -> Query:
    """`filter_by()` before any join means the first entity; note it where its code is plain to see."""
    first = args[0]
    if isinstance(first.kind, (ClassRef, Alias)) and not first.starred:
        return replace(query, primary=entity_key(first.kind), primary_code=_path(first.node, context))
    if isinstance(first.kind, Attribute) and isinstance(first.node, ast.Attribute):
        return replace(query, primary=first.kind.owner, primary_code=_path(first.node.value, context))
    if isinstance(first.kind, SqlExpr) and len(query.froms) == 1:
        return replace(query, primary=query.froms[0])
    return query


def _path(node: ast.expr, context: Context) -> Code:
    inner = node
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    return (context.source(node),) if isinstance(inner, ast.Name) else ()


# --- columns ----------------------------------------------------------------------------------------------------------


def add_columns(use: Use) -> Outcome:
    """`add_columns()`, `add_column()`, `add_entity()`."""
    found = elements(use.args, use.context)
    before = use.query.elements
    both = (*before, *found) if before is not None and found is not None else None
    query = selecting(use.query, both, use.args, use.context)
    use = replace(use, query=query)
    return use.keep() if use.name == "add_columns" else use.rename("add_columns")


def with_entities(use: Use) -> Outcome:
    """`with_entities()` becomes `with_only_columns()`, which leaves FROM to what is mentioned, too."""
    found = elements(use.args, use.context)
    query = use.query
    bare = not (query.joined or query.criteria or query.select_from)
    if bare and found and not any(_sources(arg, use.context)[0] for arg in use.args):
        return use.refuse(
            "`with_entities()` drops the FROM clause here, so that this selects from nothing; "
            "if the table is meant, write `select(...).select_from(Model)`"
        )
    base = query if query.joined or query.select_from else replace(query, froms=(), primary=None, primary_code=())
    query = selecting(base, found, use.args, use.context)
    return replace(use, query=query).rename("with_only_columns")


def select_from(use: Use) -> Outcome:
    """`select_from()`: a second one replaces in a legacy query and adds in a `select()`."""
    query = use.query
    if query.select_from:
        return use.refuse(
            "a second `select_from()` replaces the first in a legacy query but adds to it in a `select()`"
        )
    begun = query.filtered or query.joined or query.limited or query.grouped or query.ordered or query.distinct
    if begun and not query.unchecked:
        return use.refuse(
            "`select_from()` after criteria or joins fails in legacy form while a `select()` takes it; put it first"
        )
    froms = list(query.froms)
    joined, multiplied = query.joined, query.multiplied
    for arg in use.args:
        if isinstance(arg.kind, (ClassRef, Alias)):
            key = entity_key(arg.kind)
            if key not in froms:
                froms.append(key)
        else:
            joined = True
            multiplied = multiplied or not isinstance(arg.kind, SqlTable)
    first = use.args[0] if use.args else None
    primary: str | None = None
    code: Code = ()
    if first is not None and isinstance(first.kind, (ClassRef, Alias)):
        primary, code = entity_key(first.kind), _path(first.node, use.context)
    return use.keep(
        froms=tuple(froms),
        joined=joined,
        multiplied=multiplied,
        select_from=1,
        primary=primary,
        primary_code=code,
    )


# --- joins ------------------------------------------------------------------------------------------------------------


def join(use: Use) -> Outcome:
    """`join()` and `outerjoin()`, with the forms of 1.x that name several targets, tuples or strings."""
    for name in ("aliased", "from_joinpoint"):
        if use.keyword(name) is not None:
            return use.refuse(
                f"`{name}` makes later criteria mean an alias; use `aliased(Model)` and name it in the criteria"
            )
    if use.starred or not use.args:
        return use.keep(joined=True, multiplied=True, last_joined=None, joined_code=())
    steps: tuple[Step, ...] = ()
    args = [arg for arg in use.args if arg.name in (None, "target")]
    if len(args) == 1 and isinstance(args[0].node, ast.Tuple):
        return _tuple_join(use, args[0])
    query = use.query
    pieces = [args[0]] if len(args) < 2 or not _is_relationship(args[1]) or not _is_relationship(args[0]) else args
    if (len(args) > 2 and len(pieces) == 1) or (len(args) > 1 and _is_string(args[0])):
        return use.refuse("several targets in one `join()` are gone in 2.0; write one `join()` for each")
    for before, after in pairwise(pieces):
        gap = Span(use.context.span(before.node).end, use.context.span(after.node).start)
        steps = (*steps, Replace(gap, (f").{use.name}(",)))
    for piece in pieces:
        if _is_string(piece):
            named = _string_target(query, piece, use)
            if named is None:
                return use.refuse("a relationship named by a string is gone in 2.0; write `Model.relationship`")
            step, query = named
            steps = (*steps, step)
        else:
            query = _joined(query, piece, use.context)
    return replace(use, query=query).keep(*steps)


def _is_relationship(arg: Argument) -> bool:
    return isinstance(arg.kind, Attribute) and arg.kind.type == "relationship" and arg.name is None


def _is_string(arg: Argument) -> bool:
    return isinstance(arg.kind, Constant) and isinstance(arg.kind.value, str)


def _tuple_join(use: Use, arg: Argument) -> Outcome:
    assert isinstance(arg.node, ast.Tuple)
    span = use.context.span(arg.node)
    parts = [use.context.span(part) for part in arg.node.elts]
    steps = (Replace(Span(span.start, parts[0].start), ()), Replace(Span(parts[-1].end, span.end), ()))
    return use.keep(*steps, joined=True, multiplied=True, last_joined=None, joined_code=())


def _string_target(query: Query, arg: Argument, use: Use) -> tuple[Step, Query] | None:
    owner = query.last_joined if query.joined else query.primary
    code = query.joined_code if query.joined else query.primary_code
    mapped = mapped_of(query, owner, use.context)
    assert isinstance(arg.kind, Constant)
    name = str(arg.kind.value)
    if mapped is None or not code or name not in mapped.relationships:
        return None
    step = Replace(use.context.span(arg.node), (*code, f".{name}"))
    attribute = Attribute(owner or mapped.name, mapped.name, name, "relationship")
    return step, _joined(query, Argument(arg.node, attribute), use.context)


def _joined(query: Query, arg: Argument, context: Context) -> Query:
    key, code = _target(arg, context)
    froms = query.froms if key is None or key in query.froms else (*query.froms, key)
    unknown = key is None or (not isinstance(arg.kind, (Attribute, ClassRef, Alias, SqlTable, Statement)))
    return replace(
        query,
        froms=froms,
        joined=True,
        multiplied=query.multiplied or unknown,
        last_joined=key,
        joined_code=code,
    )


def _target(arg: Argument, context: Context) -> tuple[str | None, Code]:
    """The entity that a join leads to, and the code to write it."""
    kind = arg.kind
    if isinstance(kind, (ClassRef, Alias)):
        return entity_key(kind), _path(arg.node, context)
    if isinstance(kind, SqlTable):
        return kind.name, ()
    if not isinstance(kind, Attribute) or kind.type != "relationship":
        return None, ()
    if kind.target:
        return (None, ()) if kind.target == "?" else (kind.target, _of_type(arg.node, context))
    mapped = context.mapped(kind.model)
    relationship = mapped.relationships.get(kind.name) if mapped is not None else None
    if relationship is None or not relationship.target:
        return None, ()
    module, _, name = relationship.target.rpartition(".")
    return relationship.target, (Symbol(module, name),) if module else ()


def _of_type(node: ast.expr, context: Context) -> Code:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "of_type" and node.args:
            return _path(node.args[0], context)
        node = node.func.value
    return ()


def reset_joinpoint(use: Use) -> Outcome:
    """`filter_by()` means the first entity again; a `select()` cannot say so and need not."""
    query = use.query
    return use.keep(DropCall(use.span), last_joined=query.primary, joined_code=query.primary_code)
