"""AddAwait, DropAwait, AddAsync, ListComprehension."""

from __future__ import annotations

import pytest
from codemod_case import check_refused, check_transformed, rewritten

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAsync, AddAwait, DropAwait, Execute, ListComprehension, RenameMethod

AWAITS = {
    "x = f()": "x = await f()",
    "f()": "await f()",
    "return f()": "return await f()",
    "return(f())": "return(await f())",
    "f().all()": "(await f()).all()",
    "(f()).all()": "(await f()).all()",
    "((f())).all()": "((await f())).all()",
    "f()[0]": "(await f())[0]",
    "f()()": "(await f())()",
    "a.b.f().c": "(await a.b.f()).c".replace("a.b.f", "a.b.f"),
    "x = -f() ** 2": "x = -await f() ** 2",
    "x = 2 ** f()": "x = 2 ** await f()",
    "x = not f() and f": "x = not await f() and f",
    "for x in f(): pass": "for x in await f(): pass",
    "x = {**f(), 'a': [*g]}": "x = {**await f(), 'a': [*g]}",
    "if (y := f()): pass": "if (y := await f()): pass",
    "x = f'{f()!r:>{g}}'": "x = f'{await f()!r:>{g}}'",
    "x = f() if g else h": "x = await f() if g else h",
    "yield f()": "yield await f()",
    "g(*f(), **h)": "g(*await f(), **h)",
    "x = 1 if(f())else 2": "x = 1 if(await f())else 2",
    "with f() as x: pass": "with await f() as x: pass",
}


@pytest.mark.parametrize(("before", "after"), AWAITS.items())
def test_await(before: str, after: str) -> None:
    head = "async def a():\n    "
    call = "a.b.f()" if "a.b" in before else "f()"
    check_transformed(head + before + "\n", head + after + "\n", lambda at: [AddAwait(at(call))])


def test_await_of_what_binds_looser() -> None:
    head = "async def a():\n    "
    check_transformed(head + "x = y or z\n", head + "x = await (y or z)\n", lambda at: [AddAwait(at("y or z"))])
    check_transformed(head + "x = (y or z).t\n", head + "x = (await (y or z)).t\n", lambda at: [AddAwait(at("y or z"))])


def test_awaits_nest() -> None:
    check_transformed(
        "async def a():\n    x = f(g().h()).i\n",
        "async def a():\n    x = (await f(await (await g()).h())).i\n",
        lambda at: [AddAwait(at("g()")), AddAwait(at("g().h()")), AddAwait(at("f(g().h())"))],
    )


def test_await_around_what_becomes_a_statement() -> None:
    check_transformed(
        "from sqlalchemy import select\nasync def a(db):\n    g(db.query(A).all())\n",
        "from sqlalchemy import select\nasync def a(db):\n    g(await db.scalars(select(A)))\n",
        lambda at: [
            Execute(at("db.query(A).all()"), at("db.query(A)"), (), "scalars"),
            AddAwait(at("db.query(A).all()")),
        ],
    )


