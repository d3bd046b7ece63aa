"""Many random applications and the count of what came of them. One application's verdict is in `judging`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from .generate import generate
from .judging import Answer, Verdict, examine


@dataclass(slots=True)
class Tally:
    """What came of a campaign; `stories` has seed and verdict of the applications that are not wholly async."""

    answers: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    stories: list[tuple[str, Verdict]] = field(default_factory=list)

    @property
    def wrong(self) -> list[tuple[str, Verdict]]:
        """The seeds and verdicts of wrong results."""
        return [(seed, verdict) for seed, verdict in self.stories if verdict.answer is Answer.WRONG]

    def text(self) -> str:
        """The tally for a reader."""
        lines = [f"{name:20} {count:6}" for name, count in sorted(self.answers.items())]
        for title, counter in (("legacy raises", self.errors), ("left because", self.reasons)):
            lines += [f"{title}:"] + [f"  {count:6}  {name}" for name, count in counter.most_common(40)]
        return "\n".join(lines + [f"wrong: {seed}: {_first_line(v.problem)}" for seed, v in self.wrong])


def campaign(seed: int, programs: int, *, first: int = 0) -> Tally:
    """Generate, run, fix, run and judge applications `first` to `first + programs` of a seed."""
    tally = Tally()
    for number in range(first, first + programs):
        name = f"{seed}:{number}"
        verdict = examine(generate(name))
        tally.answers[verdict.answer.value] += 1
        if verdict.legacy is not None:
            tally.errors[verdict.legacy.error.partition(":")[0] or "nothing"] += 1
        if verdict.answer is not Answer.ASYNC:
            tally.stories.append((name, verdict))
        if verdict.answer in (Answer.PARTLY, Answer.REFUSED):
            tally.reasons.update({_cause(reason) for reason in verdict.reasons} or {"no reason given"})
    return tally


def _cause(reason: str) -> str:
    """A reason without the names of one application."""
    text = reason.rpartition(": ")[2] if ": a legacy query" not in reason else reason.partition(": a legacy")[2]
    return re.sub(r" \([\w/]+\.py:\d+\)", "", re.sub(r"`[^`]*`", "`...`", text))


def _first_line(problem: str) -> str:
    return problem.partition("\n")[0][:200]
