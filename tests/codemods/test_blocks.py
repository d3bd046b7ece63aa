"""WrapWith, DropStatement, AddStatements."""

from __future__ import annotations

from codemod_case import check_refused, check_transformed

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAwait, AddStatements, DropStatement, Replace, Symbol, WrapWith


def test_wrap() -> None:
    check_transformed(
        '''\
async def f():
    db = SessionLocal()  # open
    # work
    x = db.get("""
  text
    """)

    if x:
        # inner
        y = x
    db.close()
    # after
    return x
''',
        '''\
async def f():
    async with SessionLocal() as db:  # open
        # work
        x = await db.get("""
  text
    """)

        if x:
            # inner
            y = x
    # after
    return x
''',
        lambda at: [
            WrapWith(at("db = SessionLocal()"), at("db.close()"), is_async=True, dropped=(at("db.close()"),)),
            AddAwait(at('db.get("""\n  text\n    """)')),
        ],
    )


def test_unwrap_finally() -> None:
    check_transformed(
        """\
def get_db():
    db: Session = SessionLocal()
    try:
        # hand over
        yield db
    finally:
        db.close()


x = 1
""",
        """\
def get_db():
    with SessionLocal() as db:
        # hand over
        yield db


x = 1
""",
        lambda at: [
            WrapWith(
                at("db: Session = SessionLocal()"),
                at("try:\n        # hand over\n        yield db\n    finally:\n        db.close()"),
                is_async=False,
                unwrap=at("try:\n        # hand over\n        yield db\n    finally:\n        db.close()"),
                dropped=(at("db.close()"),),
            )
        ],
    )


def test_keep_handlers() -> None:
    check_transformed(
        """\
def f():
    db = S()
    log()
    try:  # careful
        a()
        b()
    except E:
        db.rollback()
    finally:
        db.close()
""",
        """\
def f():
    with S() as db:
        log()
        try:  # careful
            a()
            b()
        except E:
            db.rollback()
""",
        lambda at: [WrapWith(at("db = S()"), at("try:"), is_async=False, unwrap=at("try:"))],
    )


def test_comment_on_try_stays() -> None:
    check_transformed(
        "def f():\n    db = S()\n    try:  # careful\n        a()\n    finally:\n        db.close()\n    c()\n",
        "def f():\n    with S() as db:\n        # careful\n        a()\n    c()\n",
        lambda at: [WrapWith(at("db = S()"), at("try:"), is_async=False, unwrap=at("try:"))],
    )


def test_wrap_nothing() -> None:
    check_transformed(
        "def f():\n\tdb = S()\n\tdb.close()\n",
        "def f():\n\twith S() as db:\n\t\tpass\n",
        lambda at: [WrapWith(at("db = S()"), at("db.close()"), is_async=False, dropped=(at("db.close()"),))],
    )


def test_wraps_nest() -> None:
    check_transformed(
        "def f():\n    a = S()\n    x()\n    b = T()\n    y(a,\n      b)\n    z()\n",
        "def f():\n    with S() as a:\n        x()\n"
        "        with T() as b:\n            y(a,\n              b)\n        z()\n",
        lambda at: [
            WrapWith(at("a = S()"), at("z()"), is_async=False),
            WrapWith(at("b = T()"), at("y(a,\n      b)"), is_async=False),
        ],
    )


def test_drop() -> None:
    check_transformed(
        """\
def f():
    a()
    b()
    if c:
        d()
    else:
        # why
        e()
    g(); h(); i()
    if j: k()
    @deco
    def l(): pass
m()""",
        """\
def f():
    b()
    if c:
        pass
    else:
        # why
        pass
    h()
    if j: pass
""",
        lambda at: [
            DropStatement(at("a()")),
            DropStatement(at("d()")),
            DropStatement(at("e()")),
            DropStatement(at("g()")),
            DropStatement(at("i()")),
            DropStatement(at("k()")),
            DropStatement(at("def l(): pass")),
            DropStatement(at("m()")),
        ],
    )


def test_drop_several_of_a_block() -> None:
    check_transformed(
        "if a:\n  b()\n  c()\nd()\n",
        "if a:\n  pass\nd()\n",
        lambda at: [DropStatement(at("b()")), DropStatement(at("c()"))],
    )


def test_replace_statement_by_lines() -> None:
    check_transformed(
        "class A:\n  def f():\n    a()\n",
        "from app.db import engine\n\n\nclass A:\n  def f():\n    async with engine.begin() as c:\n      await c(1)\n",
        lambda at: [
            DropStatement(at("a()")),
            AddStatements(
                at("a()"),
                (("async with ", Symbol("app.db", "engine"), ".begin() as c:"), ("    await c(1)",)),
                after=True,
            ),
        ],
    )


def test_add_before_and_after() -> None:
    check_transformed(
        "@deco\ndef f(\n    a\n):\n    x = 1  # one",
        "y = 0\n@deco\ndef f(\n    a\n):\n    x = 1  # one\n    x = 2",
        lambda at: [
            AddStatements(at("def f("), (("y = 0",),), after=False),
            AddStatements(at("x = 1"), (("x = 2",),), after=True),
        ],
    )


def test_add_in_a_wrapped_block() -> None:
    check_transformed(
        "def f():\n    db = S()\n    a()\n    b()\n",
        "def f():\n    with S() as db:\n        a()\n        c()\n    b()\n",
        lambda at: [
            WrapWith(at("db = S()"), at("a()"), is_async=False),
            AddStatements(at("a()"), (("c()",),), after=True),
        ],
    )


def test_steps_in_a_dropped_statement_go_with_it() -> None:
    check_transformed(
        "async def f():\n    a()\n    db.close()\n",
        "async def f():\n    a()\n",
        lambda at: [DropStatement(at("db.close()")), AddAwait(at("db.close()")), Replace(at("close"), ("shut",))],
    )


def test_refused() -> None:
    check_refused("a = 1; b = 2\n", "shares its line", lambda at: [AddStatements(at("a = 1"), (("c",),), after=True)])
    check_refused("a, b = f()\n", "one name", lambda at: [WrapWith(at("a, b = f()"), at("a"), is_async=False)])
    check_refused("a = 1\n", "No statement", lambda at: [DropStatement(Span(2, 3))])
