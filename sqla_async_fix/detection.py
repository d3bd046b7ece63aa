"""What the rules find in a project and what of it counts: selection, suppressions, groups. Nothing is changed."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from sqla_async_fix import parallel, rules
from sqla_async_fix.config.settings import Settings
from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.outline import Outline, merge_outlines
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.model.module import Module
from sqla_async_fix.workspace import Workspace

if TYPE_CHECKING:
    from sqla_async_fix.model.options import ModelOptions
    from sqla_async_fix.model.project import Project
    from sqla_async_fix.suppression import Suppressions

SYNTAX_ERROR = "invalid-syntax"
_LIBRARIES = ("sqlalchemy", "sqlmodel")
_WORTH_A_PROCESS = 500_000
"""Code points of a region that names SQLAlchemy, from which on another process pays."""


def build_project(sources: Sequence[SourceFile], options: ModelOptions) -> Project | None:
    """What the program means; the model is loaded on first use. None where no file names SQLAlchemy."""
    if not _names_library(sources):
        return None
    from sqla_async_fix.model.project import Project

    return Project.build(sources, options)


_Key = tuple[str, str, str, str]


@dataclass
class Detector:
    """Runs the rules over successive texts of one workspace and remembers what could not be applied.

    `outline` is the async plan of the texts that it saw last.
    """

    workspace: Workspace
    settings: Settings
    outline: Outline = field(default_factory=Outline)
    _withdrawn: dict[_Key, str] = field(default_factory=dict)
    _judged: dict[_Region, _Found] = field(default_factory=dict)

    def detect(self, sources: Mapping[str, SourceFile]) -> list[Violation]:
        """The violations to report, in any order, each with the rewrite that may be applied, if any.

        Regions are judged each by itself, and only anew where a text of theirs has changed.
        """
        regions = _regions(sources.values(), self._options)
        fresh = [region for region in regions if region not in self._judged]
        shares = _shares(fresh)
        if len(shares) > 1:
            _load()
        for share, results in zip(shares, parallel.work(self._judge, shares), strict=True):
            self._judged.update(zip(share, results, strict=True))
        self._judged = {region: self._judged[region] for region in regions}
        self.outline = merge_outlines(found.outline for found in self._judged.values())
        broken = [violation for found in self._judged.values() for violation in found.broken]
        named = [
            _within(violation, index)
            for index, found in enumerate(self._judged.values())
            for violation in found.violations
        ]
        return [*broken, *self._filtered(named, sources)]

    @cached_property
    def _options(self) -> ModelOptions:
        """The settings of the model, with what packaging files and tests say of the project."""
        options = self.settings.model
        if not _names_library(self.workspace.sources.values()):
            return options
        from sqla_async_fix.pytest_settings import async_tests
        from sqla_async_fix.scripts import installed

        root, sources = self.workspace.root, self.workspace.sources
        entry_points = (*options.entry_points, *installed(root, sources))
        return replace(options, entry_points=entry_points, async_tests=async_tests(root, sources))

    def _judge(self, regions: Sequence[_Region]) -> list[_Found]:
        found: list[_Found] = []
        for region, before in zip(regions, (None, *regions), strict=False):
            if before is not None and _size(before) >= _WORTH_A_PROCESS:
                gc.collect()  # a project is full of cycles, and the one before is not needed any more
            found.append(self._judge_region(region))
        return found

    def _judge_region(self, region: _Region) -> _Found:
        project = build_project(region, self._options)
        if project is None:
            return _Found((), self._syntax_errors([Module(source, "") for source in region]), Outline())
        modules = list(project.modules.values())
        violations, broken = parallel.both(
            lambda: self._violations(project),
            lambda: self._syntax_errors(modules),
            _size(region) >= _WORTH_A_PROCESS,
        )
        return _Found(violations, broken, project.plan.outline)

    def _violations(self, project: Project) -> list[Violation]:
        """What the rules say of the files that the model and the plan have parsed."""
        _ = project.plan
        return [
            violation
            for module in sorted(project.live_modules(), key=lambda module: module.path)
            if module.error is None
            for rule in rules.all_rules()
            for violation in rule.check(project, module)
        ]

    def _syntax_errors(self, modules: Sequence[Module]) -> list[Violation]:
        """The model parses only what may matter; selected files that do not parse are reported all the same."""
        return [
            Violation(SYNTAX_ERROR, SYNTAX_ERROR, error.message, module.path, error.span)
            for module in modules
            if module.path in self.workspace.selected and (error := module.check_syntax()) is not None
        ]

    def _filtered(self, found: Sequence[Violation], sources: Mapping[str, SourceFile]) -> list[Violation]:
        lint = self.settings.lint
        suppressions = _LazySuppressions(sources)
        kept: list[Violation] = []
        obstacles: dict[str, str] = {}
        members: dict[str, list[Violation]] = {}
        for violation in found:
            group = violation.rewrite.group if violation.rewrite is not None else None
            if group is not None:
                members.setdefault(group, []).append(violation)
            obstacle = self._hidden(violation, suppressions)
            if obstacle is None:
                kept.append(violation)
                withdrawn = self._withdrawn.get(_key(violation, sources))
                if withdrawn is not None:
                    obstacle = f"{_place(violation, sources)} cannot be fixed: {withdrawn}"
                elif not lint.is_fixable(violation.code):
                    obstacle = f"{_place(violation, sources)} is not fixable by the settings"
            if obstacle is not None and group is not None:
                obstacles.setdefault(group, obstacle)
        for group, together in members.items():
            for awaited in sorted(name for violation in together for name in _awaited(violation)):
                if awaited in obstacles:
                    obstacles.setdefault(group, obstacles[awaited])
        applicability = {
            group: min(self._applicability(violation) for violation in together) for group, together in members.items()
        }
        return [self._settled(violation, sources, obstacles, applicability) for violation in kept]

    def _hidden(self, violation: Violation, suppressions: _LazySuppressions) -> str | None:
        """Why a violation is not reported, in words for the other members of its group."""
        lint = self.settings.lint
        place = _place(violation, suppressions.sources)
        if violation.path not in self.workspace.selected:
            return f"{place} is outside the given paths"
        if not lint.is_enabled(violation.code):
            return f"{place} belongs to a rule that is not selected"
        absolute = (self.workspace.root / violation.path).as_posix()
        for ignore in lint.per_file_ignores:
            if violation.code in ignore.codes and ignore.applies(absolute):
                return f"{place} is ignored for its file"
        if not lint.ignore_noqa and suppressions.suppresses(violation):
            return f"{place} is suppressed by a comment"
        return None

    def _applicability(self, violation: Violation) -> Applicability:
        assert violation.rewrite is not None
        level = violation.rewrite.applicability
        if level is Applicability.UNSAFE and violation.code in self.settings.lint.safe_fixes:
            return Applicability.SAFE
        if level is Applicability.SAFE and violation.code in self.settings.lint.unsafe_fixes:
            return Applicability.UNSAFE
        return level

    def _settled(
        self,
        violation: Violation,
        sources: Mapping[str, SourceFile],
        obstacles: Mapping[str, str],
        applicability: Mapping[str, Applicability],
    ) -> Violation:
        rewrite = violation.rewrite
        if rewrite is None:
            return violation
        own = self._withdrawn.get(_key(violation, sources))
        if own is not None:
            return replace(violation, rewrite=None, unfixable=own)
        if not self.settings.lint.is_fixable(violation.code):
            return replace(violation, rewrite=None, unfixable=None)
        if rewrite.group is not None and (obstacle := obstacles.get(rewrite.group)) is not None:
            reason = f"Not fixed, because it can only be fixed together with other places, of which {obstacle}"
            return replace(violation, rewrite=None, unfixable=reason)
        level = self._applicability(violation) if rewrite.group is None else applicability[rewrite.group]
        return (
            violation
            if level is rewrite.applicability
            else replace(violation, rewrite=replace(rewrite, applicability=level))
        )

    def remember(self, withdrawn: Mapping[Violation, str], sources: Mapping[str, SourceFile]) -> None:
        """Do not try again what the fixer withdrew from `sources`, and say why."""
        for violation, reason in withdrawn.items():
            self._withdrawn[_key(violation, sources)] = reason


_Region: TypeAlias = tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rules say of a region, its files that do not parse, and its async plan."""

    violations: Sequence[Violation]
    broken: Sequence[Violation]
    outline: Outline


