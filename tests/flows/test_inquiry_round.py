"""From request to pend, inquiry and answer, with the sandbox payer on the other side; with the rooms, and as a user runs it."""

import io
import json
from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest

from x12retro.build import ControlNumbers, write
from x12retro.decide import Requests, Standing, decide_stream, to_json
from x12retro.guide.judge import validate
from x12retro.inquire import GUIDE_VERSION, Pended, PendedRequests, inquiries
from x12retro.payer import Behaviour, PayerFile, Sandbox
from x12retro.synth import AS_OF, partner_for, requests
from x12retro.x12 import Transaction, read

at = datetime.fromisoformat

PENDS = {"pended": 3, "pended for documents": 2, "certified": 1}


class House:
    """A provider and its payer, a folder between them."""

    def __init__(self, root, **behaviour):
        for name in ("in", "out"):
            (root / name).mkdir()
        self.root, self.partner, self.now = root, partner_for(None), at("2026-11-27 09:00")
        self._told = PayerFile(mailbox=str(root), requests="in", answers="out", behaviour=Behaviour(answers=PENDS, seed=4, **behaviour))
        self.decisions = []

    def round(self):
        """A payer that was started anew, as after a night."""
        Sandbox(self._told, self.root / "state.json").round(self.now)

    def send(self, name, raw):
        (self.root / "in" / name).write_bytes(raw)

    def log(self):
        return list(Sandbox(self._told, self.root / "state.json").log())

    def ask(self, n=60, seed=6):
        out = io.BytesIO()
        for _ in write(out, requests(n, seed, partner=self.partner), self.partner, as_of=AS_OF):
            pass
        self.sent = out.getvalue()
        self.asked = Requests.read(read(self.sent))
        self.send("a.edi", self.sent)

    def read(self, name):
        found = list(decide_stream(self.root / "out" / name, self.asked, self.now.date()))
        self.decisions += found
        return found

    def inquire(self, name, number):
        pended = PendedRequests(msgspec.json.decode(to_json(d), type=Pended) for d in Standing(self.decisions))
        pairs = [(d, t) for t in read(self.sent) if isinstance(t, Transaction) and (d := pended.take(t)) is not None]
        out = io.BytesIO()
        made = inquiries(pairs, self.partner, as_of=self.now, control=ControlNumbers(number, number))
        built = list(write(out, made, self.partner, as_of=self.now, version=GUIDE_VERSION))
        assert all(one.built for one in built)
        self.send(name, out.getvalue())
        return built


@pytest.fixture
def house(tmp_path):
    def made(**behaviour):
        return House(tmp_path, **behaviour)

    return made


def test_pended_ones_are_asked_after_until_they_are_decided(house):
    here = house(decide_after=50, decided_when_asked=0.4)
    here.ask()
    here.round()
    first = here.read("a.278")
    waiting = sum(d.outcome == "pended" for d in first)
    assert waiting > 20
    for n in range(1, 15):
        here.now += timedelta(days=1)
        asked = here.inquire(f"q{n}.edi", 100 + n)
        if not asked:
            break
        assert len(asked) == waiting
        here.round()
        answers = here.read(f"q{n}.278")
        assert all(d.answers and d.matched_by == "event_trace" for d in answers)
        acknowledged = (here.root / "out" / f"q{n}.999").read_text()
        assert f"AK1*HI*{100 + n}*005010X215" in acknowledged
        assert acknowledged.count("IK5*A~") == len(asked)
        raw = (here.root / "out" / f"q{n}.278").read_bytes()
        assert not [f for checked in validate(raw) for f in checked.findings]
        waiting -= sum(d.outcome != "pended" for d in answers)
    assert waiting == 0
    standing = list(Standing(here.decisions))
    assert len(standing) == 60
    assert all(d.outcome not in ("pended", "unanswered") for d in standing)
    last = {one["trace"]: one["outcome"] for one in here.log() if one["word"] != "inquiry"}
    assert {d.traces.event[0]: d.outcome for d in standing} == last


def test_a_payer_that_finds_nothing_leaves_all_as_it_was(house):
    here = house(decide_after=50, not_found=1.0)
    here.ask()
    here.round()
    here.read("a.278")
    before = Counter(d.outcome for d in Standing(here.decisions))
    here.now += timedelta(days=3)
    here.inquire("q.edi", 100)
    here.round()
    answers = here.read("q.278")
    assert {d.outcome for d in answers} == {"unanswered"}
    assert Counter(d.outcome for d in Standing(here.decisions)) == before


