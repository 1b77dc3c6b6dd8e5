"""`x12retro synth`: made-up encounters, requests and responses of any number, inquiries and their answers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, TypeVar

import click
import msgspec

from x12retro import synth as made_up
from x12retro.build import Built, Partner, load_partner, write
from x12retro.cli import options
from x12retro.errors import UsageError
from x12retro.inquire import GUIDE_VERSION

T = TypeVar("T")

_WORTH_A_BAR = 2000
"""Records from which a progress bar is shown."""
_JSON = msgspec.json.Encoder(decimal_format="number")


class _Counting(click.Command):
    """A command whose N may not be negative: "-3" is told as a number, not taken for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for before, word in zip(["", *args], args, strict=False):
            if re.fullmatch(r"-[0-9]+", word) and before != "--seed":
                raise click.BadParameter("must be 0 or more", ctx=ctx, param_hint="N")
        return super().parse_args(ctx, args)


@click.command(cls=_Counting)
@click.argument("what", type=click.Choice(["encounters", "requests", "responses", "inquiries", "inquiry-responses"]))
@click.argument("n", type=click.IntRange(min=0), metavar="N")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives other data; the same seed the same bytes.")
@options.output
@click.option("--partner", metavar="FILE", help="Partner file (TOML) for what is X12; default: a made-up partner.")
@click.option(
    "--truth", metavar="FILE", help="With responses of either kind: write what a right reader must find in them, one JSON line each."
)
@click.option("--crooked", is_flag=True, help="With responses: also answers that contradict themselves, as payers send them.")
@options.as_of
def synth(what: str, n: int, seed: int, output: str, partner: str | None, truth: str | None, crooked: bool, as_of: date | None) -> int:
    """Make up N encounters (JSON lines), requests, responses, inquiries or inquiry-responses (X12, 1,000 sets an interchange).

    Nobody in them exists. The requests of a seed are built from its encounters, and its responses answer its requests. Its inquiries
    (005010X215) ask how its requests stand, as if each had been pended, and its inquiry-responses answer those. To build made-up
    encounters yourself, give `x12retro build` the same --as-of, or its clock may find their care still to come.

    \b
    Example:
      x12retro synth requests 1000 --seed 7 -o requests.edi
      x12retro synth responses 1000 --seed 7 -o responses.edi --truth truth.jsonl
      x12retro decide responses.edi --requests requests.edi
    """
    if truth is not None and what not in ("responses", "inquiry-responses"):
        raise UsageError("--truth goes with responses: nothing else has an answer in it")
    if crooked and what != "responses":
        raise UsageError("--crooked goes with responses: payers write those")
    if partner is not None and what == "encounters":
        raise UsageError("--partner goes with what is X12: an encounter is written for no partner")
    options.refuse_overwriting({"-o": output, "--truth": truth}, (partner,))
    day = as_of or made_up.AS_OF
    with ExitStack() as stack:
        out = stack.enter_context(options.writing(output))
        if what == "encounters":
            for one in _counted(made_up.encounters(n, seed, as_of=day), n):
                out.write(_JSON.encode(_given(msgspec.to_builtins(one, builtin_types=(date, Decimal)))) + b"\n")
            return 0
        to = made_up.partner_for(load_partner(partner) if partner else None)
        if what == "inquiries":
            asked = (pair.inquiry for pair in made_up.inquiry_pairs(n, seed, partner=to, as_of=day))
            for _ in write(out, _counted(asked, n), to, as_of=made_up.inquired_on(day), version=GUIDE_VERSION):
                pass
            return 0
        if what == "requests":
            return _write_requests(out, made_up.requests(n, seed, partner=to, as_of=day), to, n, day)
        facts = stack.enter_context(options.writing(truth)) if truth else None
        if what == "inquiry-responses":
            told = ((pair.answer, pair.truth) for pair in made_up.inquiry_pairs(n, seed, partner=to, as_of=day))
            inquired = made_up.inquired_on(day)
            for _ in write(out, _counted(_with_truth(told, facts), n), made_up.payer_side(to), as_of=inquired, version=GUIDE_VERSION):
                pass
            return 0
        answers = _with_truth(made_up.responses(n, seed, partner=to, as_of=day, crooked=crooked), facts)
        for _ in write(out, _counted(answers, n), made_up.payer_side(to), as_of=made_up.answered_on(day)):
            pass
    return 0


next(
    option for option in synth.params if option.name == "as_of"
).help = f"Take DATE (YYYY-MM-DD) for the day of the requests; default: {made_up.AS_OF}, so that a seed gives the same bytes on any day."


def _write_requests(out: BinaryIO, requests: Iterable[Built], partner: Partner, n: int, day: date) -> int:
    """Write them; tell of those that this partner's settings do not allow."""
    failed = 0
    for built in write(out, _counted(requests, n), partner, as_of=day):
        if not built.built:
            failed += 1
            for problem in built.problems:
                if problem.severity == "error":
                    click.echo(f"{built.encounter_id}: {problem.path}: {problem.message}", err=True)
    if failed:
        click.echo(f"{failed} of {n} requests were not made", err=True)
    return 1 if failed else 0


def _with_truth(responses: Iterable[tuple[Built, made_up.Truth]], facts: BinaryIO | None) -> Iterator[Built]:
    for built, truth in responses:
        if facts is not None:
            facts.write(_JSON.encode(truth) + b"\n")
        yield built


def _given(value: Any) -> Any:  # noqa: ANN401 - a tree of JSON values
    """Leave out what is not given, as a hospital's file does."""
    if isinstance(value, dict):
        return {key: _given(part) for key, part in value.items() if part is not None and part not in ([], ())}
    return [_given(part) for part in value] if isinstance(value, list | tuple) else value


def _counted(items: Iterable[T], n: int) -> Iterator[T]:
    """Pass on `items`, with a progress bar on stderr when it is a terminal and they are many."""
    if n < _WORTH_A_BAR or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    progress = Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True))
    with progress:
        task = progress.add_task("making up", total=n)
        for item in items:
            yield item
            progress.advance(task)
