"""Runs that are killed while they write under the final name (`finish = "direct"`): the payer takes what lies there, a part or the whole.

What is in doubt is told, and ends by an answer, or by a person who asks the payer. Afterwards nothing was lost, nothing went twice.
"""

import os
import random
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime

import pytest
from documents import PDF
from installation import Installation
from sftp_server import SftpServer

from x12retro.deliver import load_config
from x12retro.encounter.services import Document
from x12retro.errors import UsageError
from x12retro.flow.giving import give, sent_by_hand
from x12retro.flow.settling import settle_file
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import documents, files, requests
from x12retro.ledger.views import worklist
from x12retro.payer import Behaviour

pytestmark = pytest.mark.soak
KILLS = int(os.environ.get("X12RETRO_SOAK_KILLS", "150"))
PROMISED = (Document(type="M1", delivery="EL", path="one.pdf"), Document(type="B3", delivery="EL", path="two.pdf"))
CROOKED = Behaviour(
    answers={"pended for records": 3, "pended": 2, "certified": 2, "denied": 1},
    decide_after=3,
    application_advice=True,
    twice=0.2,
    late=0.2,
    before_its_999=0.3,
    seed=5,
)
INQUIRY = '[inquiry]\nfirst = 0\nback_off = ["1m"]\ndecide_within = 300\nmost = 900\n'
BY_HAND = "uploaded to the portal"


class Person:
    """Does what the worklist says: asks the payer about files in doubt, gives documents, and drops refused records again."""

    def __init__(self, house, dice):
        self.house, self.dice = house, dice
        self.done = Counter()

    def work(self, share=1.0):
        config = load_config(self.house.config)
        ledger = open_ledger(config.ledger, actor="clerk")
        try:
            with ledger.look() as connection:
                tasks = self.tasks(connection)
            for task in tasks:
                if self.dice.random() < share:
                    getattr(self, task.why)(config, ledger, task)
        finally:
            ledger.close()

    def tasks(self, connection):
        known = ("in_doubt", "document_asked", "document_refused", "rejected")
        return [task for task in worklist(connection, datetime.now().astimezone()) if task.why in known]

    def in_doubt(self, config, ledger, task):
        (row,) = [row for row in self.house.rows(files) if row["id"] == task.file_id]
        inside = [one for one in self.house.rows(documents) if one["file_id"] == row["id"] and one["state"] == "filed"]
        if inside and self.dice.random() < 0.3:
            try:
                sent_by_hand(config, ledger, str(inside[0]["request_id"]), BY_HAND, (inside[0]["place"],))
                self.done["by hand"] += 1
            except UsageError:  # it was decided meanwhile
                self.done["too late"] += 1
        if any(seen.endswith(f"/{row['isa13']}") for seen in self.house.payer.state.seen):
            assert list(settle_file(config, ledger, row["name"], "they have it", lambda *_: None)) == ["summit-ridge"]
            self.done["settled"] += 1
        elif not (self.house.box / "in" / row["name"]).exists():
            with ledger.change("summit-ridge") as change:
                assert change.file(row["id"], "released") == "staged"
            self.done["released"] += 1

    def document_asked(self, config, ledger, task):
        for row in self.house.rows(documents):
            if row["request_id"] == task.request_id and row["state"] in ("asked", "refused"):
                file = self.house.work / "scan.pdf"
                file.write_bytes(PDF + str(row["id"]).encode() * self.dice.randrange(1, 20_000))
                try:
                    list(give(config, ledger, str(row["request_id"]), [(row["place"], file)]))
                except UsageError:  # it was decided meanwhile
                    self.done["too late"] += 1

    document_refused = document_asked

    def rejected(self, _config, _ledger, task):
        """The payer took a part and refused it: the same record is dropped again."""
        (request,) = [row for row in self.house.rows(requests) if row["id"] == task.request_id]
        (dropped,) = [row for row in self.house.rows(files) if row["id"] == request["drop_id"]]
        copy = self.house.work / "house" / dropped["path"]
        if request["state"] == "rejected" and copy.exists():
            again = self.house.work / "house" / "drop" / "summit-ridge" / dropped["name"]
            again.write_bytes(copy.read_bytes())
            self.done["dropped again"] += 1


