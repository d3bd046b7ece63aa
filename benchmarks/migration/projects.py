"""Projects of others, migrated by the one command: their own tests before and after, as a row of a table each.

`python -m benchmarks.migration.projects [NAME...]`; they come from the package index. `entries` names them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.migration.entries import ENTRIES, Entry
from benchmarks.migration.sandbox import Count, Sandbox, unified_diff
from tests.projects.colours import half_coloured

HEADER = (
    "| project | files | lines | functions made async | awaits | queries rewritten | left "
    "| tests before | after | edits by hand | half-coloured |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """What the plan said, the tests before and after, what changed, whether a second run changes more, and which calls
    are not of the colour of what they call."""

    entry: Entry
    lines: int
    plan: Mapping[str, Any]
    before: Count
    after: Count
    failures: str
    diff: str
    second_diff: str
    half_coloured: Sequence[str]

    @property
    def refused(self) -> str | None:
        """Why no function became asynchronous: what stops most of them; None if some did."""
        if self.plan["totals"]["functions"]:
            return None
        stops = Counter[str]()
        for boundary in self.plan["boundaries"]:
            stops[boundary["reason"]] += len(boundary["functions"])
        reasons = stops or Counter(left["reason"] for left in self.plan["left"] if left["reason"])
        return reasons.most_common(1)[0][0] if reasons else "nothing to migrate"

    @property
    def faithful(self) -> bool:
        """Whether the tests come out as before, a second run has nothing to do, and the program is of one colour."""
        return self.before == self.after and not self.second_diff and not self.half_coloured

    def row(self) -> str:
        """The project in a table in Markdown."""
        totals, entry = self.plan["totals"], self.entry
        functions = str(totals["functions"]) if self.refused is None else f"refused: {self.refused}"
        origin = f"({entry.package} {entry.version})" if entry.package else entry.version
        name = f"{entry.name} {origin}"
        cells = [name, totals["files"], self.lines, functions, totals["awaits"], totals["queries"], totals["left"]]
        cells += [self.before, self.after, 0, len(self.half_coloured)]
        return f"| {' | '.join(map(str, cells))} |"


def migrate(entry: Entry, directory: Path) -> Migration:
    """Obtain, test, migrate and test a project below `directory`; needs a package index."""
    sandbox = Sandbox(directory)
    sandbox.install(entry.requirements)
    sandbox.assemble(sandbox.obtain(entry.distribution, entry.version), entry.paths)
    files = entry.test_files(sandbox.project)
    before, failures_before = sandbox.run_tests(files, entry.sources)
    plan = sandbox.plan()
    legacy = sandbox.sources()
    sandbox.migrate()
    migrated = sandbox.sources()
    after, failures_after = sandbox.run_tests(files, entry.sources)
    sandbox.migrate()
    return Migration(
        entry,
        sum(text.count("\n") for text in legacy.values()),
        plan,
        before,
        after,
        failures_before + failures_after,
        unified_diff(legacy, migrated),
        unified_diff(migrated, sandbox.sources()),
        half_coloured(sandbox.project),
    )


def main() -> int:
    """Print a row for each project; 0 if all came out faithful."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.migration.projects", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(entry.name for entry in ENTRIES))
    parser.add_argument("--directory", type=Path, help="work here and keep it (default: a temporary directory)")
    parser.add_argument("--diff", action="store_true", help="show what changed and which tests failed as well")
    options = parser.parse_args()
    unknown = set(options.names) - {entry.name for entry in ENTRIES}
    if unknown:
        parser.error(f"no such project: {', '.join(sorted(unknown))}")
    print(HEADER)
    faithful = True
    with tempfile.TemporaryDirectory() as temporary:
        for entry in ENTRIES:
            if options.names and entry.name not in options.names:
                continue
            directory = (options.directory or Path(temporary)).resolve() / entry.name
            directory.mkdir(parents=True, exist_ok=True)
            migration = migrate(entry, directory)
            faithful = faithful and migration.faithful
            print(migration.row(), flush=True)
            for fault in migration.half_coloured:
                print(fault)
            if options.diff:
                print(migration.diff, migration.failures, migration.second_diff, sep="\n")
    return 0 if faithful else 1


if __name__ == "__main__":
    sys.exit(main())
