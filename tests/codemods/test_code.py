"""Replace, AddArgument, DropArgument."""

from __future__ import annotations

import pytest
from codemod_case import check_refused, check_transformed

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, AddAwait, DropArgument, Replace, Symbol, UnpackList


def test_replace() -> None:
    check_transformed(
        "from sqlalchemy.orm import Session\ndef f(db: Session, é='ü') -> None: pass\n",
        "from sqlalchemy.ext.asyncio import AsyncSession\ndef f(db: AsyncSession, é='ü') -> int: pass\n",
        lambda at: [
            Replace(at("Session", 1), (Symbol("sqlalchemy.ext.asyncio", "AsyncSession"),)),
            Replace(at("None"), ("int",)),
        ],
    )


def test_replace_inserts_and_deletes() -> None:
    check_transformed(
        "x = f(a, b)\n", "x = g.f(a)\n", lambda at: [Replace(Span(4, 4), ("g.",)), Replace(at(", b"), ())]
    )


def test_replace_around_and_within() -> None:
    check_transformed(
        "async def a():\n    f().b\n",
        "async def a():\n    (await g()).b\n",
        lambda at: [Replace(at("f()"), ("g()",)), AddAwait(at("f()"))],
    )
    check_refused("x = f(g())\n", "replaced", lambda at: [Replace(at("f(g())"), ("1",)), AddAwait(at("g()"))])


ADDED = {
    "f()": "f(x=1)",
    "f(a)": "f(a, x=1)",
    "f(a, )": "f(a, x=1 )",
    "f(*a, **b)": "f(*a, **b, x=1)",
    "f(a for a in b)": "f((a for a in b), x=1)",
    "f(\n    a,\n)": "f(\n    a,\n    x=1,\n)",
    "f(\n    a,  # c\n    b  # d\n)": "f(\n    a,  # c\n    b,\n    x=1,  # d\n)",
    "f(\n    a,  # c,\n)": "f(\n    a,  # c,\n    x=1,\n)",
    "f(\n    a, b)": "f(\n    a, b, x=1)",
}


@pytest.mark.parametrize(("before", "after"), ADDED.items())
def test_add_argument(before: str, after: str) -> None:
    check_transformed(before, after, lambda at: [AddArgument(at(before), ("x=1",))])


DROPPED = {
    ("f(a)", "a"): "f()",
    ("f(a, )", "a"): "f( )",
    ("f(a, b, c)", "a"): "f(b, c)",
    ("f(a, b, c)", "b"): "f(a, c)",
    ("f(a, b, c)", "c"): "f(a, b)",
    ("f(a, b, c)", "bc"): "f(a)",
    ("f(a, b, c)", "ab"): "f(c)",
    ("f(a, b, c)", "abc"): "f()",
    ("f(a, k=(b), *c)", "b"): "f(a, *c)",
    ("f(a, *b, c)", "b"): "f(a, c)",
    ("f(\n    a,\n    b,\n    c,\n)", "b"): "f(\n    a,\n    c,\n)",
    ("f(\n    a,\n    b,\n    c\n)", "c"): "f(\n    a,\n    b\n)",
    ("f(\n    a,\n    b,\n    c\n)", "ab"): "f(\n    c\n)",
}


@pytest.mark.parametrize(("case", "after"), DROPPED.items())
def test_drop_argument(case: tuple[str, str], after: str) -> None:
    before, values = case
    check_transformed(before, after, lambda at: [DropArgument(at(value)) for value in values])


UNPACKED = {
    "f([a])": "f(a)",
    "f([a, b], c)": "f(a, b, c)",
    "f([a, b,], c)": "f(a, b, c)",
    "f([a, b,])": "f(a, b,)",
    "f([\n    a,\n    b,\n])": "f(\n    a,\n    b,\n)",
    "f(\n    [\n        a,  # c\n        b(\n            c\n        ),\n    ]\n)": (
        "f(\n    a,  # c\n    b(\n        c\n    ),\n)"
    ),
    "f(\n    [\n        a,\n        b  # ,\n    ],\n    c,\n)": "f(\n    a,\n    b,  # ,\n    c,\n)",
}


@pytest.mark.parametrize(("before", "after"), UNPACKED.items())
def test_unpack_list(before: str, after: str) -> None:
    listed = before[before.index("[") : before.rindex("]") + 1]
    check_transformed(before, after, lambda at: [UnpackList(at(listed))])
