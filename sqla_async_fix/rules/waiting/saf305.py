"""SAF305 sync-iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncIteration(PlannedRule):
    """
    ## What it does
    Checks for synchronous loops over asynchronous generators and streamed results.

    ## Why is this bad?
    They can only be iterated by `async for`.

    ## Example
    ```python
    for user in all_users(session):
        print(user.name)
    ```

    Use instead:
    ```python
    async for user in all_users(session):
        print(user.name)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF305"
    name = "sync-iteration"
    fixable = Fixable.SOMETIMES
    title = "Use `async for`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` is iterated by a synchronous loop"
