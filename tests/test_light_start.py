"""What a clean check does not load, in a process of its own. How long it takes is in `benchmarks/`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("libcst", "rich", "sqlalchemy", "jinja2", "pygments", "sqla_async_codemods")
PROGRAM = """\
import json, sys
from sqla_async_fix.cli import main
try:
    main()
except SystemExit as exit:
    print(json.dumps([exit.code, sorted(sys.modules)]), file=sys.stderr)
"""
MODULES = {
    "models.py": """\
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
""",
    "database.py": """\
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session
""",
    "users.py": """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import User


async def find(session: AsyncSession, name: str) -> User | None:
    result = await session.execute(select(User).where(User.name == name).limit(1))
    return result.scalar_one_or_none()


async def rename(session: AsyncSession, user: User, name: str) -> None:
    user.name = name
    await session.commit()
""",
}


@pytest.mark.parametrize("arguments", [["check", "."], ["."], ["check", "--no-cache", "users.py"]], ids=" ".join)
def test_a_clean_check_loads_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.sqla-async-fix]\n")
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert (code or 0, done.stdout) == (0, "All checks passed!\n")
    assert "sqla_async_fix.model.project" in loaded
    assert [name for name in HEAVY if name in loaded] == []
