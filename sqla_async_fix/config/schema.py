"""The keys of the configuration, their types and defaults' absence. What they do is not here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqla_async_fix.config.settings import OUTPUT_FORMATS, TARGET_VERSIONS

Check: TypeAlias = Callable[[object], object]
"""Takes a TOML value and returns it in the form settings use; raises ValueError saying what was expected."""


def _found(value: object) -> str:
    """A TOML value in words, as ruff words it."""
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, str):
        return f'string "{value}"'
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"float `{value}`"
    return "sequence" if isinstance(value, list) else "table" if isinstance(value, dict) else f"`{value}`"


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"invalid type: {_found(value)}, expected a boolean")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"invalid type: {_found(value)}, expected a string")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"invalid type: {_found(value)}, expected a sequence")
    return tuple(_text(item) for item in value)


def _length(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"invalid type: {_found(value)}, expected an integer")
    if not 1 <= value <= 320:
        raise ValueError(f"line-length must be between 1 and 320 (got {value})")
    return value


def _one_of(*choices: str) -> Check:
    def check(value: object) -> str:
        if (text := _text(value)) not in choices:
            expected = ", ".join(f"`{choice}`" for choice in choices)
            raise ValueError(f"unknown variant `{text}`, expected one of {expected}")
        return text

    return check


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"invalid type: {_found(value)}, expected a table")
    return value


def _text_table(value: object) -> dict[str, str]:
    return {key: _text(item) for key, item in _table(value).items()}


def _texts_table(value: object) -> dict[str, tuple[str, ...]]:
    return {key: _texts(item) for key, item in _table(value).items()}


KEYS: Mapping[str, Check] = {
    "cache-dir": _text,
    "driver-map": _text_table,
    "entry-points": _texts,
    "exclude": _texts,
    "extend": _text,
    "extend-exclude": _texts,
    "fix": _boolean,
    "fix-only": _boolean,
    "force-exclude": _boolean,
    "include": _texts,
    "lazy-loading": _one_of("selectin", "awaitable-attrs", "raise", "report"),
    "line-length": _length,
    "output-format": _one_of(*OUTPUT_FORMATS),
    "required-version": _text,
    "respect-gitignore": _boolean,
    "session-factories": _texts,
    "session-names": _texts,
    "show-fixes": _boolean,
    "src": _texts,
    "stay-sync": _texts,
    "target": _one_of("async", "sync"),
    "target-version": _one_of(*TARGET_VERSIONS),
    "unconvertible": _one_of("report", "run-sync"),
    "unsafe-fixes": _boolean,
    "lint.extend-fixable": _texts,
    "lint.extend-ignore": _texts,
    "lint.extend-per-file-ignores": _texts_table,
    "lint.extend-safe-fixes": _texts,
    "lint.extend-select": _texts,
    "lint.extend-unsafe-fixes": _texts,
    "lint.external": _texts,
    "lint.fixable": _texts,
    "lint.ignore": _texts,
    "lint.per-file-ignores": _texts_table,
    "lint.select": _texts,
    "lint.unfixable": _texts,
}
"""Every key, with its table as a prefix, and the check of its value."""


class KeyProblem(Exception):
    """A key or its value is wrong; `key` is dotted, from our own table on."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key
        self.problem = problem


def check_table(table: Mapping[str, object]) -> dict[str, object]:
    """The values of a configuration table by dotted key, each in its checked form; raises KeyProblem."""
    values: dict[str, object] = {}
    for key, value in table.items():
        if key == "lint" and isinstance(value, dict):
            values.update(_checked(f"lint.{inner}", item) for inner, item in value.items())
        else:
            values.update([_checked(key, value)])
    return values


def _checked(key: str, value: object) -> tuple[str, object]:
    if key == "lint":
        raise KeyProblem(key, f"invalid type: {_found(value)}, expected a table")
    check = KEYS.get(key)
    if check is None:
        elsewhere = f"lint.{key}" if f"lint.{key}" in KEYS else key.removeprefix("lint.")
        hint = f" (did you mean `{elsewhere}`?)" if elsewhere in KEYS else ""
        raise KeyProblem(key, f"unknown key{hint}")
    try:
        return key, check(value)
    except ValueError as error:
        raise KeyProblem(key, str(error)) from error
