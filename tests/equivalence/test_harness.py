"""The oracle can fail: right rewrites are `same`, each classic wrong one is `different`, written by hand."""

from __future__ import annotations

import pytest

from .harness import Answer, judge, project, run_sync
from .programs import DATABASE, module_text

RIGHT = {
    "first": (
        "s.query(Customer).filter(Customer.name == 'bo').order_by(Customer.id).first()",
        "s.execute(select(Customer).where(Customer.name == 'bo').order_by(Customer.id).limit(1)).scalar_one_or_none()",
    ),
    "all of a join": (
        "s.query(Customer).join(Customer.addresses).order_by(Customer.id).all()",
        "s.scalars(select(Customer).join(Customer.addresses).order_by(Customer.id)).unique().all()",
    ),
    "always joined collection": (
        "s.query(Club).order_by(Club.id).first()",
        "s.execute(select(Club).order_by(Club.id).limit(1)).unique().scalar_one_or_none()",
    ),
    "rows": (
        "s.query(Customer.id, Customer.name).order_by(Customer.id).all()",
        "s.execute(select(Customer.id, Customer.name).order_by(Customer.id)).all()",
    ),
    "unlabelled function": (
        "s.query(Customer.name, func.count(Customer.id)).group_by(Customer.name).order_by(Customer.name).all()",
        "s.execute(select(Customer.name, func.count(Customer.id)).group_by(Customer.name)"
        ".order_by(Customer.name)).all()",
    ),
    "several rows": (
        "s.query(Customer.name).filter(Customer.age == 30).one()",
        "s.execute(select(Customer.name).where(Customer.age == 30)).one()",
    ),
    "count": (
        "s.query(Customer).filter_by(name='bo').count()",
        "s.scalar(select(func.count()).select_from(Customer).filter_by(name='bo'))",
    ),
    "eager load": (
        "s.query(Customer).options(selectinload(Customer.addresses)).order_by(Customer.id).all()",
        "s.scalars(select(Customer).options(selectinload(Customer.addresses)).order_by(Customer.id)).unique().all()",
    ),
    "update": (
        "n = s.query(Customer).filter(Customer.age == 30).update({'age': 31})\ns.commit()\nreturn n",
        "n = s.execute(update(Customer).where(Customer.age == 30).values({'age': 31})).rowcount\ns.commit()\nreturn n",
    ),
    "returned after commit": (
        "c = s.query(Customer).get(2)\nc.name = 'new'\ns.commit()\nreturn c",
        "c = s.get(Customer, 2)\nc.name = 'new'\ns.commit()\nreturn c",
    ),
    "error": (
        "s.query(Customer).filter(Customer.id == 1).delete()",
        "s.execute(delete(Customer).where(Customer.id == 1)).rowcount",
    ),
}

WRONG = {
    "no unique after a join": (
        "s.query(Customer).join(Customer.addresses).order_by(Customer.id).all()",
        "s.scalars(select(Customer).join(Customer.addresses).order_by(Customer.id)).all()",
    ),
    "no unique for a joined collection": (
        "s.query(Club).order_by(Club.id).all()",
        "s.scalars(select(Club).order_by(Club.id)).all()",
    ),
    "no limit": (
        "s.query(Customer).filter(Customer.name == 'bo').order_by(Customer.id).first()",
        "s.execute(select(Customer).where(Customer.name == 'bo').order_by(Customer.id)).scalar_one_or_none()",
    ),
    "no limit where it does not show": (
        "s.query(Customer).order_by(Customer.id).first()",
        "s.scalars(select(Customer).order_by(Customer.id)).first()",
    ),
    "scalars of a column": (
        "s.query(Customer.name).order_by(Customer.id).all()",
        "s.scalars(select(Customer.name).order_by(Customer.id)).all()",
    ),
    "scalar of rows": (
        "s.query(Customer.id, Customer.name).order_by(Customer.id).first()",
        "s.execute(select(Customer.id, Customer.name).order_by(Customer.id).limit(1)).scalar_one_or_none()",
    ),
    "unique columns": (
        "s.query(Customer.name).order_by(Customer.id).all()",
        "s.execute(select(Customer.name).order_by(Customer.id)).unique().all()",
    ),
    "no rowcount": (
        "n = s.query(Customer).filter(Customer.age == 30).update({'age': 31})\nreturn n > 1",
        "n = s.execute(update(Customer).where(Customer.age == 30).values({'age': 31}))\nreturn n > 1",
    ),
    "no synchronization": (
        "c = s.query(Customer).get(2)\ns.query(Customer).filter(Customer.age == 30).update({'age': 31})\nreturn c.age",
        "c = s.get(Customer, 2)\ns.execute(update(Customer).where(Customer.age == 30).values({'age': 31})"
        ".execution_options(synchronize_session=False))\nreturn c.age",
    ),
    "having becomes where": (
        "s.query(Customer.age).group_by(Customer.age).having(func.min(Customer.id) > 2).order_by(Customer.age).all()",
        "s.execute(select(Customer.age).group_by(Customer.age).where(Customer.id > 2).order_by(Customer.age)).all()",
    ),
    "count of a nullable column": (
        "s.query(Customer.name).count()",
        "s.scalar(select(func.count(Customer.name)))",
    ),
    "count without the limit inside": (
        "s.query(Customer).limit(2).count()",
        "s.scalar(select(func.count()).select_from(Customer).limit(2))",
    ),
    "count without the distinct inside": (
        "s.query(Customer).join(Customer.addresses).distinct().count()",
        "s.scalar(select(func.count()).select_from(Customer).join(Customer.addresses).distinct())",
    ),
    "scalar does not raise": (
        "s.query(Customer.name).order_by(Customer.id).scalar()",
        "s.scalar(select(Customer.name).order_by(Customer.id))",
    ),
    "one of a join": (
        "s.query(Customer).join(Customer.addresses).filter(Customer.id == 1).one()",
        "s.execute(select(Customer).join(Customer.addresses).where(Customer.id == 1)).scalar_one()",
    ),
    "options lost": (
        "s.query(Customer).options(selectinload(Customer.addresses)).order_by(Customer.id).first()",
        "s.scalars(select(Customer).order_by(Customer.id).limit(1)).first()",
    ),
    "same-named columns": (
        "[r.id for r in s.query(Customer.id, Address.id).join(Address, Address.customer_id == Customer.id)]",
        "[r.id for r in s.execute(select(Customer.id, Address.id).join(Address, Address.customer_id == Customer.id))]",
    ),
    "row keys": (
        "s.query(Customer.id.label('number')).order_by(Customer.id).first()",
        "s.execute(select(Customer.id).order_by(Customer.id).limit(1)).first()",
    ),
    "result instead of a list": (
        "s.query(Customer).order_by(Customer.id).all()",
        "s.scalars(select(Customer).order_by(Customer.id)).unique()",
    ),
    "no commit": (
        "s.add(Product(id=9, name='new'))\ns.commit()\nreturn None",
        "s.add(Product(id=9, name='new'))\ns.flush()\nreturn None",
    ),
    "order of writes": (
        "s.add(Product(id=9, name='new'))\ns.query(Product).count()\n"
        "s.query(Product).filter_by(id=1).update({'name': 'p'})\ns.commit()\nreturn None",
        "s.execute(update(Product).filter_by(id=1).values(name='p'))\ns.add(Product(id=9, name='new'))\ns.commit()"
        "\nreturn None",
    ),
    "a second select_from": (
        "s.query(Customer.id).select_from(Address).select_from(Customer).order_by(Customer.id).all()",
        "s.execute(select(Customer.id).select_from(Address).select_from(Customer).order_by(Customer.id)).all()",
    ),
}

