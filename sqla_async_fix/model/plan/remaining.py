"""Parts that cannot change although nothing in them stands in the way: what they have in common with others stays.

What stands in the way of a part itself is in `boundaries` and `obstacles`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqla_async_fix.model.plan import creations
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.parts import name_of


def refuse(refusals: dict[str, str], findings: Sequence[Finding], colours: Colours) -> None:
    """Add to the parts that are refused those that share a URL from outside or unknown callers with them."""
    _with_one_url(refusals, findings)
    _with_unknown_callers(refusals, colours)


def _with_one_url(refusals: dict[str, str], findings: Sequence[Finding]) -> None:
    """A URL that the program does not have cannot name two drivers."""
    readers: defaultdict[str, dict[str, Finding]] = defaultdict(dict)
    for finding in findings:
        if finding.code == "SAF202" and finding.detail == creations.OUTSIDE:
            readers[finding.subject].setdefault(finding.group, finding)
    changed = True
    while changed:
        changed = False
        for label, found in sorted(readers.items()):
            staying = next((finding for group, finding in found.items() if group in refusals), None)
            for group in found:
                if staying is not None and group not in refusals:
                    place = f"{staying.module.path}:{staying.module.row(staying.span.start)}"
                    refusals[group] = f"the URL is {label}, as that of an engine which stays synchronous ({place})"
                    changed = True


def _with_unknown_callers(refusals: dict[str, str], colours: Colours) -> None:
    """Sessions come from callers that are not known, where all that the project makes stay synchronous."""
    leader = colours.parts.leader
    makers = [name_of(leader(node)) for node, _ in creations.by_origin(colours)]
    if not (makers or colours.keeping.kept) or not all(maker in refusals for maker in makers):
        return
    why = f": {refusals[makers[0]]}" if makers else ""
    reason = f"its session comes from callers that are not known, and what the project makes stays synchronous{why}"
    for part in map(name_of, map(leader, colours.reasons)):
        refusals.setdefault(part, reason)
