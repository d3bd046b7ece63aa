"""The engine and the Python API on rules about words: what is filtered, how fixing comes to an end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sqla_async_fix
from sqla_async_fix import engine, fix_source, fix_sources, load_settings, rules
from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.rule import Fixable, Rule
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.steps import Replace
from sqla_async_fix.core.violation import Rewrite, Violation
from sqla_async_fix.model.module import Module
from sqla_async_fix.workspace import Workspace
from tests.toy_rules import OldWord, ToyProject, WordRule


@pytest.fixture
def use_rules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace all rules by given ones, and the model by one that only splits files."""

    def use(*replaced: Rule) -> None:
        monkeypatch.setattr("sqla_async_fix.rules.all_rules", lambda: replaced)
        monkeypatch.setattr("sqla_async_fix.detection.build_project", ToyProject)

    return use


@pytest.mark.usefixtures("toy_rules")
def test_checking_a_text() -> None:
    violations = sqla_async_fix.check_source("x = old\nhopeless = 1\n")
    assert [(v.code, v.path, v.span.start) for v in violations] == [("TOY101", "<stdin>", 4), ("TOY201", "<stdin>", 8)]
    assert sqla_async_fix.check_source("def (")[0].code == "invalid-syntax"


@pytest.mark.usefixtures("toy_rules")
def test_fixing_a_text() -> None:
    result = fix_source("old = risky = hopeless = 1\n")
    assert result.text == "new = risky = hopeless = 1\n"
    assert [violation.code for violation in result.fixed] == ["TOY101"]
    assert [violation.code for violation in result.remaining] == ["TOY102", "TOY201"]
    assert fix_source("old = risky = 1\n", unsafe_fixes=True).text == "new = safe = 1\n"


@pytest.mark.usefixtures("toy_rules")
def test_fixing_several_texts() -> None:
    result = fix_sources({"a.py": "twin = 1\n", "pkg/b.py": "twin = 2\n", "c.py": "x = 1\n"})
    assert result.texts == {"a.py": "pair = 1\n", "pkg/b.py": "pair = 2\n", "c.py": "x = 1\n"}
    with pytest.raises(ValueError, match="3 files"):
        _ = result.text


