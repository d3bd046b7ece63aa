"""Programs around the examples of docstrings, so that the tool can be run on them. The examples are on the rules."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

MODELS = """\
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    name = Column(String)
    active = Column(Boolean)
"""
DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)
"""
IN_FUNCTION = """\
from sqlalchemy.orm import Session

from models import User


def function(session: Session, name, user_id):
    # example
"""
OF_FLASK = """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)


def function(name):
    # example
"""
WITH_FACTORY = """\
from database import SessionLocal, engine
from models import Base, User


def function(user):
    # example
"""
WITH_RELATIONSHIP = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import relationship

from database import SessionLocal
from models import Base


class Item(Base):
    __tablename__ = "items"

    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    # example
"""


@dataclass(frozen=True, slots=True)
class Context:
    """A module in which an example takes the place of the comment `# example`."""

    text: str
    path: str = "module.py"

    def files(self, example: str) -> Mapping[str, str]:
        """The project."""
        match = re.search(r"^( *)# example\n", self.text, re.MULTILINE)
        assert match is not None
        text = self.text[: match.start()] + textwrap.indent(example, match[1]) + self.text[match.end() :]
        return {"models.py": MODELS, "database.py": DATABASE, self.path: text}


CONTEXTS: Mapping[str, Context] = {
    "SAF101": Context(IN_FUNCTION),
    "SAF102": Context(IN_FUNCTION),
    "SAF103": Context(OF_FLASK),
    "SAF104": Context(IN_FUNCTION),
    "SAF201": Context("from sqlalchemy import create_engine\n\n# example\n"),
    "SAF202": Context("from sqlalchemy import create_engine\n\n# example\nengine = create_engine(URL)\n"),
    "SAF203": Context("from sqlalchemy.orm import sessionmaker\n\nfrom database import engine\n\n# example\n"),
    "SAF309": Context(
        "import threading\n\nfrom sqlalchemy import create_engine, delete, select\n"
        "from sqlalchemy.orm import sessionmaker\n\nfrom models import User\n\n"
        'engine = create_engine("sqlite:///shop.db")\n# example\n'
    ),
    "SAF208": Context(
        "from sqlalchemy.orm import scoped_session, sessionmaker\n\nfrom database import engine\n\n# example\n"
    ),
    "SAF204": Context(
        "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n\n"
        'engine = create_async_engine("sqlite+aiosqlite://")\n# example\n'
    ),
    "SAF205": Context(WITH_FACTORY),
    "SAF206": Context(WITH_FACTORY),
    "SAF207": Context("from database import SessionLocal\n\n\n# example\n"),
    "SAF209": Context(WITH_FACTORY),
    "SAF211": Context(
        "from sqlalchemy import event\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
        'async_engine = create_async_engine("sqlite+aiosqlite://")\n\n\n# example\n'
    ),
    "SAF301": Context("from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom models import User\n\n\n# example\n"),
    "SAF302": Context("from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom models import User\n\n\n# example\n"),
    "SAF306": Context("from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom models import User\n\n\n# example\n"),
    "SAF303": Context("from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n# example\n"),
    "SAF304": Context(
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def get_user(session: Session, user_id):\n    return session.get(User, user_id)\n\n\n"
        "def function(session: Session):\n    # example\n    return user\n"
    ),
    "SAF305": Context(
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "def all_users(session: Session):\n    for user in session.query(User):\n        yield user\n\n\n"
        "def function(session: Session):\n    # example\n"
    ),
    "SAF307": Context("from database import SessionLocal\nfrom models import User\n\n\n# example\n"),
    "SAF501": Context(
        WITH_RELATIONSHIP
        + "\n\ndef function():\n    with SessionLocal() as session:\n"
        + "        return [order.items for order in session.query(Order)]\n"
    ),
    "SAF502": Context(
        "from sqlalchemy import Column, ForeignKey, Integer\nfrom sqlalchemy.orm import Session, relationship\n\n"
        "from models import Base\n\n\nclass User(Base):\n    __tablename__ = 'buyers'\n\n"
        "    id = Column(Integer, primary_key=True)\n    items = relationship('Item', lazy='selectin')\n\n\n"
        "class Item(Base):\n    __tablename__ = 'things'\n\n    id = Column(Integer, primary_key=True)\n"
        "    user_id = Column(ForeignKey('buyers.id'))\n\n\n# example\n"
    ),
    "SAF504": Context(
        "from sqlalchemy import Column, DateTime, Integer, func\nfrom sqlalchemy.orm import Session\n\n"
        "from models import Base\n\n\n# example\n\n\n"
        "def rename(session: Session):\n    return session.get(Page, 1).changed\n"
    ),
    "SAF507": Context(
        "from sqlalchemy import Column, Integer, LargeBinary\nfrom sqlalchemy.orm import Session, deferred\n\n"
        "from models import Base\n\n\nclass Page(Base):\n    __tablename__ = 'pages'\n\n"
        "    id = Column(Integer, primary_key=True)\n    # example\n\n\n"
        "def show(session: Session):\n    return session.get(Page, 1).photo\n"
    ),
    "SAF506": Context(
        "from fastapi import FastAPI\nfrom pydantic import BaseModel\n"
        + WITH_RELATIONSHIP
        + "\n\nclass ItemOut(BaseModel):\n    id: int\n\n\n"
        + "class OrderOut(BaseModel):\n    items: list[ItemOut]\n\n\n"
        + "app = FastAPI()\n\n\n@app.get('/orders', response_model=list[OrderOut])\n"
        + "def function():\n    with SessionLocal() as session:\n        return session.query(Order).all()\n"
    ),
    "SAF601": Context("from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n# example\n"),
    "SAF602": Context(
        "from collections.abc import Generator\n\nfrom sqlalchemy.orm import Session\n\n"
        "from database import SessionLocal\n\n\n# example\n"
    ),
    "SAF702": Context(
        "import unittest\n\nfrom sqlalchemy import func, select\n\n"
        "from database import SessionLocal\nfrom models import User\n\n\n# example\n"
    ),
    "SAF703": Context(
        "from unittest.mock import MagicMock\n\nfrom sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        "class Users:\n    def __init__(self, session: Session):\n        self.session = session\n\n"
        "    def count(self):\n        return self.session.query(User).count()\n\n\n"
        "class Report:\n    def __init__(self, users: Users):\n        self.users = users\n\n"
        "    def total(self):\n        return self.users.count()\n\n\ndef test_total():\n    # example\n"
    ),
}
"""The surroundings of each rule's example."""


def example_of(page: str) -> tuple[str, str]:
    """The example and what to use instead, of a rule's page."""
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return blocks[0], blocks[1]


def holds(text: str, part: str) -> bool:
    """Whether the statements of `part` stand in a text one after the other, whatever their layout."""
    wanted = [line.strip() for line in ast.unparse(ast.parse(part)).splitlines()]
    found = [line.strip() for line in ast.unparse(ast.parse(text)).splitlines()]
    return any(found[start : start + len(wanted)] == wanted for start in range(len(found)))
