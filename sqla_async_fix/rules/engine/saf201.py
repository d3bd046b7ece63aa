"""SAF201 sync-engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncEngine(PlannedRule):
    """
    ## What it does
    Checks for engines made by `create_engine()` in a code base whose target is async.

    ## Why is this bad?
    A synchronous engine blocks the event loop, and an `AsyncSession` cannot use it.

    ## Example
    ```python
    engine = create_engine("sqlite:///shop.db")
    ```

    Use instead:
    ```python
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF201"
    name = "sync-engine"
    fixable = Fixable.SOMETIMES
    title = "Make an asynchronous engine"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return "Synchronous engine"
