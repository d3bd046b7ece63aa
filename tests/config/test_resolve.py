"""From configuration files and the command line to settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_async_fix.config.error import ConfigError
from sqla_async_fix.config.load import find_config, find_root
from sqla_async_fix.config.resolve import Overrides, resolve_settings
from sqla_async_fix.config.settings import DEFAULT_EXCLUDE, Settings

NAMES = {"SAF101": "legacy-query", "SAF102": "legacy-query-get", "SAF201": "sync-engine", "SAF301": "missing-await"}


def resolve(root: Path, *config: str, isolated: bool = False, **values: object) -> Settings:
    """The settings of a project; `values` are those of the command line, `__` for `.` and `_` for `-`."""
    dotted = {key.replace("__", ".").replace("_", "-"): value for key, value in values.items()}
    return resolve_settings(root, lambda: NAMES, Overrides(config, isolated, dotted), root)


def write(root: Path, text: str, name: str = "pyproject.toml") -> Path:
    """A configuration file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_defaults(tmp_path: Path) -> None:
    settings = resolve(tmp_path, isolated=True)
    assert settings.lint.enabled is None
    assert settings.files.exclude == DEFAULT_EXCLUDE
    assert (settings.fix, settings.unsafe_fixes, settings.output_format) == (False, None, "full")
    assert (settings.model.target, settings.model.unconvertible) == ("async", "report")


def test_every_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
[tool.sqla-async-fix]
exclude = ["a"]
extend-exclude = ["b"]
include = ["*.py"]
src = ["lib"]
fix = true
unsafe-fixes = true
fix-only = false
show-fixes = true
output-format = "concise"
target-version = "py312"
respect-gitignore = false
force-exclude = true
cache-dir = ".cache"
line-length = 100
required-version = ">=0.1, <99"
target = "sync"
session-names = ["db"]
session-factories = ["app.db.make"]
lazy-loading = "raise"
driver-map = {"mysql" = "mysql+asyncmy"}
stay-sync = ["scripts/*"]
unconvertible = "run-sync"

