"""SAF101 legacy-query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.queried import QueryRule

if TYPE_CHECKING:
    from sqla_async_fix.model.queries import QueryGroup


class LegacyQuery(QueryRule):
    """
    ## What it does
    Checks for queries in the style of SQLAlchemy 1.x, made by `session.query()`.

    ## Why is this bad?
    `Query` is legacy since SQLAlchemy 2.0, and an `AsyncSession` has no `query()`.

    ## Example
    ```python
    user = session.query(User).filter(User.name == name).first()
    ```

    Use instead:
    ```python
    user = session.execute(select(User).where(User.name == name).limit(1)).scalar_one_or_none()
    ```

    ## Fix safety
    The fix is safe: it keeps LIMIT, uniqueness, the shape of rows, exceptions and the order of effects. A query for
    which this cannot be shown is reported with the reason and left alone, with everything that it is connected to.
    """

    code = "SAF101"
    name = "legacy-query"
    fixable = Fixable.SOMETIMES
    title = "Rewrite as a `select()` statement"

    def concerns(self, group: QueryGroup) -> bool:
        """Every group that has no rule of its own."""
        methods = group.endings
        if group.is_of_models:
            return False
        return not methods or not (methods <= {"get"} or methods <= {"update", "delete"})

    def message(self, method: str) -> str:
        """The sentence for a use."""
        return f"Legacy query ended by `{method}`" if method != "query" else "Legacy query"
