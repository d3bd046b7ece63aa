"""Execute, RenameMethod, DropCall: what a query chain becomes, and how it is laid out."""

from __future__ import annotations

import io
import tokenize

import pytest
from codemod_case import check_refused, check_transformed, query_steps, rewritten
from hypothesis import given, settings
from hypothesis import strategies as st
from sqla_async_codemods import rewrite

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import DropCall, Execute, RenameMethod, Symbol

HEAD = "from sqlalchemy import select\n"

LAYOUTS = {
    "one line": (
        "x = db.query(User).filter(a).first()\n",
        "x = db.execute(select(User).where(a).limit(1)).scalar_one_or_none()\n",
    ),
    "session on a path": (
        "x = self.request.db.query(User).all()\n",
        "x = self.request.db.execute(select(User)).scalars().all()\n",
    ),
    "session from a call": (
        "x = get(db).query(User).all()\n",
        "x = get(db).execute(select(User)).scalars().all()\n",
    ),
    "links on lines of their own": (
        """\
def f():
    return (
        db.query(User)
        .filter(User.id == 1)
        .first()
    )
""",
        """\
def f():
    return db.execute(
        select(User)
        .where(User.id == 1)
        .limit(1)
    ).scalar_one_or_none()
""",
    ),
    "comments stay with their lines": (
        """\
x = (
    # head
    db.query(User)  # who
    # which
    .filter(User.id == 1)  # one
    # last
    .first()  # end
)  # after
""",
        """\
x = (
    # head
    db.execute(
        select(User)  # who
        # which
        .where(User.id == 1)  # one
        # last
        .limit(1)
    ).scalar_one_or_none()  # end
)  # after
""",
    ),
    "comment and no suffix": (
        """\
x = (
    db.query(User)  # who
    .all()
)
""",
        """\
x = db.execute(
    select(User)  # who
).scalars().all()
""",
    ),
    "hanging arguments": (
        """\
x = db.query(User).filter(
    User.id == 1,
).first()
""",
        """\
x = db.execute(
    select(User).where(
        User.id == 1,
    ).limit(1)
).scalar_one_or_none()
""",
    ),
    "hanging arguments of the start": (
        """\
x = db.query(
    User,
).all()
""",
        """\
x = db.execute(
    select(
        User,
    )
).scalars().all()
""",
    ),
    "aligned in parentheses that only joined lines": (
        """\
x = (db.query(User)
       .filter(a)
       .first())
""",
        """\
x = db.execute(
    select(User)
    .where(a)
    .limit(1)
).scalar_one_or_none()
""",
    ),
    "parentheses right behind a keyword": (
        """\
def f():
    return(db.query(User)
             .all())
""",
        """\
def f():
    return db.execute(
        select(User)
    ).scalars().all()
""",
    ),
    "backslashes": (
        """\
x = db.query(User) \\
    .filter(a) \\
    .first()
""",
        """\
x = db.execute(
    select(User)
    .where(a)
    .limit(1)
).scalar_one_or_none()
""",
    ),
    "session on a line of its own": (
        """\
x = (
    db
    .query(User)
    .first()
)
""",
        """\
x = db.execute(
    select(User)
    .limit(1)
).scalar_one_or_none()
""",
    ),
    "parentheses become those of the call": (
        """\
x = (
    db.query(User)
    .filter(a)
).first()
y = (db.query(User)).all()
""",
        """\
x = db.execute(
    select(User)
    .where(a)
    .limit(1)
).scalar_one_or_none()
y = db.execute(select(User)).scalars().all()
""",
    ),
    "content of strings stays": (
        '''\
x = db.query(User).filter(text("""
  a
b"""), f"""
  {c}
""").first()
''',
        '''\
x = db.execute(
    select(User).where(text("""
  a
b"""), f"""
  {c}
""").limit(1)
).scalar_one_or_none()
''',
    ),
    "arguments under each other": (
        """\
x = f(db.query(User).filter(User.id == 1,
                            # c
                            User.name == 2).all(),
      b)
y = db.query(User).filter(or_(a,
                              b),
                          c).all(
)
z = (db.query(User)
       .filter(a,
               b))
""",
        """\
x = f(db.execute(
    select(User).where(User.id == 1,
                       # c
                       User.name == 2)
).scalars().all(),
      b)
y = db.execute(
    select(User).where(or_(a,
                           b),
                       c)
).scalars().all()
z = (db.query(User)
       .where(a,
              b))
""",
    ),
    "links that are indented": (
        """\
x = (
    db.query(User)
      .filter(a)
      .first()
)
""",
        """\
x = db.execute(
    select(User)
    .where(a)
    .limit(1)
).scalar_one_or_none()
""",
    ),
    "a query in a query": (
        "x = db.query(A).filter(f(db.query(B).all())).one()\n",
        "x = db.execute(select(A).where(f(db.execute(select(B)).scalars().all()))).scalar_one()\n",
    ),
    "a query in a query on several lines": (
        """\
x = db.query(A).filter(
    A.id.in_(
        db.query(B.id)
        .filter(b)
        .all()
    )
).first()
""",
        """\
x = db.execute(
    select(A).where(
        A.id.in_(
            db.execute(
                select(B.id)
                .where(b)
            ).scalars().all()
        )
    ).limit(1)
).scalar_one_or_none()
""",
    ),
    "semicolons and one-line suites": (
        "a = 1; b = db.query(B).all(); c = 3\nif a: b = db.query(B).all()\n",
        "a = 1; b = db.execute(select(B)).scalars().all(); c = 3\nif a: b = db.execute(select(B)).scalars().all()\n",
    ),
    "lambda, walrus, f-string, decorator, class body, comprehension": (
        """\
@deco(db.query(A).all())
class C:
    a = lambda: db.query(A).all()
    if b := db.query(B).first():
        c = f"{db.query(C).all()!r}"
    d = [x for x in db.query(D).all() if x]
""",
        """\
@deco(db.execute(select(A)).scalars().all())
class C:
    a = lambda: db.execute(select(A)).scalars().all()
    if b := db.execute(select(B).limit(1)).scalar_one_or_none():
        c = f"{db.execute(select(C)).scalars().all()!r}"
    d = [x for x in db.execute(select(D)).scalars().all() if x]
""",
    ),
    "too long for a line": (
        "x = db.query(User).filter(User.name == name, User.surname == surname, User.born == born).all()\n",
        """\
x = db.execute(
    select(User).where(User.name == name, User.surname == surname, User.born == born)
).scalars().all()
""",
    ),
    "too long for two lines": (
        "if True:\n"
        "    x = db.query(User).filter(User.name == name, User.surname == surname).order_by(User.surname).first()\n",
        """\
if True:
    x = db.execute(
        select(User)
        .where(User.name == name, User.surname == surname)
        .order_by(User.surname)
        .limit(1)
    ).scalar_one_or_none()
""",
    ),
}


