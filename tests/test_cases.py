"""Runs `tests/cases/*.md`: findings, fixes, what must hold of all programs. The form: `tests/cases/reading.py`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache, partial

import pytest

from sqla_async_fix import engine
from sqla_async_fix.api import Applicability, Settings, Violation, load_settings
from sqla_async_fix.core.source import SourceFile
from tests.cases.reading import Case, read_cases

ALL_CASES = {case.id: case for case in read_cases()}
CASES = [case for case in ALL_CASES.values() if not case.is_gap]


def with_each(cases: Iterable[Case]) -> pytest.MarkDecorator:
    """Run a test with each of these cases, beside the other tests of a case, which share what the tool makes of it."""
    return pytest.mark.parametrize("case", list(cases), ids=lambda case: case.id, scope="module")


every_case = with_each(CASES)
rewritten = with_each(case for case in CASES if case.fixed)
silent = with_each(case for case in CASES if case.code is None and not case.marks)


@cache
def settings_of(items: tuple[tuple[str, object], ...]) -> Settings:
    """Settings without any configuration file."""
    return load_settings(isolated=True, values=dict(items))


def settings(case: Case, **values: object) -> Settings:
    """The settings of a case, with some more."""
    return settings_of(tuple(sorted({**case.settings, **values}.items())))


def workspace(files: Mapping[str, str], used: Settings) -> engine.Workspace:
    """Texts as a project."""
    sources = {path: SourceFile(path, text) for path, text in files.items()}
    return engine.Workspace(used.root, sources, frozenset(sources))


def check(case: Case, files: Mapping[str, str], **values: object) -> tuple[Violation, ...]:
    """What is reported of these texts."""
    if files is case.files and not values:
        return checked(case.id)
    used = settings(case, **values)
    return engine.check(workspace(files, used), used).violations


def fix(case: Case, files: Mapping[str, str], *, unsafe: bool) -> engine.Report:
    """These texts fixed."""
    if files is case.files:
        return fixed(case.id, unsafe)
    used = settings(case)
    return engine.fix(workspace(files, used), used, unsafe)


@lru_cache(maxsize=64)
def checked(name: str) -> tuple[Violation, ...]:
    """What is reported of a case as it stands."""
    return check(ALL_CASES[name], dict(ALL_CASES[name].files))


@lru_cache(maxsize=64)
def fixed(name: str, unsafe: bool) -> engine.Report:
    """A case as it stands, fixed."""
    return fix(ALL_CASES[name], dict(ALL_CASES[name].files), unsafe=unsafe)


def texts(report: engine.Report) -> dict[str, str]:
    """The files after fixing."""
    return {path: source.text for path, source in report.after.items()}


def in_question(case: Case, violations: tuple[Violation, ...]) -> list[Violation]:
    """Those that the marks of the case are about."""
    return [violation for violation in violations if case.is_about(violation.code, violation.path)]


def is_due(violation: Violation, level: Applicability) -> bool:
    """Whether fixing at this level mends the violation."""
    return violation.rewrite is not None and violation.rewrite.applicability >= level


def place(violation: Violation, files: Mapping[str, str]) -> tuple[str, int, str]:
    """File, line (from 1) and code."""
    return violation.path, files[violation.path].count("\n", 0, violation.span.start) + 1, violation.code


@every_case
def test_findings_are_those_marked(case: Case) -> None:
    found = in_question(case, check(case, case.files))
    counted = Counter(place(violation, case.files) for violation in found)
    missed = {(mark.path, mark.line, mark.code) for mark in case.marks if mark.kind == "missed"}
    marked = Counter((mark.path, mark.line, mark.code) for mark in case.marks if mark.kind != "missed")
    assert sorted((counted - marked).elements()) == [], "found and not marked"
    assert sorted((marked - counted).elements()) == [], "marked and not found"
    assert missed.isdisjoint(counted), "marked as missed, and found"


@every_case
def test_marks_say_what_is_refused_and_why(case: Case) -> None:
    expected: dict[tuple[str, int, str], list[str]] = {}
    for mark in case.marks:
        if mark.kind in ("error", "refused"):
            expected.setdefault((mark.path, mark.line, mark.code), []).append(mark.kind)
    found: dict[tuple[str, int, str], list[str]] = {}
    said: dict[tuple[str, int, str], str] = {}
    for violation in in_question(case, check(case, case.files)):
        where = place(violation, case.files)
        found.setdefault(where, []).append("refused" if violation.rewrite is None else "error")
        said[where] = f"{said.get(where, '')}\n{violation.message}\n{violation.unfixable}"
    assert {where: sorted(kinds) for where, kinds in found.items() if where in expected} == {
        where: sorted(kinds) for where, kinds in expected.items()
    }
    for mark in case.marks:
        if mark.kind != "missed":
            assert mark.words in said[mark.path, mark.line, mark.code]


@every_case
def test_safe_fixes_make_the_fixed_text(case: Case) -> None:
    assert texts(fix(case, case.files, unsafe=False)) == {**case.files, **case.fixed}


@every_case
def test_unsafe_fixes_make_the_unsafe_text(case: Case) -> None:
    made = texts(fix(case, case.files, unsafe=True))
    assert {path: made[path] for path in case.unsafe} == case.unsafe


@every_case
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixed_text_compiles_is_silent_and_does_not_change_again(case: Case, unsafe: bool) -> None:
    report = fix(case, case.files, unsafe=unsafe)
    made = texts(report)
    for path, text in made.items():
        compile(text, path, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert report.unsettled == ()
    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    before = check(case, case.files)
    assert {v.code for v in report.violations if is_due(v, level)} == set(), "left to fix"
    refused = Counter(v.code for v in before if v.rewrite is None)
    left = Counter(v.code for v in report.violations if v.rewrite is None)
    for code in {v.code for v in before if is_due(v, level)}:
        assert left[code] <= refused[code], f"{code} was promised and not fixed"
    assert texts(fix(case, made, unsafe=unsafe)) == made


@every_case
def test_the_order_of_files_does_not_matter(case: Case) -> None:
    turned = dict(reversed(case.files.items()))
    assert check(case, turned) == check(case, case.files)
    assert texts(fix(case, turned, unsafe=True)) == texts(fix(case, case.files, unsafe=True))


@every_case
def test_a_rule_alone_finds_what_all_find(case: Case) -> None:
    together = check(case, case.files)
    for code in sorted({violation.code for violation in together if violation.code.startswith("SAF")}):
        alone = check(case, case.files, **{"lint.select": (code,)})
        assert [(v.path, v.span, v.message) for v in alone] == [
            (v.path, v.span, v.message) for v in together if v.code == code
        ]


@silent
def test_a_silent_case_yields_no_edit(case: Case) -> None:
    report = fix(case, case.files, unsafe=True)
    assert [found for found in (*report.fixed, *report.violations) if found.path not in case.shared] == []
    assert [after.path for _, after in report.changed() if after.path not in case.shared] == []


@rewritten
def test_line_endings_survive(case: Case) -> None:
    files = {path: text.replace("\n", "\r\n") for path, text in case.files.items()}
    expected = {path: text.replace("\n", "\r\n") for path, text in {**case.files, **case.fixed}.items()}
    assert texts(fix(case, files, unsafe=False)) == expected


@rewritten
def test_a_missing_final_newline_stays_missing(case: Case) -> None:
    files = {path: text.removesuffix("\n") for path, text in case.files.items()}
    expected = {path: text.removesuffix("\n") for path, text in {**case.files, **case.fixed}.items()}
    assert texts(fix(case, files, unsafe=False)) == expected


CHECKS: tuple[Callable[[Case], None], ...] = (
    test_findings_are_those_marked,
    test_marks_say_what_is_refused_and_why,
    test_safe_fixes_make_the_fixed_text,
    test_unsafe_fixes_make_the_unsafe_text,
    partial(test_fixed_text_compiles_is_silent_and_does_not_change_again, unsafe=False),
    partial(test_fixed_text_compiles_is_silent_and_does_not_change_again, unsafe=True),
)


@with_each(case for case in ALL_CASES.values() if case.is_gap)
def test_a_known_gap_is_still_one(case: Case) -> None:
    for run in CHECKS:
        try:
            run(case)
        except AssertionError:
            return
    pytest.fail("the gap is closed: take `Known gap: ` out of the case's title")
