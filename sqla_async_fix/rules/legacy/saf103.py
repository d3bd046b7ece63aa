"""SAF103 model-query-property."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.queried import QueryRule

if TYPE_CHECKING:
    from sqla_async_fix.model.queries import QueryGroup


class ModelQueryProperty(QueryRule):
    """
    ## What it does
    Checks for queries made by an attribute of the model: `User.query` of Flask-SQLAlchemy, or of a base class with the
    `query_property()` of a scoped session.

    ## Why is this bad?
    `Query` is legacy since SQLAlchemy 2.0, and the attribute hides the session that it uses. Flask-SQLAlchemy calls it
    legacy as well.

    ## Example
    ```python
    user = User.query.filter_by(name=name).first()
    ```

    Use instead:
    ```python
    user = db.session.execute(select(User).filter_by(name=name).limit(1)).scalar_one_or_none()
    ```

    ## Fix safety
    The fix is safe: it names the session that the attribute uses, and is else that of `legacy-query` (SAF101). It is
    not offered where models have a query class of their own, nor for the methods that only Flask-SQLAlchemy's has, such
    as `paginate()` and `get_or_404()`.
    """

    code = "SAF103"
    name = "model-query-property"
    fixable = Fixable.SOMETIMES
    title = "Rewrite as a `select()` statement"

    def concerns(self, group: QueryGroup) -> bool:
        """Every group whose queries are all made so."""
        return group.is_of_models

    def message(self, method: str) -> str:
        """The sentence for a use."""
        return f"Query by `Model.query`, ended by `{method}`" if method != "query" else "Query by `Model.query`"
