"""SAF104 legacy-bulk-update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.queried import QueryRule

if TYPE_CHECKING:
    from sqla_async_fix.model.queries import QueryGroup


class LegacyBulkUpdate(QueryRule):
    """
    ## What it does
    Checks for `session.query(Model).update(...)` and `.delete()`.

    ## Why is this bad?
    `Query` is legacy since SQLAlchemy 2.0; `update()` and `delete()` statements take its place.

    ## Example
    ```python
    session.query(User).filter(User.active == False).delete()
    ```

    Use instead:
    ```python
    session.execute(delete(User).where(User.active == False))
    ```

    ## Fix safety
    The fix is safe: criteria, `synchronize_session` and the count of rows are kept.
    """

    code = "SAF104"
    name = "legacy-bulk-update"
    fixable = Fixable.SOMETIMES
    title = "Rewrite as a DML statement"

    def concerns(self, group: QueryGroup) -> bool:
        """Groups that only change rows."""
        methods = group.endings
        return bool(methods) and methods <= {"update", "delete"} and not group.is_of_models

    def message(self, method: str) -> str:
        """The sentence for a use."""
        return f"Legacy `Query.{method}()`"
