"""Answers to inquiries in the mailbox: a decision is taken, and what brings none leaves the request as it stood."""

import io
from datetime import datetime, timedelta

import msgspec
import pytest
from installation import Installation

from x12retro.build import ControlNumbers, load_partner, write
from x12retro.decide import decide_stream, to_json
from x12retro.inquire import GUIDE_VERSION, Pended, PendedRequests, inquiries
from x12retro.ledger.tables import answers, events, files, requests
from x12retro.payer import Behaviour
from x12retro.x12 import Transaction, read


def asked_after(work, **behaviour):
    """An installation whose requests were pended, and the answers to inquiries after all of them in its mailbox."""
    house = Installation(work, behaviour=Behaviour(**{"answers": {"pended for documents": 1}, "decide_after": 900, **behaviour}))
    house.drop(6)
    house.run()
    sent = [path.read_bytes() for path in sorted((house.box / "in").iterdir())]
    house.payer.round(datetime.now())
    decisions = [d for path in (house.box / "out").glob("*.278") for d in decide_stream(path, sent)]
    house.run()
    pended = PendedRequests(msgspec.json.decode(to_json(d), type=Pended) for d in decisions)
    pairs = [(d, t) for raw in sent for t in read(raw) if isinstance(t, Transaction) and (d := pended.take(t)) is not None]
    partner, now, out = load_partner(work / "partners" / "summit-ridge.toml"), datetime.now(), io.BytesIO()
    made = inquiries(pairs, partner, as_of=now, control=ControlNumbers(900, 900))
    assert all(one.built for one in write(out, made, partner, as_of=now, version=GUIDE_VERSION))
    (house.box / "in" / "inquiries.edi").write_bytes(out.getvalue())
    house.payer.round(now + timedelta(minutes=2))
    return house, len(pairs)


def of(house, table):
    return [row for row in house.rows(table) if table is not requests or row["trace"]]


@pytest.mark.parametrize("behaviour", [{"not_found": 1.0}, {"decided_when_asked": 0.0}], ids=["nothing found", "still pended"])
def test_what_brings_no_decision_leaves_the_request_as_it_stood(tmp_path, behaviour):
    house, count = asked_after(tmp_path, **behaviour)
    before = {row["id"]: (row["state"], row["outcome"], row["next_do"], row["due"]) for row in of(house, requests)}
    assert count > 3
    house.run()
    assert {row["id"]: (row["state"], row["outcome"], row["next_do"], row["due"]) for row in of(house, requests)} == before
    told = [row for row in house.rows(events) if row["kind"] == "inquiry_answered"]
    assert len(told) == count
    assert all(row["request_id"] in before for row in told)
    assert not [row for row in of(house, files) if row["state"] == "held"]


def test_a_decision_that_an_inquiry_brings_is_taken(tmp_path):
    house, count = asked_after(tmp_path, decided_when_asked=1.0)
    assert {row["state"] for row in of(house, requests)} == {"pended"}
    house.run()
    assert {row["state"] for row in of(house, requests)} == {"decided"}
    assert len(of(house, requests)) == count


def test_a_decision_stands_though_an_inquiry_that_crossed_it_says_still_pended(tmp_path):
    house, count = asked_after(tmp_path, decided_when_asked=0.0, decide_after=3)
    house.run()
    for _ in range(3):
        house.payer.round(datetime.now())
    house.run()
    said = {row["request_id"]: row["answered"] for row in house.rows(answers) if row["outcome"] == "still_pended"}
    last = {row["request_id"]: row["answered"] for row in house.rows(answers) if row["outcome"] not in ("still_pended", "pended")}
    assert said.keys() == last.keys() and len(said) == count
    assert all(last[id_] < said[id_] for id_ in said)  # by the payer's clock the decision is the earlier of the two
    assert "pended" not in {row["state"] for row in of(house, requests)}
    assert house.faults_of_the_ledger() == []
