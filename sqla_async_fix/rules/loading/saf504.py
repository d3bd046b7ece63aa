"""SAF504 server-default-load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class ServerDefaultLoad(PlannedRule):
    """
    ## What it does
    Checks for models with columns that the database sets when a row is updated, which are loaded when they are read.

    ## Why is this bad?
    After an `UPDATE` the new value is not known. A synchronous session fetches it when it is read; under an
    asynchronous one the read raises `MissingGreenlet`. With `eager_defaults` it comes with the `UPDATE`.

    ## Example
    ```python
    class Page(Base):
        __tablename__ = "pages"

        id = Column(Integer, primary_key=True)
        changed = Column(DateTime, onupdate=func.now())
    ```

    Use instead:
    ```python
    class Page(Base):
        __tablename__ = "pages"
        __mapper_args__ = {"eager_defaults": True}

        id = Column(Integer, primary_key=True)
        changed = Column(DateTime, onupdate=func.now())
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF504"
    name = "server-default-load"
    fixable = Fixable.ALWAYS
    title = "Set `eager_defaults`"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"What the database sets in `{finding.subject}` on an update cannot be loaded lazily"
