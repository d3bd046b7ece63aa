"""SAF302 await-on-sync-call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class AwaitOnSyncCall(PlannedRule):
    """
    ## What it does
    Checks for `await` on methods of an asynchronous session that are not coroutines, such as `add()` and `expunge()`.

    ## Why is this bad?
    They give None, which cannot be awaited: the line raises `TypeError` after it has done its work.

    ## Example
    ```python
    async def register(session: AsyncSession, user: User):
        await session.add(user)
        await session.commit()
    ```

    Use instead:
    ```python
    async def register(session: AsyncSession, user: User):
        session.add(user)
        await session.commit()
    ```
    """

    code = "SAF302"
    name = "await-on-sync-call"
    fixable = Fixable.ALWAYS
    title = "Remove the `await`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` is not a coroutine"
