"""What every rule is. The rules themselves are in `sqla_async_fix.rules`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from sqla_async_fix.core.violation import Rewrite, Violation

if TYPE_CHECKING:
    from sqla_async_fix.core.span import Span
    from sqla_async_fix.model.module import Module
    from sqla_async_fix.model.project import Project


class Fixable(Enum):
    """Whether a rule's violations can be mended, as `--fix` and its page say it."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


class Rule(ABC):
    """One code. A subclass's docstring is its page: What it does / Why is this bad? / Example / Use instead / ..."""

    code: ClassVar[str]
    name: ClassVar[str]
    fixable: ClassVar[Fixable]

    @abstractmethod
    def check(self, project: Project, module: Module) -> Iterator[Violation]:
        """The violations of this rule in one file of a linked project, in any order."""

    def violation(
        self,
        module: Module,
        span: Span,
        message: str,
        rewrite: Rewrite | None = None,
        unfixable: str | None = None,
        is_advice: bool = False,
    ) -> Violation:
        """A violation of this rule; `message` starts with a capital letter, has code in backticks and no full stop."""
        return Violation(self.code, self.name, message, module.path, span, rewrite, unfixable, is_advice)
