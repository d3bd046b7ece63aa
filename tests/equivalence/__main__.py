"""`python -m tests.equivalence --programs 2000 --seed 7`: random programs through the tool, and what came of them.

Exits with 1 if a rewrite is wrong. The same on a small scale, for every test run, is `test_generated`.
"""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch
from pathlib import Path

from .campaign import Tally, campaign
from .listed import cases, examined


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign and print its tally."""
    parser = argparse.ArgumentParser(prog="tests.equivalence", description="Random programs through the oracle.")
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="a folder for the stories of wrong and of left programs")
    parser.add_argument("--legacy", action="store_true", help="only run the programs, twice, without the tool")
    parser.add_argument("--case", action="append", default=[], help="show a listed case; `first.*` for several")
    options = parser.parse_args(arguments)
    if options.case:
        return _show(options.case)
    tally = campaign(options.seed, options.programs, legacy_only=options.legacy)
    if options.save:
        _save(tally, options.save)
    print(tally.text())
    return 1 if tally.wrong else 0


def _show(patterns: list[str]) -> int:
    chosen = [case for case in cases() if any(fnmatch(case.id, pattern) for pattern in patterns)]
    failing = 0
    for case, report in examined(chosen):
        failed = case.failing(report)
        failing += failed
        print(f"=== {case.place}: {case.id} must be {case.expectation}: {'FAILS' if failed else 'holds'}")
        if failed or len(chosen) == 1:
            print(report.story())
    print(f"{len(chosen)} cases, {failing} fail")
    return 1 if failing else 0


def _save(tally: Tally, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, stories in (("wrong", tally.wrong), ("left", tally.left)):
        for seed, story in stories:
            (folder / f"{kind}-{seed}.txt").write_text(story, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
