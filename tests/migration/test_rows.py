"""Rows of rewritten texts are found again in the texts on disk."""

from __future__ import annotations

import pytest

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.migration.rows import Origins, Rows

BEFORE = "a\nb\nc\nd\ne\n"
AFTER = "x\na\nb1\nb2\nb3\nd\n"


@pytest.mark.parametrize(("row", "expected"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 3), (6, 4)])
def test_rows_move_back(row: int, expected: int) -> None:
    assert Rows(BEFORE, AFTER).before(row) == expected


def test_lines_are_counted() -> None:
    rows = Rows(BEFORE, AFTER)
    assert (rows.added, rows.removed) == (4, 3)


@pytest.mark.parametrize("texts", [("", "a\n"), ("a\n", ""), ("a\n", "a\n")])
def test_ends_of_texts_have_rows(texts: tuple[str, str]) -> None:
    assert Rows(*texts).before(1) == 1


def test_places_in_sentences_move_back() -> None:
    origins = Origins(
        {"pkg/app.py": SourceFile("pkg/app.py", BEFORE), "b.py": SourceFile("b.py", "x\n")},
        {"pkg/app.py": SourceFile("pkg/app.py", AFTER), "b.py": SourceFile("b.py", "x\n")},
    )
    assert origins.sentence("`f` is a property (pkg/app.py:6)") == "`f` is a property (pkg/app.py:4)"
    assert origins.sentence("the SAF101 at pkg/app.py:2 cannot") == "the SAF101 at pkg/app.py:1 cannot"
    assert origins.sentence("(b.py:7), (other.py:7), at 12:30") == "(b.py:7), (other.py:7), at 12:30"
