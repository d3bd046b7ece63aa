"""The one error of the codemods. What a caller does about it is not here."""

from __future__ import annotations


class CodemodError(Exception):
    """A step cannot be carried out; the message is one line that says why."""
