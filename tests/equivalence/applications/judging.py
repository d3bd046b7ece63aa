"""The verdict on one application: run it, fix it, run it again, fix it again. How it runs is in `running`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sqla_async_fix import fix_sources, load_settings

from .application import Application, listing
from .colour_check import miscoloured
from .running import Run, run


class Answer(Enum):
    """What came of an application."""

    ASYNC = "wholly async"
    PARTLY = "partly async"
    REFUSED = "left sync"
    WRONG = "wrong"
    UNFIT = "no program"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with what is wrong, if anything, the files as fixed and why the tool left what it left."""

    answer: Answer
    problem: str
    before: Mapping[str, str]
    after: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    legacy: Run | None = None

    def story(self) -> str:
        """All that a reader needs."""
        reasons = "\n".join(f"    reason: {reason}" for reason in self.reasons)
        texts = f"{listing(self.before)}\n\n{'=' * 60}\n{listing(self.after)}"
        return f"{self.answer.value}: {self.problem}\n{reasons}\n{texts}"


def examine(application: Application) -> Verdict:
    """Everything that must hold of the tool's work on one application."""
    before = dict(application.files)
    legacy = run(before)
    if _is_no_program(legacy):
        return Verdict(Answer.UNFIT, f"the generator made no program: {legacy.trace}", before)
    settings = load_settings(isolated=True)
    try:
        result = fix_sources(before, settings=settings, unsafe_fixes=True)
    except Exception as error:
        return Verdict(Answer.WRONG, f"the tool raises {error!r}", before, legacy=legacy)
    after = dict(result.texts)
    reasons = tuple(f"{v.path} {v.code} {v.message}: {v.unfixable}" for v in result.remaining if v.unfixable)
    problem = _difference(legacy, run(after)) or "; ".join(miscoloured(after))
    if not problem:
        again = fix_sources(after, settings=settings, unsafe_fixes=True)
        if dict(again.texts) != after:
            problem = "a second run changes it again"
    if problem:
        return Verdict(Answer.WRONG, problem, before, after, reasons, legacy)
    return Verdict(_extent(after), "", before, after, reasons, legacy)


def _is_no_program(legacy: Run) -> bool:
    kind = legacy.error.partition(":")[0]
    return kind in (
        "NameError",
        "SyntaxError",
        "ImportError",
        "ModuleNotFoundError",
        "Timeout",
        "Broken",
        "TypeError",
        "UnboundLocalError",
        "IndentationError",
        "RecursionError",
    )


def _extent(after: Mapping[str, str]) -> Answer:
    text = "\n".join(after.values())
    turned = "create_async_engine(" in text
    left = re.search(r"\bcreate_engine\(|(?<![\w.])sessionmaker\(|(?<!async )with [\w.]*Session", text)
    if turned:
        return Answer.PARTLY if left else Answer.ASYNC
    return Answer.PARTLY if "async def" in text else Answer.REFUSED


def _difference(legacy: Run, new: Run) -> str:
    if new.error != legacy.error:
        return f"it ends with {new.error or 'no exception'} and not with {legacy.error or 'none'}\n{new.trace}"
    if new.output != legacy.output:
        return f"it prints\n{new.output}and not\n{legacy.output}"
    if new.tables != legacy.tables:
        return f"the database holds\n{new.tables}\nand not\n{legacy.tables}"
    if new.warned != legacy.warned:
        return f"it warns: {new.warned}"
    if new.leaked and not legacy.leaked:
        return f"it leaves open: {new.leaked}"
    return ""
