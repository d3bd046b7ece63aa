"""SAF602 sync-generator-annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncGeneratorAnnotation(PlannedRule):
    """
    ## What it does
    Checks for `Generator` and the like as the return annotation of a generator that becomes asynchronous.

    ## Why is this bad?
    Type checkers reject it.

    ## Example
    ```python
    def get_db() -> Generator[Session, None, None]:
        with SessionLocal() as session:
            yield session
    ```

    Use instead:
    ```python
    async def get_db() -> AsyncGenerator[AsyncSession, None]:
        async with SessionLocal() as session:
            yield session
    ```

    ## Fix safety
    The fix is unsafe: it changes functions together with all their callers, and a session's factory and engine with
    them. The whole connected part is changed or nothing.
    """

    code = "SAF602"
    name = "sync-generator-annotation"
    fixable = Fixable.SOMETIMES
    title = "Name the asynchronous generator type"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"Annotation `{finding.subject}` of an asynchronous generator"
