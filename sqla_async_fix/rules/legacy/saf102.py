"""SAF102 legacy-query-get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.queried import QueryRule

if TYPE_CHECKING:
    from sqla_async_fix.model.queries import QueryGroup


class LegacyQueryGet(QueryRule):
    """
    ## What it does
    Checks for `session.query(Model).get(key)`.

    ## Why is this bad?
    `Query.get()` is legacy since SQLAlchemy 2.0; `Session.get()` is its equal.

    ## Example
    ```python
    user = session.query(User).get(user_id)
    ```

    Use instead:
    ```python
    user = session.get(User, user_id)
    ```

    ## Fix safety
    The fix is safe: the identity map, options and locking work alike.
    """

    code = "SAF102"
    name = "legacy-query-get"
    fixable = Fixable.SOMETIMES
    title = "Use `Session.get()`"

    def concerns(self, group: QueryGroup) -> bool:
        """Groups that only look up by key."""
        return group.endings == {"get"} and not group.is_of_models

    def message(self, method: str) -> str:
        """The sentence for a use."""
        return "Legacy `Query.get()`"
