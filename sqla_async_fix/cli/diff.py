"""Changes of files as people see them: a diff, in colours where there are any. What changes is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.fixer import unified_diff
from sqla_async_fix.reporters.diagnostic import Style

_COLORS = {"-": "red", "+": "green", "@": "cyan"}


def render_diff(changed: Sequence[tuple[SourceFile, SourceFile]], shown: Callable[[str], str], style: Style) -> str:
    """The diff of files, given before and after, that `git apply` takes."""
    texts = []
    for before, after in changed:
        named = replace(before, path=shown(before.path))
        texts.append(_colored(unified_diff(named, named.with_text(after.text)), style))
    return "".join(texts)


def _colored(text: str, style: Style) -> str:
    if not style.enabled:
        return text
    lines = []
    for line in text.splitlines(keepends=True):
        content = line.rstrip("\r\n")
        color = _COLORS.get(content[:1])
        lines.append(style(content, color) + line[len(content) :] if color else line)
    return "".join(lines)
