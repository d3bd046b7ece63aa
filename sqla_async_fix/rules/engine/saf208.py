"""SAF208 sync-scoped-session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncScopedSession(PlannedRule):
    """
    ## What it does
    Checks for `scoped_session`, which keeps a session for every thread.

    ## Why is this bad?
    All tasks of an event loop run in one thread and would share one session. `async_scoped_session` keeps one for
    every task.

    ## Example
    ```python
    Session = scoped_session(sessionmaker(engine))
    ```

    Use instead:
    ```python
    Session = async_scoped_session(async_sessionmaker(engine, expire_on_commit=False), scopefunc=asyncio.current_task)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing. What was one session for a thread becomes one for every task.
    """

    code = "SAF208"
    name = "sync-scoped-session"
    fixable = Fixable.SOMETIMES
    title = "Scope sessions to tasks"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Sessions scoped to threads by `{finding.subject}`"
