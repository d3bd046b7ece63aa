"""Runs `tests/cases/*.md`: findings, fixes, and what must hold for every program. The form is in `tests/cases/reading.py`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

from sqla_async_fix.api import FixResult, Settings, Violation, fix_sources, load_settings
from sqla_async_fix.core.edit import Applicability
from tests.cases.reading import Case, Mark, read_cases

CASES = read_cases()
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
cases_with_safe_fixes = pytest.mark.parametrize("case", [case for case in CASES if case.fixed], ids=lambda case: case.id)
silent_cases = pytest.mark.parametrize(
    "case", [case for case in CASES if case.code is None and not case.marks], ids=lambda case: case.id
)


@cache
def settings_of(items: tuple[tuple[str, object], ...]) -> Settings:
    """Settings without any configuration file."""
    return load_settings(isolated=True, values=dict(items))


def settings(case: Case, **values: object) -> Settings:
    """The settings of a case, with some more."""
    return settings_of(tuple(sorted({**case.settings, **values}.items())))


def findings(case: Case, files: Mapping[str, str], **values: object) -> list[Violation]:
    """What is reported of these texts, in their order, without changing them."""
    found = fix_sources(files, settings=settings(case, **{"lint.fixable": (), **values})).remaining
    return list(found)


def in_question(case: Case, violations: list[Violation]) -> list[Violation]:
    """Those that the marks of the case are about."""
    return [violation for violation in violations if case.code in (None, violation.code)]


def fixed(case: Case, files: Mapping[str, str], *, unsafe: bool) -> FixResult:
    """The files after fixing."""
    return fix_sources(files, settings=settings(case), unsafe_fixes=unsafe)


def line_of(violation: Violation, files: Mapping[str, str]) -> int:
    """The line, from 1, on which a violation starts."""
    return files[violation.path].count("\n", 0, violation.span.start) + 1


def places(violations: list[Violation], files: Mapping[str, str]) -> list[tuple[str, int, str, str]]:
    """Where findings are and what they say, for comparison."""
    return sorted((v.path, line_of(v, files), v.code, v.message) for v in violations)


def unmarked_and_unfound(marks: tuple[Mark, ...], found: Counter[tuple[str, int, str]]) -> list[str]:
    """How findings differ from marks, one line each."""
    expected = Counter((mark.path, mark.line, mark.code) for mark in marks if mark.kind != "missed")
    missed = {(mark.path, mark.line, mark.code) for mark in marks if mark.kind == "missed"}
    problems = [f"found, not marked: {place}" for place in (found - expected).elements() if place not in missed]
    problems += [f"marked, not found: {place}" for place in (expected - found).elements()]
    problems += [f"marked as missed, but found: {place}" for place in missed & found.keys()]
    return problems


@every_case
def test_findings_are_those_marked(case: Case) -> None:
    safe = in_question(case, list(fix_sources(case.files, settings=settings(case, **{"lint.select": ALL})).remaining))
    del safe
    found = in_question(case, check(case))
    by_place: dict[tuple[str, int, str], list[Violation]] = {}
    for violation in found:
        by_place.setdefault((violation.path, line_of(violation, case.files), violation.code), []).append(violation)
    counted = Counter({place: len(together) for place, together in by_place.items()})
    assert unmarked_and_unfound(case.marks, counted) == []
    for mark in case.marks:
        for violation in by_place.get((mark.path, mark.line, mark.code), ()):
            kind = "refused" if violation.rewrite is None else "error"
            if mark.kind in ("error", "refused"):
                assert (mark.path, mark.line, mark.code, kind) == (mark.path, mark.line, mark.code, mark.kind), violation
            assert mark.words in f"{violation.message}\n{violation.unfixable}"
