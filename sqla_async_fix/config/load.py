"""Finds and reads configuration files. What their values mean is in `config.resolve`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqla_async_fix.config.error import ConfigError
from sqla_async_fix.config.schema import KeyProblem, check_table

TOOL = "sqla-async-fix"
_FILE_NAMES = (f".{TOOL}.toml", f"{TOOL}.toml")


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one origin, by dotted key. `origin` names it in messages; paths and patterns are relative to `base`."""

    origin: str
    base: Path
    values: Mapping[str, object] = field(default_factory=dict)


def find_config(start: Path) -> Path | None:
    """The configuration file that governs the directory `start`: the nearest at or above it."""
    for directory in (start, *start.parents):
        if (found := _config_in(directory)) is not None:
            return found
    return None


def find_root(start: Path, with_config: bool = True) -> Path | None:
    """The project of the directory `start`: the nearest one with `.git` or, if that counts, our configuration."""
    for directory in (start, *start.parents):
        if (directory / ".git").exists() or (with_config and _config_in(directory) is not None):
            return directory
    return None


def _config_in(directory: Path) -> Path | None:
    for name in _FILE_NAMES:
        if (path := directory / name).is_file():
            return path
    path = directory / "pyproject.toml"
    return path if path.is_file() and _tool_table(path) is not None else None


def _tool_table(path: Path) -> Mapping[str, object] | None:
    text = _read_text(path)
    if TOOL not in text:
        return None
    tool = _parse(path, text).get("tool")
    table = tool.get(TOOL) if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{path}: `tool.{TOOL}`: expected a table")
    return table


def read_layers(path: Path, base: Path | None = None) -> list[Layer]:
    """The layers of a configuration file, those it extends first. `base` replaces the file's own directory."""
    return _read_layers(path, base or path.parent, ())


def _read_layers(path: Path, base: Path, above: tuple[Path, ...]) -> list[Layer]:
    if path in above:
        chain = " extends ".join(f"`{item}`" for item in (*above, path))
        raise ConfigError(f"{above[0]}: `extend`: circular: {chain}")
    text = _read_text(path)
    document = _parse(path, text)
    if path.name == "pyproject.toml":
        table = _tool_table(path) or {}
        prefix = f"tool.{TOOL}."
    else:
        table, prefix = document, ""
    try:
        values = check_table(table)
    except KeyProblem as problem:
        where = _line_of(text, prefix + problem.key)
        raise ConfigError(f"{path}{where}: `{prefix}{problem.key}`: {problem.problem}") from problem
    layers: list[Layer] = []
    if isinstance(extended := values.get("extend"), str):
        target = (path.parent / Path(extended).expanduser()).resolve()
        if not target.is_file():
            where = _line_of(text, f"{prefix}extend")
            raise ConfigError(f"{path}{where}: `{prefix}extend`: no such file: {target}")
        layers = _read_layers(target, target.parent, (*above, path))
    return [*layers, Layer(str(path), base, values)]


def override_layer(texts: Sequence[str], base: Path) -> Layer:
    """The layer of `--config "key = value"` options; raises ConfigError."""
    import tomllib

    values: dict[str, object] = {}
    for text in texts:
        try:
            values.update(check_table(tomllib.loads(text)))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"`--config {text}`: neither a configuration file nor valid TOML: {error}") from error
        except KeyProblem as problem:
            raise ConfigError(f"`--config {text}`: `{problem.key}`: {problem.problem}") from problem
    return Layer("the CLI", base, values)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid UTF-8") from error


def _parse(path: Path, text: str) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
        where = f":{match[1]}:{match[2]}" if match and match[1] else f":{text.count(chr(10)) + 1}"
        raise ConfigError(f"{path}{where}: {message[: match.start()] if match else message}") from error


def _line_of(text: str, dotted: str) -> str:
    """`:line` of a key as the TOML text spells it, or nothing where it is spelled in an unusual way."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$", line):
            table = re.sub(r"[\"'\s]", "", header[1]) + "."
            if table == f"{dotted}.":
                return f":{number}"
        elif (key := re.match(r"\s*([\w.\-\"' ]+?)\s*=", line)) and table + re.sub(r"[\"'\s]", "", key[1]) == dotted:
            return f":{number}"
    return ""
