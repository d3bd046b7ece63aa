"""SAF203 sync-session-factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncSessionFactory(PlannedRule):
    """
    ## What it does
    Checks for session factories and sessions that are synchronous.

    ## Why is this bad?
    Sessions that they make block the event loop.

    ## Example
    ```python
    SessionLocal = sessionmaker(bind=engine)
    ```

    Use instead:
    ```python
    SessionLocal = async_sessionmaker(bind=engine, expire_on_commit=False)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF203"
    name = "sync-session-factory"
    fixable = Fixable.SOMETIMES
    title = "Make an asynchronous session factory"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Synchronous session factory `{finding.subject}`"
