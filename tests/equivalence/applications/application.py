"""What the generator hands out: the files of one application and the traits they were made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DATABASE = "app.db"
"""The database file, in the directory that the application runs in."""


@dataclass(frozen=True, slots=True)
class Application:
    """Texts by path; `main.py` is the script to run."""

    files: Mapping[str, str]
    traits: frozenset[str]

    @property
    def text(self) -> str:
        """All files for a reader."""
        return listing(self.files)


def listing(files: Mapping[str, str]) -> str:
    """Files one after the other, each below its path."""
    return "\n".join(f"# --- {path}\n{text}" for path, text in sorted(files.items()))
