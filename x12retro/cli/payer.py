"""`x12retro payer`: a sandbox payer that answers requests and takes documents, for tests and for trying things out."""

from __future__ import annotations

import signal
import threading
from datetime import date, datetime, time
from pathlib import Path

import click

from x12retro.cli import options
from x12retro.cli.inputs import Inputs
from x12retro.counted import counted
from x12retro.errors import UsageError
from x12retro.payer import Behaviour, Sandbox, answer_files, load_payer_file
from x12retro.synth import STORIES


def _print_stories(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        for name in STORIES:
            click.echo(name)
        ctx.exit(0)


@click.command()
@click.argument("files", nargs=-1, metavar="FILES...")
@click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE", help="Payer file (TOML): the mailbox to serve, and how to behave."
)
@click.option("--once", is_flag=True, help="With --config: one round, instead of one every --every seconds until told to end.")
@click.option("--every", type=click.IntRange(min=1), default=5, show_default=True, metavar="SECONDS", help="Between two rounds.")
@click.option("-o", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="With FILES: where the answers go.")
@click.option("--seed", type=int, default=0, show_default=True, help="With FILES: another seed decides otherwise.")
@click.option("--stories", is_flag=True, is_eager=True, expose_value=False, callback=_print_stories, help="List the answers it can give.")
@options.as_of
def payer(files: tuple[str, ...], config: Path | None, once: bool, every: int, folder: Path | None, seed: int, as_of: date | None) -> int:
    """Play the payer: answer 278 requests with TA1, 999 and 278 responses of every outcome. Everything it decides is made up.

    With FILES, the answers to each go into the folder -o. With --config a mailbox folder is served round after round: pended requests are
    decided later, or when a 275 brings the records that were asked for, and files come twice, late, before their 999 or cut off, as the
    payer file says.

    \b
    Examples:
      x12retro payer requests.edi -o answers/
      x12retro payer --config payer.toml
    """
    if bool(files) == (config is not None):
        raise click.UsageError("give FILES to answer, or --config FILE to serve a mailbox")

    def moment() -> datetime:
        return datetime.combine(as_of, time(12)) if as_of is not None else datetime.now()  # noqa: DTZ005 - X12 writes local time

    if config is not None:
        sandbox = Sandbox(load_payer_file(config), config.with_suffix(".state.json"))
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while True:
            put = sandbox.round(moment())
            if put or once:
                what = f"{counted(put, 'file')} put into {sandbox.answers}" if put else f"no requests in {sandbox.requests}, nothing owed"
                click.echo(f"round {sandbox.state.round}: {what}", err=True)
            if once or stop.wait(every):
                return 0
    if folder is None:
        raise UsageError("name a folder for the answers with -o")
    folder.mkdir(parents=True, exist_ok=True)
    inputs = Inputs(files)
    unanswered = 0
    for name, stream in inputs.streams():
        stem = "answer" if name == "-" else Path(name).stem
        answers = answer_files(stream.read(), stem, Behaviour(seed=seed), moment())
        for answer, content in answers:
            with options.writing(str(folder / answer)) as out:
                out.write(content)
            click.echo(str(folder / answer))
        if not answers:
            unanswered += 1
            click.echo(f"{name}: error: holds no X12 interchange that can be answered", err=True)
    return 2 if inputs.unreadable else 1 if unanswered else 0
