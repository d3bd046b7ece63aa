"""Writes marks and fixed texts into case files as the tool makes them now: `python -m tests.cases SAF101 ...`.

What it writes is a draft to be read with `git diff`: it says what the tool does, not what the tool should do. It adds
`py fixed` blocks, fills in `py unsafe` ones, and leaves known gaps as they are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sqla_async_fix import engine, load_settings
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.violation import Violation
from tests.cases import reading
from tests.cases.reading import BLOCK, FILE, HEADING, Case, read_cases


def main(names: list[str]) -> None:
    """Rewrite the named case files in place, or all."""
    for path in sorted(reading.FOLDER.glob("*.md")):
        if not names or path.stem in names:
            _update(path)


def _update(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = list(HEADING.finditer(text))
    cases = read_cases(path.parent, path.name)
    parts = [text[: headings[0].start()]]
    for index, (heading, case) in enumerate(zip(headings, cases, strict=True)):
        end = headings[index + 1].start() if index + 1 < len(headings) else len(text)
        body = text[heading.end() : end]
        parts.append(heading.group() + (body if case.is_gap else _section(body, case)))
    path.write_text("".join(parts), encoding="utf-8")


def _section(body: str, case: Case) -> str:
    used = load_settings(isolated=True, values=case.settings)
    sources = {path: SourceFile(path, text) for path, text in case.files.items()}
    space = engine.Workspace(used.root, sources, frozenset(sources))
    found = [v for v in engine.check(space, used).violations if case.is_about(v.code, v.path)]
    safe, unsafe = (engine.fix(space, used, flag).after for flag in (False, True))

    def block(match: re.Match[str]) -> str:
        named = FILE.match(match["text"])
        path = named["path"] if named else reading.DEFAULT_FILE
        head = named.group() if named else ""
        if match["info"] == "py":
            text = head + _marked(path, case, found)
            result = f"```py\n{text}```"
            if safe[path].text != case.files[path] and f"py fixed\n{head}" not in body:
                result += f"\n\n```py fixed\n{head}{safe[path].text}```"
            return result
        if match["info"] == "py fixed":
            return f"```py fixed\n{head}{safe[path].text}```" if safe[path].text != case.files[path] else ""
        if match["info"] == "py unsafe":
            return f"```py unsafe\n{head}{unsafe[path].text}```"
        return match.group()

    return BLOCK.sub(block, body)


def _marked(path: str, case: Case, found: list[Violation]) -> str:
    lines = case.files[path].splitlines(keepends=True)
    at: dict[int, list[str]] = {}
    kept = {(mark.line, mark.code): mark.words for mark in case.marks if mark.path == path and mark.words}
    for mark in case.marks:
        if mark.path == path and mark.kind in ("missed", "false"):
            at.setdefault(mark.line, []).append(f"# {mark.kind}: [{mark.code}]" + _words(mark.words))
    gaps = {(mark.line, mark.code) for mark in case.marks if mark.path == path and mark.kind == "false"}
    for violation in found:
        line = case.files[path].count("\n", 0, violation.span.start) + 1 if violation.path == path else 0
        if line and (line, violation.code) not in gaps:
            kind = "refused" if violation.rewrite is None else "error"
            text = f"# {kind}: [{violation.code}]" + _words(kept.get((line, violation.code), ""))
            at.setdefault(line, []).append(text)
    for line, texts in at.items():
        content = lines[line - 1]
        bare = content.rstrip("\n")
        if bare.endswith("\\") or '"""' in bare:
            indent = bare[: len(bare) - len(bare.lstrip())]
            lines[line - 1] = f"{indent}{'  '.join(texts)}\n{content}"
        else:
            lines[line - 1] = f"{bare}  {'  '.join(texts)}{content[len(bare) :]}"
    return "".join(lines)


def _words(words: str) -> str:
    return f' "{words}"' if words else ""


if __name__ == "__main__":
    main(sys.argv[1:])
