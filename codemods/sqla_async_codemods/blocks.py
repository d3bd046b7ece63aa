"""Codemods of statements: WrapWith, DropStatement, AddStatements. Expressions are elsewhere."""

from __future__ import annotations

import re

import libcst as cst

from sqla_async_codemods._context import Context, carries_out
from sqla_async_codemods._draft import Break, Margin
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddStatements, DropStatement, WrapWith


@carries_out(AddStatements)
def add_statements(context: Context, step: AddStatements) -> None:
    """Lines before or after a statement."""
    tree, changes = context.tree, context.draft
    node = tree.statement(step.span)
    _require_own_lines(tree, node)
    whole = tree.whole_lines(node)
    anchor = tree.span(node).start
    for line in step.lines:
        written = context.written(line, anchor)
        units = (len(written) - len(written.lstrip(" "))) // 4
        text = tree.unit * units + written.lstrip(" ")
        indented = (Margin(anchor), text) if text else ()
        if not step.after:
            changes.insert(whole.start, *indented, "\n")
        elif whole.end == len(tree.text) and tree.line_start(whole.end) != whole.end:
            changes.insert(whole.end, "\n", *indented)
        else:
            changes.insert(whole.end, *indented, "\n")


@carries_out(DropStatement)
def drop_statement(context: Context, step: DropStatement) -> None:
    """A statement less, or `pass` where its block has no other."""
    _drop(context, context.tree.statement(step.span))


def _drop(context: Context, node: cst.CSTNode) -> None:
    tree, changes = context.tree, context.draft
    line = tree.parent(node)
    if isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite)) and (
        len(line.body) > 1 or isinstance(line, cst.SimpleStatementSuite)
    ):
        _drop_among(context, node, line)
        return
    whole = tree.whole_lines(node)
    if _empties_block(context, node):
        first = _siblings(tree, node)[0]
        if first is node or tree.parent(node) is first:
            changes.replace(tree.whole_span(node), "pass")
            return
    changes.delete(whole)


