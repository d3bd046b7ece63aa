"""How the members of a mapped class are written: annotations, targets, flags. What they mean is in `members`."""

from __future__ import annotations

import ast

from sqla_async_fix.model.knowledge import sql_constructs as known

_MAPPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped"})
_LAZY = {"True": "select", "False": "joined", "None": "noload"}


def called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def last_name(node: ast.expr | None) -> str:
    """The last name of a path."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def read_annotation(node: ast.expr | None) -> ast.expr | None:
    """An annotation, read from its text if it is a string."""
    text = text_of(node)
    if text is None:
        return node
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def unwrapped(annotation: ast.expr) -> ast.expr | None:
    """`X` of `Mapped[X]` and its kin, else the annotation itself."""
    parsed = read_annotation(annotation)
    if isinstance(parsed, ast.Subscript) and last_name(parsed.value) in _MAPPED:
        return read_annotation(parsed.slice)
    return parsed


def without_none(node: ast.expr | None) -> tuple[ast.expr | None, bool]:
    """An annotation without its `None`, and whether it had one."""
    node = read_annotation(node)
    if isinstance(node, ast.Subscript) and last_name(node.value) == "Optional":
        return read_annotation(node.slice), True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, ast.Constant) and side.value is None:
                return read_annotation(other), True
    if isinstance(node, ast.Subscript) and last_name(node.value) == "Union" and isinstance(node.slice, ast.Tuple):
        rest = [each for each in node.slice.elts if not (isinstance(each, ast.Constant) and each.value is None)]
        return (read_annotation(rest[0]) if len(rest) == 1 else node), len(rest) < len(node.slice.elts)
    return node, False


def annotated_target(node: ast.expr | None) -> tuple[str, bool | None]:
    """The class that a relationship's annotation names, and whether it is a collection of them."""
    if isinstance(node, ast.Subscript):
        if last_name(node.value) not in known.COLLECTIONS:
            return "", None
        inner = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
        return annotated_target(read_annotation(inner))[0], True
    if isinstance(node, (ast.Name, ast.Attribute)):
        return ast.unparse(node), False
    return "", None


def written_target(node: ast.expr | None) -> str:
    if isinstance(node, ast.Lambda):
        node = node.body
    text = text_of(node)
    if text is not None:
        return text
    return ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


def lazy_of(node: ast.expr | None) -> str | None:
    if node is None:
        return "select"
    if not isinstance(node, ast.Constant):
        return None
    return node.value if isinstance(node.value, str) else _LAZY.get(repr(node.value))


def backref_of(node: ast.expr | None) -> tuple[str, str | None, bool | None]:
    text = text_of(node)
    if text is not None:
        return text, "select", None
    if (
        isinstance(node, ast.Call)
        and last_name(node.func) == "backref"
        and node.args
        and text_of(node.args[0]) is not None
    ):
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        uselist = keywords.get("uselist")
        collection = True if is_true(uselist) else False if is_false(uselist) else None
        return str(text_of(node.args[0])), lazy_of(keywords.get("lazy")), collection
    return "", "select", None
