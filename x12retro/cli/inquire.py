"""`x12retro inquire`: ask the payer how pended requests stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path

import click
import msgspec

from x12retro.build import load_partner, write
from x12retro.cli import options
from x12retro.cli.control_file import NO_CONTROL_FILE, ControlFile
from x12retro.cli.earlier import decision_records
from x12retro.cli.inputs import Inputs
from x12retro.counted import counted
from x12retro.errors import UsageError
from x12retro.inquire import (
    GUIDE_VERSION,
    Asking,
    Due,
    Pended,
    PendedRequests,
    Schedule,
    asked_at,
    inquiries,
    load_schedule,
    read_reports,
    when,
)
from x12retro.x12 import Transaction, read

_NOON = time(12)
"""A date that is given has no time of its own."""


@click.command()
@click.option("--decisions", multiple=True, required=True, metavar="FILES", help="Records of `x12retro decide` (JSON lines); repeatable.")
@click.option("--requests", multiple=True, required=True, metavar="FILES", help="The 278 requests that were sent; repeatable.")
@click.option("--partner", required=True, metavar="FILE", help="Partner file (TOML) of the requests; its [inquiry] says when.")
@options.output
@options.as_of
@click.option("--asked", multiple=True, metavar="FILE", help="Reports of earlier inquiries, so that none comes too soon; repeatable.")
@click.option("--now", "whatever", is_flag=True, help="Ask after every pended request, whether or not the schedule has it due.")
@click.option("--report", metavar="FILE", help="Write one JSON line per inquiry: whose, its trace and the request's, when, problems.")
@click.option("--control-file", metavar="FILE", help="Keep control numbers in FILE between runs; the file of `x12retro build`.")
def inquire(
    decisions: tuple[str, ...],
    requests: tuple[str, ...],
    partner: str,
    output: str,
    as_of: date | None,
    asked: tuple[str, ...],
    whatever: bool,
    report: str | None,
    control_file: str | None,
) -> int:
    """Ask the payer how pended requests stand: 278 inquiries (005010X215).

    Of the decisions those count that leave something pended, and that no later answer has superseded; for each, its request is looked up
    among --requests by trace number. The inquiry names payer, requester and patient as the request did, and the care by the payer's
    reference and its days. Its trace number is the request's with INQ and the run behind it, so `x12retro decide` joins the answer to the
    request. What is written has been read back and held against the guide.

    When a request is due to be asked after says the partner file, counted from the answer that pended it:

    \b
      [inquiry]
      first = 2             # business days to the first inquiry; 0: the first wait of back_off
      back_off = ["1d"]     # waits from one to the next (m, h, d), the last again and again
      most = 20             # inquiries after one request; 0: never
      decide_within = 30    # days in which the payer has to decide
      stop_before = 1       # so many days before that nobody asks any more: call

    An answer that decides nothing (AAA: not found, payer down) is `unanswered` and leaves the request as it was. Exit code 1: a pended
    request could not be asked after; it is told why.

    \b
    Examples:
      x12retro decide inbox/ --requests sent.edi --report sent.report.jsonl --final -o decisions.jsonl
      x12retro inquire --decisions decisions.jsonl --requests sent.edi --partner partner.toml -o inquiries.edi
          --report asked.jsonl --asked earlier/ --control-file numbers.json
      x12retro decide answers/ --requests sent.edi --report sent.report.jsonl --earlier decisions.jsonl
    """
    files, reports = Inputs(requests), Inputs(asked, frozenset({".jsonl", ".json"}))
    options.refuse_overwriting(
        {"-o": output, "--report": report, "--control-file": control_file}, (*files.names, *reports.names, *decisions, partner)
    )
    to, schedule = load_partner(partner), load_schedule(partner)
    # one moment for the whole run, so that BHT and the envelope agree
    moment = datetime.combine(as_of, _NOON) if as_of is not None else datetime.now()  # noqa: DTZ005 - X12 writes local time
    pended = PendedRequests(decision_records(decisions, Pended, "--decisions"))
    several = len(pended)
    turn = _Turn(schedule, moment, _earlier(reports), whatever)
    tally = {True: 0, False: 0}
    with ExitStack() as stack:
        control = stack.enter_context(ControlFile(control_file))
        out = stack.enter_context(options.writing(output, keep=lambda: tally[True] > 0))
        lines = stack.enter_context(options.writing(report)) if report else None
        made = inquiries(_due(pended, files, turn), to, as_of=moment, control=control.numbers)
        if not options.is_put_in_place(output):
            made = control.reserving(made)
        for one in write(out, made, to, as_of=moment, version=GUIDE_VERSION):
            tally[one.built] += 1
            _tell(one)
            if lines is not None:
                lines.write(msgspec.json.encode(one.told()) + b"\n")
        control.save()
    _sum_up(tally, several, pended, turn, output)
    if tally[True] and not control_file:
        click.echo(NO_CONTROL_FILE, err=True)
    if files.unreadable:
        return 2
    return 1 if tally[False] or turn.faults else 0


class _Turn:
    """Whose turn it is. `later` counts those that are not due yet, `faults` the files that hold nothing to look in."""

    def __init__(self, schedule: Schedule, now: datetime, asked: Mapping[str, list[datetime]], whatever: bool) -> None:
        self._schedule, self._now, self._asked, self._whatever = schedule, now, asked, whatever
        self.later = self.faults = 0
        self.next: datetime | None = None

    def has_come(self, one: Pended) -> bool:
        if self._whatever:
            return True
        due = self._due(one)
        if due.at is None:
            click.echo(f"{_name(one)}: not asked after: {due.why}", err=True)
        elif not due.is_due(self._now):
            self.later += 1
            self.next = due.at if self.next is None else min(self.next, due.at)
            return False
        return due.at is not None

    def _due(self, one: Pended) -> Due:
        asked = sorted(moment for key in one.keys for moment in self._asked.get(key, ()))
        return when(self._schedule, self._now, since=one.since, asked=asked)


def _due(pended: PendedRequests, files: Inputs, turn: _Turn) -> Iterator[tuple[Pended, Transaction | None]]:
    """Each pended decision that is due, with its request; those whose request did not come at the end."""
    for name, stream in files.streams():
        sets = 0
        for frame in read(stream):
            sets += isinstance(frame, Transaction)
            if isinstance(frame, Transaction) and (one := pended.take(frame)) is not None and turn.has_come(one):
                yield one, frame
        if not sets:
            click.echo(f"{name}: holds no X12 set; --requests takes the requests as they were sent", err=True)
            turn.faults += 1
    for one in pended.left():
        if turn.has_come(one):
            yield one, None


def _earlier(reports: Inputs) -> Mapping[str, list[datetime]]:
    found = asked_at(one for _, stream in reports.streams() for one in read_reports(stream))
    if reports.unreadable:
        raise UsageError("not every file of --asked could be read")
    return found


def _name(one: Pended) -> str:
    return one.encounter_id or (f"trace {one.traces.event[0]}" if one.traces.event else f"bht03 {one.traces.bht03}")


def _tell(one: Asking) -> None:
    name = one.encounter_id or (f"trace {one.request}" if one.request else "no encounter_id")
    for problem in one.problems:
        label = click.style("error", fg="red") if problem.severity == "error" else click.style("note", fg="blue")
        click.echo(f"{name}: {label}: {problem.path}: {problem.message}", err=True)


def _sum_up(tally: dict[bool, int], several: int, pended: PendedRequests, turn: _Turn, output: str) -> None:
    where = "standard output" if output == "-" else output
    into = f" into {where}" if tally[True] else ""
    click.echo(f"{counted(tally[True], 'inquiry', 'inquiries')} after {counted(several, 'pended request')}{into}", err=True)
    if turn.later:
        click.echo(f"{turn.later} not due yet, the next {turn.next:%Y-%m-%d %H:%M} (--now asks all the same)", err=True)
    if pended.others:
        words = ", ".join(f"{n} {outcome.replace('_', ' ')}" for outcome, n in pended.others.most_common())
        click.echo(f"not pended, passed over: {words}", err=True)
    if not tally[True] and options.is_put_in_place(output) and Path(output).is_file():
        click.echo(f"{output} was left as it was: it is from an earlier run", err=True)
