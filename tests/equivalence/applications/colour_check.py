"""Whether every call in the rewritten files has the colour of its callee: awaited exactly if it is `async def`.

It knows callees by their last name alone, for generated applications give every name one meaning.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_SESSION_MEMBERS = frozenset(
    """
    execute scalar scalars get get_one commit rollback flush refresh merge delete close run_sync connection stream
    begin begin_nested dispose stream_scalars
    """.split()
)


def miscoloured(files: Mapping[str, str]) -> Iterator[str]:
    """What is awaited and must not be, or must be and is not."""
    trees = {path: ast.parse(text) for path, text in files.items()}
    plain: set[str] = set()
    coroutines: set[str] = set()
    generators: set[str] = set()
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                plain.add(node.name)
            elif isinstance(node, ast.AsyncFunctionDef):
                (generators if _yields(node) else coroutines).add(node.name)
    for name in sorted(plain & (coroutines | generators) - {"wrapper", "inner"}):
        yield f"`{name}` has two colours"
    for path, tree in trees.items():
        above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                problem = _problem(node, above[node], plain, coroutines)
                if problem:
                    yield f"{path}:{node.lineno}: `{ast.unparse(node)}` {problem}"


def _problem(node: ast.Call, parent: ast.AST, plain: set[str], coroutines: set[str]) -> str:
    name = _name(node.func)
    awaited = isinstance(parent, ast.Await)
    if name in coroutines and name not in plain and not awaited and not _runs(parent):
        return "is not awaited"
    if awaited and name in plain - coroutines and name not in _SESSION_MEMBERS:
        return "is awaited and is no coroutine"
    return ""


def _runs(parent: ast.AST) -> bool:
    return isinstance(parent, ast.Call) and ast.unparse(parent.func) == "asyncio.run"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _yields(function: ast.AsyncFunctionDef) -> bool:
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        pending.extend(ast.iter_child_nodes(node))
    return False