def _regions(sources: Iterable[SourceFile], options: ModelOptions) -> list[_Region]:
    """The files of each region, by path; those of all regions that do not concern the library in one."""
    ordered = sorted(sources, key=lambda source: source.path)
    if not _names_library(ordered):
        return [tuple(ordered)]
    from sqla_async_fix.model.naming import ModuleNames
    from sqla_async_fix.model.regions import Regions

    names = ModuleNames(ordered, options.src)
    modules = [Module(source, names.name_of(source.path)) for source in ordered]
    regions = Regions(modules, names)
    found: dict[str, list[SourceFile]] = {}
    for source, module in zip(ordered, modules, strict=True):
        found.setdefault(regions.of(module), []).append(source)
    concerned = [tuple(region) for region in found.values() if _names_library(region)]
    others = tuple(source for region in found.values() if not _names_library(region) for source in region)
    return [*concerned, others] if others else concerned


def _names_library(sources: Iterable[SourceFile]) -> bool:
    return any(name in source.text for source in sources for name in _LIBRARIES)


def _shares(regions: Sequence[_Region]) -> list[list[_Region]]:
    """The regions for each of the processes that pay; each has its largest one last, after which nothing is cleared
    away."""
    weights = {region: _size(region) if _names_library(region) else 0 for region in regions}
    large = sum(weight >= _WORTH_A_PROCESS for weight in weights.values())
    shares: list[list[_Region]] = [[] for _ in range(min(parallel.processes(), large) if large > 1 else 1)]
    for region in sorted(regions, key=lambda region: -weights[region]):
        min(shares, key=lambda share: sum(weights[each] for each in share)).insert(0, region)
    return shares


