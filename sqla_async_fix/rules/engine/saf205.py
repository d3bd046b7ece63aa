"""SAF205 bare-session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class BareSession(PlannedRule):
    """
    ## What it does
    Checks for sessions that are opened without `with`.

    ## Why is this bad?
    A session that is not closed on every path holds its connection; an asynchronous one cannot even be cleaned up by
    the garbage collector.

    ## Example
    ```python
    session = SessionLocal()
    session.add(user)
    session.commit()
    session.close()
    ```

    Use instead:
    ```python
    async with SessionLocal() as session:
        session.add(user)
        await session.commit()
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF205"
    name = "bare-session"
    fixable = Fixable.SOMETIMES
    title = "Open it by `async with`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Session `{finding.subject}` opened without `with`"
