"""Rules whose findings are groups of legacy query uses. The sentences are on each rule."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.rule import Rule
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Step
from sqla_async_fix.core.violation import Rewrite, Violation

if TYPE_CHECKING:
    from sqla_async_fix.model.module import Module
    from sqla_async_fix.model.project import Project
    from sqla_async_fix.model.queries import PlacedUse, QueryGroup


def group_of(name: str) -> str:
    """The group of the rewrites of a group of queries."""
    return f"query:{name}"


class QueryRule(Rule):
    """A rule about legacy queries that end in certain ways; `title` is what its rewrite does."""

    title: ClassVar[str]

    @abstractmethod
    def concerns(self, group: QueryGroup) -> bool:
        """Whether a group is this rule's, by how its queries are made and ended."""

    @abstractmethod
    def message(self, method: str) -> str:
        """The sentence for a use; `method` is how the query is made or ended there."""

    def check(self, project: Project, module: Module) -> Iterator[Violation]:
        """One violation for every `.query(...)` of a group, or for its first use in a file without one."""
        for group in project.query_groups.within(module):
            if self.concerns(group):
                yield from self._group(group, module)

    def _group(self, group: QueryGroup, module: Module) -> Iterator[Violation]:
        here = [placed for placed in group.uses if placed.module is module]
        made = [placed for placed in here if placed.use.made] or here[:1]
        steps: tuple[Step, ...] = tuple(dict.fromkeys(step for placed in here for step in placed.use.steps))
        for placed in made:
            rewrite = Rewrite(self.title, Applicability.SAFE, steps, group_of(group.name))
            steps = ()
            span = self._span(group, placed)
            method = next((use.use.method for use in here if use.use.effect), "query")
            yield self.violation(module, span, self.message(method), None if group.refusal else rewrite, group.refusal)

    @staticmethod
    def _span(group: QueryGroup, placed: PlacedUse) -> Span:
        """The longest expression around the place that the same group rewrites."""
        span = placed.module.span(placed.use.node)
        for other in group.uses:
            if other.module is placed.module:
                around = other.module.span(other.use.node)
                if around.contains(span) and other.use.effect:
                    span = around
        return span
