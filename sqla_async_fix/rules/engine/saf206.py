"""SAF206 sync-context-manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncContextManager(PlannedRule):
    """
    ## What it does
    Checks for `with` over sessions, connections and transactions that are or become asynchronous.

    ## Why is this bad?
    Asynchronous objects can only be entered by `async with`.

    ## Example
    ```python
    with SessionLocal() as session:
        session.add(user)
    ```

    Use instead:
    ```python
    async with SessionLocal() as session:
        session.add(user)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF206"
    name = "sync-context-manager"
    fixable = Fixable.SOMETIMES
    title = "Use `async with`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` is entered by a synchronous `with`"
