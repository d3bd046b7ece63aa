"""The change of one file as a unified diff that `git apply` and `patch -p1` take. Colours are not here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from sqla_async_fix.core.source import SourceFile

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def unified_diff(before: SourceFile, after: SourceFile) -> str:
    """The diff, empty where nothing changes. Lines end as the files' do; paths are `a/path` and `b/path`, as git's."""
    old, new = (_LINE.findall(_stored(source)) for source in (before, after))
    lines = difflib.unified_diff(old, new, _name("a", before.path), _name("b", after.path))
    return "".join(_finished(lines))


def _stored(source: SourceFile) -> str:
    return f"\ufeff{source.text}" if source.bom else source.text


def _name(prefix: str, path: str) -> str:
    path = f"{prefix}/{path.lstrip('/')}"
    # `patch` takes what follows a space for a date, unless a tab ends the name
    return f"{path}\t" if " " in path else path


def _finished(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
