"""The `x12retro` command: finds its subcommands by name and imports only the one that is asked for."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys

import click

from x12retro import __version__
from x12retro.errors import SystemFailure, X12RetroError

_COMMANDS = {
    "assess": "say whether the payer may still be asked, until when, with what",
    "build": "turn encounters into 278 requests",
    "attach": "send the documents behind requests as 275s, and read 275s",
    "validate": "check X12 files against the implementation guide",
    "acknowledge": "write TA1 and 999, or read those that came back",
    "inquire": "ask how pended requests stand: 278 inquiries",
    "decide": "turn payers' 278 responses into decision records",
    "deliver": "send what waits in the drop folders and read what came, once or all the time",
    "answer": "give the documents that a payer asks for",
    "ledger": "where everything stands, what is to be done, and the proof of it",
    "payer": "play the payer: answer requests, for tests and for trying things out",
    "show": "print a message as a tree in plain words",
    "maps": "check the guide maps, or export them for pyx12",
    "synth": "make up encounters, requests and responses of any number",
    "demo": "the whole journey on made-up cases",
}


_SELDOM = 50_000
"""New objects between two looks for garbage; Python's own 700 is made for small programs."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"x12retro.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            close = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else f" Commands: {', '.join(_COMMANDS)}."
            raise click.UsageError(f"there is no command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="x12retro")
@click.option("--debug", is_flag=True, help="Show a traceback when the program itself fails.")
def cli(debug: bool) -> None:
    """Ask the payer after the care was given: X12 278 (005010X217) requests for retroactive review.

    \b
    A first round:
      x12retro demo
      x12retro build encounters.json --partner partner.toml -o requests.edi
      x12retro validate requests.edi
      x12retro decide response.edi --requests requests.edi --format table

    Exit codes: 0 all well (warnings allowed); 1 something in the data was rejected; 2 wrong usage or configuration; 3 a partner
    or the system failed.
    """
    if debug:
        os.environ["X12RETRO_DEBUG"] = "1"


def main() -> None:
    """Run the command line; every failure becomes one line on stderr and its exit code."""
    try:
        _prepare()
        result = cli.main(prog_name="x12retro", standalone_mode=False)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone: nothing is left to say
        sys.exit(0)
    except Exception as failure:
        if os.environ.get("X12RETRO_DEBUG"):
            raise
        code, text = _explain(failure)
        click.echo(f"x12retro: {text}", err=True)
        sys.exit(code)
    sys.exit(result if isinstance(result, int) else 0)


def _prepare() -> None:
    """Make a termination tidy (half-written files go), stand in for streams that the caller has closed, and look for garbage seldom.

    Records are made by the hundred thousand and go by themselves; the collector, which only looks for circles, would look at each new one
    many times over.
    """
    gc.set_threshold(_SELDOM, 20, 20)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the life of the process
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - the same
    if sys.stdout is None:
        raise SystemFailure("standard output is closed; there is nowhere to put the result")


def _explain(failure: Exception) -> tuple[int, str]:
    if isinstance(failure, X12RetroError):
        return failure.exit_code, str(failure)
    if isinstance(failure, OSError):
        where = f"{failure.filename}: " if failure.filename else ""
        return 3, f"{where}{failure.strerror or type(failure).__name__}"
    # the text of an unforeseen exception may hold data of the message: only its kind is told
    return 3, f"internal error ({type(failure).__name__}); run `x12retro --debug ...` for the traceback, and please report it"
