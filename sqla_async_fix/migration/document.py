"""The plan as JSON for programs; docs/migrate.md tells its fields. For people it is in `text`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqla_async_fix.core.outline import Place, Stop
from sqla_async_fix.migration.overview import Overview

VERSION = 1
"""Goes up when a field changes its meaning or goes; new fields may come at any time."""


def render_document(told: Overview, shown: Callable[[str], str]) -> str:
    """One object with sorted keys; `shown` gives paths as the report's other formats have them."""

    def place(function: Place) -> dict[str, Any]:
        return {"line": function.line, "name": function.name, "path": shown(function.path)}

    def stop(found: Stop) -> dict[str, Any]:
        return {"line": found.line, "path": shown(found.path), "reason": found.reason}

    document = {
        "boundaries": [
            {
                **stop(boundary.stop),
                "functions": [place(function) for function in boundary.functions],
                "further": [stop(found) for found in boundary.stop.further],
            }
            for boundary in told.boundaries
        ],
        "dependencies": [{"reason": need.reason, "requirement": need.requirement} for need in told.needs],
        "files": [
            {
                "added": file.added,
                "awaits": file.awaits,
                "functions": len(file.functions),
                "path": shown(file.path),
                "queries": file.queries,
                "removed": file.removed,
            }
            for file in told.files
        ],
        "functions": [
            {**place(turned.place), "chain": [place(link) for link in turned.chain], "reason": turned.reason}
            for turned in told.turned
        ],
        "kept": [{**place(kept.place), "reason": kept.reason} for kept in told.kept],
        "left": [
            {
                "code": left.code,
                "column": left.column,
                "line": left.line,
                "message": left.message,
                "name": left.name,
                "path": shown(left.path),
                "reason": left.reason,
            }
            for left in told.left
        ],
        "totals": {
            "awaits": told.awaits,
            "files": len(told.files),
            "functions": told.functions,
            "left": len(told.left),
            "queries": told.queries,
        },
        "version": VERSION,
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
