"""The rules about rules, pages and rooms. What a single rule finds is in `tests/cases/`."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate
from sqla_async_fix import engine, rules
from sqla_async_fix.core.rule import Fixable, Rule
from tests.cases.reading import FOLDER as CASES_FOLDER
from tests.cases.reading import read_cases
from tests.examples import CONTEXTS, DATABASE, MODELS, example_of, holds
from tests.test_cases import check, settings_of, workspace

ROOT = Path(__file__).parent.parent
RULES = rules.all_rules()
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)

HEADINGS = ("What it does", "Why is this bad?", "Example", "Fix safety", "Options", "References")
REQUIRED = ("What it does", "Why is this bad?", "Example")


def page_of(rule: Rule) -> str:
    """A rule's docstring, without its indentation."""
    return inspect.cleandoc(type(rule).__doc__ or "")


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES) > 0


@every_rule
def test_code_module_and_class_agree(rule: Rule) -> None:
    assert re.fullmatch(r"SAF\d{3}", rule.code)
    assert type(rule).__module__.rpartition(".")[2] == rule.code.lower()
    assert re.sub(r"(?<!^)(?=[A-Z])", "-", type(rule).__name__).lower() == rule.name


@every_rule
def test_the_name_names_the_bad_pattern(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert rule.name.split("-")[0] not in {"use", "prefer", "no", "avoid", "should", "must", "do", "add", "check"}


@every_rule
def test_the_docstring_has_its_headings_in_order(rule: Rule) -> None:
    found = re.findall(r"^## (.+)$", page_of(rule), re.MULTILINE)
    assert [heading for heading in HEADINGS if heading in found] == found
    assert set(REQUIRED) <= set(found)
    assert ("Use instead:" in page_of(rule)) is (page_of(rule).count("```python") == 2)
    if rule.fixable is not Fixable.NEVER:
        assert "Use instead:" in page_of(rule)


@every_rule
def test_the_first_sentence_says_what_is_checked(rule: Rule) -> None:
    first = page_of(rule).split("\n")[1]
    assert first.startswith("Checks for ")


@every_rule
def test_a_rule_has_cases(rule: Rule) -> None:
    path = CASES_FOLDER / f"{rule.code}.md"
    assert path.is_file()
    assert path.read_text(encoding="utf-8").startswith(f"# {rule.code} {rule.name}\n")
    cases = read_cases(pattern=path.name)
    assert any(case.marks for case in cases), "no case with a finding"
    assert any(not case.marks for case in cases), "no silent case"


def test_every_case_file_is_of_a_rule() -> None:
    known = {rule.code for rule in RULES}
    assert {path.stem for path in CASES_FOLDER.glob("SAF*.md")} == known


@every_rule
def test_fixability_is_what_the_cases_show(rule: Rule) -> None:
    seen = {
        violation.rewrite is not None
        for case in read_cases(pattern=f"{rule.code}.md")
        for violation in check(case, case.files)
        if violation.code == rule.code
    }
    allowed = {Fixable.ALWAYS: {True}, Fixable.NEVER: {False}, Fixable.SOMETIMES: {True, False}}[rule.fixable]
    assert seen <= allowed
    assert rule.fixable is Fixable.NEVER or True in seen


@every_rule
def test_messages_are_worded_as_agreed(rule: Rule) -> None:
    for case in read_cases(pattern=f"{rule.code}.md"):
        for violation in check(case, case.files):
            assert re.match(r"[A-Z`]", violation.message), violation.message
            assert not violation.message.endswith("."), violation.message
            assert violation.message.count("`") % 2 == 0, violation.message


@every_rule
def test_the_example_is_found_and_fixed_as_shown(rule: Rule) -> None:
    context, (bad, good) = CONTEXTS[rule.code], example_of(page_of(rule))
    used = settings_of(())
    files = context.files(bad)
    fires = any(v.code == rule.code for v in engine.check(workspace(files, used), used).violations)
    stays_sync = rule.code.startswith("SAF1")
    report = engine.fix(workspace(files, used), used, unsafe=not stays_sync)
    proven = fires and holds(report.after[context.path].text, good)
    if rule.fixable is Fixable.NEVER:
        assert fires
        return
    assert fires
    assert proven, report.after[context.path].text


def test_the_pages_are_those_of_the_docstrings() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in generate.FOLDER.glob("*.md")}
    assert written == generate.pages(), "run `python docs/generate.py`"