@pytest.mark.usefixtures("toy_rules")
def test_checking_paths(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("old = 1\n")
    (tmp_path / "pyproject.toml").write_text("[tool.sqla-async-fix.lint]\nignore = ['TOY102']\n")
    (tmp_path / "b.py").write_text("risky = 1\n")
    report = sqla_async_fix.check_paths([tmp_path])
    assert (report.root, [violation.path for violation in report]) == (tmp_path, ["a.py"])
    assert len(sqla_async_fix.check_paths([tmp_path], settings=load_settings(tmp_path, isolated=True))) == 2


@pytest.mark.usefixtures("toy_rules")
@pytest.mark.parametrize(("home", "root"), [("", "."), ("src", "."), ("lib", "lib/shop/model")])
def test_a_package_belongs_to_the_distribution_around_it(tmp_path: Path, home: str, root: str) -> None:
    package = tmp_path / home / "shop" / "model"
    package.mkdir(parents=True)
    (tmp_path / "setup.cfg").touch()
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text("old = 1\n")
    report = sqla_async_fix.check_paths([package])
    assert (report.root, len(list(report))) == (tmp_path / root, 1)


@pytest.mark.usefixtures("toy_rules")
def test_several_projects_are_reported_together(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / "a.py").write_text("old = 1\n")
    report = sqla_async_fix.check_paths([tmp_path / "two", tmp_path / "one" / "a.py"])
    assert (report.root, [violation.path for violation in report]) == (tmp_path, ["one/a.py", "two/a.py"])


def test_unsafe_fixes_wait_until_the_safe_ones_have_settled(use_rules: Any) -> None:
    class First(WordRule):
        code, name, fixable, word, becomes = "TOY1", "first", Fixable.ALWAYS, "a1", "a2"

    class Second(WordRule):
        code, name, fixable, word, becomes = "TOY2", "second", Fixable.ALWAYS, "a2", "a3"

    class Third(WordRule):
        code, name, fixable, word, becomes = "TOY3", "third", Fixable.ALWAYS, "a3", "a4"
        level = Applicability.UNSAFE

    use_rules(Third(), First(), Second())
    result = fix_source("a1 = 1\n", unsafe_fixes=True)
    assert (result.text, [violation.code for violation in result.fixed]) == ("a4 = 1\n", ["TOY1", "TOY2", "TOY3"])
    assert fix_source("a1 = 1\n").text == "a3 = 1\n"


def test_fixes_that_never_settle_are_stopped_and_named(use_rules: Any) -> None:
    class There(WordRule):
        code, name, fixable, word, becomes = "TOY1", "there", Fixable.ALWAYS, "tick", "tock"

    class Back(WordRule):
        code, name, fixable, word, becomes = "TOY2", "back", Fixable.ALWAYS, "tock", "tick"

    use_rules(There(), Back())
    settings = load_settings(isolated=True)
    workspace = Workspace(settings.root, {"a.py": SourceFile("a.py", "tick = 1\n")}, frozenset(["a.py"]))
    report = engine.fix(workspace, settings, unsafe=False)
    assert report.unsettled == ("a.py",)
    assert ([violation.code for violation in report.fixed], report.after["a.py"].text) == (["TOY1"], "tock = 1\n")
    (left,) = report.violations
    assert left.rewrite is None
    assert "same finding again" in (left.unfixable or "")


def test_fixes_that_grow_for_ever_are_stopped_after_the_first(use_rules: Any) -> None:
    class Growing(WordRule):
        code, name, fixable, word, becomes = "TOY1", "growing", Fixable.ALWAYS, "grow", "(grow)"

    class Ending(WordRule):
        code, name, fixable, word, becomes = "TOY2", "ending", Fixable.ALWAYS, "old", "new"

    use_rules(Growing(), Ending())
    result = fix_sources({"a.py": "x = grow\n", "b.py": "old = 1\n"})
    assert result.texts == {"a.py": "x = (grow)\n", "b.py": "new = 1\n"}


def test_what_waits_for_a_group_that_stays_is_not_promised(use_rules: Any) -> None:
    class Query(WordRule):
        code, name, fixable, word, becomes, grouped = "TOY1", "query", Fixable.ALWAYS, "legacy", "modern", True

    class Waiting(WordRule):
        code, name, fixable, word = "TOY2", "waiting", Fixable.ALWAYS, "sync"

        def check(self, project: Any, module: Module) -> Iterator[Violation]:
            for violation in super().check(project, module):
                steps = () if "legacy" in module.text else (Replace(violation.span, ("async_",)),)
                awaited = frozenset(["legacy"] if not steps else ())
                rewrite = Rewrite("Make it async", Applicability.UNSAFE, steps, "plan", awaited)
                yield replace(violation, rewrite=rewrite, unfixable=None)

    use_rules(Query(), Waiting())
    text = "def sync():\n    return legacy\n\nlegacy: int\n"
    assert fix_source(text, unsafe_fixes=True).text == "def async_():\n    return modern\n\nmodern: int\n"
    kept = text.replace("return legacy", "return legacy  # noqa: TOY1")
    result = fix_source(kept, unsafe_fixes=True)
    assert (result.text, result.fixed) == (kept, ())
    reasons = {violation.code: violation.unfixable or "" for violation in result.remaining}
    assert "the TOY1 at <stdin>:2 is suppressed by a comment" in reasons["TOY2"]
    assert [v.code for v in sqla_async_fix.check_source(kept) if v.rewrite is not None] == []


def test_what_cannot_be_applied_is_not_tried_again_and_says_why(use_rules: Any) -> None:
    use_rules(OldWord())
    result = fix_source("def f():\n    return old\n\nold: int\n")
    assert result.text == "def f():\n    return new\n\nnew: int\n"
    result = fix_source("def f():\n    return old\n")
    (left,) = result.remaining
    assert (left.rewrite, left.unfixable) == (None, "The rewrite would use `new`, which nothing binds")
    assert (result.text, result.fixed) == ("def f():\n    return old\n", ())


def test_a_group_is_as_safe_as_its_least_safe_member(use_rules: Any) -> None:
    class Tame(WordRule):
        code, name, fixable, word, becomes = "TOY1", "tame", Fixable.ALWAYS, "twin", "pair"
        grouped = True

    class Wild(Tame):
        code, name, level = "TOY2", "wild", Applicability.UNSAFE

        def check(self, project: Any, module: Any) -> Iterator[Violation]:
            if module.path == "b.py":
                yield from super().check(project, module)

    class TameInA(Tame):
        def check(self, project: Any, module: Any) -> Iterator[Violation]:
            if module.path == "a.py":
                yield from super().check(project, module)

    use_rules(TameInA(), Wild())
    files: Mapping[str, str] = {"a.py": "twin = 1\n", "b.py": "twin = 2\n"}
    assert fix_sources(files).texts == files
    assert fix_sources(files, unsafe_fixes=True).texts == {"a.py": "pair = 1\n", "b.py": "pair = 2\n"}


def test_rules_are_found_by_walking_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = tmp_path / "toyfamily"
    family.mkdir()
    (family / "__init__.py").touch()
    template = (
        "from sqla_async_fix.core.rule import Fixable, Rule\n"
        "class Found(Rule):\n"
        "    code, name, fixable = '{code}', '{name}', Fixable.NEVER\n"
        "    def check(self, project, module):\n"
        "        return iter(())\n"
    )
    (family / "toy2.py").write_text(template.format(code="TOY2", name="two"))
    (family / "toy1.py").write_text(template.format(code="TOY1", name="one"))
    monkeypatch.setattr(rules, "__path__", [str(tmp_path)])
    walk = rules.all_rules.__wrapped__
    assert [rule.code for rule in walk()] == ["TOY1", "TOY2"]
    (family / "toy3.py").write_text(template.format(code="TOY3", name="two"))
    with pytest.raises(ValueError, match="is taken"):
        walk()
    for name in [name for name in sys.modules if name.startswith("sqla_async_fix.rules.toyfamily")]:
        monkeypatch.delitem(sys.modules, name)


def test_a_clean_check_stays_light(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import requests\n\nsession = requests.Session()\n")
    script = (
        "import sys\nfrom sqla_async_fix.cli import main\n"
        "try:\n    main(['.'])\nexcept SystemExit as exit:\n    assert not exit.code, exit.code\n"
        "heavy = {'libcst', 'rich', 'sqlalchemy', 'jinja2', 'pygments', 'multiprocessing'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout == "All checks passed!\n[]\n"


def test_importing_the_package_loads_nothing_else() -> None:
    script = "import sys, sqla_async_fix\nprint([name for name in sys.modules if name.startswith('sqla_async_fix.')])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
    assert set(sqla_async_fix.__all__) <= {*dir(sqla_async_fix.api), "Settings"}
