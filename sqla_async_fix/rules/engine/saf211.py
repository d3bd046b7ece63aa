"""SAF211 sync-event-target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncEventTarget(PlannedRule):
    """
    ## What it does
    Checks for listeners of an asynchronous engine or session, or of one that becomes asynchronous, and for listeners
    that are coroutine functions.

    ## Why is this bad?
    Events are those of the synchronous object behind an asynchronous one, and nobody awaits a listener.

    ## Example
    ```python
    @event.listens_for(async_engine, "connect")
    def on_connect(connection, record): ...
    ```

    Use instead:
    ```python
    @event.listens_for(async_engine.sync_engine, "connect")
    def on_connect(connection, record): ...
    ```

    ## Fix safety
    The fix is safe where the engine or session is asynchronous already: the listener could not have been registered.
    Elsewhere it is unsafe, because it comes with the change of the engine.
    """

    code = "SAF211"
    name = "sync-event-target"
    fixable = Fixable.SOMETIMES
    title = "Listen to the synchronous object"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        if finding.detail == "listener":
            return f"The listener `{finding.subject}` is a coroutine function"
        return f"`{finding.subject}` is listened to, which has to be the synchronous object behind it"
