"""Runs that are killed by the hundred while documents go out, are asked for and given, and pended requests are asked after.

Afterwards every document reached the payer once, with its request known there, under its own number, and nothing is left behind.
"""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from documents import PDF
from installation import Installation

from x12retro.deliver import load_config
from x12retro.encounter.services import Document
from x12retro.flow.giving import give
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import documents, events, files, requests
from x12retro.payer import Behaviour

pytestmark = pytest.mark.soak
PROMISED = (Document(type="M1", delivery="EL", path="one.pdf"), Document(type="B3", delivery="EL", path="two.pdf"))
CROOKED = Behaviour(
    answers={"pended for records": 3, "pended": 2, "certified": 2, "denied": 1},
    decide_after=3,
    decided_when_asked=0.3,
    application_advice=True,
    twice=0.2,
    late=0.2,
    before_its_999=0.3,
    seed=5,
)
INQUIRY = '[inquiry]\nfirst = 0\nback_off = ["1m"]\ndecide_within = 300\nmost = 900\n'


def answer_all(house, dice, share):
    """Give the documents that payers ask for, or some of them."""
    config = load_config(house.config)
    ledger = open_ledger(config.ledger, actor="clerk")
    try:
        waiting = {row["id"]: row["encounter_id"] for row in house.rows(requests) if row["state"] == "pended"}
        for row in house.rows(documents):
            if row["state"] == "asked" and row["request_id"] in waiting and dice.random() < share:
                file = house.work / "scan.pdf"
                file.write_bytes(PDF + str(row["id"]).encode())
                list(give(config, ledger, str(row["request_id"]), [(row["place"], file)]))
    finally:
        ledger.close()


def faults(house):
    """What must not be of documents."""
    found = []
    rows = house.rows(documents)
    came = Counter(fate.number for fate in house.payer.filed() if fate.fate in ("matched", "held"))
    sent = Counter(row["number"] for row in rows if row["state"] in ("sent", "accepted"))
    found += [f"{number}: sent {sent[number]} times, came {came[number]} times" for number in sent | came if sent[number] != came[number]]
    found += [f"{fate.number}: {fate.fate}" for fate in house.payer.filed() if fate.fate != "matched"]
    open_ = {row["id"] for row in house.rows(requests) if row["state"] in ("sent", "interchange_accepted", "accepted", "pended")}
    stuck = [row for row in rows if row["state"] == "filed" or (row["state"] == "waiting" and row["request_id"] in open_)]
    found += [f"document {row['place']} of {row['request_id']} stands as {row['state']}" for row in stuck]
    given = {row["source"] for row in rows if row["state"] in ("waiting", "held")}
    for file in (house.work / "house" / "given" / "summit-ridge").iterdir():
        if f"given/summit-ridge/{file.name}" not in given:
            found.append(f"{file.name} was left behind")
    return found


def test_200_kills_with_documents_on_each_database(address, tmp_path):
    house = Installation(tmp_path / "house", ledger=address if "://" in address else None, behaviour=CROOKED)
    house.settings(INQUIRY)
    dice, caught = random.Random(6), 0
    for n in range(200):
        if n % 5 == 0:
            house.keep("one.pdf", PDF + str(n).encode() * dice.randrange(1, 30_000))
            house.keep("two.pdf", PDF + dice.randbytes(10).hex().encode())
            house.drop(6, seed=3, documents=PROMISED if n % 10 else ())
        if n % 7 == 0:
            answer_all(house, dice, 0.5)
        caught += house.killed(dice.random() ** 2 * 0.4)
        if dice.random() < 0.5:
            house.payer.round(datetime.now() - timedelta(hours=1))  # so that it is time to ask after what it pends
    for _ in range(4):
        house.run()
        answer_all(house, dice, 1.0)
        house.settle(200)
    assert house.faults() == [], house.troubles()
    assert faults(house) == []
    assert caught > 60, f"only {caught} of 200 were killed in the middle"
    kinds = Counter(row["kind"] for row in house.rows(files) if row["direction"] == "out")
    assert min(kinds["documents"], kinds["request"]) > 5, kinds
    assert kinds["inquiry"], kinds  # how many is chance: documents that are waited for hold them up
    assert [one for one in house.rows(events) if one["kind"] == "documents_answered"]
