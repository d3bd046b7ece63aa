"""Codemods of plain code: Replace, AddArgument, DropArgument, UnpackList. Queries, colours and blocks are elsewhere."""

from __future__ import annotations

import re

import libcst as cst

from sqla_async_codemods._context import Context, carries_out
from sqla_async_codemods._draft import Break
from sqla_async_codemods._tree import Tree
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, DropArgument, Replace, UnpackList


@carries_out(Replace)
def replace(context: Context, step: Replace) -> None:
    """Other code in the place of a span."""
    written = context.written(step.code, step.span.start)
    if step.span.start == step.span.end:
        context.draft.insert(step.span.start, written)
    elif written:
        context.draft.replace(step.span, written)
    else:
        context.draft.delete(step.span)


@carries_out(AddArgument)
def add_argument(context: Context, step: AddArgument) -> None:
    """One more argument, on a line of its own where each of the others stands on one."""
    tree = context.tree
    call = tree.find(step.span, cst.Call)
    closing = tree.span(call).end - 1
    written = context.written(step.code, closing)
    if not call.args:
        context.draft.insert(closing, written)
        return
    last = tree.span(call.args[-1])
    value = call.args[-1].value
    if isinstance(value, cst.GeneratorExp) and not value.lpar:
        context.draft.open(last, "(")
        context.draft.close(last, ")")
    gap = tree.text[last.end : closing]
    own_lines = tree.starts_line(last.start) and tree.starts_line(closing)
    code_gap = _without_comments(gap)
    if own_lines and "," in code_gap:
        at = tree.line_end(last.end + code_gap.index(","))
        context.draft.insert(at, Break(last.start), written, ",")
    elif own_lines:
        context.draft.insert(last.end, ",", Break(last.start), written, ",")
    elif "," in code_gap:
        context.draft.insert(last.end + code_gap.index(",") + 1, " ", written)
    else:
        context.draft.insert(last.end, ", ", written)


@carries_out(DropArgument)
def drop_argument(context: Context, step: DropArgument) -> None:
    """An argument less, together with the others of its call that go."""
    tree = context.tree
    argument = tree.argument(tree.expression(step.span))
    call = tree.parent(argument)
    assert isinstance(call, (cst.Call, cst.ClassDef))
    arguments = call.args if isinstance(call, cst.Call) else [*call.bases, *call.keywords]
    gone = {id(tree.argument(tree.expression(other.span))) for other in context.steps_of(DropArgument)}
    index = next(place for place, found in enumerate(arguments) if found is argument)
    later_stays = any(id(other) not in gone for other in arguments[index + 1 :])
    context.draft.delete(_argument_range(tree, list(arguments), index, later_stays))


def _argument_range(tree: Tree, arguments: list[cst.Arg], index: int, later_stays: bool) -> Span:
    span = tree.span(arguments[index])
    after = span.end
    comma = re.match(r"\s*,", tree.text[after:])
    if comma:
        after += comma.end()
    if tree.starts_line(span.start) and comma and tree.ends_line(after) and tree.line_end(after) == after:
        return Span(tree.line_start(span.start), tree.next_line(after))
    if later_stays:
        return Span(span.start, tree.span(arguments[index + 1]).start)
    if index:
        return Span(tree.span(arguments[index - 1]).end, span.end)
    return Span(span.start, after)


@carries_out(UnpackList)
def unpack_list(context: Context, step: UnpackList) -> None:
    """Items without their brackets; lines that held nothing but a bracket go, and the items move up a level."""
    tree, span = context.tree, step.span
    node = tree.find(span, cst.List)
    items = Span(tree.span(node.elements[0]).start, tree.span(node.elements[-1]).end)
    opening, closing = Span(span.start, span.start + 1), Span(span.end - 1, span.end)
    if comma := re.match(r"\s*,", tree.text[span.end :]):
        closing = Span(closing.start, closing.end + comma.end())
        if "," not in _without_comments(tree.text[items.end : closing.start]):
            context.draft.insert(items.end, ",")
    for bracket in (opening, closing):
        whole = Span(tree.line_start(bracket.start), tree.next_line(bracket.end))
        context.draft.delete(whole if tree.slice(whole).strip() == tree.slice(bracket) else bracket)
    if tree.starts_line(span.start) and tree.starts_line(items.start):
        deeper = len(tree.margin(items.start)) - len(tree.margin(span.start))
        for line in tree.code_line_starts(Span(span.start + 1, closing.start)):
            context.draft.shift(line, -deeper)


def _without_comments(gap: str) -> str:
    """The gap with comments blanked out, so that offsets stay."""
    return re.sub(r"#[^\r\n]*", lambda match: " " * len(match.group()), gap)
