"""SAF501 lazy-relationship-load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class LazyRelationshipLoad(PlannedRule):
    """
    ## What it does
    Checks for relationships that code reads and that are loaded lazily.

    ## Why is this bad?
    Under an asynchronous session a lazy load raises `MissingGreenlet`.

    ## Example
    ```python
    items = relationship("Item")
    ```

    Use instead:
    ```python
    items = relationship("Item", lazy="selectin")
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF501"
    name = "lazy-relationship-load"
    fixable = Fixable.SOMETIMES
    title = 'Add `lazy="selectin"`'

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        if finding.detail == "subclass":
            return f"The columns of `{finding.subject}` are read where they cannot be loaded lazily"
        return f"The relationship `{finding.subject}` is read where it cannot be loaded lazily"
