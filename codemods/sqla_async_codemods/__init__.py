"""How code is rewritten: steps of one file in, text edits out, by LibCST. Whether to rewrite is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from sqla_async_codemods._context import load_handlers, rewrite_steps
from sqla_async_codemods._draft import applied
from sqla_async_codemods.errors import CodemodError
from sqla_async_fix.core.edit import Edit
from sqla_async_fix.core.steps import Step

__all__ = ["CodemodError", "rewrite"]

load_handlers()


def rewrite(
    text: str,
    steps: Sequence[Step],
    *,
    keep: frozenset[str] = frozenset(),
    first_party: frozenset[str] = frozenset(),
    line_length: int = 88,
    bringing: frozenset[str] = frozenset(),
) -> tuple[Edit, ...]:
    """The edits of `text` that carry out all `steps` of one file, imports included; sorted, none touches another.

    `keep` are names of the module that others use, so that their imports stay. `first_party` are the project's own
    top-level modules, whose imports follow those of others. `bringing` are those that import SQLAlchemy themselves, as
    the file's imports name them; an empty name where the packages of the file do. Raises CodemodError.
    """
    if not steps:
        return ()
    context = rewrite_steps(text, steps, first_party, line_length, bringing)
    body = context.draft.edits()
    context.imports.draft_changes(context.draft, applied(text, body), keep)
    return context.draft.edits()
