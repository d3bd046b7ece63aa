"""An asynchronous project with its colour taken out, migrated, beside what its authors wrote.

`python -m benchmarks.migration.stripped DIRECTORY`, or with `--package NAME==VERSION` from the package index.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.migration.colourless import without_colour
from benchmarks.migration.comparison import Tally, compare, functions, is_coloured
from benchmarks.migration.twins import migrated, obtain


def read(directory: Path) -> dict[str, str]:
    """The Python files below a directory by relative path."""
    return {path.relative_to(directory).as_posix(): path.read_text("utf-8") for path in sorted(directory.rglob("*.py"))}


def side_by_side(theirs: Mapping[str, str], ours: Mapping[str, str]) -> tuple[Tally, Counter[str]]:
    """The functions that are asynchronous on either side, and how those that differ do."""
    together = Tally()
    how: Counter[str] = Counter()
    for path, text in theirs.items():
        written, made = functions(text), functions(ours[path])
        either = {
            name for name in written.keys() & made.keys() if is_coloured(written[name]) or is_coloured(made[name])
        }
        tally = compare({name: made[name] for name in either}, written, f"{path}: ")
        together.equal += tally.equal
        together.different += tally.different
        together.coloured += tally.coloured
        for each in tally.different:
            name = each.rpartition(" ")[2]
            how[_difference(made[name], written[name])] += 1
    return together, how


def _difference(made: ast.AST, written: ast.AST) -> str:
    if not is_coloured(made):
        return "left synchronous"
    if not is_coloured(written):
        return "asynchronous here alone"
    awaited = [Counter(map(ast.unparse, _awaited(node))) for node in (made, written)]
    return "awaits more" if awaited[0] - awaited[1] else "awaits less" if awaited[1] - awaited[0] else "otherwise"


def _awaited(node: ast.AST) -> list[ast.expr]:
    return [child.value for child in ast.walk(node) if isinstance(child, ast.Await)]


def main() -> int:
    """Strip, migrate, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.migration.stripped", description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", help="an asynchronous project")
    parser.add_argument("--package", help="a requirement to obtain instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        theirs = obtain(Path(temporary), options.package) if options.package else read(options.directory)
    ours, reasons = migrated({path: without_colour(text) for path, text in theirs.items()})
    tally, how = side_by_side(theirs, ours)
    print(tally)
    for difference, count in how.most_common():
        print(f"  {count} {difference}")
    for name in tally.different:
        print(f"  not as its authors wrote it: {name}")
    for reason in reasons:
        print(f"left: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
