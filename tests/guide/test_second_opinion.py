"""The second opinion is pyx12's own word, tells why the two differ where that is known, and never quotes the message."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import pyx12.params
import pyx12.x12n_document
from maps_kept import pyx12_maps_kept

from x12retro.cli.opinion_text import opinion_lines
from x12retro.guide.export import export
from x12retro.guide.judge import validate
from x12retro.guide.known_differences import THEIRS
from x12retro.guide.places import fixtures_dir
from x12retro.guide.pyx12_judge import Note, Pyx12Judge
from x12retro.guide.second_opinion import Comparison, Disagreement, SecondOpinion


@pytest.fixture(scope="module")
def judge() -> Iterator[Pyx12Judge]:
    with Pyx12Judge() as one:
        yield one


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("exported")
    export(folder)
    with pyx12_maps_kept():
        yield folder


def base(direction: str) -> str:
    return (fixtures_dir() / "guide" / f"every-loop-{direction}.edi").read_text(encoding="ascii")


def changed(direction: str, old: str, new: str) -> bytes:
    """The message of every loop with one change, counted right."""
    text = base(direction)
    assert old in text
    text = text.replace(old, new, 1)
    count = text[text.index("ST*") : text.index("GE*")].count("~")
    return re.sub(r"SE\*\d+\*", f"SE*{count}*", text).encode("latin-1")


def compared(judge: Pyx12Judge, raw: bytes, most: int = 10) -> Comparison:
    opinion = SecondOpinion(judge, most)
    for checked in validate(raw):
        opinion.feed(checked)
    return opinion.comparison


CHANGES = [
    ("request", "BHT*0007*13*", "BHT*0007*99*"),
    ("request", "BHT*0007*13*RETRO-2026-0001*20261103", "BHT*0007*13*RETRO-2026-0001*20261303"),
    ("request", "HL*5*4*EV*1", "HL*9*4*EV*1"),
    ("request", "HL*5*4*EV*1", "HL*5*8*EV*1"),
    ("request", "HL*5*4*EV*1~\n", ""),
    ("request", "UM*AR", "AM*AR"),
    ("request", "NM1*IL*1*", "NM1*ZZ*1*"),
    ("request", "NM1*FA*2*GENERAL HOSPITAL", "NM1*FA*2*"),
    ("request", "N4*SPRINGFIELD*IL", "N4*SPRINGFIELD*QQ"),
    ("request", "PER*IC*", "PER*IC*" + "X" * 61),
    ("request", "TOO*JP*3*M:O~", "TOO*JP*3*M:O~\nTOO*JP*3*M:O***~"),
    ("request", "SV3*AD:D7210*180**10*I*1~", "SV3*AD:D7210*1X0**10*I*1~"),
    ("request", "HL*5*4*EV*1", "HL*5*4*EV*0"),
    ("request", "UM*AR*", "UM*AR**"),
    ("response", "HCR*A", "HCR*X"),
    ("response", "BHT*0007*11", "BHT*0007*13"),
    ("response", "AAA*", "AAA*Q"),
]


@pytest.mark.parametrize(("direction", "old", "new"), CHANGES)
def test_the_opinion_is_that_of_pyx12s_own_command(judge, exported, direction: str, old: str, new: str) -> None:
    raw = changed(direction, old, new)
    whole = pyx12.x12n_document.x12n_document(
        pyx12.params.params(), io.StringIO(raw.decode("ascii")), fd_997=None, fd_html=None, map_path=str(exported / direction)
    )
    (set_,) = [checked.part for checked in validate(raw) if type(checked.part).__name__ == "Transaction"]
    assert judge.judge(set_, f"278-{direction}").accepts == whole


@pytest.mark.parametrize("direction", ["request", "response"])
def test_the_two_agree_on_a_right_message(judge, direction: str) -> None:
    comparison = compared(judge, base(direction).encode())
    assert (comparison.agree, comparison.disagree, comparison.no_opinion) == (1, 0, 0)


def test_a_fault_that_both_see_is_agreement_with_pyx12s_code_and_place(judge) -> None:
    raw = changed("request", "N4*SPRINGFIELD*IL", "N4*SPRINGFIELD*QQ")
    assert compared(judge, raw).agree == 1
    (set_,) = [checked.part for checked in validate(raw) if type(checked.part).__name__ == "Transaction"]
    (note,) = judge.judge(set_, "278-request").notes
    assert (note.level, note.code, note.segment_id, note.reference) == ("element", "7", "N4", "N402")
    assert set_.segments()[note.segment - 1].id == "N4"


KNOWN = [
    # we reject
    ("request", "HL*5*4*EV*1", "HL*5*4*EV*0", "HL04"),
    ("request", "HL*5*4*EV*1", "HL*5*3*EV*1", "HL02"),
    ("request", "AAH*RD8*20261020-20261024", "AAH*RD8*20261024-20261020", "which of a range's dates is first"),
    ("request", "MSG*FIXED THE SAME NIGHT~", "MSG*   ~", "nothing but blanks"),
    ("request", "NM1*FA*2*GENERAL HOSPITAL", "NM1*FA*2*GENERAL^HOSPITAL", "repeats"),
    ("request", "ABK:S72001A:D8:20261020", "ABK:S72001A::20261020", "which components go together"),
    ("request", "ABK:S72001A:D8:20261020", "ABK:S72001A:D8:20261320", "dates and times within a composite"),
    ("request", "*ABF:I10~", "*ABF:I10:~", "at the end of a composite"),
    ("request", "*ABF:I10~", "*:I10~", "without its first component"),
    ("request", "NM1*PW*2*", "NM1*PW*2*A PLACE~\nNM1*PW*2*", "what a loop lacks"),
    ("request", "DMG*D8*19840617", "DMG*D8*20991231", "no rules across segments"),
    # pyx12 rejects
    ("request", "HSD*DY*4~", "HSD*DY*4.~", "decimal point"),
    ("request", "GENERAL HOSPITAL*", "GENERAL HOSPITAL *", "blanks at the end of a value"),
    ("request", "CR2*1*4*C4*C6**", "CR2*1*4*C4*C6**7", "in doubt"),
]


@pytest.mark.parametrize(("direction", "old", "new", "reason"), KNOWN)
def test_a_known_difference_is_explained(judge, direction: str, old: str, new: str, reason: str) -> None:
    (one,) = compared(judge, changed(direction, old, new)).disagreements
    assert one.known
    assert len(one.why) == 1
    assert reason in one.why[0]
    assert one.ours != one.pyx12


@pytest.mark.parametrize(("old", "new"), [("NM1*71*", "NM1*ZZ*"), ("NM1*X3*", "NM1*1P*"), ("REF*NT*REF-99", "REF*D9*REF-99")])
def test_what_hangs_on_a_code_in_doubt_is_explained(judge, old: str, new: str) -> None:
    (one,) = compared(judge, changed("inquiry", old, new)).disagreements
    assert (one.ours, one.pyx12, one.known) == ("accepted", "rejected", True)
    assert set(one.why) <= {reason for reason, _ in THEIRS[3:5]}


def test_what_pyx12_raises_is_no_opinion(judge) -> None:
    too_many = compared(judge, changed("request", "TOO*JP*3*M:O~", "TOO*JP*3*M:O:L:I:D:B:F~"))
    assert (too_many.no_opinion, too_many.no_opinion_kinds) == (1, {"IndexError": 1})
    accent = compared(judge, changed("request", "GENERAL HOSPITAL", "H\xd4PITAL G\xc9N\xc9RAL"))
    assert accent.no_opinion_kinds == {"UnicodeDecodeError": 1}
    unknown = compared(judge, base("request").replace("005010X217", "005010X999").encode())
    assert unknown.no_opinion_kinds == {"NoMap": 1}


def test_one_set_that_fails_does_not_take_the_others_along(judge) -> None:
    text = base("request")
    start, end = text.index("ST*"), text.index("GE*")
    one = text[start:end]
    broken = one.replace("TOO*JP*3*M:O~", "TOO*JP*3*M:O:L:I:D:B:F~").replace("0001", "0002")
    raw = text[:start] + one + broken + one.replace("0001", "0003") + text[end:].replace("GE*1*", "GE*3*")
    comparison = compared(judge, raw.encode())
    assert (comparison.agree, comparison.no_opinion) == (2, 1)


def test_no_more_disagreements_are_kept_than_asked_for(judge) -> None:
    comparison = compared(judge, changed("request", "HL*5*4*EV*1", "HL*5*4*EV*0"), most=0)
    assert (comparison.disagree, comparison.disagreements) == (1, [])


def test_pyx12s_words_never_quote_the_message(x12retro, tmp_path: Path) -> None:
    raw = changed("request", "N4*SPRINGFIELD*IL", "N4*SPRINGFIELD*PLANTED1")
    raw = raw.replace(b"GENERAL HOSPITAL", b"PLANTED2 ").replace(b"MSG*", b"PLANTED3*PLANTED4~\nMSG*", 1)
    (tmp_path / "in.edi").write_bytes(raw)
    for form in ("text", "json", "jsonl"):
        done = x12retro("validate", tmp_path / "in.edi", "--second-opinion", "--format", form)
        assert b"PLANTED" not in done.stdout + done.stderr
        assert done.stderr == b""
    with Pyx12Judge() as judge:
        for checked in validate(raw):
            if type(checked.part).__name__ == "Transaction":
                opinion = judge.judge(checked.part, checked.guide)
                assert opinion.notes
                assert b"PLANTED" not in msgspec.json.encode(opinion)


def test_the_json_report_has_the_tally_and_the_exit_code_is_ours(x12retro, tmp_path: Path) -> None:
    (tmp_path / "in.edi").write_bytes(changed("request", "HSD*DY*4~", "HSD*DY*4.~"))
    done = x12retro("validate", tmp_path / "in.edi", "--second-opinion", "--format", "json")
    assert done.returncode == 0  # pyx12 rejects it
    opinion = json.loads(done.stdout)["second_opinion"]
    assert {key: opinion[key] for key in ("agree", "disagree", "no_opinion")} == {"agree": 0, "disagree": 1, "no_opinion": 0}
    (one,) = opinion["disagreements"]
    assert (one["transaction"], one["ours"], one["pyx12"], one["known"]) == ("0001", "accepted", "rejected", True)
    assert one["pyx12_errors"][0]["text"] == "a character or blank that may not stand there"


def test_without_the_option_the_report_does_not_speak_of_it(x12retro) -> None:
    done = x12retro("validate", fixtures_dir() / "guide" / "every-loop-request.edi", "--format", "json")
    assert "second_opinion" not in json.loads(done.stdout)


def test_a_difference_nobody_knows_is_pointed_at() -> None:
    note = Note("element", "7", 5, "N4", "N402", "no such code")
    one = Disagreement("1", "2", "0003", 170, "accepted", "rejected", (), (note,), (), known=False)
    lines = list(opinion_lines(Comparison(agree=2, disagree=1, disagreements=[one])))
    assert "agrees on 2, differs on 1" in lines[0]
    assert "segment 5 (N4) N402: no such code [element 7]" in lines[2]
    assert "please look at this set" in lines[-1]
