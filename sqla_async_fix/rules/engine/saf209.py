"""SAF209 sync-metadata-call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncMetadataCall(PlannedRule):
    """
    ## What it does
    Checks for `create_all()`, `drop_all()` and `reflect()` of metadata.

    ## Why is this bad?
    They need a synchronous connection; an asynchronous engine gives them one by `run_sync()`.

    ## Example
    ```python
    Base.metadata.create_all(engine)
    ```

    Use instead:
    ```python
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing. At module level of an application the call moves to its
    lifespan, so that the tables appear when it starts, not when it is imported; so does that of a module which the one
    application of the project imports.
    """

    code = "SAF209"
    name = "sync-metadata-call"
    fixable = Fixable.SOMETIMES
    title = "Call it by `run_sync`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Synchronous `{finding.subject}()`{finding.detail}"
