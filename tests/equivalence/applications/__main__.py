"""`python -m tests.equivalence.applications --programs 200 --seed 7`: random applications through the tool.

Exits with 1 if a result is wrong. `--show 7:12` prints everything about one of them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .campaign import campaign
from .generate import generate
from .judging import Answer, examine


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign and print its tally, or show one application."""
    parser = argparse.ArgumentParser(prog="tests.equivalence.applications")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", help="a seed such as `7:12`")
    parser.add_argument("--save", type=Path, help="a folder for the stories of all that is not wholly async")
    options = parser.parse_args(arguments)
    if options.show:
        verdict = examine(generate(options.show))
        print(verdict.story())
        return 1 if verdict.answer is Answer.WRONG else 0
    tally = campaign(options.seed, options.programs, first=options.first)
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
        for seed, verdict in tally.stories:
            name = f"{verdict.answer.name.lower()}-{seed.replace(':', '-')}.txt"
            (options.save / name).write_text(verdict.story(), encoding="utf-8")
    print(tally.text())
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
