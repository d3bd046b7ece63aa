"""The tool as the oracle sees it: files go in, files and reasons come out. What they do when run is in `harness`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqla_async_fix import Settings, fix_sources, load_settings

from .generator import Program
from .harness import Answer, Run, Verdict, judge, project, run_sync
from .programs import MODELS, Files


@dataclass(frozen=True, slots=True)
class Report:
    """Both verdicts on one legacy program, and what the legacy program did."""

    legacy: Run
    files: Files
    sync: Verdict
    asynchronous: Verdict

    @property
    def verdicts(self) -> tuple[Verdict, Verdict]:
        """Both of them, sync first."""
        return self.sync, self.asynchronous

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """The verdicts that are a wrong rewrite."""
        return tuple(v for v in self.verdicts if v.answer in (Answer.DIFFERENT, Answer.INVALID))

    @property
    def rewritten(self) -> bool:
        """Both forms were made and do the same."""
        return self.sync.answer is Answer.SAME and self.asynchronous.answer is Answer.SAME

    def story(self) -> str:
        """Everything a reader needs to see why: the three texts, the verdicts, the reasons."""
        parts = [f"--- legacy\n{Verdict(Answer.SAME, files=self.files).text}"]
        for name, verdict in (("sync", self.sync), ("async", self.asynchronous)):
            parts.append(f"--- {name}: {verdict.answer.value} {verdict.detail}\n{verdict.text}")
            parts.extend(f"    reason: {reason}" for reason in verdict.reasons)
        return "\n".join(parts)


def fixed(files: Files, *, unsafe_fixes: bool) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The files after the tool's fixes, and by path why it left what it left."""
    result = fix_sources(files, settings=_settings(), unsafe_fixes=unsafe_fixes)
    reasons: dict[str, list[str]] = {}
    for violation in result.remaining:
        way_out = f": {violation.unfixable}" if violation.unfixable else ""
        reasons.setdefault(violation.path, []).append(f"{violation.code} {violation.message}{way_out}")
    return dict(result.texts), {path: tuple(found) for path, found in reasons.items()}


def examine(program: str, **others: str) -> Report:
    """Run a legacy program, have it rewritten in both forms, and judge them."""
    files = project(program, **others)
    legacy = run_sync(files)
    return Report(legacy, files, *(_examined(legacy, files, is_async) for is_async in (False, True)))


def examine_all(programs: Sequence[Program]) -> list[Report]:
    """As `examine`, with the programs as files of one project, so that the models are read once.

    A project that the tool cannot take is taken apart again, so that one program does not spoil the others.
    """
    files = {"models.py": MODELS}
    for number, program in enumerate(programs):
        files[f"program{number}.py"] = program.text
        files.update({f"{name}.py": text for name, text in program.others.items()})
    try:
        safe, all_fixes = (fixed(files, unsafe_fixes=unsafe) for unsafe in (False, True))
    except Exception:
        return [examine(program.text, **program.others) for program in programs]
    reports = []
    for number, program in enumerate(programs):
        path, legacy_files = f"program{number}.py", project(program.text, **program.others)
        legacy = run_sync(legacy_files)
        verdicts = [
            judge(
                legacy,
                {**{name: texts[name] for name in legacy_files if name != "program.py"}, "program.py": texts[path]},
                is_async=is_async,
                reasons=(
                    *reasons.get(path, ()),
                    *(r for name in program.others for r in reasons.get(f"{name}.py", ())),
                ),
            )
            for is_async, (texts, reasons) in ((False, safe), (True, all_fixes))
        ]
        reports.append(Report(legacy, legacy_files, *verdicts))
    return reports


def _examined(legacy: Run, files: Files, is_async: bool) -> Verdict:
    try:
        new, reasons = fixed(files, unsafe_fixes=is_async)
    except Exception as error:
        return Verdict(Answer.INVALID, f"the tool raises {error!r}", files)
    every = tuple(reason for path in files for reason in reasons.get(path, ()))
    return judge(legacy, new, is_async=is_async, reasons=every)


@cache
def _settings() -> Settings:
    return load_settings(isolated=True)
