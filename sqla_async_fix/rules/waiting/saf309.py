"""SAF309 sync-boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncBoundary(PlannedRule):
    """
    ## What it does
    Checks for functions that run outside of the event loop, in threads, processes or workers, and share an engine or
    session factory with functions that become asynchronous. Functions with `# noqa: SAF303` at their `def` and those
    that the setting `stay-sync` names count as well, and so do constructors that make tables with an engine of theirs.

    ## Why is this bad?
    They cannot await. An engine and a factory of their own let them stay as they are.

    ## Example
    ```python
    SessionLocal = sessionmaker(engine)


    def users():
        with SessionLocal() as session:
            return session.scalars(select(User)).all()


    def job():
        with SessionLocal() as session:
            session.execute(delete(User))
            session.commit()


    threading.Thread(target=job).start()
    ```

    Use instead:
    ```python
    SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
    SyncSessionLocal = sessionmaker(sync_engine)


    async def users():
        async with SessionLocal() as session:
            return (await session.scalars(select(User))).all()


    def job():
        with SyncSessionLocal() as session:
            session.execute(delete(User))
            session.commit()


    threading.Thread(target=job).start()
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing. There is one engine more, with connections of its own.

    ## Options
    - `stay-sync`
    """

    code = "SAF309"
    name = "sync-boundary"
    fixable = Fixable.SOMETIMES
    title = "Keep a synchronous engine for it"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` {finding.detail}"
