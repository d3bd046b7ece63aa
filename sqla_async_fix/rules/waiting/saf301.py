"""SAF301 missing-await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class MissingAwait(PlannedRule):
    """
    ## What it does
    Checks for calls that reach the database on a session, connection or engine that is or becomes asynchronous, without
    `await`.

    ## Why is this bad?
    Without `await` nothing is sent to the database.

    ## Example
    ```python
    async def rename(session: AsyncSession, user: User):
        user.name = "new"
        session.commit()
    ```

    Use instead:
    ```python
    async def rename(session: AsyncSession, user: User):
        user.name = "new"
        await session.commit()
    ```
    """

    code = "SAF301"
    name = "missing-await"
    fixable = Fixable.SOMETIMES
    title = "Await the call"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` is not awaited"
