"""Rules about words, and a model without meaning, so that the faces can be tested without SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.rule import Fixable, Rule
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace
from sqla_async_fix.core.violation import Rewrite, Violation
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.finding import Plan


class ToyProject:
    """Modules by path, nothing known about them."""

    def __init__(self, sources: Sequence[SourceFile], options: object) -> None:
        self.options = options
        self.plan = Plan(())
        self.modules = {source.path: Module(source, source.path) for source in sources}

    def live_modules(self) -> Iterable[Module]:
        """All of them."""
        return self.modules.values()


class WordRule(Rule):
    """Finds `word`; `becomes` is what the fix makes of it."""

    word: str
    becomes: str | None = None
    level = Applicability.SAFE
    grouped = False

    def check(self, project: Any, module: Module) -> Iterator[Violation]:
        for match in re.finditer(rf"\b{self.word}\b", module.text):
            span = Span(*match.span())
            rewrite = None
            if self.becomes is not None:
                group = self.word if self.grouped else None
                rewrite = Rewrite(f"Replace by `{self.becomes}`", self.level, (Replace(span, (self.becomes,)),), group)
            yield self.violation(
                module, span, f"`{self.word}` is old", rewrite, None if rewrite else f"Remove `{self.word}` by hand"
            )


class OldWord(WordRule):
    """## What it does
    Checks for old words.

    ## Why is this bad?
    They are old.
    """

    code, name, fixable = "TOY101", "old-word", Fixable.ALWAYS
    word, becomes = "old", "new"


class RiskyWord(WordRule):
    """## What it does
    Checks for risky words.
    """

    code, name, fixable = "TOY102", "risky-word", Fixable.ALWAYS
    word, becomes, level = "risky", "safe", Applicability.UNSAFE


class HopelessWord(WordRule):
    """## What it does
    Checks for hopeless words.
    """

    code, name, fixable = "TOY201", "hopeless-word", Fixable.NEVER
    word = "hopeless"


class TwinWord(WordRule):
    """## What it does
    Checks for words that change everywhere at once.
    """

    code, name, fixable = "TOY301", "twin-word", Fixable.ALWAYS
    word, becomes, grouped = "twin", "pair", True


TOY_RULES = (OldWord(), RiskyWord(), HopelessWord(), TwinWord())
