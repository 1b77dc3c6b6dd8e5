"""`x12retro answer`: give the documents that a payer asks for; the next run of `x12retro deliver` sends them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x12retro.attach import Obstacle
from x12retro.cli import options
from x12retro.cli.attach_inputs import coded_file
from x12retro.cli.cover import WAYS, CoverSheets, sheet_of_request
from x12retro.counted import counted
from x12retro.deliver import Config, load_config
from x12retro.errors import UsageError

if TYPE_CHECKING:
    from x12retro.ledger import Ledger
    from x12retro.ledger.views import Story


@click.command()
@click.argument("wanted", metavar="ID")
@click.option("--document", "documents", multiple=True, metavar="[CODE=]FILE", help="A document, and the code it was asked by; repeatable.")
@click.option("--by-hand", callback=options.words, metavar="TEXT", help="It was sent by another way: which and when. No patient's data.")
@click.option("--only", "only_these", multiple=True, metavar="CODE", help="With --by-hand: what was sent so; repeatable.")
@click.option("--cover", metavar="FILE", help="Write cover sheets (HTML) for what is to go by fax or mail (patients' data).")
@options.wait
@options.config
def answer(
    wanted: str, documents: tuple[str, ...], by_hand: str | None, only_these: tuple[str, ...], cover: str | None, wait: float, config: Path
) -> int:
    """Give the documents that the payer asks for, or that a request promised and that could not go.

    ID is an encounter id, a trace number or a request's number. With neither --document nor --by-hand the documents of the request are
    listed, and how they stand. CODE is the LOINC code or report type that the payer asked by, or the document's control number; it may
    be left out where one document is waited for. The document is looked at and copied; the next run of `x12retro deliver` sends it as a 275
    under the payer's own number. --by-hand is for what went by fax, mail or the payer's portal: all that is still to go, but for what the
    next run sends, or what --only names. --cover makes the sheets that lie on top of what goes by fax or mail, from the request as it was
    sent. Exit code 1: a document was not taken, or a sheet not made; it is told why.

    \b
    Examples:
      x12retro ledger worklist --config x12retro.toml
      x12retro answer ENC-2026-0015 --config x12retro.toml
      x12retro answer ENC-2026-0015 --document 28011-5=record.pdf --config x12retro.toml
      x12retro answer ENC-2026-0015 --cover cover.html --config x12retro.toml
      x12retro answer ENC-2026-0015 --by-hand "faxed on 2 December" --config x12retro.toml
      x12retro answer ENC-2026-0015 --by-hand "faxed on 2 December" --only 28011-5 --config x12retro.toml
    """
    from x12retro.flow.desk import ledger_of
    from x12retro.flow.giving import Turn, cases, give, sent_by_hand

    if documents and by_hand is not None:
        raise UsageError("give either --document or --by-hand")
    if only_these and by_hand is None:
        raise UsageError("--only says what was sent by hand: give --by-hand too")
    told = load_config(config)
    turn = Turn(wait, lambda text: click.echo(text, err=True))
    refused = 0
    with closing(ledger_of(told, lambda text: click.echo(text, err=True))) as ledger:
        if cover is not None:
            refused += _cover(told, ledger, wanted, cover)
        if by_hand is not None:
            count = sent_by_hand(told, ledger, wanted, by_hand, only_these, turn=turn)
            click.echo(f"{wanted}: {counted(count, 'document counts', 'documents count')} as sent", err=True)
        for one in give(told, ledger, wanted, [coded_file(text) for text in documents], turn=turn) if documents else ():
            if isinstance(one, Obstacle):
                refused += 1
                click.echo(f"{one.path}: {click.style('error', fg='red')}: {one.message}", err=True)
            else:
                click.echo(f"{wanted}: {one.code} is taken; the next run of `x12retro deliver` sends it", err=True)
        found = cases(ledger, wanted)
    for story in found:
        _list(story)
    return 1 if refused else 0


def _cover(config: Config, ledger: Ledger, wanted: str, target: str) -> int:
    """Write the cover sheets of what goes on paper; how many requests can have none."""
    from x12retro.flow.papers import papers_of

    without = cases_told = 0
    with options.writing(target, keep=lambda: cases_told > 0) as out:
        sheets = CoverSheets(out, ledger.clock().date())
        for one in papers_of(config, ledger, wanted):
            if isinstance(one, Obstacle):
                without += 1
                click.echo(f"{wanted}: {click.style('error', fg='red')}: {one.path}: {one.message}", err=True)
            elif one.way in WAYS:
                sheets.add(sheet_of_request(one))
                cases_told = sheets.cases
        if cases_told:
            sheets.close()
    if cases_told:
        click.echo(f"{counted(cases_told, 'cover sheet')} in {target}", err=True)
    elif not without:
        click.echo(f"{wanted}: nothing goes by fax, mail or e-mail; {target} is not written", err=True)
    return without


def _list(one: Story) -> None:
    request = one.request
    much = "" if one.documents else ": no document goes with it, and the payer asks for none"
    click.echo(f"{request['encounter_id']}, request {request['id']}, {request['state'].replace('_', ' ')}{much}")
    for row in one.documents:
        number = f" under {row['number']}" if row["number"] else ""
        note = f": {row['note']}" if row["note"] else ""
        click.echo(f"  {row['code']:<9} {row['state'].replace('_', ' '):<9} {row['due'] or '':<10} {row['place']}{number}{note}")
