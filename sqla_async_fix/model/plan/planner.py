"""Puts the plan together: colours, what stops them, and the findings of every part.

Each kind of finding has a room of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqla_async_fix.core.outline import Stop
from sqla_async_fix.core.span import Span
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan import (
    annotated,
    columns,
    constructors,
    creations,
    expiry,
    extensions,
    freshness,
    handed,
    hints,
    inheritance,
    inspections,
    listeners,
    loading,
    mocks,
    patches,
    reloading,
    remaining,
    returned,
    roots,
    sessions,
    tables,
    test_hooks,
    waits,
)
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding, Plan
from sqla_async_fix.model.plan.obstacles import obstacles
from sqla_async_fix.model.plan.outline import outline
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.parallel import both

_ROOMS = (
    waits.findings,
    roots.findings,
    sessions.findings,
    creations.findings,
    constructors.findings,
    annotated.findings,
    tables.findings,
    loading.findings,
    hints.findings,
    inheritance.findings,
    columns.findings,
    freshness.findings,
    reloading.findings,
    expiry.findings,
    returned.findings,
    returned.outdated,
    inspections.findings,
    listeners.findings,
    mocks.findings,
    patches.findings,
    test_hooks.findings,
    handed.findings,
    lambda colours: colours.keeping.findings(),
)

_MANY_BODIES = 400
"""From so many bodies on, what is proposed and what stops it are found in two processes."""


def plan(project: Project) -> Plan:
    """The async plan of a linked project; empty where the target is synchronous."""
    if project.options.target != "async":
        return Plan(())
    colours = Colours(project, project.query_groups)
    worth_it = len(colours.evaluated) >= _MANY_BODIES
    proposed, stops = both(lambda: _proposed(colours), lambda: _stops(colours), worth_it)
    refusals = {part: f"{stop.reason} ({stop.path}:{stop.line})" for part, stop in stops.items()}
    for finding in proposed:
        if finding.refusal is not None:
            refusals.setdefault(finding.group, finding.refusal)
            stops.setdefault(finding.group, _stop(finding.refusal, finding.module, finding.span))
    before = set(refusals)
    remaining.refuse(refusals, proposed, colours)
    for function in sorted(colours.reasons, key=lambda each: (each.module.path, each.definition.lineno)):
        part = name_of(colours.parts.leader(function))
        if part in refusals.keys() - before:
            stops.setdefault(part, _stop(refusals[part], function.module, function.module.span(function.node)))
    waiting = _waiting(project, colours)
    settled = [
        _settled(finding, refusals, waiting)
        for finding in proposed
        if finding.refusal is not None or not (finding.follows and finding.group in refusals)
    ]
    return Plan(_once(settled), outline(colours, stops))


def _proposed(colours: Colours) -> list[Finding]:
    return [finding for room in _ROOMS for finding in room(colours)]


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Relationships that several groups read are reported once, for one that can be carried out."""
    shared: defaultdict[tuple[str, Span, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.code in loading.CODES:
            shared[finding.module.path, finding.span, finding.subject].append(finding)
        else:
            yield finding
    for same in shared.values():
        yield next((finding for finding in same if finding.refusal is None), same[0])


def _waiting(project: Project, colours: Colours) -> dict[str, frozenset[str]]:
    """The parts that hold legacy queries yet to be rewritten, with the names of these queries' groups."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for group in project.query_groups:
        for placed in group.uses:
            if group.refusal is None and (placed.use.effect or placed.use.made):
                found[name_of(colours.parts.leader(colours.node_of(placed.scope)))].add(group.name)
    return {part: frozenset(names) for part, names in found.items()}


def _settled(finding: Finding, refusals: dict[str, str], waiting: dict[str, frozenset[str]]) -> Finding:
    refusal = finding.refusal or refusals.get(finding.group)
    if refusal is not None:
        return replace(finding, steps=(), refusal=refusal)
    names = waiting.get(finding.group)
    return replace(finding, steps=(), waits_for=names) if names is not None else finding


def _stops(colours: Colours) -> dict[str, Stop]:
    """What stops each part that cannot change: an extension, whatever else there is, or the first reason in order of
    the text; with the others."""
    found: defaultdict[str, list[tuple[str, Span, str]]] = defaultdict(list)
    for node, module, span, reason in obstacles(colours):
        found[name_of(colours.parts.leader(node))].append((module.path, span, reason))
    settled: dict[str, Stop] = {}
    for part, reasons in found.items():
        ordered = [_stop(reason, colours.project.modules[path], span) for path, span, reason in sorted(set(reasons))]
        settled[part] = replace(ordered[0], further=tuple(ordered[1:]))
    for node, module, span, reason in extensions.obstacles(colours):
        settled[name_of(colours.parts.leader(node))] = _stop(reason, module, span)
    return settled


def _stop(reason: str, module: Module, span: Span) -> Stop:
    return Stop(reason, module.path, module.row(span.start))
