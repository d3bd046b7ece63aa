"""What the plan says of a place. The sentences for users are on the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.outline import Outline
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Step
from sqla_async_fix.model.module import Module


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that changes with its `group`, for the rule `code`.

    `subject` is what the rule's sentence is about, `detail` more of it. `refusal` says why the whole group cannot be
    applied. A group with no refusal and no steps waits for the query groups `waits_for` to be rewritten first.
    `follows`: it is only a consequence of other findings, and is not reported where its group is refused. `unfixable`:
    why this one place is left as it is, although its group may change; `is_advice`: something is to be done there.
    """

    code: str
    module: Module
    span: Span
    subject: str
    detail: str
    steps: tuple[Step, ...]
    group: str
    refusal: str | None = None
    follows: bool = False
    unfixable: str | None = None
    waits_for: frozenset[str] = frozenset()
    is_advice: bool = False


class Plan:
    """All findings, by rule and file; `outline` is the plan as people read it."""

    def __init__(self, findings: Iterable[Finding], outline: Outline = Outline()) -> None:  # noqa: B008 - frozen
        self.outline = outline
        self._by_rule: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in findings:
            self._by_rule[finding.code, finding.module.path].append(finding)

    def findings(self, code: str, module: Module) -> Sequence[Finding]:
        """What the plan has for a rule in a file."""
        return self._by_rule.get((code, module.path), ())
