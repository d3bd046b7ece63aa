"""SAF306 sync-only-session-api."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncOnlySessionApi(PlannedRule):
    """
    ## What it does
    Checks for methods that a synchronous session or connection has and its asynchronous twin has not.

    ## Why is this bad?
    The call raises `AttributeError`.

    ## Example
    ```python
    async def load(session: AsyncSession, rows: list[dict[str, str]]):
        session.bulk_insert_mappings(User, rows)
    ```

    Use instead:
    ```python
    async def load(session: AsyncSession, rows: list[dict[str, str]]):
        await session.run_sync(lambda sync: sync.bulk_insert_mappings(User, rows))
    ```
    """

    code = "SAF306"
    name = "sync-only-session-api"
    fixable = Fixable.NEVER
    title = ""

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` does not exist on an asynchronous object"