ASYNC_OLD = """
c = s.query(Customer).filter(Customer.name == 'bo').order_by(Customer.id).first()
c.name = 'new'
s.commit()
c
"""

ASYNC_RIGHT = """
async def run(s):
    q = select(Customer).where(Customer.name == 'bo').order_by(Customer.id).limit(1)
    c = (await s.execute(q)).scalar_one_or_none()
    c.name = 'new'
    await s.commit()
    return c
"""

ASYNC_WRONG = {
    "a coroutine is returned": ASYNC_RIGHT.replace("return c", "return s.scalar(select(Customer.id))"),
    "a commit is not awaited": ASYNC_RIGHT.replace("await s.commit()", "s.commit()"),
    "a relationship is read lazily": ASYNC_RIGHT.replace("c.name", "c.addresses[0].city"),
    "a legacy query is left": ASYNC_RIGHT.replace("return c", "return s.query(Customer).first()"),
}


def _judge(old: str, new: str) -> Answer:
    return judge(run_sync(project(module_text(old))), project(module_text(new)), is_async=False).answer


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_rewrite_is_the_same(name: str) -> None:
    old, new = RIGHT[name]
    verdict = judge(run_sync(project(module_text(old))), project(module_text(new)), is_async=False)
    assert verdict.answer is Answer.SAME, verdict.detail


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rewrite_is_different(name: str) -> None:
    assert _judge(*WRONG[name]) is Answer.DIFFERENT


def test_a_right_async_rewrite_is_the_same() -> None:
    verdict = judge(run_sync(project(module_text(ASYNC_OLD))), project(_async_text(ASYNC_RIGHT)), is_async=True)
    assert verdict.answer is Answer.SAME, verdict.detail


@pytest.mark.parametrize("name", ASYNC_WRONG)
def test_a_wrong_async_rewrite_is_different(name: str) -> None:
    verdict = judge(run_sync(project(module_text(ASYNC_OLD))), project(_async_text(ASYNC_WRONG[name])), is_async=True)
    assert verdict.answer is Answer.DIFFERENT


def test_what_is_left_or_broken_has_its_own_answer() -> None:
    old = "s.query(Customer).count()"
    assert _judge(old, old) is Answer.NOT_REWRITTEN
    run = run_sync(project(module_text(old)))
    assert judge(run, project("def run(s:\n"), is_async=False).answer is Answer.INVALID
    assert judge(run, project(module_text(old)), is_async=True).answer is Answer.NOT_REWRITTEN


def test_a_program_with_its_own_engine() -> None:
    old = """
def run():
    with SessionLocal() as s:
        s.add(Product(name='new'))
        s.commit()
        return s.query(Product).count()
"""
    new = old.replace("def run", "async def run").replace("with", "async with").replace("s.commit", "await s.commit")
    new = new.replace("s.query(Product).count()", "await s.scalar(select(func.count()).select_from(Product))")
    factory = DATABASE.replace("create_engine", "create_async_engine").replace("sqlite://", "sqlite+aiosqlite://")
    factory = factory.replace("sessionmaker", "async_sessionmaker").replace("sqlalchemy ", "sqlalchemy.ext.asyncio ")
    factory = factory.replace("sqlalchemy.orm", "sqlalchemy.ext.asyncio")
    run = run_sync(project(module_text(old), database=DATABASE))
    assert run.error is None
    assert len(run.tables["products"]) == 5
    verdict = judge(run, project(_async_text(new), database=factory), is_async=True)
    assert verdict.answer is Answer.SAME, verdict.detail


def _async_text(text: str) -> str:
    """A module from a text with an `async def run`, with the imports that the sync text would get."""
    sync = text.replace("async ", "").replace("await ", "")
    header = module_text(sync)
    return header[: header.index("def run")] + text.strip("\n") + "\n"
