"""`x12retro demo`: the whole journey on made-up cases, through a real ledger, a real mailbox and the sandbox payer."""

from __future__ import annotations

import io
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import click
import msgspec

from x12retro.cli import decisions
from x12retro.decide import Decision, read_decisions
from x12retro.deliver import Config, load_config
from x12retro.encounter import Encounter, read_encounters
from x12retro.errors import UsageError
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.payer import Behaviour, PayerFile, Sandbox

if TYPE_CHECKING:
    from x12retro.flow.run import Balance
    from x12retro.ledger import Ledger

_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("America/Denver"))
_PARTNER = "summit-ridge"
_EXCHANGE = """
[exchange]
usage = "T"

[exchange.folder]                 # or [exchange.sftp]: docs/deliver.md
path = "../mailbox"

[exchange.outgoing]
folder = "inbound"

[exchange.incoming]
folder = "outbound"
settle = 0
"""
_PAYER = """mailbox = "mailbox"
requests = "inbound"
answers = "outbound"

[behaviour]
decide_after = 1
seed = {seed}

[behaviour.procedures]
27236 = "pended for records"

[behaviour.answers]
{answers}
"""
_BEHAVIOUR = Behaviour(
    answers={
        "certified": 3,
        "certified by line": 1,
        "partly, by line": 1,
        "modified": 1,
        "denied": 1,
        "pended for documents": 1,
        "rejected 2010C": 1,
        "not required": 1,
        "contact payer": 1,
    },
    procedures={"27236": "pended for records"},
    decide_after=1,
    seed=7,
)
_SCAN = b"%PDF-1.4\n% a made-up record of nobody\n%%EOF\n"


@click.command()
@click.option("--keep", metavar="DIR", help="Keep the installation in DIR, an empty directory: its config, ledger, mailbox, archive.")
def demo(keep: str | None) -> int:
    """Show the whole journey on made-up cases: care, request, proof, delivery, the payer's answers, what to do.

    Nothing leaves this machine, nobody in it exists. With --keep the installation stays, to try the other commands on.
    """
    if keep is not None and Path(keep).exists() and not (Path(keep).is_dir() and not any(Path(keep).iterdir())):
        what = "is not empty" if Path(keep).is_dir() else "is a file"
        raise UsageError(f"{keep} {what}; --keep names an empty directory, or one to be made")
    folder: AbstractContextManager[str] = nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="x12retro-demo-")
    with folder as name:
        journey = _Journey(_installed(Path(name)))
        try:
            journey.tell()
        finally:
            journey.ledger.close()
        if keep is not None:
            click.echo(f"\nAll of it is in {name}: try `x12retro ledger worklist --config {name}/x12retro.toml`.")
    return 0


def _installed(folder: Path) -> Path:
    """Lay out an installation with one partner, its mailbox, and a payer behind it; the configuration."""
    for room in ("partners", "mailbox/inbound", "mailbox/outbound"):
        (folder / room).mkdir(parents=True)
    partner = (fixtures_dir() / "partners" / f"{_PARTNER}.toml").read_text(encoding="utf-8")
    (folder / "partners" / f"{_PARTNER}.toml").write_text(partner + _EXCHANGE, encoding="utf-8")
    answers = "\n".join(f'"{story}" = {weight}' for story, weight in _BEHAVIOUR.answers.items())
    (folder / "payer.toml").write_text(_PAYER.format(seed=_BEHAVIOUR.seed, answers=answers), encoding="utf-8")
    config = folder / "x12retro.toml"
    config.write_text('root = "house"\nactor = "demo"\n', encoding="utf-8")
    return config


class _Ran(NamedTuple):
    """What a run did, the files that it put into the mailbox, and what it told."""

    balance: Balance
    files: list[Path]
    told: list[str]


