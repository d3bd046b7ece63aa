"""Codemods of method chains: RenameMethod and DropCall. The executed statement is in `execute`."""

from __future__ import annotations

import libcst as cst

from sqla_async_codemods._context import Context, carries_out
from sqla_async_codemods._tree import Tree
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import DropCall, RenameMethod


@carries_out(RenameMethod)
def rename_method(context: Context, step: RenameMethod) -> None:
    """Another name in the place of the method's."""
    _, function = context.tree.method(context.tree.expression(step.span))
    context.draft.replace(context.tree.span(function.attr), step.name)


@carries_out(DropCall)
def drop_call(context: Context, step: DropCall) -> None:
    """A link of a chain less, with the line that it stands on alone."""
    tree = context.tree
    call, function = tree.method(tree.expression(step.span))
    context.draft.delete(Span(link_start(tree, tree.outer(function.value).end, function), tree.span(call).end))


def link_start(tree: Tree, after: int, function: cst.Attribute) -> int:
    """Where the link `.method` after the expression that ends at `after` starts, its white space included.

    Comments between the two belong to what stands before.
    """
    gap = tree.text[after : tree.span(function.attr).start]
    return tree.line_end(after + gap.rindex("#")) if "#" in gap else after
