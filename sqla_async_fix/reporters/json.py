"""A JSON array of violations with the fields of ruff's `json` format."""

from __future__ import annotations

import json
from typing import Any

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.reporters.diagnostic import Diagnostic, Lines, Style

needs_edits = True
_APPLICABILITY = {
    Applicability.SAFE: "safe",
    Applicability.UNSAFE: "unsafe",
    Applicability.DISPLAY_ONLY: "display",
}


def render(diagnostics: list[Diagnostic], style: Style) -> str:
    """An array, indented as ruff indents it; colours do not apply."""
    return json.dumps([_entry(diagnostic) for diagnostic in diagnostics], indent=2, ensure_ascii=False) + "\n"


def _entry(diagnostic: Diagnostic) -> dict[str, Any]:
    violation, lines = diagnostic.violation, diagnostic.lines
    noqa_row: int | None = None
    if diagnostic.is_rule and lines is not None and diagnostic.noqa_offset is not None:
        noqa_row = lines.location(diagnostic.noqa_offset)[0]
    return {
        "cell": None,
        "code": violation.code,
        "end_location": _location(diagnostic.end),
        "filename": diagnostic.absolute,
        "fix": _fix(diagnostic, lines) if lines is not None else None,
        "location": _location(diagnostic.start),
        "message": violation.message,
        "name": violation.name,
        "noqa_row": noqa_row,
        "severity": "error",
        "url": None,
    }


def _fix(diagnostic: Diagnostic, lines: Lines) -> dict[str, Any] | None:
    rewrite = diagnostic.violation.rewrite
    if rewrite is None or diagnostic.edits is None:
        return None
    return {
        "applicability": _APPLICABILITY[rewrite.applicability],
        "edits": [
            {
                "content": edit.content,
                "end_location": _location(lines.location(edit.span.end)),
                "location": _location(lines.location(edit.span.start)),
            }
            for edit in sorted(diagnostic.edits)
        ],
        "message": rewrite.title,
    }


def _location(place: tuple[int, int]) -> dict[str, int]:
    return {"column": place[1], "row": place[0]}
