"""Run the tool beside `ruff check` and Fixit on the same real code, interleaved, and print ratios.

`python -m benchmarks.speed` obtains the code and, where they are missing, the peers. Seconds mean something on one
machine only; the ratios are the result.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from operator import truediv
from pathlib import Path
from statistics import median
from typing import TypeVar

from .process import peak_memory, seconds
from .trees import Tree, obtain_trees

#: What the project promises: at most so many times ruff, at least so many times Fixit, and the light start.
MAXIMUM_OF_RUFF = 10.0
MINIMUM_OF_FIXIT = 50.0
MAXIMUM_STARTUP = 0.15
MAXIMUM_MEMORY = 300.0

#: What a start is: the two ways, as they stand in the table.
STARTUP = ("--version", "one trivial file")
STARTUP_RUNS = 11

#: Exit codes of a Fixit that went through all files: one bit for findings, one for a rule of its own that failed.
FIXIT_FINISHED = (0, 1, 2, 3)

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Contender:
    """A command that checks a tree without a cache and without the configuration around it."""

    name: str
    command: tuple[str, ...]
    tree: Tree
    accepted: tuple[int, ...] = (0,)

    def run(self) -> float:
        """Return the seconds of one check."""
        return seconds((*self.command, "."), self.tree.path, self.accepted)


@dataclass(frozen=True, slots=True)
class Promise:
    """A measured number and the bound it has to keep."""

    what: str
    measured: float
    minimum: float = 0.0
    maximum: float = inf

    @property
    def kept(self) -> bool:
        """Whether the number lies within the bounds, both included."""
        return self.minimum <= self.measured <= self.maximum

    def row(self) -> tuple[str, str, str, str]:
        """Return what, measured, promised and kept, for a table."""
        bound = f"at least {self.minimum:g}" if self.minimum else f"at most {self.maximum:g}"
        return self.what, f"{self.measured:.3g}", bound, "yes" if self.kept else "no"


def contenders(directory: Path) -> tuple[Contender, Contender, Contender]:
    """Return the tool, ruff and Fixit; Fixit checks a sample, because it is slow."""
    whole, sample = obtain_trees(directory)
    options = ("check", "--isolated", "--no-cache", "--exit-zero", "--output-format", "concise")
    return (
        Contender("sqla-async-fix", (find_tool("sqla-async-fix", directory), *options), whole),
        Contender("ruff", (find_tool("ruff", directory), *options), whole),
        Contender("fixit", (find_tool("fixit", directory), "lint"), sample, FIXIT_FINISHED),
    )


def find_tool(name: str, directory: Path) -> str:
    """Return the path of a command: beside this interpreter, on PATH, or installed below `directory` by its name."""
    installed = directory / "peers" / name
    folders = (Path(sys.executable).parent, *os.get_exec_path(), installed / "bin", installed / "Scripts")
    path = os.pathsep.join(map(str, folders))
    found = shutil.which(name, path=path)
    if found is None:
        environment = venv.EnvBuilder(with_pip=True)
        environment.create(installed)
        python = shutil.which("python", path=os.pathsep.join(map(str, folders[-2:])))
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", name], check=True)
        found = shutil.which(name, path=path)
    if found is None:
        raise FileNotFoundError(f"`{name}` has no command of that name")
    return found


def interleave(rounds: int, runs: dict[K, Callable[[], float]]) -> dict[K, list[float]]:
    """Run everything once unmeasured, then `rounds` times in turn, each round beginning with another one."""
    for run in runs.values():
        run()
    measured: dict[K, list[float]] = {key: [] for key in runs}
    keys = list(runs)
    for number in range(rounds):
        shift = number % len(keys)
        for key in keys[shift:] + keys[:shift]:
            measured[key].append(runs[key]())
    return measured


def measure_startup(tools: tuple[Contender, ...], directory: Path) -> dict[tuple[str, str], float]:
    """Return the median seconds of `--version` and of checking one trivial file, by tool and what was run."""
    with tempfile.TemporaryDirectory(dir=directory) as trivial:
        folder = Path(trivial)
        (folder / "trivial.py").write_text("x = 1\n")
        runs: dict[tuple[str, str], Callable[[], float]] = {}
        for tool in tools:
            runs[tool.name, STARTUP[0]] = partial(seconds, (tool.command[0], "--version"), folder)
            runs[tool.name, STARTUP[1]] = partial(seconds, (*tool.command, "."), folder)
        runs["python", "-c pass"] = partial(seconds, (sys.executable, "-c", "pass"), folder)
        return {key: median(values) for key, values in interleave(STARTUP_RUNS, runs).items()}


def report(directory: Path, rounds: int) -> bool:
    """Measure and print; return whether every promise is kept."""
    ours, ruff, fixit = all_tools = contenders(directory)
    measured = interleave(rounds, {tool: tool.run for tool in all_tools})
    startup = measure_startup(all_tools, directory)
    memory = {tool: peak_memory((*tool.command, "."), tool.tree.path) for tool in (ours, ruff)}

    def line_cost(tool: Contender) -> float:
        return median(measured[tool]) / tool.tree.lines

    of_ruff = median(map(truediv, measured[ours], measured[ruff]))
    promises = (
        Promise("times the seconds of ruff", of_ruff, maximum=MAXIMUM_OF_RUFF),
        Promise("times fewer seconds a line than Fixit", line_cost(fixit) / line_cost(ours), minimum=MINIMUM_OF_FIXIT),
        Promise("seconds to start", max(startup[ours.name, what] for what in STARTUP), maximum=MAXIMUM_STARTUP),
        Promise("MiB at the peak", memory[ours][1], maximum=MAXIMUM_MEMORY),
    )

    print(f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}, {rounds} rounds")
    print_table(
        ("tool", "lines", "files", "with SQLAlchemy", "seconds", "µs a line"),
        [
            (
                tool.name,
                f"{tool.tree.lines:,}",
                f"{tool.tree.files:,}",
                f"{tool.tree.sqlalchemy_files:,}",
                f"{median(measured[tool]):.2f}",
                f"{line_cost(tool) * 1e6:.1f}",
            )
            for tool in all_tools
        ],
    )
    print_table(
        ("start-up", "ms"), [(f"{name} {what}", f"{value * 1000:.0f}") for (name, what), value in startup.items()]
    )
    print_table(
        ("peak memory", "largest process, MiB", "all processes, MiB"),
        [(tool.name, f"{largest:.0f}", f"{together:.0f}") for tool, (largest, together) in memory.items()],
    )
    print_table(("sqla-async-fix", "measured", "promised", "kept"), [promise.row() for promise in promises])
    return all(promise.kept for promise in promises)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table after an empty line."""
    print()
    for row in (head, ("---",) * len(head), *rows):
        print(f"| {' | '.join(row)} |")


def main() -> int:
    """Run the benchmark and return 0 if every promise is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--directory", type=Path, help="work here and keep it (default: a temporary directory)")
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = (options.directory or Path(temporary)).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        return 0 if report(directory, options.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
