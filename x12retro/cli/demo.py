"""`x12retro demo`: the whole journey on made-up cases."""

from __future__ import annotations

import io
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path

import click
import msgspec

from x12retro import synth
from x12retro.build import Built, build, load_partner, write
from x12retro.cli import decisions
from x12retro.decide import Decision, Requests, decide_stream, to_json
from x12retro.encounter import Encounter, read_encounters
from x12retro.errors import UsageError
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.x12 import read

_AS_OF = date(2026, 11, 24)
_STORIES = (
    "certified",
    "pended for documents",
    "denied",
    "modified",
    "rejected 2010C",
    "partly, by line",
    "not required",
    "certified by line",
    "contact payer",
    "a line left out",
    "rejected 2000E",
    "certified, number in REF BB",
)


@click.command()
@click.option("--keep", metavar="DIR", help="Keep the files of the journey in DIR.")
def demo(keep: str | None) -> int:
    """Show the whole journey on made-up cases: care, request, proof, the payer's answer, what to do.

    Nothing leaves this machine, nobody in it exists. With --keep the files stay: encounters, requests, answers, decisions.
    """
    if keep is not None and Path(keep).exists() and not Path(keep).is_dir():
        raise UsageError(f"{keep} is a file; --keep names a directory")
    folder: AbstractContextManager[str] = nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="x12retro-demo-")
    with folder as name:
        Path(name).mkdir(parents=True, exist_ok=True)
        _journey(Path(name), kept=keep is not None)
    return 0


def _journey(folder: Path, *, kept: bool) -> None:
    partner = synth.partner_for(load_partner(fixtures_dir() / "partners" / "summit-ridge.toml"))

    _say("1. Care was given and nobody asked first", "fixtures/encounters: what the hospital knows")
    encounters = []
    for path in sorted((fixtures_dir() / "encounters").glob("*.json")):
        for case in read_encounters(path):
            assert isinstance(case, Encounter), path.name
            encounters.append(case)
            why = case.retro.scenario.replace("_", " ") if case.retro and case.retro.scenario else ""
            (folder / path.name).write_bytes(path.read_bytes())
            click.echo(f"   {case.encounter_id:<15} {path.stem:<32} {why}")

    _say("2. Each becomes an X12 278 request", "built, read back and held against guide 005010X217 before it is written")
    requests = io.BytesIO()
    built = list(write(requests, build(encounters, partner, as_of=_AS_OF), partner, as_of=_AS_OF))
    (folder / "requests.edi").write_bytes(requests.getvalue())
    (folder / "report.jsonl").write_bytes(b"".join(msgspec.json.encode(one.report()) + b"\n" for one in built))
    (folder / "partner.toml").write_bytes((fixtures_dir() / "partners" / "summit-ridge.toml").read_bytes())
    for segment in _event_of(requests.getvalue()):
        click.echo(f"   {segment}")
    click.echo(f"   ... {sum(one.built for one in built)} of {len(built)} requests, {len(requests.getvalue()):,} bytes")

    _say("3. Any validator accepts them")
    findings = [f for checked in validate(requests.getvalue(), as_of=_AS_OF) for f in checked.findings]
    click.echo(f"   x12retro: {sum(f.is_error for f in findings)} errors, {sum(f.severity == 'warning' for f in findings)} warnings")
    click.echo(f"   pyx12 with our exported maps: {_second_opinion(folder / 'requests.edi')}")

    _say("4. The payer answers")
    today = synth.answered_on(_AS_OF)
    asked = [(one, _STORIES[n % len(_STORIES)]) for n, one in enumerate(built)]
    responses = io.BytesIO()
    told = (response for response, _ in synth.answers(asked, partner=partner, as_of=_AS_OF, seed=7))
    for _ in write(responses, told, synth.payer_side(partner), as_of=today):
        pass
    (folder / "responses.edi").write_bytes(responses.getvalue())
    click.echo(f"   {len(asked)} answers, {len(responses.getvalue()):,} bytes; one of them:")
    for segment in _event_of(responses.getvalue()):
        click.echo(f"   {segment}")

    _say("5. What each answer means, and what to do by when")
    answers = list(
        decide_stream(
            responses.getvalue(), Requests.read(read(requests.getvalue())), today, encounters=_encounters(built), file="responses.edi"
        )
    )
    (folder / "decisions.jsonl").write_bytes(b"".join(to_json(one) + b"\n" for one in answers))
    for answer in answers:
        click.echo(_row(answer))
    if kept:
        click.echo(f"\nThe files are in {folder}: try `x12retro show {folder / 'responses.edi'}`.")


def _row(one: Decision) -> str:
    colour = {"certified": "green", "not_required": "green", "denied": "red", "rejected": "red"}.get(one.outcome, "yellow")
    outcome = click.style(f"{decisions.outcome(one):<20}", fg=colour)
    return f"   {decisions.case(one):<15} {outcome} {decisions.number(one):<15} {decisions.next_step(one):<27} by {decisions.due(one)}"


def _say(title: str, note: str = "") -> None:
    click.echo()
    click.echo(click.style(title, bold=True) + (f"  ({note})" if note else ""))


def _event_of(edi: bytes) -> list[str]:
    """The patient event and services of the first set, a segment a line."""
    segments = [s.strip() for s in edi.decode("ascii").split("~")]
    start = next(n for n, s in enumerate(segments) if s.startswith("HL*") and "*EV*" in s)
    end = next(n for n, s in enumerate(segments) if n > start and s.startswith("SE*"))
    return [s + "~" for s in segments[start:end]][:14]


def _encounters(built: list[Built]) -> dict[str, str]:
    from x12retro.decide import read_build_report

    return read_build_report(b"\n".join(msgspec.json.encode(one.report()) for one in built))


def _second_opinion(requests: Path) -> str:
    import logging

    import pyx12.params
    import pyx12.x12n_document

    from x12retro.guide.export import export

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as maps:
        export(Path(maps))
        accepted = pyx12.x12n_document.x12n_document(
            pyx12.params.params(), str(requests), io.StringIO(), None, map_path=str(Path(maps) / "request")
        )
    sys.stdout.flush()
    return "accepted" if accepted else "rejected"