@pytest.mark.parametrize(("before", "after"), LAYOUTS.values(), ids=LAYOUTS)
def test_layout(before: str, after: str) -> None:
    assert rewritten(HEAD + before, *query_steps(HEAD + before)) == HEAD + after


def test_query_variable() -> None:
    check_transformed(
        HEAD + "def f(db, q):\n    return q.filter(a).first()\n",
        HEAD + "def f(db, q):\n    return db.execute(q.filter(a).limit(1)).scalar_one_or_none()\n",
        lambda at: [
            Execute(
                at("q.filter(a).first()"),
                None,
                ("db",),
                "execute",
                suffix=(".limit(1)",),
                tail=(".scalar_one_or_none()",),
            )
        ],
    )


def test_no_terminal() -> None:
    check_transformed(
        HEAD + "for x in db.query(User): pass\n",
        HEAD + "for x in db.execute(select(User)).scalars(): pass\n",
        lambda at: [
            Execute(
                at("db.query(User)"), at("db.query(User)"), (), "execute", drop_terminal=False, tail=(".scalars()",)
            )
        ],
    )


COUNT = (Symbol("sqlalchemy", "select"), "(", Symbol("sqlalchemy", "func"), ".count()).select_from(")


def test_prefix_stays_on_the_line() -> None:
    check_transformed(
        "from sqlalchemy import func, select\nx = db.query(A).count()\n",
        "from sqlalchemy import func, select\n"
        "x = db.execute(select(func.count()).select_from(select(A).subquery())).scalar_one()\n",
        lambda at: [
            Execute(
                at("db.query(A).count()"),
                at("db.query(A)"),
                (),
                "execute",
                prefix=COUNT,
                suffix=(".subquery())",),
                tail=(".scalar_one()",),
            )
        ],
    )


