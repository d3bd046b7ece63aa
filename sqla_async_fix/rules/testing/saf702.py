"""SAF702 sync-session-test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqla_async_fix.core.rule import Fixable
from sqla_async_fix.rules.planned import PlannedRule

if TYPE_CHECKING:
    from sqla_async_fix.model.plan.finding import Finding


class SyncSessionTest(PlannedRule):
    """
    ## What it does
    Checks for classes of `unittest.TestCase` whose tests use a session.

    ## Why is this bad?
    `unittest.TestCase` does not await its tests: one that is a coroutine function passes without being run. The tests
    of `unittest.IsolatedAsyncioTestCase` run in an event loop, between `asyncSetUp` and `asyncTearDown`.

    ## Example
    ```python
    class UserTest(unittest.TestCase):
        def setUp(self):
            self.session = SessionLocal()

        def tearDown(self):
            self.session.close()

        def test_count(self):
            self.assertEqual(self.session.scalar(select(func.count()).select_from(User)), 1)
    ```

    Use instead:
    ```python
    class UserTest(unittest.IsolatedAsyncioTestCase):
        def setUp(self):
            self.session = SessionLocal()

        async def asyncTearDown(self):
            await self.session.close()

        async def test_count(self):
            self.assertEqual(await self.session.scalar(select(func.count()).select_from(User)), 1)
    ```

    ## Fix safety
    The fix is unsafe: tests change together with all that they call. The whole connected part is changed or nothing.
    """

    code = "SAF702"
    name = "sync-session-test"
    fixable = Fixable.SOMETIMES
    title = "Run the tests in an event loop"

    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""
        return f"The tests of `{finding.subject}` run without an event loop"
