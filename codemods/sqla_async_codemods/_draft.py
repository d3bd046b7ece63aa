"""Changes of one text put together: insertions, replacements, shifted lines. What they mean is not here."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import TypeAlias

from sqla_async_codemods._alignment import aligned_lines
from sqla_async_codemods._tree import Tree
from sqla_async_codemods.errors import CodemodError
from sqla_async_fix.core.edit import Edit
from sqla_async_fix.core.span import Span


@dataclass(slots=True, eq=False)
class Fold:
    """Breaks that come all or none; decided when the width of the line is known."""

    broken: bool


@dataclass(frozen=True, slots=True)
class Break:
    """A line end, then the indentation of the new line that `anchor` comes to stand on, and `depth` units more."""

    anchor: int
    depth: int = 0
    fold: Fold | None = None


@dataclass(frozen=True, slots=True)
class Margin:
    """The new indentation of the old line of `anchor`, which follows."""

    anchor: int


Piece: TypeAlias = str | Break | Margin
_Pending: TypeAlias = tuple[int, int, tuple[Piece, ...]]
_Written: TypeAlias = tuple[int, int, str]


class _Side(IntEnum):
    """Of what it belongs to, an insertion stands at the end, nowhere, or at the start."""

    CLOSES = 0
    ALONE = 1
    OPENS = 2


@dataclass(frozen=True, slots=True)
class _Insertion:
    offset: int
    owner: Span
    side: _Side
    rank: int
    pieces: tuple[Piece, ...]

    def order(self) -> tuple[int, int, int]:
        """Inner closings, outer closings, what is on its own, outer openings, inner openings."""
        size = self.owner.end - self.owner.start
        return (self.side, -size, -self.rank) if self.side is _Side.OPENS else (self.side, size, self.rank)


@dataclass(frozen=True, slots=True)
class _Replacement:
    span: Span
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class _Lines:
    """The new lines made so far: where in the old text each starts, whether it is an old one, its indentation."""

    starts: list[int] = field(default_factory=list)
    margins: list[str] = field(default_factory=list)

    def add(self, start: int, margin: str) -> None:
        self.starts.append(start)
        self.margins.append(margin)

    def margin(self, anchor: int) -> str:
        return self.margins[max(bisect_right(self.starts, anchor) - 1, 0)]


class Draft:
    """Collects changes; `edits` gives them as edits that neither overlap nor touch."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._insertions: list[_Insertion] = []
        self._replacements: list[_Replacement] = []
        self._shifts: dict[int, list[int]] = {}
        self._aligned = aligned_lines(tree)

    # --- collecting --------------------------------------------------------------------------------------------------

    def open(self, owner: Span, *pieces: Piece, at: int | None = None, rank: int = 0) -> None:
        """Insert at the start of `owner`, which is wrapped."""
        offset = owner.start if at is None else at
        self._insertions.append(_Insertion(offset, owner, _Side.OPENS, rank, pieces))

    def close(self, owner: Span, *pieces: Piece, at: int | None = None, rank: int = 0) -> None:
        """Insert at the end of `owner`, which is wrapped."""
        offset = owner.end if at is None else at
        self._insertions.append(_Insertion(offset, owner, _Side.CLOSES, rank, pieces))

    def insert(self, offset: int, *pieces: Piece, rank: int = 0) -> None:
        """Insert text that belongs to no expression; of what stands at one place, the lowest rank comes first."""
        self._insertions.append(_Insertion(offset, Span(offset, offset), _Side.ALONE, rank, pieces))

    def replace(self, span: Span, *pieces: Piece) -> None:
        """Put `pieces` in the place of the old text."""
        if (found := _Replacement(span, pieces)) not in self._replacements:
            self._replacements.append(found)

    def delete(self, span: Span) -> None:
        """Take the old text away, and every change within it."""
        if span.start < span.end:
            self.replace(span)

    def shift(self, line_start: int, units: int) -> None:
        """Indent an old line by characters of the file's indentation; a negative number takes away."""
        if units:
            self._shifts.setdefault(line_start, []).append(units)

    def release(self, line_start: int) -> None:
        """An old line stands by its indentation from now on, no longer under what it was aligned with."""
        self._aligned.under.pop(line_start, None)

    def touches(self, span: Span, apart_from: Span) -> bool:
        """Whether anything changes within or at the borders of `span`, but for what belongs to `apart_from`."""
        return any(
            span.start <= change.offset <= span.end and not apart_from.contains(change.owner)
            for change in self._insertions
        ) or any(change.span.overlaps(span) for change in self._replacements)

    # --- settling ----------------------------------------------------------------------------------------------------

    def _settled(self, area: Span) -> tuple[list[_Insertion], list[_Replacement]]:
        """The changes of an area that stand: what is within a deletion is gone. Raises CodemodError on a conflict."""
        near = [
            change for change in self._replacements if change.span.start <= area.end and area.start <= change.span.end
        ]
        deletions = _united(change.span for change in near if not change.pieces)
        kept = [_Replacement(span, ()) for span in deletions]
        for change in near:
            if change.pieces and not any(deleted.contains(change.span) for deleted in deletions):
                kept.append(change)
        kept.sort(key=lambda change: change.span)
        for left, right in pairwise(kept):
            if left.span.overlaps(right.span) or left.span == right.span:
                raise CodemodError("Two changes of the same code conflict")
        insertions = []
        starts = [change.span.start for change in kept]
        for insertion in self._insertions:
            if not area.start <= insertion.offset <= area.end:
                continue
            # of spans that are apart, only these can hold the insertion or what it belongs to
            last = bisect_right(starts, max(insertion.offset, insertion.owner.start))
            first = bisect_right(starts, min(insertion.offset, insertion.owner.start)) - 2
            holder = _holder(kept[max(first, 0) : last], insertion)
            if holder is None:
                insertions.append(insertion)
            elif holder.pieces:
                raise CodemodError("A change stands within code that is replaced")
        insertions.sort(key=lambda change: (change.offset, change.order()))
        return insertions, kept

    def _shifted_margin(self, line_start: int) -> str:
        old = self._tree.margin(line_start)
        amount = sum(self._shifts.get(line_start, ()))
        if amount < 0:
            return old[: max(len(old) + amount, 0)]
        return old + self._tree.unit[0] * amount

    def _new_margin(self, line_start: int, before: Sequence[_Written]) -> str:
        """The indentation of an old line, of which the changes before it are written."""
        above = self._aligned.under.get(line_start)
        if above is None:
            outer = self._aligned.within.get(line_start)
            if outer is None or not self._hangs_on_aligned(outer):
                return self._shifted_margin(line_start)
            moved = len(self._new_margin(outer, before)) - len(self._tree.margin(outer))
            return " " * max(len(self._tree.margin(line_start)) + moved, 0)
        tree = self._tree
        start = tree.line_start(above)
        text = ""
        position = above
        for first, end, content in reversed(before):
            if end < start:
                break
            if first > above:
                continue
            text = content + tree.text[max(end, 0) : position] + text if end <= position else content + text
            position = min(position, first)
            start = min(start, tree.line_start(first))
        text = tree.text[start:position] + text
        return " " * len(re.split(r"[\r\n]", text)[-1])

    def _hangs_on_aligned(self, line_start: int) -> bool:
        """Whether a line goes where what it is aligned with goes, or stands within the brackets of one that does."""
        line: int | None = line_start
        while line is not None and line not in self._aligned.under:
            line = self._aligned.within.get(line)
        return line is not None

    def _realigned(self, pending: Sequence[_Pending], deleted: Sequence[Span]) -> Iterator[_Pending]:
        """Changes for lines that stand under something that moves, and are not shifted anyway."""
        tree = self._tree
        starts = sorted({start for start, _, _ in pending})
        moved = {tree.line_start(start) for start in starts}
        for line, above in sorted((self._aligned.within | self._aligned.under).items()):
            if tree.line_start(above) not in moved or not self._hangs_on_aligned(line):
                continue
            if line in self._shifts or any(gone.start <= line < gone.end for gone in deleted):
                continue
            moved.add(line)
            yield line, line + len(tree.margin(line)), (Margin(line),)

    def edits(self, within: Span | None = None) -> tuple[Edit, ...]:
        """Everything collected (that starts within `within`), sorted. Raises CodemodError on a conflict."""
        text, tree = self._tree.text, self._tree
        area = within or Span(0, len(text))
        insertions, replacements = self._settled(area)
        pending: list[_Pending] = []
        pending.extend((change.offset, change.offset, change.pieces) for change in insertions)
        pending.extend((change.span.start, change.span.end, change.pieces) for change in replacements)
        deleted = [change.span for change in replacements]
        for start in self._shifts:
            if not area.start <= start <= area.end:
                continue
            end = start + len(tree.margin(start))
            if end == tree.line_end(start) or any(gone.start <= start < gone.end for gone in deleted):
                continue
            pending.append((start, end, (Margin(start),)))
        pending.extend(self._realigned(pending, deleted))
        pending = [change for change in pending if area.start <= change[0] <= area.end]
        # insertions at one offset keep their order, and precede the text that is replaced there
        pending.sort(key=lambda change: (change[0], change[1]))
        lines = _Lines()
        old_lines = iter([tree.line_start(area.start), *tree.line_starts(Span(area.start + 1, area.end))])
        next_old = next(old_lines, None)
        found: list[_Written] = []
        for start, end, pieces in pending:
            while next_old is not None and next_old <= start:
                lines.add(next_old, self._new_margin(next_old, found))
                next_old = next(old_lines, None)
            found.append((start, end, self._written(pieces, lines, start, found)))
        return tuple(_joined(found, text))

    def _written(self, pieces: Sequence[Piece], lines: _Lines, offset: int, before: Sequence[_Written]) -> str:
        written = []
        for piece in pieces:
            if isinstance(piece, Break):
                if piece.fold is not None and not piece.fold.broken:
                    continue
                margin = lines.margin(piece.anchor) + self._tree.unit * piece.depth
                # an anchor right here means the line before: this one starts just after it
                lines.add(offset + 1, margin)
                written.append(self._tree.newline + margin)
            elif isinstance(piece, Margin):
                written.append(self._new_margin(self._tree.line_start(piece.anchor), before))
            else:
                written.append(piece.replace("\n", self._tree.newline))
        return "".join(written)

    def preview(self, span: Span) -> str:
        """The new text of the old lines that `span` stands on."""
        area = Span(self._tree.line_start(span.start), self._tree.line_end(span.end))
        return applied(self._tree.text, self.edits(area), area)