def _load() -> None:
    """Load what every share needs, so that the processes have it together."""
    for name in ("solver", "plan"):
        importlib.import_module(f"sqla_async_fix.model.{name}")
    rules.all_rules()


def _size(region: _Region) -> int:
    """The code points of a region."""
    return sum(len(source.text) for source in region)


def _within(violation: Violation, region: int) -> Violation:
    """A violation with groups that are those of its region alone."""
    rewrite = violation.rewrite
    if rewrite is None or rewrite.group is None:
        return violation
    group, waits_for = f"{region}:{rewrite.group}", frozenset(f"{region}:{name}" for name in rewrite.waits_for)
    return replace(violation, rewrite=replace(rewrite, group=group, waits_for=waits_for))


class _LazySuppressions:
    """The suppressions of files that have violations."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self.sources = sources
        self._read: dict[str, Suppressions] = {}

    def suppresses(self, violation: Violation) -> bool:
        from sqla_async_fix.suppression import Suppressions

        path = violation.path
        if path not in self._read:
            self._read[path] = Suppressions(self.sources[path].text)
        return self._read[path].suppresses(violation.code, violation.span.start)


def _awaited(violation: Violation) -> frozenset[str]:
    return violation.rewrite.waits_for if violation.rewrite is not None else frozenset()


def _key(violation: Violation, sources: Mapping[str, SourceFile]) -> _Key:
    """What tells a violation apart while other fixes move it."""
    text, span = sources[violation.path].text, violation.span
    end = text.find("\n", span.end)
    lines = text[text.rfind("\n", 0, span.start) + 1 : end if end >= 0 else len(text)]
    return violation.path, violation.code, violation.message, lines


def _place(violation: Violation, sources: Mapping[str, SourceFile]) -> str:
    row = sources[violation.path].text.count("\n", 0, violation.span.start) + 1
    return f"the {violation.code} at {violation.path}:{row}"
