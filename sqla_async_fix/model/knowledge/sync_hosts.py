"""Who calls functions outside of the event loop: threads, processes, workers. Data only."""

from __future__ import annotations

CALLING = (
    "threading.",
    "multiprocessing.",
    "concurrent.futures.",
    "asyncio.to_thread",
    "anyio.to_thread.",
    "starlette.concurrency.",
    "fastapi.concurrency.",
    "atexit.",
    "signal.signal",
    "unknown.submit",
    "unknown.run_in_executor",
)
"""Prefixes of the dotted names of what takes a function to call it in a thread or process, or at the end."""

DECORATING = ("celery.", "dramatiq.", "huey.", "rq.")
"""Prefixes of the dotted names of decorators that make a function a job of a worker."""