def being_written(house):
    """Tells whether a part of a file lies in the mailbox."""
    outbox = house.work / "house" / "outbox" / "summit-ridge"

    def is_there():
        for part in (house.box / "in").iterdir():
            with suppress(FileNotFoundError):  # it was taken, or swept away, while we looked
                if part.stat().st_size < (outbox / part.name).stat().st_size:
                    return True
        return False

    return is_there


@pytest.fixture(params=["folder", "sftp"])
def house(request, tmp_path, monkeypatch):
    """A house whose writes are slow, so that many are killed in the middle."""
    if request.param == "folder":

        def slowly(source, target, _=0):
            while chunk := source.read(4096):
                target.write(chunk)
                target.flush()
                time.sleep(0.001)

        monkeypatch.setattr("x12retro.deliver.folder.shutil.copyfileobj", slowly)
        yield Installation(tmp_path / "house", behaviour=CROOKED, finish="direct")
        return
    monkeypatch.setattr("x12retro.deliver.sftp._CHUNK", 4096)
    (tmp_path / "sftp").mkdir()
    server = SftpServer(tmp_path / "sftp")
    server.start()
    yield Installation(tmp_path / "house", place=server.place("box"), box=server.folder / "box", behaviour=CROOKED, finish="direct")
    server.kill()


def faults(house):
    """What must not be: all that Installation knows, but that a payer may have refused a part of a file, whose requests are asked anew."""
    refused = {row["id"] for row in house.rows(files) if row["state"] == "refused"}
    cut = Counter(row["encounter_id"] for row in house.rows(requests) if row["file_id"] in refused)
    found = Counter(house.faults()) - Counter({f"{name} reached the payer 0 times": times for name, times in cut.items()})
    asked = {row["encounter_id"] for row in house.rows(requests) if row["file_id"] not in refused}
    found = [*found.elements(), *(f"{name} was not asked anew" for name in cut.keys() - asked)]
    found += [
        f"{row['encounter_id']} stands as {row['state']}" for row in house.rows(requests) if row["state"] in ("rejected", "validated")
    ]
    rows = house.rows(documents)
    came = Counter(fate.number for fate in house.payer.filed() if fate.fate in ("matched", "held"))
    sent = Counter(row["number"] for row in rows if row["state"] in ("sent", "accepted") and row["note"] != BY_HAND)
    by_hand = {row["number"] for row in rows if row["note"] == BY_HAND}
    found += [f"{n}: sent {sent[n]} times, came {came[n]} times" for n in sent | came if sent[n] != came[n] and n not in by_hand]
    open_ = {row["id"] for row in house.rows(requests) if row["state"] in ("sent", "interchange_accepted", "accepted", "pended")}
    stuck = [row for row in rows if row["state"] == "filed" or (row["state"] == "waiting" and row["request_id"] in open_)]
    found += [f"document {row['place']} of {row['request_id']} stands as {row['state']}" for row in stuck]
    return found


def test_kills_in_mid_write(house):
    seed = int(os.environ.get("X12RETRO_SOAK_SEED") or random.randrange(10**6))
    print(f"X12RETRO_SOAK_SEED={seed}")  # noqa: T201 - to do it again
    house.settings(INQUIRY)
    dice, caught, parts = random.Random(seed), 0, 0
    person = Person(house, dice)
    for n in range(KILLS):
        if n % 5 == 0:
            house.keep("one.pdf", PDF + str(n).encode() * dice.randrange(1, 30_000))
            house.keep("two.pdf", PDF + dice.randbytes(10).hex().encode())
            house.drop(6, seed=3, documents=PROMISED if n % 10 else ())
        caught += house.killed(dice.random() ** 2 * 0.6) if n % 2 else house.killed(dice.random() * 0.02, begins=being_written(house))
        parts += being_written(house)()
        if dice.random() < 0.5:
            house.payer.round(datetime.now())
        if dice.random() < 0.2:
            person.work(0.5)
    for _ in range(10):
        house.settle(200)
        person.work()
        house.run()
    house.settle(200)
    assert faults(house) == [], house.troubles()
    assert caught > KILLS / 4
    assert parts
    print(person.done)  # noqa: T201 - how often somebody had to settle or release is chance; tests/deliver/test_direct.py does both
