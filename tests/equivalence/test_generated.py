"""Random programs do the same after the tool as before: a fixed set, some of today's, and what Hypothesis finds.

`pytest -m slow` runs the 2,000 programs of the acceptance; `python -m tests.equivalence` any number with a histogram.
"""

from __future__ import annotations

import os
import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .campaign import campaign
from .generator import generate
from .harness import compare, project, run_sync
from .tool import examine

FIXED, TODAY, BATCH = 240, 40, 20
EXACT_SHARE = 0.98
TODAYS_SEED = int(os.environ.get("EQUIVALENCE_SEED") or time.time() // 86400)
"""One a day, so that the workers of one run agree on the names of the tests; the seed is in the name."""


@pytest.mark.parametrize("first", range(0, FIXED, BATCH))
def test_fixed_programs_do_the_same(first: int) -> None:
    tally = campaign(0, BATCH, first=first)
    assert not tally.wrong, tally.text()
    assert not tally.unexplained, tally.text()


@pytest.mark.parametrize("first", range(0, TODAY, BATCH))
@pytest.mark.parametrize("seed", [TODAYS_SEED])
def test_todays_programs_do_the_same(seed: int, first: int) -> None:
    tally = campaign(seed, BATCH, first=first)
    assert not tally.wrong, tally.text()


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_what_hypothesis_finds_does_the_same(random: Random) -> None:
    program = generate(random)
    report = examine(program.text, **program.others)
    assert not report.wrong, report.story()


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_a_random_program_does_the_same_twice(seed: int) -> None:
    """What the oracle compares with must not depend on chance, and a program must at least be a program."""
    program = generate(Random(seed))
    files = project(program.text, **program.others)
    run = run_sync(files)
    assert compare(run, run_sync(files), is_async=False) is None
    assert run.error not in ("NameError", "SyntaxError", "ImportError"), files["program.py"]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_thousand_programs() -> None:
    tally = campaign(1, 2000)
    assert not tally.wrong, tally.text()
    assert tally.share >= EXACT_SHARE, tally.text()
