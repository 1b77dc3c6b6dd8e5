"""A hospital that asks and sends documents, and the sandbox payer on the other side of a mailbox."""

import io
import json
from datetime import datetime, timedelta

import pytest

from x12retro.attach import Obstacle, about_encounter, answer_275, gather, parcels
from x12retro.attach import write as write_275
from x12retro.build import Built, ControlNumbers, build, load_partner, write
from x12retro.decide import Requests, decide_stream
from x12retro.encounter import read_encounters
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.payer import Behaviour, DocumentFolder, PayerFile, Sandbox
from x12retro.x12 import read

ASKED = ("28011-5", "M1")
BESIDE_THE_STATE = DocumentFolder()
at = datetime.fromisoformat


class Journey:
    """One encounter, its request and its documents, and a payer that asks for records. `documents`: contents of files that are promised."""

    def __init__(self, root, *documents, folder=BESIDE_THE_STATE, **behaviour):
        self.root, self.box, self.now = root, root / "box", at("2026-11-28 09:00")
        for name in ("in", "out"):
            (self.box / name).mkdir(parents=True)
        self.partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
        self.told = PayerFile(
            mailbox=str(self.box),
            requests="in",
            answers="out",
            documents=folder,
            behaviour=Behaviour(**{"pend_for_records": ASKED, "application_advice": True, **behaviour}),
        )
        self.number = 0
        self.encounter = self._encounter(documents)
        self.request = self._requested()

    def _encounter(self, documents):
        tree = json.loads((fixtures_dir() / "encounters" / "emergency-admission.json").read_bytes())
        tree["documents"] = []
        for n, content in enumerate(documents):
            (self.root / f"{n}.bin").write_bytes(content)
            tree["documents"].append({"type": "M1", "delivery": "EL", "path": f"{n}.bin"})
        return next(read_encounters(json.dumps(tree).encode()))

    def _numbers(self):
        self.number += 1
        return ControlNumbers(self.number, self.number)

    def _requested(self):
        out, day = io.BytesIO(), self.now.date()
        (self.built,) = build([self.encounter], self.partner, as_of=day, control=self._numbers())
        assert isinstance(self.built, Built)
        assert self.built.built
        list(write(out, [self.built], self.partner, as_of=self.now))
        self.trace = self.built.traces.event
        return out.getvalue()

    # what the hospital makes --------------------------------------------------------------------------------------------------

    def promised(self):
        """The 275 with the documents that the request promised."""
        found = list(gather(self.encounter, self.built.traces.documents, self.partner.attachments, self.root))
        return self._written(parcels(self._about(), found, self.partner, now=self.now))

    def answer(self, content, decision, code="28011-5"):
        """The 275 that answers what the payer asks for in `decision`."""
        (self.root / "answer.bin").write_bytes(content)
        made = answer_275(decision, self._about(), [(code, self.root / "answer.bin")], self.partner, now=self.now)
        return self._written(one for one in made if not (isinstance(one, Obstacle) and one.severity == "held"))

    def _about(self):
        return about_encounter(self.encounter, self.trace, self.partner)

    def _written(self, made):
        parcels_, out = list(made), io.BytesIO()
        assert not [one for one in parcels_ if isinstance(one, Obstacle)], parcels_
        list(write_275(out, parcels_, self.partner, now=self.now, control=self._numbers()))
        assert [f for checked in validate(out.getvalue()) for f in checked.findings] == []
        return out.getvalue()

    # the mailbox --------------------------------------------------------------------------------------------------------------

    def send(self, name, raw):
        (self.box / "in" / name).write_bytes(raw)

    def payer(self):
        """The payer as it is after a restart."""
        return Sandbox(self.told, self.root / "state.json")

    def round(self):
        """A round of a payer that was started anew; the names of the files that are new in the mailbox."""
        before = {file.name for file in (self.box / "out").iterdir()}
        self.now += timedelta(hours=1)
        self.payer().round(self.now)
        return sorted({file.name for file in (self.box / "out").iterdir()} - before)

    def read(self, name):
        """The decision in a response; the response is right by its guide, and answers our request."""
        raw = (self.box / "out" / name).read_bytes()
        assert [f for checked in validate(raw) for f in checked.findings] == []
        asked = Requests.read(read(self.request))
        (decision,) = decide_stream(raw, asked, self.now.date())
        assert decision.matched_by == "event_trace"
        return decision

    def kept(self):
        """The documents in the payer's folder, by name."""
        folder = self.payer().documents
        return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} if folder.exists() else {}

    def fates(self):
        return [(one.number, one.fate) for one in self.payer().filed()]


@pytest.fixture
def journey(tmp_path):
    def made(*documents, **settings):
        return Journey(tmp_path, *documents, **settings)

    return made