def test_prefix_opens_a_level_of_its_own() -> None:
    check_transformed(
        """\
from sqlalchemy import func, select
x = (
    db.query(A)
    .filter(a)
    .count()
)
""",
        """\
from sqlalchemy import func, select
x = db.execute(
    select(func.count()).select_from(
        select(A)
        .filter(a)
        .subquery()
    )
).scalar_one()
""",
        lambda at: [
            Execute(
                at("db.query(A)\n    .filter(a)\n    .count()"),
                at("db.query(A)"),
                (),
                "execute",
                prefix=COUNT,
                suffix=(".subquery())",),
                tail=(".scalar_one()",),
            )
        ],
    )


def test_dropped_links() -> None:
    check_transformed(
        """\
x = (
    q.enable_eagerloads(False)
    # why
    .autoflush(True)  # off
    .filter(a)
    .populate_existing()
)
y = q.autoflush(True).filter(b)
""",
        """\
x = (
    q
    # why  # off
    .where(a)
)
y = q.where(b)
""",
        lambda at: [
            DropCall(at("q.enable_eagerloads(False)")),
            DropCall(at("q.enable_eagerloads(False)\n    # why\n    .autoflush(True)")),
            RenameMethod(
                at("q.enable_eagerloads(False)\n    # why\n    .autoflush(True)  # off\n    .filter(a)"), "where"
            ),
            DropCall(
                at(
                    "q.enable_eagerloads(False)\n    # why\n    .autoflush(True)  # off\n    .filter(a)\n"
                    "    .populate_existing()"
                )
            ),
            DropCall(at("q.autoflush(True)")),
            RenameMethod(at("q.autoflush(True).filter(b)"), "where"),
        ],
    )


def test_refusals() -> None:
    check_refused("x = f(1)\n", "No ", lambda at: [RenameMethod(Span(1, 3), "where")])
    check_refused("x = f(1)\n", "Not a method call", lambda at: [RenameMethod(at("f(1)"), "where")])
    check_refused("x = (\n", "cannot be parsed", lambda at: [DropCall(Span(0, 1))])
    check_refused(
        "x = q.where(1).all()\n",
        "conflict",
        lambda at: [RenameMethod(at("q.where(1)"), "filter"), RenameMethod(at("q.where(1)"), "having")],
    )


PARTS = st.lists(
    st.sampled_from(
        [
            "x = db.query(User).filter(a).first()",
            "x = (\n    db.query(User)  # é\n    .filter('ü')\n    .first()\n)",
            "def f():\n\treturn db.query(User).filter(\n\t\ta,  # c\n\t).all()",
            "if a:\n  x = [db.query(A).filter(db.query(B).first()).all(), '''\n  z''']\n  \f\n",
            "# -*- comment -*-",
            "x = 1; y = db.query(Y).all()",
            "",
        ]
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(parts=PARTS, newline=st.sampled_from(["\n", "\r\n", "\r"]), end=st.booleans())
def test_any_newline(parts: list[str], newline: str, end: bool) -> None:
    plain = HEAD + "\n".join(parts) + ("\n" if end else "")
    text = plain.replace("\n", newline)
    result = rewritten(text, *query_steps(text))
    assert result.replace(newline, "\n") == rewritten(plain, *query_steps(plain))
    assert _comments(result.replace(newline, "\n")) == _comments(plain)
    assert not query_steps(result) or "db.query" not in result


def test_nothing_asked_nothing_done() -> None:
    assert rewrite("x = (\n", ()) == ()


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def test_parentheses_of_what_has_no_terminal() -> None:
    check_transformed(
        HEAD + "for x in (\n    db.query(A)\n    .filter(a)\n): pass\ny = [*(b or c)]\n",
        HEAD
        + "for x in db.execute(\n    select(A)\n    .filter(a)\n).scalars(): pass\n"
        "y = [*(db.execute((b or c).limit(1)))]\n".replace("*(db", "*db").replace("(1)))]", "(1))]"),
        lambda at: [
            Execute(
                at("db.query(A)\n    .filter(a)"),
                at("db.query(A)"),
                (),
                "execute",
                drop_terminal=False,
                tail=(".scalars()",),
            ),
            Execute(at("b or c"), None, ("db",), "execute", drop_terminal=False, suffix=(".limit(1)",)),
        ],
    )
