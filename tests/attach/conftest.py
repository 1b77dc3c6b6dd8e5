"""A partner, an encounter with documents, and the way through: gathered, composed, written, read."""

import io
import json

import msgspec
import pytest
from documents import NOW

from x12retro.attach import Enclosure, Folder, Obstacle, about_encounter, gather, parcels, read_275
from x12retro.attach import write as write_275
from x12retro.build import ControlNumbers, load_partner
from x12retro.encounter import read_encounters
from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir


class House:
    """A hospital with a folder of documents and one partner."""

    def __init__(self, folder):
        self.folder = folder
        self.partner = load_partner(fixtures_dir() / "partners" / "summit-ridge.toml")
        self.tree = json.loads((fixtures_dir() / "encounters" / "emergency-admission.json").read_bytes())
        self.tree["documents"] = []

    def settings(self, **changed):
        self.partner = msgspec.structs.replace(self.partner, attachments=msgspec.structs.replace(self.partner.attachments, **changed))

    def add(self, content, name="record.bin", **keys):
        """A document of the event in a file of its own."""
        file = f"{len(self.tree['documents'])}-{name}"
        (self.folder / file).write_bytes(content)
        self.tree["documents"].append({"type": "M1", "delivery": "EL", "path": file, **keys})

    @property
    def encounter(self):
        return next(read_encounters(json.dumps(self.tree).encode()))

    def gathered(self, numbers=None):
        if numbers is None:
            numbers = [f"ACN{n:04d}" for n, one in enumerate(self.tree["documents"]) if not one.get("sensitive") or one.get("released")]
        return list(gather(self.encounter, numbers, self.partner.attachments, self.folder))

    def about(self, trace):
        return about_encounter(self.encounter, trace, self.partner)

    def composed(self):
        found = self.gathered()
        assert all(isinstance(one, Enclosure) for one in found), found
        about = self.about("TRACE0001")
        return [about] if isinstance(about, Obstacle) else list(parcels(about, found, self.partner, now=NOW))

    def written(self):
        """The file, and what was said of it; the file is right by its guide."""
        made = self.composed()
        assert not any(isinstance(one, Obstacle) for one in made), made
        out = io.BytesIO()
        sent = list(write_275(out, made, self.partner, now=NOW, control=ControlNumbers()))
        raw = out.getvalue()
        assert [f for checked in validate(raw) for f in checked.findings] == []
        return raw, sent

    def extracted(self, raw, **limits):
        """The 275s of a file, the findings, and the octets of the documents by name."""
        target = self.folder / "out"
        found = list(read_275(io.BytesIO(raw), Folder(target), **limits))
        files = {file.name: file.read_bytes() for file in sorted(target.iterdir())}
        return [one for one in found if not isinstance(one, Finding)], [one for one in found if isinstance(one, Finding)], files


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)
