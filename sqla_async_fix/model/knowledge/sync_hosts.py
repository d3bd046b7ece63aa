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
    "apscheduler.schedulers.background.",
    "apscheduler.schedulers.blocking.",
    "schedule.",
    "rq.",
    "atexit.",
    "signal.signal",
    "unknown.submit",
    "unknown.run_in_executor",
    "asyncio.get_running_loop.run_in_executor",
    "asyncio.get_event_loop.run_in_executor",
)
"""Prefixes of the dotted names of what takes a function to call it in a thread or process, or at the end."""

AWAITED = {
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "starlette.concurrency.run_in_threadpool": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
    "unknown.run_in_executor": 1,
    "asyncio.get_running_loop.run_in_executor": 1,
    "asyncio.get_event_loop.run_in_executor": 1,
}
"""Those that a coroutine awaits for the function's value, with the place of the function among the arguments."""

DECORATING = (
    "apscheduler.schedulers.background.",
    "apscheduler.schedulers.blocking.",
    "celery.",
    "dramatiq.",
    "huey.",
    "rq.",
    "schedule.",
)
"""Prefixes of the dotted names of decorators that make a function a job of a worker."""
