"""What goes wrong with a configuration. Where it is shown is in `sqla_async_fix.cli`."""

from __future__ import annotations


class ConfigError(Exception):
    """The configuration cannot be used; the message is one line that names the file (or the option) and the key."""
