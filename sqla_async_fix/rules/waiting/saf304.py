"""SAF304 unawaited-call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class UnawaitedCall(PlannedRule):
    """
    ## What it does
    Checks for calls, without `await`, of functions that reach the database and are or become `async def`.

    ## Why is this bad?
    Without `await` nothing runs.

    ## Example
    ```python
    user = get_user(session, 1)
    ```

    Use instead:
    ```python
    user = await get_user(session, 1)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF304"
    name = "unawaited-call"
    fixable = Fixable.SOMETIMES
    title = "Await the call"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"The call of `{finding.subject}` has to be awaited"
