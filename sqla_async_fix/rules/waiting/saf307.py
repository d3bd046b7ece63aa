"""SAF307 blocking-database-call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class BlockingDatabaseCall(PlannedRule):
    """
    ## What it does
    Checks for calls in an `async def` that reach the database through a synchronous session, connection or engine.

    ## Why is this bad?
    The event loop stands still until the database has answered, and every other task with it.

    ## Example
    ```python
    async def rename(user_id: int, name: str):
        with SessionLocal() as session:
            session.get(User, user_id).name = name
            session.commit()
    ```

    Use instead:
    ```python
    async def rename(user_id: int, name: str):
        async with SessionLocal() as session:
            (await session.get(User, user_id)).name = name
            await session.commit()
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF307"
    name = "blocking-database-call"
    fixable = Fixable.SOMETIMES
    title = "Await the call"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` blocks the event loop: its session is synchronous"
