"""What the codemods have to know beyond the text of a file. How they rewrite it is not here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.edit import Edit
from sqla_async_fix.core.steps import Step


def _none(_: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Rewriting:
    """`keep` gives the names of a file that others import from it, `bringing` the modules that it imports and that
    import SQLAlchemy. `first_party` are the project's own top-level modules, `line_length` is how wide lines may
    become."""

    keep: Callable[[str], frozenset[str]] = _none
    bringing: Callable[[str], frozenset[str]] = _none
    first_party: frozenset[str] = frozenset()
    line_length: int = 88

    def edits(self, path: str, text: str, steps: Sequence[Step]) -> tuple[Edit, ...] | str:
        """The edits of a file that carry out the steps, or why that cannot be."""
        # imported here: a run that fixes nothing does not pay for LibCST
        from sqla_async_codemods import CodemodError, rewrite

        try:
            return rewrite(
                text,
                steps,
                keep=self.keep(path),
                first_party=self.first_party,
                line_length=self.line_length,
                bringing=self.bringing(path),
            )
        except CodemodError as error:
            return str(error)
