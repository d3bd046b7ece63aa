"""SAF601 sync-session-annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncSessionAnnotation(PlannedRule):
    """
    ## What it does
    Checks for annotations that name a synchronous session, engine, connection or factory where the value becomes
    asynchronous.

    ## Why is this bad?
    Type checkers and readers are told the wrong methods.

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

    code = "SAF601"
    name = "sync-session-annotation"
    fixable = Fixable.SOMETIMES
    title = "Name the asynchronous class"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Annotation `{finding.subject}` of an object that becomes `{finding.detail}`"
