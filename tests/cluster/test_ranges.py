"""A file that is cut into ranges for others to judge gives what one reader gives, however crooked it is and wherever it is cut."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import msgspec
import pytest
from at_hand import AtHand

from x12retro.build import write
from x12retro.cluster import judging, ranges
from x12retro.cluster.files import Unseen
from x12retro.cluster.judging import Archive, Judging, RangePool
from x12retro.guide.overlay import find_payer
from x12retro.guide.places import fixtures_dir
from x12retro.guide.report import Report
from x12retro.guide.set_judge import SetJudge
from x12retro.synth.encounters import AS_OF
from x12retro.synth.messages import partner_for, requests
from x12retro.x12 import GroupStart, Transaction, read

LENGTH = 3000
NOBODY = Unseen(lambda why: pytest.fail(f"nothing was to be told: {why}"))


def how(payer=None, most: int = 1000) -> Judging:
    return Judging(f"test {payer and payer.id}", 7, AS_OF, {}, payer, False, most)


def made(n: int, seed: int = 3) -> bytes:
    out = io.BytesIO()
    assert sum(1 for _ in write(out, requests(n, seed), partner_for(None), as_of=AS_OF)) == n
    return out.getvalue()


def one(path: Path, payer=None, pool=None):
    with path.open("rb") as stream:
        report = Report(stream, path.name, as_of=AS_OF, pool=pool, payer=payer)
        return list(report), report.summary


@pytest.fixture
def cut_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RangePool, "__init__", _small(RangePool.__init__))


def _small(begin):
    def init(self, crew, name, judging_, unseen):
        begin(self, crew, name, judging_, unseen)
        self._ahead._length = LENGTH

    return init


def archive() -> bytes:
    """Interchanges of several senders: other delimiters, line breaks, groups, kinds of message."""
    right = made(40)
    other = right.replace(b"\n", b"").replace(b"*", b"|").replace(b"~", b"\n")
    guide = fixtures_dir() / "guide"
    pieces = [right, (guide / "every-loop-request.edi").read_bytes(), other, made(8, 5)]
    pieces += [path.read_bytes() for path in sorted((fixtures_dir() / "responses").glob("*.edi"))[:6]]
    pieces += [path.read_bytes() for path in sorted((fixtures_dir() / "acks").glob("*.edi"))[:6]]
    return b"".join(piece.rstrip() + b"\n" for piece in [*pieces, *pieces[::-1]])


def crooked(data: bytes, dice: Random) -> bytes:
    for _ in range(dice.choice((1, 3, 10, 40))):
        n = dice.randrange(len(data))
        m = n + dice.choice((0, 1, 1, 30, 2000))
        new = dice.choice(
            (b"", b"~", b"*", b"\n", b"ZZ", b"SE*3*0001~", b"ISA*", b"GE*1*1~\n", b"ST*278*0001*005010X217~\n", data[n:m] * 2)
        )
        data = data[:n] + new + data[m:]
    return data


def test_right_sets_of_other_hands_are_taken_and_nothing_is_judged_twice(tmp_path, cut_small, monkeypatch) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(archive())
    alone = one(path)
    crew = AtHand()
    pool = RangePool(crew, str(path), how(), NOBODY)
    judged = []
    monkeypatch.setattr(pool, "_judge", _Counting(judged))
    assert one(path, pool=pool) == alone
    assert crew.asked > 10
    assert alone[1].transactions > 100
    assert len(judged) <= 12  # sets that lie across a cut


class _Counting:
    def __init__(self, judged: list) -> None:
        self._judge, self._judged = SetJudge(7, judging.Context(AS_OF, {}, None)), judged

    def judge(self, transaction):
        self._judged.append(transaction.offset)
        return self._judge.judge(transaction)


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(n, marks=pytest.mark.soak) for n in range(12, 300))])
def test_a_crooked_file_gives_the_same_report(tmp_path, cut_small, seed: int) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(crooked(archive(), Random(seed)))
    assert one(path, pool=RangePool(AtHand(), str(path), how(), NOBODY)) == one(path)


def test_a_payers_rows_are_asked_of_every_set(tmp_path, cut_small) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(archive())
    payer = find_payer("harvard-pilgrim", None)
    alone = one(path, payer)
    assert any(finding.rule.startswith("P-harvard-pilgrim") for finding in alone[0])
    assert one(path, payer, RangePool(AtHand(), str(path), how(payer), NOBODY)) == alone


def test_an_archive_is_cut_where_an_interchange_begins_or_a_set(tmp_path) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(archive())
    first = next(frame for frame in read(path) if isinstance(frame, Transaction))
    scout = ranges.Scout(path, path.stat().st_size, first.offset, first.group, LENGTH)
    data, at = path.read_bytes(), first.offset
    while (range_ := scout.next()) is not None:
        assert range_.begin == at
        begins = data[range_.begin : range_.begin + 3]
        assert begins in (b"ISA", b"ST*", b"ST|")
        assert (range_.within is None) == (begins == b"ISA")
        at = range_.end
    assert at == len(data)


def test_what_stands_in_a_range_stands_where_the_file_has_it(tmp_path) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(archive())
    whole = {ranges.sight(frame) for frame in read(path) if isinstance(frame, Transaction)}
    first = next(frame for frame in read(path) if isinstance(frame, GroupStart))
    set_ = next(frame for frame in read(path) if isinstance(frame, Transaction))
    scout = ranges.Scout(path, path.stat().st_size, set_.offset, first, LENGTH)
    seen = set()
    while (range_ := scout.next()) is not None:
        frames = ranges.frames_of(range_)
        seen |= {ranges.sight(frame, range_.within, range_.begin) for frame in frames if isinstance(frame, Transaction)}
    assert seen == whole


def small_files(folder: Path) -> list[str]:
    names = []
    for n in range(7):
        path = folder / f"{n}.edi"
        path.write_bytes(made(n + 1, n + 1))
        names.append(str(path))
    return names


def test_files_come_back_in_order_and_one_that_changed_meanwhile_is_read_here(tmp_path) -> None:
    names = small_files(tmp_path)
    archive_ = Archive(AtHand(), names, how(), NOBODY._tell, whole=True)
    Path(names[3]).unlink()
    Path(names[4]).write_bytes(made(9, 9))
    found = [archive_.report(name) for name in names]
    assert [one and one.summary.transactions for one in found] == [1, 2, 3, None, None, 6, 7]
    assert archive_.pool(names[4]) is None
    assert found[6].summary == msgspec.structs.replace(one(tmp_path / "6.edi")[1], file=names[6])


def test_what_a_worker_cannot_read_is_told_once_and_read_here(tmp_path, monkeypatch) -> None:
    names, told = small_files(tmp_path), []
    archive_ = Archive(AtHand(), names, how(), told.append, whole=True)
    monkeypatch.setattr(judging, "Path", lambda path: Path(path.replace("edi", "gone")) if path[-5] in "25" else Path(path))
    assert [found and found.summary.transactions for found in map(archive_.report, names)] == [1, 2, None, 4, 5, None, 7]
    (why,) = told
    assert f"a worker cannot read {names[2]} (No such file or directory)" in why
    assert "what others cannot read is read here" in why


class Elsewhere(AtHand):
    """A crew under whose paths lies what `there` makes of a file."""

    def __init__(self, there) -> None:
        super().__init__()
        self._there = there

    def submit(self, work, *given):
        range_ = given[-1]
        path = Path(range_.path).with_suffix(".there")
        if not path.exists():
            self._there(Path(range_.path), path)
        return super().submit(work, *given[:-1], range_._replace(path=str(path)))


def another(begins: bytes, new: bytes):
    return lambda here, there: there.write_bytes(here.read_bytes().replace(begins, new))


@pytest.mark.parametrize(
    "there",
    [another(b"UM*HS", b"UM*ZZ"), another(b"005010X217~", b"005010X216~"), another(b"~", b"~~"), lambda *_: None],
    ids=["a set", "a label", "size", "nothing"],
)
def test_a_large_file_of_which_workers_see_another_or_none_is_judged_here(tmp_path, cut_small, there) -> None:
    path, told = tmp_path / "in.edi", []
    path.write_bytes(archive())
    alone = one(path)
    crew = Elsewhere(there)
    assert one(path, pool=RangePool(crew, str(path), how(), Unseen(told.append))) == alone
    assert crew.asked > 10
    assert len(told) == 1
    assert "every worker must see" in told[0]


def test_a_large_file_that_changes_meanwhile_is_judged_as_it_is_read(tmp_path, cut_small) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(archive())
    pool = RangePool(AtHand(), str(path), how(), NOBODY)
    with path.open("ab") as more:
        more.write(archive())
    alone = one(path)
    assert one(path, pool=pool) == alone
    pool = RangePool(AtHand(), str(path), how(), NOBODY)
    with path.open("rb") as stream:
        path.unlink()
        report = Report(stream, path.name, as_of=AS_OF, pool=pool)
        assert (list(report), report.summary) == alone
