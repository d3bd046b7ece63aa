"""One run of a command: its seconds, or its memory.

The two never come from the same run, because looking at the memory costs time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

#: Seconds between two looks at the memory of a running command.
SAMPLE_INTERVAL = 0.02

#: The environment of every run: compiled modules are kept, as an installation has them.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

#: What the system counts the largest resident set in, as parts of a MiB.
MAXRSS_UNITS = 1024 * 1024 if sys.platform == "darwin" else 1024


def seconds(command: Sequence[str], directory: Path, accepted: Sequence[int] = (0,)) -> float:
    """Return the wall-clock seconds of `command`; an exit code that is not `accepted` raises."""
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=directory, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    elapsed = time.perf_counter() - started
    if done.returncode not in accepted:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    return elapsed


def peak_memory(command: Sequence[str], directory: Path) -> tuple[float, float]:
    """Return the peak MiB of the largest process of `command`, and of all its processes together.

    The sum counts a page that processes share once (proportional set size) and needs Linux; elsewhere it is
    that of the largest process.
    """
    child = subprocess.Popen(
        command,
        cwd=directory,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    together = 0.0
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        together = max(together, _session_memory(child.pid))
        time.sleep(SAMPLE_INTERVAL)
    child.returncode = os.waitstatus_to_exitcode(status)  # `Popen` has not seen the end
    largest = usage.ru_maxrss / MAXRSS_UNITS
    return largest, together or largest


def _session_memory(session: int) -> float:
    """Return the MiB of all processes of a session, 0 where the system does not tell."""
    kibibytes = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[3]) != session:
                continue
            rollup = status.with_name("smaps_rollup").read_text()
        except (OSError, ValueError):  # the process has ended in between
            continue
        kibibytes += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kibibytes / 1024
