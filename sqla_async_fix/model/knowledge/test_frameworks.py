"""What unittest and pytest call by its name, and what is called and awaited instead. Data only."""

from __future__ import annotations

TEST_CASES = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
"""The classes whose tests cannot be coroutine functions."""

ASYNC_TEST_CASES = frozenset({"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"})
"""Those whose tests can."""

CASE_TWINS = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
"""What a test case is prepared by, with the coroutine functions that are called after and before it."""

CLEANUP_TWINS = {"addCleanup": "addAsyncCleanup"}
"""What a test case is given a function by, to call it afterwards."""

RAISING = frozenset({"assertRaises", "raises"})
"""What calls the function after an error and checks that it raises it; a `with` does the same."""

CASE_HOOKS = frozenset(
    """
    setUpClass tearDownClass run debug id shortDescription countTestCases defaultTestResult doCleanups doClassCleanups
    addCleanup subTest skipTest fail
    """.split()
)
"""The other methods that unittest calls or that tests take for its own."""

METHOD_HOOKS = {"setup_method": "setup", "teardown_method": "teardown"}
"""What pytest calls around every test of a class; a fixture can do the same."""

CLASS_HOOKS = frozenset({"setup_class", "teardown_class"})
"""What pytest calls around all tests of a class."""

MODULE_HOOKS = frozenset(
    """
    setup_module teardown_module setup_function teardown_function setUpModule tearDownModule
    """.split()
)
"""The functions of a module that are called around its tests."""
