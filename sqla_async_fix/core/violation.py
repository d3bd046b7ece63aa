"""What a rule found and how it may be mended. Finding and mending are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.span import Span

if TYPE_CHECKING:
    from sqla_async_fix.core.steps import Step


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A detector's promise: these steps, all in the violation's file, mend it.

    Rewrites that share a `group` (any number of files) are applied whole or not at all; None: on its own. One that
    `waits_for` groups has its steps when those are applied, and never if one of them cannot be.
    """

    title: str
    applicability: Applicability
    steps: tuple[Step, ...]
    group: str | None = None
    waits_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding. `path` is the file's path relative to the project root, with `/`.

    `unfixable` says why there is no rewrite and what the user can do, in one sentence; None where `rewrite` is given.
    `is_advice`: it is to be done whether or not the rest of its part is fixed.
    """

    code: str
    name: str
    message: str
    path: str
    span: Span
    rewrite: Rewrite | None = None
    unfixable: str | None = None
    is_advice: bool = False
