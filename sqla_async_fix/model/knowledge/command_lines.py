"""Who starts functions without an event loop: the frameworks of command lines. Data only."""

from __future__ import annotations

STARTING = ("click.", "typer.", "flask.cli.", "flask.Flask.cli.", "invoke.task")
"""Prefixes of the dotted names of decorators that make a function a command."""

HANDED = ("argparse.", ".set_defaults")
"""How the dotted name of what takes the function that carries out a command begins and ends."""

GROUPING = frozenset({"command", "group", "callback", "result_callback"})
"""The members by which a group of commands, itself a decorated function, makes a function a command."""

RUNNING = ("CliRunner.invoke",)
"""The ends of the dotted names of what runs a command where it stands."""
