"""Nodes by class and parents are what walking the whole tree gives, on the project's own files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqla_async_fix.model.syntax import Nodes, Parents, children, walk

FILES = sorted((Path(__file__).parents[2] / "sqla_async_fix" / "model" / "evaluation").glob("*.py"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def tree(request: pytest.FixtureRequest) -> ast.Module:
    return ast.parse(request.param.read_text())


def test_nodes_within_a_definition_are_those_of_a_walk(tree: ast.Module) -> None:
    nodes = Nodes()
    for root in [tree, *_definitions(tree)]:
        expected = [node for node in walk(root) if isinstance(node, (ast.Name, ast.Call))]
        assert nodes.within(root, ast.Name, ast.Call) == expected
        assert nodes.within(root, ast.Return) == [node for node in walk(root) if isinstance(node, ast.Return)]


def test_parents_are_known_in_whatever_order_they_are_asked_for(tree: ast.Module) -> None:
    expected = {child: node for node in walk(tree) for child in children(node)}
    parents = Parents(tree)
    for child in reversed(expected):
        assert parents[child] is expected[child]
    assert parents.get(tree) is None
    assert ast.parse("stranger").body[0] not in parents


def _definitions(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node
