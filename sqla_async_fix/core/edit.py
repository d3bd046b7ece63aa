"""A change of text. What it means is not here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sqla_async_fix.core.span import Span


class Applicability(IntEnum):
    """How far a fix may be trusted, in ruff's sense. Ordered: a higher one is applied more readily."""

    DISPLAY_ONLY = 0
    UNSAFE = 1
    SAFE = 2


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace `span` of the file's decoded text by `content`; an empty span inserts."""

    span: Span
    content: str
