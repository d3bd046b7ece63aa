"""What is said about a run as a whole, in ruff's words. Single violations are in the reporters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from sqla_async_fix.core.violation import Violation
from sqla_async_fix.reporters.diagnostic import Diagnostic, Style


def render_summary(diagnostics: Sequence[Diagnostic], fixed: int, hints: bool, style: Style) -> str:
    """How many violations there are and how many could be fixed; `hints`: mention unsafe fixes."""
    found = len(diagnostics) + fixed
    if not found:
        return style.success("All checks passed!") + "\n"
    lines = [f"Found {_count(found, 'error')}{f' ({fixed} fixed, {len(diagnostics)} remaining)' if fixed else ''}."]
    fixable = sum(diagnostic.applies for diagnostic in diagnostics)
    unsafe = _hidden(diagnostics) if hints else 0
    available = f"{_count(unsafe, 'unsafe fix')} available with `--fix --unsafe-fixes`"
    if fixable:
        lines.append(f"[{style.mark('*')}] {fixable} fixable with `--fix`{f' ({available})' if unsafe else ''}.")
    elif unsafe:
        lines.append(f"{available}.")
    return "".join(f"{line}\n" for line in lines)


def render_fixed(diagnostics: Sequence[Diagnostic], fixed: int, hints: bool, verb: str) -> str:
    """The one line of `--diff` (verb `Would fix`) and `--fix-only` (verb `Fixed`); empty if there is nothing to say."""
    unsafe = _hidden(diagnostics) if hints else 0
    if fixed:
        more = f" ({_count(unsafe, 'additional fix')} available with `--unsafe-fixes`)" if unsafe else ""
        return f"{verb} {_count(fixed, 'error')}{more}.\n"
    if unsafe:
        nothing = "No errors would be fixed" if verb == "Would fix" else "No errors fixed"
        return f"{nothing} ({_count(unsafe, 'fix')} available with `--unsafe-fixes`).\n"
    return ""


def render_fixes(fixed: Sequence[Violation], shown: Callable[[str], str], style: Style) -> str:
    """The enumeration of `--show-fixes`: rules by file, with counts."""
    if not fixed:
        return ""
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for violation in fixed:
        counts.setdefault(violation.path, Counter())[violation.code, violation.name] += 1
    width = len(str(max(number for counter in counts.values() for number in counter.values())))
    lines = ["", style.success(f"Fixed {_count(len(fixed), 'error')}:")]
    for path in sorted(counts):
        lines.append(f"{style.mark('-')} {style.bold(shown(path))}{style.mark(':')}")
        for (code, name), number in sorted(counts[path].items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"    {number:>{width}} × {style.code(code)} ({name})")  # noqa: RUF001 - as ruff prints it
    return "".join(f"{line}\n" for line in (*lines, ""))


def render_statistics(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """Counts by rule, the most frequent first; a star for rules all of whose violations can be fixed."""
    rows = _statistics(diagnostics)
    if not rows:
        return ""
    width = max(len(str(count)) for _, _, count, _ in rows)
    code_width = max(len(code) for code, _, _, _ in rows)
    marks = any(fixable for *_, fixable in rows)
    lines = []
    for code, name, count, fixable in rows:
        star = style.mark("*") if fixable == count else "-" if fixable else " "
        number = style.bold(f"{count:>{width}}")
        lines.append(f"{number}\t{style.code(f'{code:<{code_width}}')}\t{f'[{star}] ' if marks else ''}{name}\n")
    return "".join(lines)


def render_statistics_json(diagnostics: Sequence[Diagnostic]) -> str:
    """The same counts as a JSON array."""
    import json

    entries = [
        {"code": code or None, "name": name, "count": count, "fixable": fixable == count, "fixable_count": fixable}
        for code, name, count, fixable in _statistics(diagnostics)
    ]
    return json.dumps(entries, indent=2) + "\n"


def _statistics(diagnostics: Sequence[Diagnostic]) -> list[tuple[str, str, int, int]]:
    """Code (empty for a syntax error), name, count and how many of them can be fixed."""
    counts: Counter[tuple[str, str]] = Counter()
    fixable: Counter[tuple[str, str]] = Counter()
    for diagnostic in diagnostics:
        violation = diagnostic.violation
        key = ("" if violation.code == violation.name else violation.code, violation.name)
        counts[key] += 1
        fixable[key] += diagnostic.applies
    rows = [(code, name, count, fixable[code, name]) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[1]))


def _hidden(diagnostics: Sequence[Diagnostic]) -> int:
    return sum(diagnostic.unsafe and not diagnostic.applies for diagnostic in diagnostics)


def _count(number: int, noun: str) -> str:
    plural = "" if number == 1 else "es" if noun.endswith("x") else "s"
    return f"{number} {noun}{plural}"
