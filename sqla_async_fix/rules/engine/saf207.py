"""SAF207 manual-session-dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class ManualSessionDependency(PlannedRule):
    """
    ## What it does
    Checks for dependencies and other generators that open and close a session by hand.

    ## Why is this bad?
    `async with` closes the session on every path, and says so in one line.

    ## Example
    ```python
    def get_db():
        db = SessionLocal()
        try:
            yield db
        finally:
            db.close()
    ```

    Use instead:
    ```python
    async def get_db():
        async with SessionLocal() as db:
            yield db
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF207"
    name = "manual-session-dependency"
    fixable = Fixable.SOMETIMES
    title = "Open it by `async with`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return "Session of a dependency closed by hand"
