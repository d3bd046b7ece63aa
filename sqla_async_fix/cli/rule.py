"""`sqla-async-fix rule`: a rule's page, which is its docstring."""

from __future__ import annotations

import inspect

import click

from sqla_async_fix import rules
from sqla_async_fix.core.rule import Fixable, Rule

_FIX = {
    Fixable.ALWAYS: "Fix is always available.",
    Fixable.SOMETIMES: "Fix is sometimes available.",
    Fixable.NEVER: "Fix is not available.",
}


@click.command("rule")
@click.argument("name", metavar="[RULE]", required=False)
@click.option("--all", "everything", is_flag=True, help="Explain all rules.")
def command(name: str | None, everything: bool) -> None:
    """Explain a rule, given by code or name, or all rules."""
    if (name is None) is not everything:
        raise click.UsageError("Give the code or name of a rule, or `--all`")
    found = [rule for rule in rules.all_rules() if everything or name in (rule.code, rule.name)]
    if not found and not everything:
        raise click.UsageError(f"Invalid value '{name}' for '[RULE]'")
    click.echo("\n\n".join(page(rule) for rule in found))


def page(rule: Rule) -> str:
    """A rule's page in Markdown."""
    text = inspect.cleandoc(type(rule).__doc__ or "")
    return f"# {rule.name} ({rule.code})\n\n{_FIX[rule.fixable]}\n\n{text}".rstrip()
