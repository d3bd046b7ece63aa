"""Parts of the work at the same time, each in a process of its own, where the system can fork. What they do is the
caller's."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")
Other = TypeVar("Other")

_is_worker = False
_started: list[_Started[Any]] = []
"""The processes whose results were not taken yet."""


def processes() -> int:
    """How many processes can work at the same time: one where forking is not safe, as with threads or on macOS."""
    if not hasattr(os, "fork") or sys.platform == "darwin" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work(function: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """The results of `function`, which must be picklable, for each part; the first part is done in this process.

    An exception of any part is raised here.
    """
    others = [_Started(partial(function, part)) for part in parts[1:]]
    results = [function(part) for part in parts[:1]]
    return [*results, *(other.result() for other in others)]


def both(here: Callable[[], Result], there: Callable[[], Other], worth_it: bool = True) -> tuple[Result, Other]:
    """The results of two functions; the second one, whose result must be picklable, is called in another process where
    that is `worth_it` and a processor is free."""
    if _is_worker or not worth_it or processes() < 2:
        return here(), there()
    for other in list(_started):
        other.take_if_ready()
    if processes() < len(_started) + 2:
        return here(), there()
    second = _Started(there)
    return here(), second.result()


class _Started(Generic[Result]):
    """A function that is called in a process of its own."""

    def __init__(self, function: Callable[[], Result]) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_call, args=(function, sender), daemon=True)
        self._outcomes: list[Result | Exception] = []
        gc.freeze()  # a collection there would copy all that is shared
        self._process.start()
        gc.unfreeze()
        sender.close()
        _started.append(self)

    def result(self) -> Result:
        """What the function gives, as soon as it does; what it raises is raised here."""
        if not self._outcomes:
            self._take()
        outcome = self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def take_if_ready(self) -> None:
        """Let the process end if it is done."""
        if self._receiver.poll():
            self._take()

    def _take(self) -> None:
        _started.remove(self)
        try:
            self._outcomes.append(self._receiver.recv())
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self._outcomes.append(RuntimeError(f"a process of its own ended with exit code {code}"))
        self._process.join()


def _call(function: Callable[[], Any], sender: Any) -> None:
    global _is_worker
    _is_worker = True
    try:
        outcome = function()
    except Exception as error:
        outcome = error
    gc.collect()  # the result may wait to be taken: what led to it need not
    sender.send(outcome)
