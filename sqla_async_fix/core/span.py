"""A place in a text. No rows or columns here: those exist only in reporters."""

from __future__ import annotations

from sqla_async_fix.core.value import value


@value(order=True)
class Span:
    """A half-open range of code points, `start <= end`, in the decoded text of one file."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether `other` lies within this span; a span contains itself."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a code point; touching spans do not."""
        return self.start < other.end and other.start < self.end
