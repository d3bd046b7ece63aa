"""Output formats, one module each, found by walking this package. What is reported is decided elsewhere."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from sqla_async_fix.reporters.diagnostic import Diagnostic, Style


class Reporter(Protocol):
    """A module of this package named after its format, `-` spelled `_`. `needs_edits`: it shows the edits of fixes."""

    needs_edits: bool

    def render(self, diagnostics: list[Diagnostic], style: Style) -> str:
        """The whole output for diagnostics in order, ending with a newline unless empty."""


def reporter_for(output_format: str) -> Reporter:
    """The reporter of a format that the settings allow."""
    module = importlib.import_module(f"{__name__}.{output_format.replace('-', '_')}")
    return cast(Reporter, module)
