"""Writes `docs/rules/` from the rules' docstrings: `python docs/generate.py`. The words themselves are on the rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqla_async_fix import rules
from sqla_async_fix.cli.rule import page
from sqla_async_fix.core.rule import Fixable

FOLDER = Path(__file__).parent / "rules"
_FIX = {Fixable.ALWAYS: "always", Fixable.SOMETIMES: "sometimes", Fixable.NEVER: "never"}


def pages() -> Mapping[str, str]:
    """Every page's text by file name: one a rule, and `README.md`, their list."""
    made = {f"{rule.code}.md": page(rule) + "\n" for rule in rules.all_rules()}
    rows = [f"| [{rule.code}]({rule.code}.md) | {rule.name} | {_FIX[rule.fixable]} |" for rule in rules.all_rules()]
    made["README.md"] = "\n".join(["# Rules", "", "| Code | Name | Fix |", "| --- | --- | --- |", *rows, ""])
    return made


def main() -> None:
    """Write the pages and remove those of rules that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
