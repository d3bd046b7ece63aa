"""`path:row:col: CODE [*] message`, one line a violation."""

from __future__ import annotations

from sqla_async_fix.reporters.diagnostic import Diagnostic, Style

needs_edits = False


def render(diagnostics: list[Diagnostic], style: Style) -> str:
    """One line a violation."""
    return "".join(_line(diagnostic, style) for diagnostic in diagnostics)


def _line(diagnostic: Diagnostic, style: Style) -> str:
    violation, colon = diagnostic.violation, style.mark(":")
    row, column = diagnostic.start
    code = f"{style.code(violation.code)}{':' if violation.code == violation.name else ''}"
    star = f"[{style.mark('*')}] " if diagnostic.applies else ""
    return f"{style.bold(diagnostic.shown)}{colon}{row}{colon}{column}{colon} {code} {star}{violation.message}\n"