def _drop_among(context: Context, node: cst.CSTNode, line: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> None:
    """One of several statements on a line, or the one behind a colon."""
    tree, changes = context.tree, context.draft
    span = tree.span(node)
    index = next(place for place, found in enumerate(line.body) if found is node)
    dropped = {id(found) for found in _dropped(context)}
    if all(id(found) in dropped for found in line.body):
        if isinstance(line, cst.SimpleStatementSuite) and index == 0:
            changes.replace(Span(span.start, tree.span(line.body[-1]).end), "pass")
        elif isinstance(line, cst.SimpleStatementLine) and index == 0:
            raise CodemodError("Every statement of a line would go")
    elif any(id(found) not in dropped for found in line.body[index + 1 :]):
        changes.delete(Span(span.start, tree.span(line.body[index + 1]).start))
    else:
        changes.delete(Span(tree.span(line.body[index - 1]).end, span.end))


def _dropped(context: Context) -> list[cst.CSTNode]:
    """Every statement that a step of this file takes away."""
    spans = [step.span for step in context.steps_of(DropStatement)]
    for wrap in context.steps_of(WrapWith):
        spans.extend(wrap.dropped)
    return [context.tree.statement(span) for span in spans]


def _siblings(tree: Tree, node: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements (lines of simple ones) of the block that `node` stands in."""
    line = tree.parent(node)
    block = tree.parent(line) if isinstance(line, cst.SimpleStatementLine) else line
    body = getattr(block, "body", None)
    if not isinstance(body, (list, tuple)):
        raise CodemodError("Not a statement of a block")
    return list(body)


def _empties_block(context: Context, node: cst.CSTNode) -> bool:
    tree = context.tree
    line = tree.parent(node)
    block = tree.parent(line) if isinstance(line, cst.SimpleStatementLine) else line
    if isinstance(block, cst.Module):
        return False
    siblings = _siblings(tree, node)
    added = {tree.span(tree.statement(step.span)).start for step in context.steps_of(AddStatements)}
    if any(tree.span(sibling).start in added for sibling in siblings):
        return False
    dropped = _dropped(context)
    gone = {id(found) for found in dropped} | {id(tree.parent(found)) for found in dropped if _alone(tree, found)}
    return all(id(sibling) in gone for sibling in siblings)


def _alone(tree: Tree, node: cst.CSTNode) -> bool:
    line = tree.parent(node)
    return isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1


def _require_own_lines(tree: Tree, node: cst.CSTNode) -> None:
    if isinstance(node, cst.BaseSmallStatement) and not _alone(tree, node):
        raise CodemodError("The statement shares its line with others")


# --- with ------------------------------------------------------------------------------------------------------------


@carries_out(WrapWith)
def wrap_with(context: Context, step: WrapWith) -> None:
    """Statements of a block become the body of a `with` statement."""
    tree, changes = context.tree, context.draft
    node = tree.statement(step.span)
    _require_own_lines(tree, node)
    name, value = _assignment(node)
    statement = tree.span(node)
    changes.replace(Span(statement.start, tree.outer(value).start), "async with " if step.is_async else "with ")
    changes.close(statement, f" as {name}:", rank=1)

    first, last = tree.whole_lines(node), tree.whole_lines(tree.statement(step.last))
    if last.end < first.end:
        raise CodemodError("The block ends before it starts")
    body = Span(first.end, last.end) if last.end > first.end else None
    unwrapped = _unwrap(context, step) if step.unwrap is not None else None
    for span in step.dropped:
        _drop(context, tree.statement(span))
    if body is not None:
        for start in tree.code_line_starts(body):
            if unwrapped is None or not unwrapped.start <= start < unwrapped.end:
                changes.shift(start, len(tree.unit))
    if not _body_remains(context, step, node):
        changes.insert(tree.line_end(statement.end), Break(statement.start, 1), "pass")


def _assignment(node: cst.CSTNode) -> tuple[str, cst.BaseExpression]:
    if isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
        return node.targets[0].target.value, node.value
    if isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name) and node.value is not None:
        return node.target.value, node.value
    raise CodemodError("Not an assignment to one name")


def _unwrap(context: Context, step: WrapWith) -> Span | None:
    """Take a `finally` away, and its `try` where that has nothing else; the lines that keep their indentation."""
    tree, changes = context.tree, context.draft
    assert step.unwrap is not None
    node = tree.statement(step.unwrap)
    if not isinstance(node, cst.Try) or node.finalbody is None:
        raise CodemodError("No `finally` to take away")
    final, body = node.finalbody, node.body
    if not isinstance(body, cst.IndentedBlock) or tree.span(node).end != tree.span(final).end:
        raise CodemodError("The `try` has its block on its own line")
    final_start = tree.line_start(tree.span(final).start)
    changes.delete(Span(final_start, tree.next_line(tree.span(final).end)))
    if node.handlers or node.orelse is not None:
        return None
    header = tree.span(node).start
    colon = tree.text.index(":", header)
    comment = re.compile(r"[ \t]*#").match(tree.text, colon + 1)
    if comment:
        changes.delete(Span(header, comment.end() - 1))
        changes.shift(tree.line_start(header), len(tree.unit))
    else:
        changes.delete(Span(tree.line_start(header), tree.next_line(header)))
    inner = len(tree.margin(tree.span(body.body[0]).start)) - len(tree.margin(header))
    lines = Span(tree.next_line(header), final_start)
    for start in tree.code_line_starts(lines):
        changes.shift(start, len(tree.unit) - inner)
    return Span(tree.line_start(header), tree.next_line(tree.span(final).end))


def _body_remains(context: Context, step: WrapWith, node: cst.CSTNode) -> bool:
    """Whether any statement is left in the new block."""
    tree = context.tree
    gone = {id(found) for found in _dropped(context)}
    siblings = _siblings(tree, node)
    start = next(place for place, found in enumerate(siblings) if found is tree.parent(node)) + 1
    for sibling in siblings[start:]:
        if tree.span(sibling).start > step.last.start:
            break
        if step.unwrap is not None and tree.span(sibling).start == step.unwrap.start:
            return True
        parts = list(sibling.body) if isinstance(sibling, cst.SimpleStatementLine) else [sibling]
        if any(id(part) not in gone for part in parts):
            return True
    return False
