"""Which names of a file others may read."""

from __future__ import annotations

import pytest

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.exports import Exports


def names(path: str, reader: str) -> frozenset[str]:
    """What a text elsewhere reads from the file at `path`."""
    return Exports({"reader.py": SourceFile("reader.py", reader)}).names(path)


@pytest.mark.parametrize(
    "reader",
    [
        "from app.db import Session\n",
        "from .db import (\n    engine,\n    Session as S,  # why\n)\n",
        "from app import db\n\ndb.Session()\n",
        "from app.db import *\n\nSession()\n",
        "patch('app.db.Session')\n",
    ],
)
def test_a_name_that_is_read(reader: str) -> None:
    assert "Session" in names("app/db.py", reader)


def test_a_package_is_known_by_its_directory() -> None:
    assert "Session" in names("app/db/__init__.py", "from app.db import Session\n")
    assert "Session" in names("app/__init__.py", "from . import Session\n")


def test_names_of_other_modules() -> None:
    assert "Session" not in names("app/db.py", "from sqlalchemy.orm import Session\n")
