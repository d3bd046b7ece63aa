"""Every listed case does the same after the tool as before, or is left with a reason where it must be."""

from __future__ import annotations

import pytest

from .harness import Answer, judge, project, run_sync
from .listed import Case, cases
from .programs import module_text
from .tool import examine

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_listed_program_does_the_same(case: Case) -> None:
    report = examine(case.program, **case.others)
    assert not report.wrong, report.story()
    if case.expectation == "rewritten":
        assert report.rewritten, report.story()
    elif case.expectation == "sync":
        assert report.sync.answer is Answer.SAME, report.story()
    elif case.expectation == "reported":
        for verdict in (report.sync, report.asynchronous):
            assert verdict.answer is Answer.NOT_REWRITTEN, report.story()
            assert verdict.reasons, report.story()


@pytest.mark.parametrize("case", [case for case in CASES if case.wrong], ids=lambda case: case.id)
def test_the_oracle_tells_a_wrong_rewrite(case: Case) -> None:
    old = run_sync(project(case.program, **case.others))
    for wrong in case.wrong:
        verdict = judge(old, project(module_text(wrong), **case.others), is_async="async def" in wrong)
        assert verdict.answer is Answer.DIFFERENT, f"{case.place}: the oracle calls this {verdict.answer}: {wrong}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_listed_program_runs(case: Case) -> None:
    run = run_sync(project(case.program, **case.others))
    assert run.error not in ("NameError", "SyntaxError", "ImportError"), f"{case.place}: {run.traceback}"
