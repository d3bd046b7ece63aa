"""Mapped classes are read in every style they are written in."""

from __future__ import annotations

import ast

from sqla_async_fix.model.kinds import UNKNOWN, External, Kind
from sqla_async_fix.model.mapped import MappedClass
from sqla_async_fix.model.mapping import describe, link_backrefs

KNOWN = {
    **{
        name: f"sqlalchemy.{name}" for name in ("Column", "Integer", "String", "JSON", "ForeignKey", "UniqueConstraint")
    },
    **{name: f"sqlalchemy.orm.{name}" for name in ("relationship", "mapped_column", "Mapped", "deferred", "backref")},
    **{name: f"sqlmodel.{name}" for name in ("SQLModel", "Field", "Relationship")},
}


def evaluate(node: ast.expr) -> Kind:
    """The kind of a name imported from SQLAlchemy."""
    if isinstance(node, ast.Name) and node.id in KNOWN:
        return External(KNOWN[node.id])
    return UNKNOWN


def described(text: str, name: str = "m.User") -> MappedClass:
    """The only class of a text."""
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.ClassDef)
    return describe(name, node, evaluate, (), True)


def test_old_style() -> None:
    user = described(
        "class User(Base):\n"
        "    __tablename__ = 'users'\n"
        "    __table_args__ = (UniqueConstraint('first', 'surname'), {'schema': 'x'})\n"
        "    id = Column(Integer, primary_key=True)\n"
        "    first = Column(String)\n"
        "    last = Column('surname', String)\n"
        "    email = Column(String, unique=True, nullable=False)\n"
        "    data = deferred(Column(JSON))\n"
        "    team_id = Column(Integer, ForeignKey('teams.id'))\n"
    )
    assert user.primary_key() == {"id"}
    assert set(user.unique_sets) == {frozenset({"email"}), frozenset({"first", "last"})}
    assert not user.columns["email"].nullable
    assert user.columns["data"].deferred
    assert user.columns["data"].unhashable
    assert user.columns["last"].renamed
    assert (user.table, user.foreign_keys, user.complete) == ("users", {"teams"}, True)


def test_annotated_style() -> None:
    user = described(
        "class User(Base):\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    name: Mapped[str | None]\n"
        "    addresses: Mapped[list['Address']] = relationship(lazy='joined')\n"
        "    team: Mapped['Team'] = relationship(lazy=False)\n"
    )
    assert user.columns["name"].nullable
    assert user.columns["name"].hashable
    assert not user.columns["id"].nullable
    assert (user.relationships["addresses"].target, user.relationships["addresses"].collection) == ("Address", True)
    assert (user.relationships["team"].collection, user.relationships["team"].lazy) == (False, "joined")


def test_an_annotation_that_may_hide_a_key_is_incomplete() -> None:
    assert not described("class User(Base):\n    id: Mapped[intpk]\n").complete


def test_sqlmodel() -> None:
    hero = described(
        "class Hero(SQLModel, table=True):\n"
        "    id: int | None = Field(default=None, primary_key=True)\n"
        "    name: str\n"
        "    team: 'Team' = Relationship(back_populates='heroes', sa_relationship_kwargs={'lazy': 'joined'})\n"
    )
    assert hero.primary_key() == {"id"}
    assert "name" in hero.columns
    assert hero.relationships["team"].lazy == "joined"


def test_backrefs_and_directions() -> None:
    user = described("class User(Base):\n    __tablename__ = 'users'\n    id = Column(Integer, primary_key=True)\n")
    address = described(
        "class Address(Base):\n"
        "    __tablename__ = 'addresses'\n"
        "    user_id = Column(ForeignKey('users.id'))\n"
        "    user = relationship('User', backref=backref('addresses', lazy='joined'))\n",
        "m.Address",
    )
    linked = link_backrefs({"m.User": user, "m.Address": address}, lambda origin, target: f"m.{target}")
    assert linked["m.Address"].relationships["user"].collection is False
    backref = linked["m.User"].relationships["addresses"]
    assert (backref.target, backref.collection, backref.lazy) == ("m.Address", True, "joined")
