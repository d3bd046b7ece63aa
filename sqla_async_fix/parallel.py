"""Parts of the work at the same time, each in a process of its own, where the system can fork. What they do is the
caller's."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Part = TypeVar("Part")
Result = TypeVar("Result")


def processes() -> int:
    """How many processes can work at the same time: one where forking is not safe, as with threads or on macOS."""
    if not hasattr(os, "fork") or sys.platform == "darwin" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work(function: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """The results of `function`, which must be picklable, for each part; the first part is done in this process.

    An exception of any part is raised here.
    """
    if len(parts) < 2:
        return [function(part) for part in parts]
    import multiprocessing

    context = multiprocessing.get_context("fork")
    others = []
    for part in parts[1:]:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(function, part, sender), daemon=True)
        process.start()
        sender.close()
        others.append((process, receiver))
    results = [function(parts[0])]
    for process, receiver in others:
        try:
            outcome = receiver.recv()
        except EOFError:
            process.join()
            raise RuntimeError(f"a process of its own ended with exit code {process.exitcode}") from None
        process.join()
        if isinstance(outcome, Exception):
            raise outcome
        results.append(outcome)
    return results


def _send(function: Callable[[Part], Result], part: Part, sender: Connection) -> None:
    outcome: Result | Exception
    try:
        outcome = function(part)
    except Exception as error:
        outcome = error
    sender.send(outcome)