def test_a_payer_that_has_seen_nothing_finds_nothing(house):
    here = house()
    here.ask()
    here.round()
    here.read("a.278")
    here.inquire("q.edi", 100)
    (here.root / "state.answered.jsonl").unlink()
    here.round()
    assert {d.outcome for d in here.read("q.278")} == {"unanswered"}


def test_a_member_who_is_another_is_not_told_of_the_review(house):
    here = house(decided_when_asked=0.0)
    here.ask()
    here.round()
    here.read("a.278")
    here.inquire("q.edi", 100)
    path = here.root / "in" / "q.edi"
    path.write_bytes(path.read_bytes().replace(b"*MI*", b"*MI*X"))
    here.round()
    assert {d.outcome for d in here.read("q.278")} == {"unanswered"}


def test_what_was_decided_when_asked_is_not_decided_once_more(house):
    here = house(decide_after=2, decided_when_asked=1.0)
    here.ask()
    here.round()
    here.read("a.278")
    here.inquire("q.edi", 100)
    for _ in range(4):
        here.round()
    assert not list((here.root / "out").glob("decisions-*"))
    assert not Sandbox(here._told, here.root / "state.json").owes


def test_the_whole_round_by_commands(x12retro, tmp_path, fixtures):
    partner = fixtures / "partners" / "summit-ridge.toml"
    requests_, numbers = tmp_path / "requests.edi", tmp_path / "numbers.json"
    x12retro("synth", "requests", 40, "--seed", 8, "-o", requests_)
    numbers.write_text('{"interchange": 50, "group": 50}')
    payer = tmp_path / "payer.toml"
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    payer.write_text(
        'mailbox = "."\nrequests = "in"\nanswers = "out"\n'
        "[behaviour]\ndecide_after = 50\ndecided_when_asked = 0.5\nanswers = {pended = 1}\n"
    )
    (tmp_path / "in" / "a.edi").write_bytes(requests_.read_bytes())
    assert x12retro("payer", "--config", payer, "--once", "--as-of", "2026-11-30").returncode == 0
    decisions, asked, out = tmp_path / "d.jsonl", tmp_path / "asked.jsonl", tmp_path / "in" / "q.edi"
    decide = ("decide", "--requests", requests_, "--as-of", "2026-12-04", "--final", "-o", decisions)
    assert x12retro(*decide, tmp_path / "out" / "a.278").returncode == 0
    ask = ("inquire", "--decisions", decisions, "--requests", requests_, "--partner", partner, "--control-file", numbers)
    early = x12retro(*ask, "-o", out, "--as-of", "2026-12-01")
    assert (early.returncode, out.exists()) == (0, False)
    assert b"40 not due yet, the next 2026-12-02 00:00" in early.stderr
    done = x12retro(*ask, "-o", out, "--report", asked, "--as-of", "2026-12-02")
    assert done.returncode == 0, done.stderr
    assert b"40 inquiries after 40 pended requests into" in done.stderr
    assert x12retro("validate", out).returncode == 0
    again = x12retro(*ask, "-o", tmp_path / "again.edi", "--asked", asked, "--as-of", "2026-12-02")
    assert b"40 not due yet, the next 2026-12-03 00:00" in again.stderr
    assert x12retro("payer", "--config", payer, "--once", "--as-of", "2026-12-02").returncode == 0
    answered = x12retro("decide", tmp_path / "out" / "q.278", "--requests", requests_, "--report", asked, "--as-of", "2026-12-04")
    records = [json.loads(line) for line in answered.stdout.splitlines()]
    assert len(records) == 40
    assert {record["answers"] for record in records} == {"inquiry"}
    assert {record["matched_by"] for record in records} == {"event_trace"}
    final = x12retro("decide", tmp_path / "out" / "q.278", "--requests", requests_, "--earlier", decisions, "--as-of", "2026-12-04")
    outcomes = Counter(json.loads(line)["outcome"] for line in final.stdout.splitlines())
    assert sum(outcomes.values()) == 40
    assert 5 < outcomes["pended"] < 35
