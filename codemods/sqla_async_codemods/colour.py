"""Codemods of colour: AddAwait, DropAwait, AddAsync, ListComprehension. Which code is async is decided elsewhere."""

from __future__ import annotations

import re

import libcst as cst

from sqla_async_codemods._context import Context, carries_out
from sqla_async_codemods._result import ResultStatement
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAsync, AddAwait, DropAwait, ListComprehension

_PRIMARY = (
    cst.Call,
    cst.Name,
    cst.Attribute,
    cst.Subscript,
    cst.List,
    cst.Dict,
    cst.Set,
    cst.BaseComp,
    cst.BaseNumber,
    cst.BaseString,
)
_KEYWORD = re.compile(r"(def|with|for)\b")
_AROUND = 1  # the rank of `await` among what wraps the same expression: outermost


@carries_out(AddAwait)
def add_await(context: Context, step: AddAwait) -> None:
    """`await` before the expression, parenthesised only where it must be."""
    node = context.tree.expression(step.span)
    if isinstance(node, cst.Await) or isinstance(context.tree.parent(node), cst.Await):
        raise CodemodError("It is awaited already")
    statement = ResultStatement.of(context, node)
    if statement is None:
        _draft_await(context, node)
        return

    def settle() -> None:
        if not statement.draft():
            _draft_await(context, node)

    context.later(step.span, settle)


def _draft_await(context: Context, node: cst.BaseExpression) -> None:
    tree, changes = context.tree, context.draft
    primary = isinstance(node, _PRIMARY)
    span = tree.span(node) if primary else tree.outer(node)
    opening, closing = "await ", ""
    if not primary and not node.lpar:
        opening, closing = "await (", ")"
    if is_trailed(tree, node) and not (primary and node.lpar):
        opening, closing = f"({opening}", f"{closing})"
    before = tree.text[span.start - 1 : span.start] if span.start else ""
    if before.isidentifier():
        opening = f" {opening}"
    changes.open(span, opening, rank=_AROUND)
    if closing:
        changes.close(span, closing, rank=_AROUND)


def is_trailed(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether something that binds tighter than `await` is applied to the expression."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Call):
        return parent.func is node
    if isinstance(parent, (cst.Attribute, cst.Subscript)):
        return parent.value is node
    return isinstance(parent, cst.Await)


@carries_out(DropAwait)
def drop_await(context: Context, step: DropAwait) -> None:
    """The operand alone, without parentheses that only the `await` needed."""
    tree, changes = context.tree, context.draft
    node = tree.find(step.span, cst.Await)
    operand = node.expression
    inner, outer = tree.outer(operand), tree.outer(node)
    gap = tree.slice(Span(step.span.start, inner.start))
    if "#" in gap:
        raise CodemodError("A comment stands after `await`")
    alone = tree.slice(outer) == f"({tree.slice(step.span)})"
    if alone and is_trailed(tree, node) and isinstance(operand, _PRIMARY) and not tree.several_lines(outer):
        joined = tree.text[outer.start - 1 : outer.start].isidentifier() if outer.start else False
        if joined:
            changes.replace(Span(outer.start, inner.start), " ")
        else:
            changes.delete(Span(outer.start, inner.start))
        changes.delete(Span(inner.end, outer.end))
    else:
        changes.delete(Span(step.span.start, inner.start))


@carries_out(AddAsync)
def add_async(context: Context, step: AddAsync) -> None:
    """`async` before a `def`, `with`, `for`, or the `for` of a comprehension."""
    context.draft.insert(_colourable(context.tree, step.span.start), "async ")


def _colourable(tree: Tree, start: int) -> int:
    """Where the `def`, `with` or `for` of the statement, or of the clause with that target, stands."""
    if _KEYWORD.match(tree.text, start):
        return start
    if tree.text.startswith("async", start):
        raise CodemodError("Already async")
    for clause in tree.clauses:
        target = tree.outer(clause.target).start
        if start in (target, tree.span(clause.target).start):
            if clause.asynchronous is not None:
                raise CodemodError("Already async")
            return tree.text.rindex("for", 0, target)
    raise CodemodError("Nothing that can be async")


@carries_out(ListComprehension)
def list_comprehension(context: Context, step: ListComprehension) -> None:
    """Brackets in the place of the generator's own parentheses, or around a lone argument."""
    tree, changes = context.tree, context.draft
    node = tree.find(step.span, cst.GeneratorExp)
    if not node.lpar:
        changes.open(tree.span(node), "[")
        changes.close(tree.span(node), "]")
        return
    opening, closing = tree.innermost_parentheses(node)
    changes.replace(opening, "[")
    changes.replace(closing, "]")