[tool.sqla-async-fix.lint]
select = ["SAF1", "SAF3"]
extend-select = ["sync-engine"]
ignore = ["SAF102"]
extend-ignore = ["SAF301"]
fixable = ["ALL"]
unfixable = ["SAF201"]
extend-safe-fixes = ["SAF101"]
extend-unsafe-fixes = ["SAF3"]
per-file-ignores = {"tests/*" = ["SAF1"]}
extend-per-file-ignores = {"!app/*" = ["SAF201"]}
external = ["XX"]
""",
    )
    settings = resolve(tmp_path)
    files, lint, model = settings.files, settings.lint, settings.model
    assert (files.exclude, files.extend_exclude, files.include) == (("a",), ("b",), ("*.py",))
    assert (files.force_exclude, files.respect_gitignore) == (True, False)
    assert (settings.fix, settings.unsafe_fixes, settings.fix_only, settings.show_fixes) == (True, True, False, True)
    assert (settings.output_format, settings.target_version, settings.line_length) == ("concise", "py312", 100)
    assert settings.cache_dir == tmp_path / ".cache"
    assert lint.enabled == frozenset({"SAF101", "SAF201"})
    assert lint.fixable == frozenset({"SAF101", "SAF102", "SAF301"})
    assert (lint.safe_fixes, lint.unsafe_fixes, lint.external) == (
        frozenset({"SAF101"}),
        frozenset({"SAF301"}),
        ("XX",),
    )
    tests, app = lint.per_file_ignores
    assert tests.applies(f"{tmp_path.as_posix()}/tests/a.py")
    assert not tests.applies(f"{tmp_path.as_posix()}/app/a.py")
    assert app.applies(f"{tmp_path.as_posix()}/tests/a.py")
    assert not app.applies(f"{tmp_path.as_posix()}/app/a.py")
    assert (model.target, model.session_names, model.session_factories) == ("sync", ("db",), ("app.db.make",))
    assert (model.lazy_loading, model.stay_sync) == ("raise", ("scripts/*",))
    assert (model.driver_map, model.unconvertible, model.src) == ({"mysql": "mysql+asyncmy"}, "run-sync", ("lib",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.sqla-async-fix]\nfix = true\nfoo = 1\n", ":3: `tool.sqla-async-fix.foo`: unknown key"),
        ("[tool.sqla-async-fix.lint]\n\nfoo = 1\n", ":3: `tool.sqla-async-fix.lint.foo`: unknown key"),
        (
            '[tool.sqla-async-fix]\nselect = ["SAF1"]\n',
            ":2: `tool.sqla-async-fix.select`: unknown key (did you mean `lint.select`?)",
        ),
        (
            '[tool.sqla-async-fix.lint]\nselect = "SAF1"\n',
            ':2: `tool.sqla-async-fix.lint.select`: invalid type: string "SAF1", expected a sequence',
        ),
        (
            "[tool.sqla-async-fix]\nfix = 3\n",
            ":2: `tool.sqla-async-fix.fix`: invalid type: integer `3`, expected a boolean",
        ),
        (
            '[tool.sqla-async-fix]\ntarget = "trio"\n',
            ":2: `tool.sqla-async-fix.target`: unknown variant `trio`, expected one of `async`, `sync`",
        ),
        ("[tool.sqla-async-fix\n", ":1:21: Expected"),
        ("# sqla-async-fix\nx = = 3\n", ":2:5: Invalid value"),
        (
            '[tool.sqla-async-fix]\nrequired-version = ">=99"\n',
            ": `required-version`: required version `>=99` does not match the running version",
        ),
        ('[tool.sqla-async-fix]\nextend = "no.toml"\n', ":2: `tool.sqla-async-fix.extend`: no such file"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        resolve(tmp_path)
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


def test_an_unknown_rule_is_named_with_its_key(tmp_path: Path) -> None:
    path = write(tmp_path, '[tool.sqla-async-fix.lint]\nignore = ["XYZ"]\n')
    with pytest.raises(ConfigError, match=r"^Unknown rule selector `XYZ` in `ignore` from `.*pyproject.toml`$"):
        resolve(tmp_path)
    path.write_text('[tool.sqla-async-fix.lint.per-file-ignores]\n"a.py" = ["SAF999"]\n')
    with pytest.raises(ConfigError, match=r"^Unknown rule selector `SAF999` in `per-file-ignores`"):
        resolve(tmp_path)


def test_the_command_line_wins_and_starts_anew_with_select(tmp_path: Path) -> None:
    write(tmp_path, '[tool.sqla-async-fix.lint]\nselect = ["SAF1"]\nignore = ["SAF101"]\n')
    assert resolve(tmp_path).lint.enabled == frozenset({"SAF102"})
    assert resolve(tmp_path, lint__select=("SAF101",)).lint.enabled == frozenset({"SAF101"})
    assert resolve(tmp_path, lint__extend_select=("SAF3",)).lint.enabled == frozenset({"SAF102", "SAF301"})
    assert resolve(tmp_path, lint__ignore=("SAF102",)).lint.enabled == frozenset()


def test_the_more_specific_selector_wins(tmp_path: Path) -> None:
    enabled = resolve(tmp_path, isolated=True, lint__select=("SAF101", "ALL"), lint__ignore=("SAF1",)).lint.enabled
    assert enabled == frozenset({"SAF101", "SAF201", "SAF301"})


@pytest.mark.parametrize("selector", ["SA", "S", "SAF9", "saf1", "", "SAF1011"])
def test_selectors_that_stand_for_nothing(tmp_path: Path, selector: str) -> None:
    with pytest.raises(ConfigError, match="Unknown rule selector"):
        resolve(tmp_path, isolated=True, lint__select=(selector,))


def test_an_extended_file_comes_first(tmp_path: Path) -> None:
    write(tmp_path, 'line-length = 99\nextend-exclude = ["x/a.py"]\nlint.select = ["SAF1"]\n', "base/base.toml")
    write(
        tmp_path,
        'extend = "base/base.toml"\nlint.ignore = ["SAF101"]\nextend-exclude = ["b.py"]\n',
        "sqla-async-fix.toml",
    )
    settings = resolve(tmp_path)
    assert (settings.line_length, settings.lint.enabled) == (99, frozenset({"SAF102"}))
    excluded = settings.files.excluded()
    assert excluded.match(f"{tmp_path.as_posix()}/base/x/a.py")
    assert excluded.match(f"{tmp_path.as_posix()}/any/b.py")
    assert not excluded.match(f"{tmp_path.as_posix()}/x/a.py")


def test_a_circle_of_extended_files(tmp_path: Path) -> None:
    write(tmp_path, 'extend = "b.toml"\n', "sqla-async-fix.toml")
    write(tmp_path, 'extend = "sqla-async-fix.toml"\n', "b.toml")
    with pytest.raises(ConfigError, match="`extend`: circular"):
        resolve(tmp_path)


def test_config_options(tmp_path: Path) -> None:
    other = write(tmp_path, "line-length = 70\n", "other.toml")
    write(tmp_path, "[tool.sqla-async-fix]\nline-length = 60\n")
    assert resolve(tmp_path).line_length == 60
    assert resolve(tmp_path, str(other)).line_length == 70
    assert resolve(tmp_path, "line-length = 50").line_length == 50
    assert resolve(tmp_path, "lint.select = ['SAF3']").lint.enabled == frozenset({"SAF301"})
    assert resolve(tmp_path, isolated=True).line_length == 88
    for wrong in ("lint.select = [", "foo = 1", "no.toml"):
        with pytest.raises(ConfigError, match="--config"):
            resolve(tmp_path, wrong)


def test_which_file_and_which_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "[tool.ruff]\n")
    inner = write(tmp_path, "[tool.sqla-async-fix]\n", "service/pyproject.toml")
    deep = tmp_path / "service" / "app"
    deep.mkdir()
    assert (find_config(deep), find_root(deep)) == (inner, tmp_path / "service")
    assert find_root(tmp_path) == tmp_path
    dotted = write(tmp_path, "", "service/.sqla-async-fix.toml")
    assert find_config(deep) == dotted