def applied(text: str, edits: Sequence[Edit], area: Span | None = None) -> str:
    """The text (of `area`) with sorted edits that do not overlap."""
    area = area or Span(0, len(text))
    parts = []
    position = area.start
    for edit in edits:
        parts += [text[position : edit.span.start], edit.content]
        position = max(position, edit.span.end)
    return "".join([*parts, text[position : area.end]])


def _united(spans: Iterator[Span]) -> list[Span]:
    united: list[Span] = []
    for span in sorted(spans):
        if united and span.start < united[-1].end:
            united[-1] = Span(united[-1].start, max(united[-1].end, span.end))
        else:
            united.append(span)
    return united


def _holder(replacements: Sequence[_Replacement], insertion: _Insertion) -> _Replacement | None:
    """The replacement that an insertion falls into; one at its borders stays outside unless it wraps code within."""
    for change in replacements:
        span = change.span
        if span.start < insertion.offset < span.end:
            return change
        owner = insertion.owner
        if owner.start < owner.end and span.contains(owner) and (owner != span or not change.pieces):
            return change
    return None


def _joined(changes: Sequence[_Written], text: str) -> Iterator[Edit]:
    """Touching changes as one edit; what changes nothing is left out."""
    current: list[_Written] = []
    for change in [*changes, (len(text) + 2, len(text) + 2, "")]:
        if current and change[0] > current[-1][1]:
            span = Span(current[0][0], current[-1][1])
            content = "".join(part[2] for part in current)
            if text[span.start : span.end] != content:
                yield Edit(span, content)
            current = []
        current.append(change)
