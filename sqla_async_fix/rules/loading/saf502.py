"""SAF502 expired-attribute-load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class ExpiredAttributeLoad(PlannedRule):
    """
    ## What it does
    Checks for relationships that are read after a commit although their objects were made or put into relationships
    before it, and for attributes that are read after `expire()`, `expire_all()`, `rollback()` or an `UPDATE` past the
    session has expired them.

    ## Why is this bad?
    A synchronous session loads them again when they are read. An asynchronous one cannot: the read raises
    `MissingGreenlet` or gives what was there before.

    ## Example
    ```python
    def add(session: Session):
        user = User()
        session.add(user)
        session.commit()
        return len(user.items)
    ```

    Use instead:
    ```python
    async def add(session: AsyncSession):
        user = User()
        session.add(user)
        await session.commit()
        await session.refresh(user, ["items"])
        return len(user.items)
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF502"
    name = "expired-attribute-load"
    fixable = Fixable.SOMETIMES
    title = "Load it again"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        when = f"after `{finding.detail}()`" if finding.detail else "after rows behind it came or went"
        return f"`{finding.subject}` has to be loaded again {when}"
