"""What a project hangs on its queries keeps them legacy: a statement would go past it without a word."""

from __future__ import annotations

import pytest

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.queries import query_groups
from tests.model.test_legacy_query import MODELS

USES = """
from sqlalchemy.orm import Session
from models import User
def read(db: Session):
    return db.query(User).all()
def write(db: Session):
    db.query(User).delete()
"""


def refusals(hooks: str) -> list[str | None]:
    """Why the reading and the writing query cannot be rewritten beside a module of hooks."""
    sources = [SourceFile("models.py", MODELS), SourceFile("uses.py", USES), SourceFile("hooks.py", hooks)]
    groups = query_groups(Project.build(sources))
    assert len(groups) == 2
    return [group.refusal for group in sorted(groups, key=lambda group: group.uses[0].use.node.lineno)]


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        (
            "from sqlalchemy import event\nfrom sqlalchemy.orm import Query\n"
            "@event.listens_for(Query, 'before_compile', retval=True)\ndef only_live(query): return query",
            "`before_compile` is listened to (hooks.py:3)",
        ),
        (
            "from sqlalchemy.event import listen\nlisten(Query, 'before_compile_delete', print)",
            "`before_compile_delete`",
        ),
        ("from sqlalchemy.orm import sessionmaker\nmake = sessionmaker(query_cls=Mine)", "`query_cls`"),
        ("from sqlalchemy.orm import Query\nclass Mine(Query): pass", "class of its own (`Mine`)"),
        (
            "from sqlalchemy.orm import scoped_session\nquery = scoped_session(make).query_property(Mine)",
            "class of their own",
        ),
    ],
)
def test_every_query_is_kept(hooks: str, reason: str) -> None:
    assert all(reason in (refusal or "") for refusal in refusals(hooks))


def test_a_listener_on_bulk_writes_keeps_those() -> None:
    read, write = refusals("from sqlalchemy import event\nevent.listen(Session, 'after_bulk_delete', print)")
    assert read is None
    assert "`after_bulk_delete` is listened to" in (write or "")


@pytest.mark.parametrize(
    "hooks",
    [
        "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker(query_cls=None)",
        "from sqlalchemy.orm import Query, sessionmaker\nmake = sessionmaker(query_cls=Query)",
        "from sqlalchemy import event\nevent.listen(Session, 'before_flush', print)",
    ],
)
def test_others_keep_none(hooks: str) -> None:
    assert refusals(hooks) == [None, None]
