"""Rules whose findings come from the async plan and from asynchronous code. The sentences are on each rule."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.rule import Rule
from sqla_async_fix.core.violation import Rewrite, Violation
from sqla_async_fix.rules.queried import group_of

if TYPE_CHECKING:
    from sqla_async_fix.model.module import Module
    from sqla_async_fix.model.plan.finding import Finding
    from sqla_async_fix.model.project import Project


class PlannedRule(Rule):
    """A rule that reports what the plan changes; `title` is what its rewrite does, `alone` how far it may be trusted
    where nothing else changes with it."""

    title: ClassVar[str]
    alone: ClassVar[Applicability] = Applicability.SAFE

    @abstractmethod
    def message(self, finding: Finding) -> str:
        """The sentence for a finding."""

    def check(self, project: Project, module: Module) -> Iterator[Violation]:
        """A violation for every finding of the plan and every oversight in code that is asynchronous already."""
        for finding in project.oversights.findings(self.code, module):
            safe = Rewrite(self.title, self.alone, finding.steps)
            yield self.violation(
                module, finding.span, self.message(finding), None if finding.refusal else safe, finding.refusal
            )
        for finding in project.plan.findings(self.code, module):
            awaited = frozenset(map(group_of, finding.waits_for))
            rewrite = Rewrite(self.title, Applicability.UNSAFE, finding.steps, f"plan:{finding.group}", awaited)
            reason = finding.refusal or finding.unfixable
            is_advice = finding.is_advice and finding.refusal is None
            given = None if reason else rewrite
            yield self.violation(module, finding.span, self.message(finding), given, reason, is_advice)
