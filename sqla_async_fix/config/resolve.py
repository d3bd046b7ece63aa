"""From layers of values to the settings of a run. Reading files is in `config.load`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqla_async_fix import __version__
from sqla_async_fix.config.error import ConfigError
from sqla_async_fix.config.load import Layer, find_config, override_layer, read_layers
from sqla_async_fix.config.pattern import FilePatterns
from sqla_async_fix.config.selection import RuleTable, read_selectors, require_rule, resolve_codes
from sqla_async_fix.config.settings import (
    DEFAULT_EXCLUDE,
    DEFAULT_INCLUDE,
    FileSettings,
    LintSettings,
    PerFileIgnore,
    Settings,
)
from sqla_async_fix.model.options import ModelOptions


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line (or a caller) says: `--config` texts, `--isolated`, and values by dotted key."""

    config: tuple[str, ...] = ()
    isolated: bool = False
    values: Mapping[str, object] = field(default_factory=dict)
    ignore_noqa: bool = False


def resolve_settings(root: Path, names: Callable[[], Mapping[str, str]], overrides: Overrides, cwd: Path) -> Settings:
    """The settings for the project at `root`; `names` gives the known rules. Raises ConfigError.

    `--config FILE` takes the place of the files that would be found; its patterns are relative to `cwd`, as in ruff.
    """
    files = [text for text in overrides.config if _is_path(text)]
    inline = [text for text in overrides.config if not _is_path(text)]
    if len(files) > 1:
        raise ConfigError("`--config`: more than one configuration file given")
    if files and overrides.isolated:
        raise ConfigError("`--config`: a configuration file cannot be used with `--isolated`")
    layers: list[Layer] = []
    config_file: Path | None = None
    if files:
        config_file = (cwd / files[0]).absolute()
        if not config_file.is_file():
            raise ConfigError(f"`--config {files[0]}`: no such configuration file")
        layers = read_layers(config_file, cwd)
    elif not overrides.isolated and (config_file := find_config(root)) is not None:
        layers = read_layers(config_file)
    if inline:
        layers.append(override_layer(inline, cwd))
    if overrides.values:
        layers.append(Layer("the CLI", cwd, overrides.values))
    return _build(root, config_file, layers, RuleTable(names), overrides)


def _is_path(text: str) -> bool:
    return "=" not in text or text.endswith(".toml")


def _build(
    root: Path, config_file: Path | None, layers: Sequence[Layer], table: RuleTable, overrides: Overrides
) -> Settings:
    values: dict[str, Any] = {}
    bases: dict[str, Path] = {}
    extend_exclude: list[str] = []
    base = config_file.parent if config_file is not None and layers and not overrides.isolated else root
    for layer in layers:
        _require_version(layer)
        values.update(layer.values)
        bases.update(dict.fromkeys(layer.values, layer.base))
        for glob in _texts(layer.values.get("extend-exclude")):
            extend_exclude.append(_anchored(glob, layer.base, base))
    files = FileSettings(
        base=base,
        exclude=tuple(_anchored(g, bases.get("exclude", base), base) for g in values.get("exclude", DEFAULT_EXCLUDE)),
        extend_exclude=tuple(extend_exclude),
        include=tuple(_anchored(g, bases.get("include", base), base) for g in values.get("include", DEFAULT_INCLUDE)),
        force_exclude=values.get("force-exclude", False),
        respect_gitignore=values.get("respect-gitignore", True),
    )
    try:
        files.excluded()
        files.included()
    except ValueError as error:
        raise ConfigError(f"{config_file or 'the CLI'}: {error}") from error
    fix_only = values.get("fix-only", False)
    return Settings(
        root=root,
        files=files,
        config_file=config_file,
        lint=_lint(layers, table, overrides.ignore_noqa),
        model=_model(values),
        fix=values.get("fix", False) or fix_only,
        fix_only=fix_only,
        unsafe_fixes=values.get("unsafe-fixes"),
        show_fixes=values.get("show-fixes", False),
        output_format=values.get("output-format", "full"),
        target_version=values.get("target-version"),
        line_length=values.get("line-length", 88),
        cache_dir=bases["cache-dir"] / values["cache-dir"] if "cache-dir" in values else None,
    )


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _anchored(glob: str, origin: Path, base: Path) -> str:
    """A glob of one layer, spelled so that it means the same relative to another directory."""
    return glob if "/" not in glob or origin == base or glob.startswith("/") else (origin / glob).as_posix()


