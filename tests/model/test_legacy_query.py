"""Legacy queries get their 2.0 form, or a reason; the proof that the forms are equal is in `tests/equivalence`."""

from __future__ import annotations

import ast

import pytest
from sqla_async_codemods import rewrite

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.model import legacy_query
from sqla_async_fix.model.kinds import Query
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.queries import query_groups

MODELS = """
from sqlalchemy import JSON, Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()
class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    members = relationship("User", lazy="joined", back_populates="team")
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    email = Column(String, unique=True)
    code = Column(String, unique=True, nullable=False)
    data = Column(JSON)
    team_id = Column(ForeignKey("teams.id"))
    team = relationship("Team", back_populates="members")
    addresses = relationship("Address", backref="user")
class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    user_id = Column(ForeignKey("users.id"))
"""
HEAD = """from sqlalchemy import Select, case, exists, func, select, text, update, delete
from sqlalchemy.orm import Query, Session, aliased, joinedload, selectinload
from models import Address, Team, User
def f(db: Session, value, email: str, maybe: str | None, n: int, absent: str = None):
"""


def rewritten(body: str) -> tuple[str, list[str]]:
    """The function's body with every query that can be rewritten, and why the others cannot."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    text = HEAD + lines
    refusals: list[str] = []
    for _ in range(4):
        groups = query_groups(Project.build([SourceFile("models.py", MODELS), SourceFile("app.py", text)]))
        refusals = [group.refusal for group in groups if group.refusal]
        steps = [step for group in groups if not group.refusal for placed in group.uses for step in placed.use.steps]
        if not steps:
            break
        for edit in reversed(rewrite(text, tuple(dict.fromkeys(steps)))):
            text = text[: edit.span.start] + edit.content + text[edit.span.end :]
    return "\n".join(line[4:] for line in text.split("absent: str = None):\n", 1)[1].splitlines()), refusals


@pytest.mark.parametrize(
    ("legacy", "expected"),
    [
        # at most one row: no LIMIT
        (
            "db.query(User).filter(User.id == value).first()",
            "db.execute(select(User).where(User.id == value)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter_by(code=value).first()",
            "db.execute(select(User).filter_by(code=value)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.email == 'x').first()",
            "db.execute(select(User).where(User.email == 'x')).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.email == email).first()",
            "db.execute(select(User).where(User.email == email)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.email == str(value)).first()",
            "db.execute(select(User).where(User.email == str(value))).scalar_one_or_none()",
        ),
        # a nullable unique column with a value that may be None is no key
        (
            "x = 'a'\nif n:\n    x = None\ndb.query(User).filter(User.email == x).first()",
            "x = 'a'\nif n:\n    x = None\n"
            "db.execute(select(User).where(User.email == x).limit(1)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.email == maybe).first()",
            "db.execute(select(User).where(User.email == maybe).limit(1)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.email == absent).first()",
            "db.execute(select(User).where(User.email == absent).limit(1)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter(User.email == value).first()",
            "db.execute(select(User).where(User.email == value).limit(1)).scalar_one_or_none()",
        ),
        (
            "db.query(User).filter((User.id == 1) | (User.id == 2)).first()",
            "db.execute(select(User).where((User.id == 1) | (User.id == 2)).limit(1)).scalar_one_or_none()",
        ),
        ("db.query(Team).first()", "db.execute(select(Team).limit(1)).unique().scalar_one_or_none()"),
        ("db.query(User.name).first()", "db.execute(select(User.name).limit(1)).first()"),
        # duplicates
        ("db.query(User).all()", "db.scalars(select(User)).all()"),
        ("db.query(User).join(User.team).all()", "db.scalars(select(User).join(User.team)).unique().all()"),
        (
            "db.query(User).filter(Address.user_id == User.id).all()",
            "db.scalars(select(User).where(Address.user_id == User.id)).unique().all()",
        ),
        ("db.query(User, User.name).all()", "db.execute(select(User, User.name)).unique().all()"),
        ("db.query(User, User.data).all()", "db.execute(select(User, User.data)).all()"),
        ("db.query(User).yield_per(5).all()", "db.scalars(select(User)).all()"),
        ("db.query(User, Address).scalar()", "db.execute(select(User, Address)).unique().scalar_one_or_none()"),
        # rows that are taken apart at once may share names
        (
            "x = [a + b for a, b in db.query(User.id, Address.id).all()]",
            "x = [a + b for a, b in db.execute(select(User.id, Address.id)).all()]",
        ),
        ("a, b = db.query(User).filter(User.id < 3)", "a, b = db.scalars(select(User).where(User.id < 3))"),
        ("x = dict(db.query(User.id, User.name))", "x = dict(db.execute(select(User.id, User.name)).all())"),
        ("x = []\nx.extend(db.query(User))", "x = []\nx.extend(db.scalars(select(User)))"),
        ("x = []\nx += db.query(User)", "x = []\nx += db.scalars(select(User))"),
        # a helper's own arguments
        (
            "def narrow(q: Query[User]) -> Query:\n    return q.filter(User.id == 1)\nnarrow(db.query(User)).all()",
            "def narrow(q: Select[tuple[User]]) -> Select:\n    return q.where(User.id == 1)\n"
            "db.scalars(narrow(select(User))).all()",
        ),
        # a variable of an outer function
        (
            "q = db.query(User)\ndef inner():\n    return q.filter(User.id == n).all()",
            "q = select(User)\ndef inner():\n    return db.scalars(q.where(User.id == n)).all()",
        ),
        (
            "def base():\n    return db.query(User)\nreturn base().all()",
            "def base():\n    return select(User)\nreturn db.scalars(base()).all()",
        ),
        # a subquery's column may be called `c`
        (
            "s = db.query(func.count(Address.id).label('c')).subquery()\ndb.query(User, s.c.c).all()",
            "s = select(func.count(Address.id).label('c')).subquery()\ndb.execute(select(User, s.c.c)).unique().all()",
        ),
        # counting
        (
            "db.query(User.id).execution_options(x=1).distinct().count()",
            "db.scalar(select(func.count()).execution_options(x=1).select_from(select(User.id).distinct().subquery()))",
        ),
        (
            "q = db.query(User.id).execution_options(x=1)\nq.count()",
            "q = select(User.id).execution_options(x=1)\ndb.scalar(select(func.count())"
            ".execution_options(**q.get_execution_options()).select_from(q.subquery()))",
        ),
        ("db.query(User).order_by(User.id).count()", "db.scalar(select(func.count()).select_from(User))"),
        (
            "db.query(User.id).distinct().count()",
            "db.scalar(select(func.count()).select_from(select(User.id).distinct().subquery()))",
        ),
        ("db.query(func.count(User.id)).scalar()", "db.scalar(select(func.count(User.id)))"),
        ("db.query(User.name).scalar()", "db.execute(select(User.name)).scalar_one_or_none()"),
        # filter_by with several entities
        (
            "db.query(User).join(Address).filter_by(email=value or 'x').all()",
            "db.scalars(select(User).join(Address).where(Address.email == (value or 'x'))).unique().all()",
        ),
        (
            "db.query(func.count(User.id)).filter_by(id=1).all()",
            "db.execute(select(func.count(User.id)).filter_by(id=1)).all()",
        ),
        (
            "db.query(User.name, func.count(User.id)).filter_by(id=1).all()",
            "db.execute(select(User.name, func.count(User.id)).where(User.id == 1)).all()",
        ),
        (
            "db.query(case((User.id > 1, 1), else_=0)).scalar()",
            "db.execute(select(case((User.id > 1, 1), else_=0))).scalar_one_or_none()",
        ),
        # get
        ("db.query(User).get(value)", "db.get(User, value)"),
        (
            "db.query(User).options(selectinload(User.addresses)).populate_existing().get(1)",
            "db.get(User, 1, options=[selectinload(User.addresses)], populate_existing=True)",
        ),
        # writing
        (
            "n = db.query(User).filter(User.id == 1).update({'name': 'x'}, synchronize_session=False)",
            "n = db.execute(\n"
            "    update(User).where(User.id == 1).values({'name': 'x'}).execution_options(synchronize_session=False)\n"
            ").rowcount",
        ),
        ("db.query(User).filter_by(id=1).delete()", "db.execute(delete(User).filter_by(id=1))"),
        (
            "q = db.query(User).filter(User.id == 1)\nq.delete()",
            "q = select(User).where(User.id == 1)\ndb.execute(delete(User).where(q.whereclause))",
        ),
        # slices and iteration
        ("x = db.query(User)[2:4]", "x = db.scalars(select(User).slice(2, 4)).all()"),
        ("x = db.query(User)[3]", "x = db.scalars(select(User).slice(3, 4)).all()[0]"),
        ("for u in db.query(User): pass", "for u in db.scalars(select(User)): pass"),
        ("x = db.query(User)[:len(value)]", "x = db.scalars(select(User).limit(len(value))).all()"),
        ("a, b = 1, 3\nx = db.query(User)[a:b]", "a, b = 1, 3\nx = db.scalars(select(User).slice(a, b)).all()"),
        (
            "for u in (\n    db.query(User)\n    .filter(User.id > 1)\n): pass",
            "for u in db.scalars(select(User).where(User.id > 1)): pass",
        ),
        ("for u in (db.query(User)): pass", "for u in db.scalars(select(User)): pass"),
        (
            "(db.query(User).update({'name': 'x'}, False))",
            "db.execute(update(User).values({'name': 'x'}).execution_options(synchronize_session=False))",
        ),
        # parts of other statements
        (
            "db.query(User).filter(User.id == db.query(func.max(Address.id))).all()",
            "db.scalars(select(User).where(User.id == select(func.max(Address.id)).scalar_subquery())).all()",
        ),
        (
            "db.query(User.id, User.data['a']).filter(User.data['a'] == 'x').all()",
            "db.execute(select(User.id, User.data['a']).where(User.data['a'] == 'x')).all()",
        ),
        (
            "db.query(User).filter(User.id.in_(db.query(Address.user_id))).all()",
            "db.scalars(select(User).where(User.id.in_(select(Address.user_id)))).all()",
        ),
        ("db.query(db.query(User).exists()).scalar()", "db.scalar(select(select(User).exists()))"),
        (
            "db.query(User.id).union(db.query(Address.id)).order_by(User.id.desc()).all()",
            'db.execute(select(User.id).union(select(Address.id)).order_by(desc("id"))).all()',
        ),
    ],
)
def test_rewritten(legacy: str, expected: str) -> None:
    text, refusals = rewritten(legacy)
    assert ast.unparse(ast.parse(text)) == ast.unparse(ast.parse(expected))
    assert not refusals


@pytest.mark.parametrize(
    ("legacy", "reason"),
    [
        ("db.query(*value).all()", "what this query selects"),
        ("db.query(User).limit(2).filter(User.id == 1).all()", "after LIMIT"),
        ("db.query(User).filter(User.id == 1).get(1)", "`get()` after criteria"),
        ("db.query(User).limit(1).delete()", "fails in legacy form"),
        ("db.query(User.id, Address.id).all()", "share a name"),
        ("x = db.query(User)[-1]", "not known to be numbers"),
        ("x = db.query(User)[n:]", "not known to be numbers"),
        ("x = db.query(User)[:n]", "not known to be numbers"),
        ("q = a, b = db.query(User)", "use two statements"),
        ("q = db.query(User)\ndb = value\nq.all()", "the session of this query is not known"),
        ("q = db.query(User)\ndef inner(db):\n    return q.all()", "the session of this query is not known"),
        ("def base():\n    return db.query(User)", "callers that are not in the project"),
        ("value.q = db.query(User)", "kept in the attribute"),
        ("x = {'q': db.query(User)}", "put into a dictionary"),
        ("def g():\n    yield db.query(User)", "is yielded"),
        ("def g(q):\n    return q.all()\ng(db.query(User))\ng([1])", "not known to be a query"),
        ("Query([User], session=db).all()", "made by `Query(...)`"),
        ("for row in db.query(func.count(User.id)): row._asdict()", "field names differ"),
        ("for row in db.query(func.count(User.id)): row.count", "only 2.0 rows have a field `count`"),
        ("db.query(User).filter(User.id == 1).select_from(User).all()", "`select_from()` after criteria"),
        ("for u in db.query(User).yield_per(9):\n    db.commit()", "when the loop commits"),
        ("db.query(User).from_self().all()", "`from_self()`"),
        ("db.query(User).with_entities(func.count()).scalar()", "drops the FROM clause"),
        ("db.query(User.id).select_from(Address).select_from(User).all()", "second `select_from()`"),
        ("db.query(User).order_by(text('users_id desc')).all()", "the label `users_id`"),
        ("db.query(User).with_for_update().count()", "fails on PostgreSQL"),
        ("db.query(User).join(User.addresses).filter_by(name='x').all()", "no such attribute"),
        ("db.query(User, func.unknown(User.id)).all()", "can be compared is not known"),
        ("db.query(User).params(x=1).filter(text(':x')).all()", "must come last"),
        ("db.query(User).paginate()", "Flask-SQLAlchemy"),
    ],
)
def test_refused(legacy: str, reason: str) -> None:
    text, refusals = rewritten(legacy)
    assert text == legacy
    assert any(reason in refusal for refusal in refusals), refusals


def test_join_forgets_what_only_one_branch_knows() -> None:
    site = frozenset({"app.py:1"})
    a = Query(site, "db", equated=frozenset({("m.User", "id")}), criteria=True)
    b = Query(frozenset({"app.py:9"}), "db", limited=True)
    joined = legacy_query.join(a, b)
    assert joined.origins == {"app.py:1", "app.py:9"}
    assert joined.limited
    assert not joined.equated
    assert not joined.criteria


def test_what_is_set_on_a_class_later_and_a_base_imported_from_either_place() -> None:
    models = """
try:
    from sqlalchemy.orm import declarative_base
except ImportError:
    from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import relationship
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
User.addresses = relationship(Address, lazy="joined")
"""
    project = Project.build([SourceFile("models.py", models)])
    mapped = project.mapped("models.User")
    assert mapped is not None
    assert mapped.is_mapped
    assert mapped.relationships["addresses"].target == "models.Address"
    assert mapped.relationships["addresses"].collection


def test_a_query_of_a_property_is_executed_with_the_session_of_its_object() -> None:
    text, refusals = rewritten(
        "class Users:\n"
        "    def __init__(self, session: Session):\n"
        "        self.session = session\n"
        "    @property\n"
        "    def all(self):\n"
        "        return self.session.query(User)\n"
        "def names(users: Users):\n"
        "    return users.all.all()"
    )
    assert "return users.session.scalars(users.all).all()" in text
    assert not refusals