class _Journey:
    """The days of the demo, one after the other; its clock stands where it says."""

    def __init__(self, config: Path) -> None:
        from x12retro.ledger import open_ledger

        self._config: Config = load_config(config)
        self._now = _NOW
        self._house, self._box = self._config.root, config.parent / "mailbox"
        self._read: set[Path] = set()
        self.ledger: Ledger = open_ledger(self._config.ledger, actor="demo", clock=lambda: self._now)
        told = PayerFile(mailbox=str(self._box), requests="inbound", answers="outbound", behaviour=_BEHAVIOUR)
        self._payer = Sandbox(told, config.parent / "payer.state.json")

    def tell(self) -> None:
        self._care()
        self._requests(self._run())
        self._answers()
        self._run()
        self._meaning()
        self._records()
        self._later()
        self._worklist()

    def _run(self) -> _Ran:
        from x12retro.flow.desk import desk_of
        from x12retro.flow.run import run

        told: list[str] = []
        with desk_of(self._config, self._config.partner(_PARTNER), self.ledger, lambda _, text: told.append(text)) as desk:
            balance = run(desk)
        return _Ran(balance, sorted((self._box / "inbound").iterdir()), told)

    def _care(self) -> None:
        _say("1. Care was given and nobody asked first", "fixtures/encounters, put into the drop folder")
        drop, records = self._house / "drop" / _PARTNER, self._house / "documents" / _PARTNER
        drop.mkdir(parents=True)
        records.mkdir(parents=True)
        lines = []
        for path in sorted((fixtures_dir() / "encounters").glob("*.json")):
            for case in read_encounters(path):
                assert isinstance(case, Encounter), path.name
                why = case.retro.scenario.replace("_", " ") if case.retro and case.retro.scenario else ""
                lines.append(msgspec.json.encode(_with_records(case, records)))
                click.echo(f"   {case.encounter_id:<15} {path.stem:<32} {why}")
        (drop / "encounters.jsonl").write_bytes(b"\n".join(lines) + b"\n")

    def _requests(self, ran: _Ran) -> None:
        _say("2. Each becomes an X12 278 request", "if the payer's rules allow; proven against guide 005010X217, recorded, delivered")
        sent, proof = ran.files
        for segment in _event_of(sent.read_bytes()):
            click.echo(f"   {segment}")
        click.echo(f"   ... {sent.read_bytes().count(b'ST*278'):,} requests, {sent.stat().st_size:,} bytes, delivered as {sent.name}")
        for text in ran.told:
            click.echo(f"   {text}")
        _say("3. What proves them follows", "275s, guide 006020X316, each document under the number that its request promised")
        for segment in _documents_of(proof.read_bytes()):
            click.echo(f"   {segment}")
        click.echo(f"   ... {proof.read_bytes().count(b'BDS*'):,} documents, {proof.stat().st_size:,} bytes, delivered as {proof.name}")
        _say("4. Any validator accepts them")
        findings = [f for checked in validate(sent, as_of=_NOW.date()) for f in checked.findings]
        click.echo(f"   x12retro: {sum(f.is_error for f in findings)} errors, {sum(f.severity == 'warning' for f in findings)} warnings")
        click.echo(f"   pyx12 with our exported maps: {_second_opinion(sent)}")

    def _answers(self) -> None:
        self._now += timedelta(hours=1)
        self._payer.round(self._now.replace(tzinfo=None))
        _say("5. The payer answers", "x12retro payer, a sandbox")
        for path in sorted((self._box / "outbound").iterdir()):
            click.echo(f"   {path.name:<32} {path.stat().st_size:>7,} bytes")
        response = next((self._box / "outbound").glob("*.278"))
        for segment in _event_of(response.read_bytes()):
            click.echo(f"   {segment}")

    def _meaning(self) -> None:
        _say("6. What each answer means, and what to do by when")
        for one in self._new_decisions():
            click.echo(_row(one))

    def _records(self) -> None:
        from x12retro.flow.giving import give
        from x12retro.ledger.views import worklist

        _say("7. Records that the payer asks for are given", "x12retro answer ID --document CODE=FILE; the next run sends them")
        scan = self._house / "scan.pdf"
        scan.write_bytes(_SCAN)
        with self.ledger.look() as connection:
            asked = [task for task in worklist(connection, self._now) if task.why == "document_asked"]
        for task in asked:
            click.echo(f"   {task.encounter_id:<15} by {task.due}  {task.do.partition(':')[0]}")
        wanted = {task.encounter_id: None for task in asked if task.encounter_id is not None}
        for encounter_id in wanted:
            codes = [task.do.split()[1].rstrip(":") for task in asked if task.encounter_id == encounter_id]
            list(give(self._config, self.ledger, encounter_id, [(code, scan) for code in codes]))
        scan.unlink()
        before = set((self._box / "inbound").iterdir())
        self._run()
        (answer,) = set((self._box / "inbound").iterdir()) - before
        for segment in _documents_of(answer.read_bytes()):
            click.echo(f"   {segment}")

    def _later(self) -> None:
        for _ in range(3):
            self._now += timedelta(days=1)
            self._payer.round(self._now.replace(tzinfo=None))
            self._run()
        _say("8. Three days later", "what was pended is decided")
        for one in self._new_decisions():
            click.echo(_row(one))

    def _worklist(self) -> None:
        from x12retro.ledger.verify import verify
        from x12retro.ledger.views import worklist

        _say("9. What is left to do", "x12retro ledger worklist; nothing was lost on the way")
        with self.ledger.look() as connection:
            for task in worklist(connection, self._now):
                click.echo(f"   {task.due or '':<11} {task.encounter_id or task.file or '':<15} {task.why:<16} {task.do}")
            faults = list(verify(connection))
        click.echo(f"   the ledger's chain of events: {f'{len(faults)} faults' if faults else 'whole'}")

    def _new_decisions(self) -> list[Decision]:
        paths = sorted((self._house / "decisions" / _PARTNER).glob("*.jsonl"))
        found = [one for path in paths if path not in self._read for one in read_decisions(path.read_bytes().splitlines())]
        self._read.update(paths)
        return found


def _with_records(case: Encounter, folder: Path) -> Encounter:
    """The case with a made-up record in the place of each document that goes as a 275."""
    found = []
    for n, document in enumerate(case.documents):
        name = f"{case.encounter_id}-{n}.pdf"
        if document.delivery == "EL":
            (folder / name).write_bytes(_SCAN)
        found.append(msgspec.structs.replace(document, path=name) if document.delivery == "EL" else document)
    return msgspec.structs.replace(case, documents=tuple(found))


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
    end = next(n for n, s in enumerate(segments) if n > start and s.startswith(("SE*", "HL*")))
    return [s + "~" for s in segments[start:end]][:14]


def _documents_of(edi: bytes) -> list[str]:
    """The first set of a file with 275s, a segment a line, without what names the patient and all of the document."""
    segments = [s.strip() for s in edi.decode("ascii").split("~")]
    begin = next(n for n, s in enumerate(segments) if s.startswith("BGN*"))
    end = next(n for n, s in enumerate(segments) if s.startswith("BDS*"))
    shown = [s for s in segments[begin : end + 1] if s.startswith(("BGN", "REF", "LX", "TRN", "STC", "DTP", "CAT", "OOI", "BDS"))]
    return [f"{s[:40]}...~" if s.startswith("BDS") else f"{s}~" for s in shown]


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