RESULTS = {
    "several lines": (
        """\
async def a(db):
    return (
        db.execute(
            select(A)
            .where(b)
        )
        .scalars()
        .all()  # c
    )
""",
        """\
async def a(db):
    result = await db.execute(
        select(A)
        .where(b)
    )
    return result.scalars().all()  # c
""",
    ),
    "comment between links": (
        """\
async def a(db):
    return (
        db.execute(
            select(A)
        )
        .scalars()  # b
        .all()
    )
""",
        """\
async def a(db):
    return (
        (await db.execute(
            select(A)
        ))
        .scalars()  # b
        .all()
    )
""",
    ),
    "parentheses that joined lines": (
        """\
async def a(db):
    return (
        db.execute(
            select(A)
            .where(b)
        )
        .scalars()
        .all()
    )  # c
""",
        """\
async def a(db):
    result = await db.execute(
        select(A)
        .where(b)
    )
    return result.scalars().all()  # c
""",
    ),
    "assignment": (
        """\
async def a(db):
    user: User = db.execute(
        select(A).where(b)
    ).scalar_one()
    return user
""",
        """\
async def a(db):
    result = await db.execute(select(A).where(b))
    user: User = result.scalar_one()
    return user
""",
    ),
    "too long": (
        """\
async def a(db):
    return db.execute(select(User).where(User.identification_number == number)).scalar_one()
""",
        """\
async def a(db):
    result = await db.execute(select(User).where(User.identification_number == number))
    return result.scalar_one()
""",
    ),
    "short": (
        "async def a(db):\n    return db.execute(select(A)).scalar_one()\n",
        "async def a(db):\n    return (await db.execute(select(A))).scalar_one()\n",
    ),
    "name taken": (
        """\
async def a(db, result):
    return db.execute(
        select(A)
    ).scalar_one()
""",
        """\
async def a(db, result):
    return (await db.execute(
        select(A)
    )).scalar_one()
""",
    ),
    "not a statement of its own": (
        """\
async def a(db):
    if b: return db.execute(
        select(A)
    ).scalar_one()
    return [db.execute(
        select(A)
    ).scalar_one()]
""",
        """\
async def a(db):
    if b: return (await db.execute(
        select(A)
    )).scalar_one()
    return [(await db.execute(
        select(A)
    )).scalar_one()]
""",
    ),
}


@pytest.mark.parametrize(("before", "after"), RESULTS.values(), ids=RESULTS)
def test_result(before: str, after: str) -> None:
    calls = []
    start = before.find("db.execute(")
    while start >= 0:
        depth, end = 1, start + len("db.execute(")
        while depth:
            depth += {"(": 1, ")": -1}.get(before[end], 0)
            end += 1
        calls.append(AddAwait(Span(start, end)))
        start = before.find("db.execute(", end)
    assert rewritten(before, *calls) == after


def test_drop_await() -> None:
    check_transformed(
        "async def a():\n    x = (await f()).g\n    return(await f()).h, await (yield), await f()\n",
        "async def a():\n    x = f().g\n    return f().h, (yield), f()\n",
        lambda at: [
            DropAwait(at("await f()")),
            DropAwait(at("await f()", 1)),
            DropAwait(at("await (yield)")),
            DropAwait(at("await f()", 2)),
        ],
    )


def test_async() -> None:
    check_transformed(
        """\
@deco
def f(a):
    with a as b, c:
        for (x, y) in b: pass
    return [x for x in y for (z, w) in x if z]
""",
        """\
@deco
async def f(a):
    async with a as b, c:
        async for (x, y) in b: pass
    return [x for x in y async for (z, w) in x if z]
""",
        lambda at: [
            AddAsync(at("def f(a):")),
            AddAsync(at("with a as b, c:")),
            AddAsync(at("for (x, y) in b: pass")),
            AddAsync(at("(z, w)")),
        ],
    )


def test_async_refused() -> None:
    check_refused("async def f(): pass\n", "Already async", lambda at: [AddAsync(at("async def f(): pass"))])


def test_nothing_is_awaited_twice() -> None:
    text = "async def g(): x = (await f())\n"
    check_refused(text, "awaited already", lambda at: [AddAwait(at("f()"))])
    check_refused(text, "awaited already", lambda at: [AddAwait(at("await f()"))])


def test_list_comprehension() -> None:
    check_transformed(
        "a = any(f(x) for x in y)\nb = any( (f(x) for x in y), 1)\nc = (f(x) for x in z)\n",
        "a = any([f(x) for x in y])\nb = any( [f(x) for x in y], 1)\nc = [f(x) for x in z]\n",
        lambda at: [
            ListComprehension(at("(f(x) for x in y)")),
            ListComprehension(at("(f(x) for x in y)", 1)),
            ListComprehension(at("(f(x) for x in z)")),
        ],
    )


def test_list_comprehension_with_await() -> None:
    check_transformed(
        "async def a():\n    return any(f(x).g() for x in y)\n",
        "async def a():\n    return any([(await f(x)).h() for x in y])\n",
        lambda at: [
            ListComprehension(at("(f(x).g() for x in y)")),
            AddAwait(at("f(x)")),
            RenameMethod(at("f(x).g()"), "h"),
        ],
    )
