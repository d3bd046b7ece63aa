"""Renders resolved settings for `--show-settings`. What they mean is in `config.settings`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqla_async_fix.config.settings import Settings


def render_settings(settings: Settings, names: Mapping[str, str], path: Path | None) -> str:
    """The settings in the layout of `ruff check --show-settings`; `path` is the file they were asked for."""
    files, lint, model = settings.files, settings.lint, settings.model
    unsafe = {None: "hint", True: "enabled", False: "disabled"}[settings.unsafe_fixes]
    lines = [f'Resolved settings for: "{path or settings.root}"']
    if settings.config_file is not None:
        lines.append(f'Settings path: "{settings.config_file}"')
    lines += [
        "",
        "# General Settings",
        f"cache_dir = {_text(settings.cache_dir)}",
        f"fix = {_flag(settings.fix)}",
        f"fix_only = {_flag(settings.fix_only)}",
        f"output_format = {settings.output_format}",
        f"show_fixes = {_flag(settings.show_fixes)}",
        f"unsafe_fixes = {unsafe}",
        "",
        "# File Resolver Settings",
        f"file_resolver.exclude = {_list(map(_text, files.exclude))}",
        f"file_resolver.extend_exclude = {_list(map(_text, files.extend_exclude))}",
        f"file_resolver.force_exclude = {_flag(files.force_exclude)}",
        f"file_resolver.include = {_list(map(_text, files.include))}",
        f"file_resolver.respect_gitignore = {_flag(files.respect_gitignore)}",
        f"file_resolver.project_root = {_text(settings.root)}",
        "",
        "# Linter Settings",
        f"linter.rules.enabled = {_list(_rules(lint.enabled, names))}",
        f"linter.rules.should_fix = {_list(_rules(lint.fixable, names))}",
        f"linter.safe_fixes = {_list(_rules(lint.safe_fixes, names))}",
        f"linter.unsafe_fixes = {_list(_rules(lint.unsafe_fixes, names))}",
        "linter.per_file_ignores = "
        + _list(f"{_text(item.glob)}: {', '.join(sorted(item.codes))}" for item in lint.per_file_ignores),
        f"linter.external = {_list(map(_text, lint.external))}",
        f"linter.line_length = {settings.line_length}",
        f"linter.target_version = {settings.target_version or 'none'}",
        "",
        "# Model Settings",
        f"model.target = {model.target}",
        f"model.session_names = {_list(map(_text, model.session_names))}",
        f"model.session_factories = {_list(map(_text, model.session_factories))}",
        f"model.stay_sync = {_list(map(_text, model.stay_sync))}",
        f"model.entry_points = {_list(map(_text, model.entry_points))}",
        f"model.unconvertible = {model.unconvertible}",
        f"model.lazy_loading = {model.lazy_loading}",
        f"model.driver_map = {_list(f'{_text(old)}: {_text(new)}' for old, new in model.driver_map.items())}",
        f"model.src = {_list(map(_text, model.src))}",
        "",
    ]
    return "\n".join(lines)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _text(value: object) -> str:
    return "none" if value is None else f'"{value}"'


def _list(items: Iterable[str]) -> str:
    lines = [f"\t{item},\n" for item in items]
    return f"[\n{''.join(lines)}]" if lines else "[]"


def _rules(codes: frozenset[str] | None, names: Mapping[str, str]) -> list[str]:
    return [f"{name} ({code})" for code, name in sorted(names.items()) if codes is None or code in codes]
