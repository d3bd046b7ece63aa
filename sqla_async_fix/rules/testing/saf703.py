"""SAF703 mock-of-async-callable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class MockOfAsyncCallable(PlannedRule):
    """
    ## What it does
    Checks for mocks of sessions, objects and functions that code awaits once it is asynchronous.

    ## Why is this bad?
    What a plain mock gives cannot be awaited. `AsyncMock` gives a coroutine; `patch()` takes one by itself for a
    coroutine function, but what that gives is an `AsyncMock` again unless it is told otherwise.

    ## Example
    ```python
    users = MagicMock()
    users.count.return_value = 3
    assert Report(users).total() == 3
    ```

    Use instead:
    ```python
    users = MagicMock(count=AsyncMock())
    users.count.return_value = 3
    assert await Report(users).total() == 3
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF703"
    name = "mock-of-async-callable"
    fixable = Fixable.ALWAYS
    title = "Make it an `AsyncMock`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Mock of what has to be awaited: {finding.subject}"
