"""A few random applications do the same after the tool as before; `python -m tests.equivalence.applications` runs any
number of them."""

from __future__ import annotations

import pytest

from .campaign import campaign

BATCH = 3


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(0, 6, BATCH))
def test_applications_do_the_same(first: int) -> None:
    tally = campaign(0, BATCH, first=first)
    assert not tally.wrong, "\n".join(verdict.story() for _, verdict in tally.wrong)
    assert not tally.reasons["no reason given"], tally.text()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_applications() -> None:
    tally = campaign(1, 500)
    assert not tally.wrong, tally.text()