def _model(values: Mapping[str, Any]) -> ModelOptions:
    default = ModelOptions()
    return ModelOptions(
        target=values.get("target", default.target),
        session_names=values.get("session-names", default.session_names),
        session_factories=values.get("session-factories", default.session_factories),
        stay_sync=values.get("stay-sync", default.stay_sync),
        entry_points=values.get("entry-points", default.entry_points),
        unconvertible=values.get("unconvertible", default.unconvertible),
        lazy_loading=values.get("lazy-loading", default.lazy_loading),
        driver_map=values.get("driver-map", default.driver_map),
        src=values.get("src", default.src),
    )


def _lint(layers: Sequence[Layer], table: RuleTable, ignore_noqa: bool) -> LintSettings:
    def codes_of(key: str) -> frozenset[str]:
        return frozenset(
            code
            for layer in layers
            for selector in read_selectors(table, layer, key)
            for code in table.expand(selector)
        )

    return LintSettings(
        enabled=resolve_codes(
            table, layers, "lint.select", ("lint.extend-select",), ("lint.ignore", "lint.extend-ignore")
        ),
        fixable=resolve_codes(table, layers, "lint.fixable", ("lint.extend-fixable",), ("lint.unfixable",)),
        safe_fixes=codes_of("lint.extend-safe-fixes"),
        unsafe_fixes=codes_of("lint.extend-unsafe-fixes"),
        per_file_ignores=_per_file_ignores(layers, table),
        external=tuple(text for layer in layers for text in _texts(layer.values.get("lint.external"))),
        ignore_noqa=ignore_noqa,
    )


def _per_file_ignores(layers: Sequence[Layer], table: RuleTable) -> tuple[PerFileIgnore, ...]:
    ignores: list[PerFileIgnore] = []
    for layer in layers:
        for key in ("lint.per-file-ignores", "lint.extend-per-file-ignores"):
            given = layer.values.get(key)
            if not isinstance(given, dict):
                continue
            if key == "lint.per-file-ignores":
                ignores.clear()
            for glob, selectors in given.items():
                for selector in selectors:
                    require_rule(table, selector, key.removeprefix("lint."), layer.origin)
                codes = frozenset(code for selector in selectors for code in table.expand(selector))
                try:
                    patterns = FilePatterns.compile((glob.removeprefix("!"),), layer.base)
                except ValueError as error:
                    raise ConfigError(f"{layer.origin}: `{key}`: {error}") from error
                ignores.append(PerFileIgnore(glob, glob.startswith("!"), codes, patterns))
    return tuple(ignores)


def _require_version(layer: Layer) -> None:
    required = layer.values.get("required-version")
    if not isinstance(required, str):
        return
    running = _version_key(__version__)
    for clause in required.split(","):
        match = re.fullmatch(r"\s*(==|!=|>=|<=|>|<|~=)?\s*(\d+(?:\.\d+)*)\s*", clause)
        if match is None:
            raise ConfigError(f"{layer.origin}: `required-version`: not a version specifier: `{required}`")
        if not _satisfies(running, match[1] or "==", _version_key(match[2])):
            raise ConfigError(
                f"{layer.origin}: `required-version`: required version `{required}` does not match "
                f"the running version `{__version__}`"
            )


def _satisfies(running: tuple[int, ...], operator: str, wanted: tuple[int, ...]) -> bool:
    width = max(len(running), len(wanted))
    left = running + (0,) * (width - len(running))
    right = wanted + (0,) * (width - len(wanted))
    return {
        "==": left == right,
        "!=": left != right,
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
        "~=": left >= right and left[: len(wanted) - 1] == wanted[:-1],
    }[operator]


def _version_key(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+")[0])[:3])