@every_rule
def test_the_changelog_names_the_rule(rule: Rule) -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"`{rule.name}`\s+\({rule.code}\)", text)


def test_the_readme_shows_what_the_tool_makes() -> None:
    before, after = example_of((ROOT / "README.md").read_text(encoding="utf-8"))
    files = {"models.py": MODELS, "database.py": DATABASE, "app.py": before}
    report = engine.fix(workspace(files, settings_of(())), settings_of(()), unsafe=True)
    assert report.after["app.py"].text == after
    assert report.violations == ()


ROOMS: dict[str, set[str]] = {
    "core": set(),
    "model": {"core", "parallel"},
    "sqla_async_codemods": {"core", "model", "libcst"},
    "rules": {"core", "model"},
    "fixer": {"core", "sqla_async_codemods"},
    "reporters": {"core", "rich"},
    "suppression": {"core"},
    "exports": {"core"},
    "bringing": {"core", "model"},
    "config": {"core", "model"},
    "discovery": {"core", "config", "pathspec"},
    "projects": {"core", "config", "rules", "discovery"},
    "workspace": {"core", "config", "discovery"},
    "parallel": set(),
    "packaging_files": set(),
    "scripts": {"core", "packaging_files"},
    "pytest_settings": {"core", "packaging_files"},
    "detection": {
        "core", "config", "model", "parallel", "pytest_settings", "rules", "scripts", "suppression", "workspace"
    },
    "engine": {
        "core", "config", "model", "parallel", "rules", "scripts", "suppression", "workspace", "detection", "discovery",
        "exports", "bringing",
        "fixer",
        "sqla_async_codemods",
    },
    "api": {"core", "config", "engine", "projects", "workspace"},
    "migration": {"core", "model", "engine", "packaging_files", "reporters"},
    "cli": {
        "core", "config", "engine", "projects", "workspace", "discovery", "rules", "fixer", "reporters", "suppression",
        "migration", "click", "rich",
    },
    "__main__": {"cli"},
    "__init__": {"api", "config", "core", "engine"},
}  # fmt: skip
"""What each room may import: other rooms and third-party packages. Imports for type checkers only do not count."""


def test_imports_go_one_way() -> None:
    wrong = [
        f"{module}: {room} imports {target}"
        for module, room, tree in modules()
        for target in imports(tree)
        if target != room and target not in ROOMS[room]
    ]
    assert wrong == []


def test_the_table_of_rooms_has_no_circle() -> None:
    done: set[str] = set()
    while ready := {room for room in ROOMS.keys() - done if ROOMS[room] & ROOMS.keys() <= done}:
        done |= ready
    assert ROOMS.keys() - done == set()


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Every module of the project with its room and its tree."""
    for package in ("sqla_async_fix", "codemods/sqla_async_codemods"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT / package).with_suffix("").parts
            room = parts[0] if package == "sqla_async_fix" else "sqla_async_codemods"
            yield path.relative_to(ROOT).as_posix(), room, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    """The rooms and third-party packages that a tree imports, at any depth."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in node.orelse:
                yield from imports(other)
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "the project imports by full names"
            names = [f"{node.module}.{name}" for name in names]
        for parts in (name.split(".") for name in names):
            if parts[0] == "sqla_async_fix" and len(parts) > 1 and parts[1] != "__version__":
                yield parts[1]
            elif parts[0] != "sqla_async_fix" and parts[0] not in sys.stdlib_module_names:
                yield parts[0]
        yield from imports(node)
