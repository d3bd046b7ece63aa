"""The rewrites of one pass: in groups, in order, each result verified. Iterating and writing are elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqla_async_fix.core.edit import Applicability, Edit
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Step
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.fixer.rewriting import Rewriting
from sqla_async_fix.fixer.verify import defect


@dataclass(frozen=True, slots=True)
class Applied:
    """What one pass did.

    `sources` are the changed files by path, `fixed` the violations whose rewrites are in them. `withdrawn` has a reason
    for every violation that was to be fixed and cannot be. Violations in neither are deferred: they conflict with a
    fixed one, and are found again in the new texts.
    """

    sources: dict[str, SourceFile]
    fixed: tuple[Violation, ...]
    withdrawn: dict[Violation, str]


@dataclass(slots=True)
class _Group:
    """Rewrites that stand and fall together."""

    violations: list[Violation]
    steps: dict[str, list[Step]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for violation in self.violations:
            assert violation.rewrite is not None
            self.steps.setdefault(violation.path, []).extend(violation.rewrite.steps)


def apply(
    sources: Mapping[str, SourceFile],
    violations: Sequence[Violation],
    level: Applicability,
    rewriting: Rewriting = Rewriting(),  # noqa: B008 - frozen
) -> Applied:
    """Apply the rewrites of at least `level`."""
    groups, withdrawn = _groups(violations, level)
    done = _Pass(sources, rewriting)
    for group, reason in done.accept(groups):
        withdrawn.update(dict.fromkeys(group.violations, reason))
    fixed = sorted((found for group in done.accepted for found in group.violations), key=_place)
    return Applied(done.texts(), tuple(fixed), withdrawn)


def _place(violation: Violation) -> tuple[str, Span, str]:
    return violation.path, violation.span, violation.code


def _groups(violations: Sequence[Violation], level: Applicability) -> tuple[list[_Group], dict[Violation, str]]:
    """The groups to apply, in the order of their first member; and what is withdrawn because of a member."""
    members: dict[object, list[Violation]] = {}
    for violation in sorted(violations, key=_place):
        if violation.rewrite is not None:
            members.setdefault(violation.rewrite.group or violation, []).append(violation)
    groups: list[_Group] = []
    withdrawn: dict[Violation, str] = {}
    for found in members.values():
        levels = [violation.rewrite.applicability for violation in found if violation.rewrite is not None]
        if min(levels) >= level:
            groups.append(_Group(found))
        elif max(levels) >= level:
            withdrawn.update(dict.fromkeys(found, "Another rewrite that it needs is not to be applied"))
    return groups, withdrawn


class _Pass:
    """The texts of one pass: each file with the steps of the groups accepted so far."""

    def __init__(self, sources: Mapping[str, SourceFile], rewriting: Rewriting) -> None:
        self._sources = sources
        self._rewriting = rewriting
        self._texts: dict[str, str] = {}
        self.accepted: list[_Group] = []

    def texts(self) -> dict[str, SourceFile]:
        """The changed files."""
        return {path: self._sources[path].with_text(text) for path, text in sorted(self._texts.items())}

    def accept(self, groups: Sequence[_Group]) -> list[tuple[_Group, str]]:
        """Take in every group that can be; what cannot be even alone is returned with its reason."""
        refused: list[tuple[_Group, str]] = []
        for part in _connected(groups):
            self._accept_part(part, refused)
        return refused

    def _accept_part(self, groups: Sequence[_Group], refused: list[tuple[_Group, str]]) -> None:
        """All at once where that works, else by halves, so that one bad group does not take others along."""
        if not groups or self._try(groups) is None:
            return
        if len(groups) == 1:
            reason = _Pass(self._sources, self._rewriting)._try(groups)
            if reason is not None:
                refused.append((groups[0], reason))
            return
        middle = len(groups) // 2
        self._accept_part(groups[:middle], refused)
        self._accept_part(groups[middle:], refused)

    def _try(self, groups: Sequence[_Group]) -> str | None:
        """Take the groups in; if their files would not come out right, nothing changes and the reason is given."""
        together = [*self.accepted, *groups]
        paths = sorted({path for group in groups for path in group.steps})
        texts: dict[str, str] = {}
        for path in paths:
            if path not in self._sources:
                return f"{path} is not among the files to be changed"
            steps = [step for group in together for step in group.steps.get(path, ())]
            text = self._sources[path].text
            edits = self._rewriting.edits(path, text, steps)
            if isinstance(edits, str):
                return edits
            changed = _with_edits(text, edits)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reason = defect(text, changed, path)
            if reason is None:
                reason = _unstorable(self._sources[path].with_text(changed))
            if reason is not None:
                return reason
            texts[path] = changed
        self._texts.update(texts)
        self.accepted.extend(groups)
        return None


def _with_edits(text: str, edits: Iterable[Edit]) -> str:
    parts = []
    position = 0
    for edit in edits:
        parts += [text[position : edit.span.start], edit.content]
        position = edit.span.end
    return "".join([*parts, text[position:]])


def _unstorable(source: SourceFile) -> str | None:
    try:
        source.encode()
    except UnicodeEncodeError:
        return f"The rewritten file cannot be stored as {source.encoding}"
    return None


def _connected(groups: Sequence[_Group]) -> list[list[_Group]]:
    """Groups that share files, directly or through others, together; the order is kept."""
    parts: list[tuple[set[str], list[int]]] = []
    for index, group in enumerate(groups):
        paths, indexes = set(group.steps), [index]
        apart = []
        for part in parts:
            if part[0] & paths:
                paths |= part[0]
                indexes = [*part[1], *indexes]
            else:
                apart.append(part)
        parts = [*apart, (paths, indexes)]
    return [[groups[index] for index in sorted(part[1])] for part in sorted(parts, key=lambda part: min(part[1]))]
