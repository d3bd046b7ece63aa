"""The options of commands and how they become settings. What is done with them is in the commands' modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import click

from sqla_async_fix.config.resolve import Overrides
from sqla_async_fix.config.settings import OUTPUT_FORMATS, TARGET_VERSIONS

_F = TypeVar("_F", bound=Callable[..., Any])


def _comma_separated(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The items of arguments such as `SAF1,SAF301`."""
    return tuple(item.strip() for text in given for item in text.split(",") if item.strip())


def _pattern_code_pairs(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """The codes of each pattern in arguments such as `tests/*:SAF1,scripts/*:SAF301`."""
    table: dict[str, tuple[str, ...]] = {}
    for item in _comma_separated(ctx, param, given):
        pattern, _, code = (part.strip() for part in item.rpartition(":"))
        if not pattern or not code:
            raise click.BadParameter("Expected <FilePattern>:<RuleCode> pattern", ctx, param)
        table[pattern] = (*table.get(pattern, ()), code)
    return table


def _rules(flag: str, help_text: str) -> Callable[[_F], _F]:
    return click.option(flag, multiple=True, callback=_comma_separated, metavar="RULE_CODE", help=help_text)


def _files(flag: str, help_text: str) -> Callable[[_F], _F]:
    return click.option(flag, multiple=True, callback=_comma_separated, metavar="FILE_PATTERN", help=help_text)


def _pairs(flag: str, help_text: str) -> Callable[[_F], _F]:
    return click.option(flag, multiple=True, callback=_pattern_code_pairs, metavar="PATTERN:CODE", help=help_text)


def _switch(name: str, help_text: str) -> Callable[[_F], _F]:
    return click.option(f"--{name}/--no-{name}", default=None, help=help_text)


def _flag(*names: str, help_text: str) -> Callable[[_F], _F]:
    return click.option(*names, is_flag=True, help=help_text)


_Options: TypeAlias = tuple[Callable[[Any], Any], ...]

_TARGET = click.option(
    "--target-version",
    type=click.Choice(TARGET_VERSIONS),
    metavar="VERSION",
    help="The minimum Python version that should be supported (py37, ...).",
)
_IGNORE_NOQA = _flag("--ignore-noqa", help_text="Ignore any `# noqa` comments.")
_RULES: _Options = (
    _rules("--select", "Comma-separated list of rules to enable (or ALL)."),
    _rules("--ignore", "Comma-separated list of rules to disable."),
    _rules("--extend-select", "Like --select, on top of what is selected already."),
    _pairs("--per-file-ignores", "List of mappings from file pattern to rule to exclude."),
    _pairs("--extend-per-file-ignores", "Like --per-file-ignores, on top of those already given."),
    _rules("--fixable", "List of rules whose fixes may be applied."),
    _rules("--unfixable", "List of rules whose fixes may not be applied."),
    _rules("--extend-fixable", "Like --fixable, on top of those already given."),
)
_FILES: _Options = (
    _files("--exclude", "List of patterns of files and directories to leave out."),
    _files("--extend-exclude", "Like --exclude, on top of those already left out."),
    _switch("respect-gitignore", "Leave out what .gitignore and .ignore files name (the default)."),
    _switch("force-exclude", "Leave out files even if they are named on the command line."),
)
_CONFIGURATION: _Options = (
    click.option(
        "--config",
        multiple=True,
        metavar="CONFIG_OPTION",
        help="A configuration file, or a TOML pair such as \"lint.select = ['SAF3']\" that overrides one setting.",
    ),
    _flag("--isolated", help_text="Ignore all configuration files."),
    click.option(
        "--color", type=click.Choice(("auto", "always", "never")), default="auto", help="When to use colours."
    ),
)

_CHECK: _Options = (
    click.argument("paths", nargs=-1, metavar="[PATHS | -]"),
    _switch("fix", "Apply fixes to resolve violations; safe ones, unless --unsafe-fixes is given."),
    _switch("unsafe-fixes", "Include fixes that may not retain the original intent of the code."),
    _switch("show-fixes", "Show an enumeration of all fixed violations."),
    _flag("--diff", help_text="Write nothing; print what --fix would change, and exit 0 if that is nothing."),
    _switch("fix-only", "Apply fixes, but do not report, or exit non-zero for, what is left. Implies --fix."),
    _IGNORE_NOQA,
    click.option(
        "--output-format",
        type=click.Choice(OUTPUT_FORMATS),
        envvar="SQLA_ASYNC_FIX_OUTPUT_FORMAT",
        help="Default: full.",
    ),
    click.option(
        "-o",
        "--output-file",
        type=click.Path(dir_okay=False),
        envvar="SQLA_ASYNC_FIX_OUTPUT_FILE",
        help="Write the report to a file instead of stdout.",
    ),
    _TARGET,
    _flag("--statistics", help_text="Show counts for every rule with at least one violation."),
    _flag("--show-files", help_text="List the files that would be checked."),
    _flag("--show-settings", help_text="Print the resolved settings."),
    *_RULES,
    *_FILES,
    click.option(
        "-n",
        "--no-cache",
        is_flag=True,
        envvar="SQLA_ASYNC_FIX_NO_CACHE",
        help="Accepted as in ruff; there is no cache yet, so this is always so.",
    ),
    click.option(
        "--cache-dir",
        type=click.Path(),
        envvar="SQLA_ASYNC_FIX_CACHE_DIR",
        help="Accepted as in ruff; there is no cache yet, so nothing is stored.",
    ),
    click.option("--stdin-filename", type=click.Path(), help="The name of the file when passing it through stdin."),
    _flag("-e", "--exit-zero", help_text="Exit with 0 even if there are violations."),
    _flag("--exit-non-zero-on-fix", help_text="Exit with 1 if a file was changed, even if no violations are left."),
    _flag("-v", "--verbose", help_text="Tell on stderr what is being done."),
    _flag("-q", "--quiet", help_text="Print violations, but nothing else."),
    _flag("-s", "--silent", help_text="Print nothing; the exit code tells."),
    *_CONFIGURATION,
)

_MIGRATE: _Options = (
    click.argument("paths", nargs=-1, metavar="[PATHS]"),
    _flag(
        "--plan", help_text="Write nothing; print who becomes async and why, what stays as it is, and how much changes."
    ),
    _flag("--diff", help_text="Write nothing; print what would change."),
    _flag("-i", "--interactive", help_text="Show what changes together, group by group, and ask before taking it."),
    _flag("--allow-dirty", help_text="Write files even if they have changes that are not committed to git."),
    click.option(
        "--output-format",
        "plan_format",
        type=click.Choice(("text", "json")),
        default="text",
        help="The format of --plan. Default: text.",
    ),
    _IGNORE_NOQA,
    _TARGET,
    *_RULES,
    *_FILES,
    _flag("-v", "--verbose", help_text="Tell on stderr what is being done."),
    _flag("-q", "--quiet", help_text="Print what is left to do, but nothing else."),
    _flag("-s", "--silent", help_text="Print nothing; the exit code tells."),
    *_CONFIGURATION,
)

_VALUES = {
    "cache_dir": "cache-dir",
    "fix": "fix",
    "fix_only": "fix-only",
    "force_exclude": "force-exclude",
    "output_format": "output-format",
    "respect_gitignore": "respect-gitignore",
    "show_fixes": "show-fixes",
    "target_version": "target-version",
    "unsafe_fixes": "unsafe-fixes",
}
_COLLECTIONS = {
    "exclude": "exclude",
    "extend_exclude": "extend-exclude",
    "extend_fixable": "lint.extend-fixable",
    "extend_select": "lint.extend-select",
    "fixable": "lint.fixable",
    "ignore": "lint.ignore",
    "select": "lint.select",
    "unfixable": "lint.unfixable",
    "extend_per_file_ignores": "lint.extend-per-file-ignores",
    "per_file_ignores": "lint.per-file-ignores",
}


def check_options(function: _F) -> _F:
    """Decorate a command with the options of `check`."""
    return _decorated(function, _CHECK)


def migrate_options(function: _F) -> _F:
    """Decorate a command with the options of `migrate`."""
    return _decorated(function, _MIGRATE)


def _decorated(function: _F, options: _Options) -> _F:
    for option in reversed(options):
        function = option(function)
    return function


def read_overrides(given: dict[str, Any]) -> Overrides:
    """What the given options say about settings."""
    values: dict[str, object] = {key: given[name] for name, key in _VALUES.items() if given.get(name) is not None}
    values |= {key: given[name] for name, key in _COLLECTIONS.items() if given[name]}
    return Overrides(tuple(given["config"]), given["isolated"], values, given["ignore_noqa"])
