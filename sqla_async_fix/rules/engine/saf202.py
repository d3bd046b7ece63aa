"""SAF202 sync-driver-url."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncDriverUrl(PlannedRule):
    """
    ## What it does
    Checks for database URLs that name a synchronous driver.

    ## Why is this bad?
    An asynchronous engine needs an asynchronous driver.

    ## Example
    ```python
    URL = "postgresql://localhost/shop"
    ```

    Use instead:
    ```python
    URL = "postgresql+asyncpg://localhost/shop"
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF202"
    name = "sync-driver-url"
    fixable = Fixable.SOMETIMES
    title = "Name the asynchronous driver"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        if finding.detail == "outside":
            return f"The driver of {finding.subject} is not known"
        return f"Synchronous driver `{finding.subject}`"
