"""SAF204 implicit-expire-on-commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class ImplicitExpireOnCommit(PlannedRule):
    """
    ## What it does
    Checks for session factories that leave `expire_on_commit` at its default.

    ## Why is this bad?
    Attributes expired by a commit are loaded again when they are read, which an asynchronous session cannot do there.

    ## Example
    ```python
    SessionLocal = async_sessionmaker(engine)
    ```

    Use instead:
    ```python
    SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing. Objects keep the values that they had at the commit.
    """

    code = "SAF204"
    name = "implicit-expire-on-commit"
    alone = Applicability.UNSAFE
    fixable = Fixable.SOMETIMES
    title = "Add `expire_on_commit=False`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"`{finding.subject}` leaves `expire_on_commit` at its default"
