"""A message with the source it is about, and what can be done. The layout is that of ruff's `full` format."""

from __future__ import annotations

import unicodedata

from sqla_async_fix.reporters.diagnostic import Diagnostic, Lines, Style

needs_edits = False
_CONTEXT = 2
_TAB = "    "


def render(diagnostics: list[Diagnostic], style: Style) -> str:
    """One block a violation, each followed by an empty line."""
    return "".join(f"{_block(diagnostic, style)}\n" for diagnostic in diagnostics)


def _block(diagnostic: Diagnostic, style: Style) -> str:
    violation = diagnostic.violation
    code = style(violation.code, "bold bright_red")
    colon = ":" if violation.code == violation.name else ""
    star = f"[{style('*', 'bold bright_cyan')}] " if diagnostic.applies else ""
    head = f"{code}{colon} {star}{style.bold(violation.message)}\n"
    row, column = diagnostic.start
    place = f"{style.frame('-->')} {diagnostic.shown}:{row}:{column}\n"
    if diagnostic.lines is None:
        return head + place
    excerpt, width = _excerpt(diagnostic, diagnostic.lines, style)
    return f"{head}{' ' * width}{place}{excerpt}{_advice(diagnostic, style)}"


def _advice(diagnostic: Diagnostic, style: Style) -> str:
    violation = diagnostic.violation
    lines: list[str] = []
    title = violation.rewrite.title if violation.rewrite is not None else violation.unfixable
    if title:
        lines.append(f"{style('help', 'bold bright_cyan')}{style.bold(f': {title}')}\n")
    if diagnostic.unsafe:
        warning = ": This is an unsafe fix and may change runtime behavior"
        lines.append(f"{style('note', 'bold bright_green')}{style.bold(warning)}\n")
    return "".join(lines)


def _excerpt(diagnostic: Diagnostic, lines: Lines, style: Style) -> tuple[str, int]:
    """The rows around a violation with its place marked, and the width of their numbers."""
    (first, column), (last, end) = diagnostic.start, diagnostic.end
    if last > first and end == 1:
        last, end = last - 1, len(lines.line(last - 1)) + 1
    top, bottom = max(1, first - _CONTEXT), min(max(lines.count, last), last + _CONTEXT)
    while top < first and not lines.line(top).strip():
        top += 1
    while bottom > last and not lines.line(bottom).strip():
        bottom -= 1
    width = len(str(bottom))
    multiline = last > first
    whole_line = multiline and not lines.line(first)[: column - 1].strip()
    out = [_frame(width, "", style)]
    for row in range(top, bottom + 1):
        gutter = _gutter(row, first, last, whole_line, style) if multiline else ""
        text = lines.line(row).replace("\t", _TAB)
        out.append(_frame(width, f" {gutter}{text}".rstrip() if text else gutter and f" {gutter}".rstrip(), style, row))
        if row == first and multiline and not whole_line:
            out.append(
                _frame(
                    width,
                    "  " + style("_" * (_width(lines.line(row)[: column - 1]) + 1) + "^", "bold bright_red"),
                    style,
                )
            )
        if row == last:
            out.append(_frame(width, _underline(lines, row, column, end, multiline, style), style))
    if bottom > last:
        out.append(_frame(width, "", style))
    return "".join(out), width


def _frame(width: int, content: str, style: Style, row: int | None = None) -> str:
    number = ("" if row is None else str(row)).rjust(width)
    left = style.frame(f"{number} |") if row is None else f"{style.frame(number)} {style.frame('|')}"
    return f"{left}{content}\n"


def _gutter(row: int, first: int, last: int, whole_line: bool, style: Style) -> str:
    if row == first and whole_line:
        return style("/", "bold bright_red") + " "
    return style("|", "bold bright_red") + " " if first < row <= last else "  "


def _underline(lines: Lines, row: int, column: int, end: int, multiline: bool, style: Style) -> str:
    if multiline:
        return " " + style("|" + "_" * _width(lines.line(row)[: end - 1]) + "^", "bold bright_red")
    text = lines.line(row)
    before = _width(text[: column - 1])
    marked = max(1, _width(text[column - 1 : end - 1]))
    return " " + " " * before + style("^" * marked, "bold bright_red")


def _width(text: str) -> int:
    """How many columns of a terminal a text takes; a tab is shown as four spaces."""
    if text.isascii():
        return len(text.replace("\t", _TAB))
    return sum(
        4 if char == "\t" else 0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
