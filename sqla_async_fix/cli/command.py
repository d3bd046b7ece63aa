"""The group of commands: `check` by default, errors as one line, exit codes. What commands do is in their modules."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from sqla_async_fix import __version__
from sqla_async_fix.config.error import ConfigError

COMMANDS = ("check", "migrate", "rule", "version")
_GLOBAL_FLAGS = frozenset({"--isolated", "-q", "--quiet", "-s", "--silent", "-v", "--verbose"})
_GLOBAL_VALUES = frozenset({"--config", "--color"})
_OWN = frozenset({"-h", "--help", "-V", "--version"})
FAILURE = 2


class CommandLine(click.Group):
    """Runs a command, `check` where none is named. Exits with 0, 1 (something is left) or 2 (it could not run)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
        self.params.append(
            click.Option(
                ["-V", "--version"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=_version,
                help="Print version.",
            )
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command's module."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"sqla_async_fix.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options that all commands share may stand before the command."""
        return super().parse_args(ctx, _with_command(args))

    def main(self, args: Sequence[str] | None = None, *_: object, **extra: Any) -> Any:
        """Run and exit; a failure of whatever kind is one line on stderr."""
        try:
            code = super().main(args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            _fail(f"{_lowered(error.format_message())}\n\nFor more information, try '--help'.")
        except click.ClickException as error:
            _fail(_lowered(error.format_message()))
        except (click.Abort, KeyboardInterrupt):
            sys.exit(130)
        except ConfigError as error:
            _fail(str(error))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            _fail(_refused(error))
        except Exception as error:
            _fail(f"internal error: {_described(error)}")
        sys.exit(code or 0)


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"sqla-async-fix {__version__}")
        ctx.exit()


def _with_command(args: list[str]) -> list[str]:
    """The arguments with the command first, `check` if none is given."""
    index = 0
    while index < len(args):
        if args[index] in _GLOBAL_FLAGS or args[index].startswith(tuple(f"{name}=" for name in _GLOBAL_VALUES)):
            index += 1
        elif args[index] in _GLOBAL_VALUES:
            index += 2
        else:
            break
    if index < len(args) and args[index] in COMMANDS:
        return [args[index], *args[:index], *args[index + 1 :]]
    if args and args[0] in _OWN:
        return args
    return ["check", *args]


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")


def _described(error: Exception) -> str:
    """An unexpected error in one line, with the place in our code where it arose."""
    place, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("sqla_async_"):
            place = f" (in {name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{f': {text}' if text else ''}{place}"


def _refused(error: OSError) -> str:
    """What the system would not do, in one line."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(FAILURE)
