"""SAF303 sync-session-function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncSessionFunction(PlannedRule):
    """
    ## What it does
    Checks for functions that reach the database, themselves or through calls, and are not `async def`.

    ## Why is this bad?
    They block the event loop, and cannot await an asynchronous session.

    ## Example
    ```python
    def get_user(session: Session, user_id: int):
        return session.get(User, user_id)
    ```

    Use instead:
    ```python
    async def get_user(session: AsyncSession, user_id: int):
        return await session.get(User, user_id)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF303"
    name = "sync-session-function"
    fixable = Fixable.SOMETIMES
    title = "Make it `async def`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` is not `async def`: {finding.detail}"
