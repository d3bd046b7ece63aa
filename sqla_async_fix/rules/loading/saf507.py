"""SAF507 deferred-column-load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class DeferredColumnLoad(PlannedRule):
    """
    ## What it does
    Checks for deferred columns that code reads.

    ## Why is this bad?
    Under an asynchronous session the load raises `MissingGreenlet`.

    ## Example
    ```python
    photo = deferred(Column(LargeBinary))
    ```

    Use instead:
    ```python
    photo = Column(LargeBinary)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF507"
    name = "deferred-column-load"
    fixable = Fixable.SOMETIMES
    title = "Load the column with its object"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"The deferred column `{finding.subject}` is read where it cannot be loaded"
