"""Answers that are decided by ranges, or file by file in other hands, give the records that one process gives, marks and all."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest
from at_hand import AtHand

from x12retro.cli import decide_elsewhere
from x12retro.cli.decide_elsewhere import Elsewhere, knowledge, recipe
from x12retro.decide import History, decide_stream, to_json
from x12retro.guide.places import fixtures_dir

AS_OF = date(2026, 12, 10)


def answers(dice: Random) -> bytes:
    """Answers of every kind, some of them twice, some changed, in files that are broken here and there."""
    pieces = [path.read_bytes() for path in sorted((fixtures_dir() / "responses").glob("*.edi"))]
    dice.shuffle(pieces)
    data = b"\n".join([*pieces, *pieces[:8]])
    for _ in range(dice.choice((0, 2, 10))):
        n = dice.randrange(len(data))
        data = data[:n] + dice.choice((b"", b"~", b"*", b"ZZ", b"SE*3*0001~", b"ISA*", b"HCR*A3~")) + data[n + dice.choice((0, 1, 200)) :]
    return data


@pytest.mark.parametrize("small", [True, False], ids=["files", "ranges"])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 40))])
def test_the_records_are_the_same(tmp_path, monkeypatch, seed: int, small: bool) -> None:
    monkeypatch.setattr(decide_elsewhere, "_RANGE", 10_000_000 if small else 2500)
    dice = Random(seed)
    names = []
    for n in range(4):
        path = tmp_path / f"{n}.edi"
        path.write_bytes(answers(dice))
        names.append(str(path))
    chosen = {"requests": (), "report": (), "verdicts": (), "payer": None, "payers": None}
    of = recipe(chosen, AS_OF)
    here = knowledge(of)
    alone, told = [], []
    history = looked(names)
    for name in names:
        found = decide_stream(Path(name), None, AS_OF, encounters={}, known=here.known, history=history, on_finding=told.append)
        alone += map(to_json, found)
    crew, together, heard = AtHand(), [], []
    elsewhere, history = Elsewhere(crew, names, of, pytest.fail), looked(names)
    for name in names:
        records = elsewhere.records(name, history, heard.append)
        assert records is not None
        together += [record.line for record in records]
    assert together == alone
    assert heard == told
    assert crew.asked >= 1 if small else crew.asked > 50
    assert any(b'"superseded_by":{' in line for line in alone)
    assert any(b'"duplicate":true' in line for line in alone)


@pytest.mark.parametrize("small", [True, False], ids=["files", "ranges"])
def test_what_others_cannot_read_is_decided_here_and_told_once(tmp_path, monkeypatch, small: bool) -> None:
    monkeypatch.setattr(decide_elsewhere, "_RANGE", 10_000_000 if small else 2500)
    path, told = tmp_path / "in.edi", []
    path.write_bytes(answers(Random(0)))
    chosen = {"requests": (), "report": (), "verdicts": (), "payer": None, "payers": None}
    alone = [to_json(one) for one in decide_stream(path, None, AS_OF, encounters={}, known=knowledge(recipe(chosen, AS_OF)).known)]
    crew = Far()
    records = Elsewhere(crew, [str(path)], recipe(chosen, AS_OF), told.append).records(str(path), None, lambda _: None)
    assert records is not None
    assert [record.line for record in records] == alone
    assert crew.asked >= 1
    assert len(told) == 1
    assert "every worker must see the files under the same path" in told[0]


class Far(AtHand):
    """A crew that knows nothing of what lies beside the responses."""

    def submit(self, work, *given):
        return super().submit(work, given[0]._replace(folder=Path("/nowhere"), requests=("sent.edi",)), *given[1:])


def looked(names) -> History:
    history = History()
    for name in names:
        history.look(name)
    return history
