"""Every listed case does the same after the tool as before, or is left with a reason where it must be.

`python -m tests.equivalence --case first.entity` shows what becomes of one.
"""

from __future__ import annotations

import pytest

from .harness import Answer, judge, project, run_sync
from .listed import Case, cases, examined
from .programs import module_text

CASES = cases()
CHUNK = 20


@pytest.mark.parametrize("first", range(0, len(CASES), CHUNK), ids=lambda first: f"{first}-{CASES[first].id}")
def test_listed_programs_do_the_same(first: int) -> None:
    """Some cases at a time are one project, for the models are read with each; `--case` shows a single one."""
    failing = [(case, report) for case, report in examined(CASES[first : first + CHUNK]) if case.failing(report)]
    stories = [f"{case.place}: {case.id} must be {case.expectation}\n{report.story()}" for case, report in failing]
    assert not failing, "\n\n".join(stories)


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
