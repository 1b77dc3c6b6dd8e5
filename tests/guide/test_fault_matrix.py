"""One fault, one finding: each row breaks one thing in a correct message and says which single finding must come of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.guide.recogniser import recogniser
from x12retro.guide.rules import RULES
from x12retro.x12 import Delimiters

Lines = list[str]
Edit = Callable[[Lines], Lines]


def base(direction: str) -> Lines:
    path = Path(fixtures_dir()) / "guide" / f"every-loop-{direction}.edi"
    return [line.rstrip("~") for line in path.read_text(encoding="ascii").splitlines()]


def at(lines: Lines, prefix: str) -> int:
    hits = [n for n, line in enumerate(lines) if line.startswith(prefix)]
    assert hits, f"the base message has no {prefix}"
    return hits[0]


def put(prefix: str, element: int, value: str) -> Edit:
    def edit(lines: Lines) -> Lines:
        n = at(lines, prefix)
        fields = lines[n].split("*")
        fields += [""] * (element + 1 - len(fields))
        fields[element] = value
        while not fields[-1] and value == "":
            fields.pop()
        return [*lines[:n], "*".join(fields), *lines[n + 1 :]]

    return edit


def drop(prefix: str, more: int = 0) -> Edit:
    return lambda lines: [*lines[: at(lines, prefix)], *lines[at(lines, prefix) + 1 + more :]]


def drop_last(prefix: str) -> Edit:
    return lambda lines: drop(prefix)(lines[::-1])[::-1]


def twice(prefix: str) -> Edit:
    return lambda lines: [*lines[: at(lines, prefix) + 1], lines[at(lines, prefix)], *lines[at(lines, prefix) + 1 :]]


def insert(before: str, *new: str) -> Edit:
    return lambda lines: [*lines[: at(lines, before)], *new, *lines[at(lines, before) :]]


def move(prefix: str, before: str) -> Edit:
    def edit(lines: Lines) -> Lines:
        n = at(lines, prefix)
        line, rest = lines[n], [*lines[:n], *lines[n + 1 :]]
        m = at(rest, before)
        return [*rest[:m], line, *rest[m:]]

    return edit


def line(prefix: str, new: str) -> Edit:
    return lambda lines: [new if n == at(lines, prefix) else one for n, one in enumerate(lines)]


def message(lines: Lines, recount: bool = True) -> bytes:
    if recount:
        start, end = at(lines, "ST*"), at(lines, "SE*")
        fields = lines[end].split("*")
        fields[1] = str(end - start + 1)
        lines = [*lines[:end], "*".join(fields), *lines[end + 1 :]]
    return "".join(one + "~\n" for one in lines).encode("ascii")


def judged(raw: bytes) -> list[Finding]:
    """What is found but for the rules across segments: the message of every loop is no likely case."""
    across = {rule.id for rule in RULES}
    return [f for checked in validate(raw) for f in checked.findings if f.rule not in across]


# (name, edit, (segment id, loop, element, component, ack level, ack code))
REQUEST: list[tuple[str, Edit, tuple[str, str | None, int | None, int | None, str, str]]] = [
    # header
    ("ST03 missing", put("ST*", 3, ""), ("ST", "ST_LOOP", 3, None, "IK4", "1")),
    ("BHT missing", drop("BHT"), ("BHT", "HEADER", None, None, "IK3", "3")),
    ("BHT01 wrong", put("BHT", 1, "0078"), ("BHT", "HEADER", 1, None, "IK4", "7")),
    ("BHT02 unknown", put("BHT", 2, "99"), ("BHT", "HEADER", 2, None, "IK4", "7")),
    ("BHT03 missing", put("BHT", 3, ""), ("BHT", "HEADER", 3, None, "IK4", "1")),
    ("BHT03 too long", put("BHT", 3, "X" * 51), ("BHT", "HEADER", 3, None, "IK4", "5")),
    ("BHT04 no date", put("BHT", 4, "20261301"), ("BHT", "HEADER", 4, None, "IK4", "8")),
    ("BHT05 no time", put("BHT", 5, "2460"), ("BHT", "HEADER", 5, None, "IK4", "9")),
    ("BHT twice", twice("BHT"), ("BHT", "HEADER", None, None, "IK3", "5")),
    # levels
    ("HL01 skips", put("HL*3*", 1, "9"), ("HL", "2000C", 1, None, "IK4", "7")),
    ("HL01 not a number", put("HL*7*", 1, "X"), ("HL", "2000F", 1, None, "IK4", "7")),
    ("HL02 missing", put("HL*3*", 2, ""), ("HL", "2000C", 2, None, "IK4", "1")),
    ("HL02 on the top level", put("HL*1*", 2, "1"), ("HL", "2000A", 2, None, "IK4", "I10")),
    ("HL02 wrong parent", put("HL*5*", 2, "3"), ("HL", "2000E", 2, None, "IK4", "7")),
    ("service under service", put("HL*7*", 2, "6"), ("HL", "2000F", 2, None, "IK4", "7")),
    ("HL03 unknown", put("HL*5*", 3, "XX"), ("HL", "2000E", 3, None, "IK4", "7")),
    ("HL03 of another level", put("HL*5*", 3, "SS"), ("HL", "2000E", 3, None, "IK4", "7")),
    ("HL03 of an outer level", put("HL*3*", 3, "21"), ("HL", "2000C", 3, None, "IK4", "7")),
    ("HL04 says no children", put("HL*5*", 4, "0"), ("HL", "2000E", 4, None, "IK4", "7")),
    ("HL04 says children", put("HL*8*", 4, "1"), ("HL", "2000F", 4, None, "IK4", "7")),
    ("HL04 missing", put("HL*2*", 4, ""), ("HL", "2000B", 4, None, "IK4", "1")),
    ("HL*20 lost", drop("HL*1*"), ("HL", "2000A", None, None, "IK3", "3")),
    ("HL*EV lost", drop("HL*5*"), ("HL", "2000E", None, None, "IK3", "3")),
    # required segments and loops
    ("NM1 of the UMO missing", drop("NM1*X3"), ("NM1", "2010A", None, None, "IK3", "3")),
    ("NM1 of the requester missing", drop("NM1*FA*2*GENERAL"), ("NM1", "2010B", None, None, "IK3", "3")),
    ("NM1 of the subscriber missing", drop("NM1*IL"), ("NM1", "2010C", None, None, "IK3", "3")),
    ("NM1 of the dependent missing", drop("NM1*QC"), ("NM1", "2010D", None, None, "IK3", "3")),
    ("UM missing", drop("UM*AR"), ("UM", "2000E", None, None, "IK3", "3")),
    ("street of the drop-off place missing", drop_last("N3*1 HARBOR"), ("N3", "2010EB", None, None, "IK3", "3")),
    ("denial code of the other UMO missing", drop("REF*ZZ"), ("REF", "2010EC", None, None, "IK3", "3")),
    ("denial date of the other UMO missing", drop("DTP*598"), ("DTP", "2010EC", None, None, "IK3", "3")),
    # repeats
    ("UM twice", twice("UM*AR"), ("UM", "2000E", None, None, "IK3", "5")),
    ("one kind of DTP twice", twice("DTP*435"), ("DTP", "2000E", None, None, "IK3", "5")),
    ("HI twice", twice("HI*"), ("HI", "2000E", None, None, "IK3", "5")),
    ("third TRN", insert("UM*AR", "TRN*1*A*9EXAMPLE01", "TRN*1*B*9EXAMPLE01"), ("TRN", "2000E", None, None, "IK3", "5")),
    ("UMO name twice", twice("NM1*X3"), ("NM1", "2010A", None, None, "IK3", "4")),
    ("MSG twice", twice("MSG*FELL"), ("MSG", "2000E", None, None, "IK3", "5")),
    ("N3 twice", twice("N3*1 HARBOR"), ("N3", "2010B", None, None, "IK3", "5")),
    ("eleven PWK", lambda x: insert("MSG*FELL", *["PWK*DG*AA"] * 9)(x), ("PWK", "2000E", None, None, "IK3", "5")),
    (
        "fourth other UMO",
        insert("HL*6*", *["NM1*CA*2*PLAN", "REF*ZZ*0M", "DTP*598*D8*20261030"] * 3),
        ("NM1", "2010EC", None, None, "IK3", "4"),
    ),
    # order
    ("UM after the dates", move("UM*AR", "HI*"), ("UM", "2000E", None, None, "IK3", "7")),
    ("HI after HSD", move("HI*", "CRC*07"), ("HI", "2000E", None, None, "IK3", "7")),
    ("N4 before N3", move("N4*SPRINGFIELD*IL*62701", "N3*1 HARBOR"), ("N3", "2010B", None, None, "IK3", "7")),
    ("UMO name after the requester level", move("NM1*X3", "NM1*FA*2*GENERAL"), ("NM1", "2010A", None, None, "IK3", "7")),
    # segments that do not belong
    ("segment of another set", insert("HI*", "STC*A1:19"), ("STC", "2000E", None, None, "IK3", "6")),
    ("a segment id in small letters", line("UM*AR", "um*AR*S*2*11:A*AA:EM*03***Y*11"), ("UM", None, None, None, "IK3", "1")),
    ("cut off after NM104", line("NM1*IL", "NM1*IL*1*ARDEN*ROSALIND"), ("NM1", "2010C", 8, None, "IK4", "1")),
    ("cut off and still separated", line("NM1*IL", "NM1*IL*1*ARDEN*ROSALIND****MI*"), ("NM1", "2010C", 9, None, "IK4", "1")),
    ("BHT02 says response", put("BHT", 2, "11"), ("BHT", "HEADER", 2, None, "IK4", "7")),
    ("no segment id", insert("HI*", "ZQ9*1"), ("?", "2000E", None, None, "IK3", "1")),
    ("UM in the subscriber level", insert("HL*4*", "UM*HS*I"), ("UM", "2010C", None, None, "IK3", "2")),
    ("HCR in a request", insert("HI*", "HCR*A1*X"), ("HCR", "2000E", None, None, "IK3", "6")),
    ("HSD before the references", move("HSD*DY", "REF*BB"), ("HSD", "2000E", None, None, "IK3", "7")),
    # qualifiers
    ("NM101 of the requester unknown", put("NM1*FA*2*GENERAL", 1, "ZZ"), ("NM1", "2010B", 1, None, "IK4", "7")),
    ("NM101 of the UMO unknown", put("NM1*X3", 1, "41"), ("NM1", "2010A", 1, None, "IK4", "7")),
    ("NM101 of the subscriber unknown", put("NM1*IL", 1, "QX"), ("NM1", "2010C", 1, None, "IK4", "7")),
    ("NM101 of an event provider unknown", put("NM1*71", 1, "82"), ("NM1", "2010EA", 1, None, "IK4", "7")),
    ("NM101 of a service provider of the event", put("NM1*72", 1, "71"), ("NM1", "2010F", 1, None, "IK4", "7")),
    ("NM101 missing", put("NM1*QC", 1, ""), ("NM1", "2010D", 1, None, "IK4", "1")),
    ("DTP01 unknown", put("DTP*439", 1, "999"), ("DTP", "2000E", 1, None, "IK4", "7")),
    ("DTP01 of a service unknown", put("DTP*472", 1, "150"), ("DTP", "2000F", 1, None, "IK4", "7")),
    ("REF01 of the event unknown", put("REF*BB", 1, "G1"), ("REF", "2000E", 1, None, "IK4", "7")),
    ("REF01 of the subscriber unknown", put("REF*6P", 1, "QQ"), ("REF", "2010C", 1, None, "IK4", "7")),
    ("CRC01 unknown", put("CRC*07", 1, "99"), ("CRC", "2000E", 1, None, "IK4", "7")),
    # elements
    ("NM102 missing", put("NM1*X3", 2, ""), ("NM1", "2010A", 2, None, "IK4", "1")),
    ("NM102 wrong for a place", put("NM1*PW", 2, "1"), ("NM1", "2010EB", 2, None, "IK4", "7")),
    ("NM103 too long", put("NM1*X3", 3, "X" * 61), ("NM1", "2010A", 3, None, "IK4", "5")),
    ("NM106 not used", put("NM1*QC", 6, "MR"), ("NM1", "2010D", 6, None, "IK4", "I10")),
    ("NM108 without NM109", put("NM1*71", 9, ""), ("NM1", "2010EA", 9, None, "IK4", "2")),
    ("NM109 without NM108", put("NM1*71", 8, ""), ("NM1", "2010EA", 8, None, "IK4", "2")),
    ("NM109 of the subscriber missing", put("NM1*IL", 9, ""), ("NM1", "2010C", 9, None, "IK4", "1")),
    ("NM109 too short", put("NM1*X3", 9, "1"), ("NM1", "2010A", 9, None, "IK4", "4")),
    ("NM113 too many elements", put("NM1*X3", 13, "X"), ("NM1", "2010A", 13, None, "IK4", "3")),
    ("N402 no state", put("N4*SPRINGFIELD*IL*62701", 2, "XX"), ("N4", "2010B", 2, None, "IK4", "7")),
    ("N404 no country", put("N4*SPRINGFIELD*IL*62701", 4, "QQ"), ("N4", "2010B", 4, None, "IK4", "7")),
    ("N407 with N402", line("N4*SPRINGFIELD*IL*62701", "N4*SPRINGFIELD*IL*62701*CA***ON"), ("N4", "2010B", 7, None, "IK4", "10")),
    ("N403 too short", put("N4*SPRINGFIELD*IL*62701", 3, "62"), ("N4", "2010B", 3, None, "IK4", "4")),
    ("PER03 without PER04", line("PER*IC**TE*2175550102", "PER*IC*DESK*TE"), ("PER", "2010EA", 4, None, "IK4", "2")),
    ("PER01 wrong", put("PER*IC*PATIENT", 1, "CN"), ("PER", "2010B", 1, None, "IK4", "7")),
    ("DMG02 no date", put("DMG*D8*1984", 2, "19840231"), ("DMG", "2010C", 2, None, "IK4", "8")),
    ("DMG02 short year", put("DMG*D8*1984", 2, "840617"), ("DMG", "2010C", 2, None, "IK4", "8")),
    ("DMG03 word", put("DMG*D8*1984", 3, "FEMALE"), ("DMG", "2010C", 3, None, "IK4", "7")),
    ("DMG01 wrong", put("DMG*D8*1984", 1, "D6"), ("DMG", "2010C", 1, None, "IK4", "7")),
    ("INS02 wrong", put("INS*N", 2, "18"), ("INS", "2010D", 2, None, "IK4", "7")),
    ("TRN03 too short", put("TRN*1*EVT-0001*", 3, "123456789"), ("TRN", "2000E", 3, None, "IK4", "4")),
    ("TRN01 wrong", put("TRN*1*EVT-0001*", 1, "2"), ("TRN", "2000E", 1, None, "IK4", "7")),
    ("TRN02 missing", put("TRN*1*EVT-0001*", 2, ""), ("TRN", "2000E", 2, None, "IK4", "1")),
    ("UM01 unknown", put("UM*AR", 1, "ZZ"), ("UM", "2000E", 1, None, "IK4", "7")),
    ("UM02 unknown", put("UM*AR", 2, "9"), ("UM", "2000E", 2, None, "IK4", "7")),
    ("UM03 of 4010", put("UM*AR", 3, "48"), ("UM", "2000E", 3, None, "IK4", "7")),
    ("UM04 without qualifier", put("UM*AR", 4, "11"), ("UM", "2000E", 4, 2, "IK4", "1")),
    ("UM04-2 wrong", put("UM*AR", 4, "11:Z"), ("UM", "2000E", 4, 2, "IK4", "7")),
    ("UM04 too many components", put("UM*AR", 4, "11:A:1:9"), ("UM", "2000E", 4, None, "IK4", "13")),
    ("UM05-1 wrong", put("UM*AR", 5, "XX"), ("UM", "2000E", 5, 1, "IK4", "7")),
    ("UM06 wrong", put("UM*AR", 6, "X"), ("UM", "2000E", 6, None, "IK4", "7")),
    ("UM09 wrong", put("UM*AR", 9, "N"), ("UM", "2000E", 9, None, "IK4", "7")),
    ("UM10 wrong", put("UM*AR", 10, "99"), ("UM", "2000E", 10, None, "IK4", "7")),
    ("UM11 too many elements", put("UM*AR", 11, "1"), ("UM", "2000E", 11, None, "IK4", "3")),
    ("REF02 missing", put("REF*BB", 2, ""), ("REF", "2000E", 2, None, "IK4", "1")),
    ("REF03 not used", put("REF*BB", 3, "TEXT"), ("REF", "2000E", 3, None, "IK4", "I10")),
    ("DTP03 missing", put("DTP*439", 3, ""), ("DTP", "2000E", 3, None, "IK4", "1")),
    ("DTP03 no date", put("DTP*439", 3, "20260931"), ("DTP", "2000E", 3, None, "IK4", "8")),
    ("DTP03 ISO date", put("DTP*439", 3, "2026-10-20"), ("DTP", "2000E", 3, None, "IK4", "8")),
    ("DTP02 wrong", put("DTP*439", 2, "RD8"), ("DTP", "2000E", 2, None, "IK4", "7")),
    ("range with one date", put("DTP*AAH", 3, "20261020"), ("DTP", "2000E", 3, None, "IK4", "8")),
    ("range backwards", put("DTP*AAH", 3, "20261024-20261020"), ("DTP", "2000E", 3, None, "IK4", "8")),
    ("HI01-1 wrong", put("HI*", 1, "ZZZ:S72001A"), ("HI", "2000E", 1, 1, "IK4", "7")),
    ("HI01-2 missing", put("HI*", 1, "ABK"), ("HI", "2000E", 1, 2, "IK4", "1")),
    ("HI01-4 without HI01-3", put("HI*", 1, "ABK:S72001A::20261020"), ("HI", "2000E", 1, 3, "IK4", "2")),
    ("HI01-4 no date", put("HI*", 1, "ABK:S72001A:D8:20269999"), ("HI", "2000E", 1, 4, "IK4", "8")),
    ("HI thirteen codes", line("HI*", "HI*ABK:S72001A" + "*ABF:I10" * 12), ("HI", "2000E", 13, None, "IK4", "3")),
    ("HI03 ends with a separator", put("HI*", 3, "ABF:I10:"), ("HI", "2000E", 3, None, "IK4", "13")),
    ("HSD01 without HSD02", line("HSD*DY", "HSD*DY"), ("HSD", "2000E", 2, None, "IK4", "2")),
    ("HSD02 no number", put("HSD*DY", 2, "FOUR"), ("HSD", "2000E", 2, None, "IK4", "6")),
    ("HSD06 without HSD05", put("HSD*DY", 6, "2"), ("HSD", "2000E", 5, None, "IK4", "2")),
    ("CRC03 of another category", put("CRC*07", 3, "AG"), ("CRC", "2000E", 3, None, "IK4", "7")),
    ("CR101 without CR102", put("CR1*", 2, ""), ("CR1", "2000E", 2, None, "IK4", "2")),
    ("CR106 no number", put("CR1*", 6, "12M"), ("CR1", "2000E", 6, None, "IK4", "6")),
    ("CR204 without CR203", put("CR2*", 3, ""), ("CR2", "2000E", 3, None, "IK4", "2")),
    ("CR602 no date", put("CR6*", 2, "20260000"), ("CR6", "2000E", 2, None, "IK4", "8")),
    ("CR610 without CR611", put("CR6*", 11, ""), ("CR6", "2000E", 11, None, "IK4", "2")),
    ("PWK05 without PWK06", put("PWK*OB", 6, ""), ("PWK", "2000E", 6, None, "IK4", "2")),
    ("PWK01 unknown", put("PWK*OB", 1, "ZZ"), ("PWK", "2000E", 1, None, "IK4", "7")),
    ("PWK02 unknown", put("PWK*OB", 2, "QQ"), ("PWK", "2000E", 2, None, "IK4", "7")),
    ("MSG01 too long", put("MSG*FELL", 1, "X" * 265), ("MSG", "2000E", 1, None, "IK4", "5")),
    ("MSG01 blank", put("MSG*FELL", 1, "   "), ("MSG", "2000E", 1, None, "IK4", "6")),
    ("MSG01 with a control character", put("MSG*FELL", 1, "FELL\tAT HOME"), ("MSG", "2000E", 1, None, "IK4", "6")),
    ("MSG01 with the component separator", put("MSG*FELL", 1, "SEEN AT 14:05"), ("MSG", "2000E", 1, None, "IK4", "6")),
    ("MSG01 with the repetition separator", put("MSG*FELL", 1, "A^B"), ("MSG", "2000E", 1, None, "IK4", "12")),
    ("SV101-1 wrong", put("SV1*", 1, "XX:27236"), ("SV1", "2000F", 1, 1, "IK4", "7")),
    ("SV102 no number", put("SV1*", 2, "4,200"), ("SV1", "2000F", 2, None, "IK4", "6")),
    ("SV103 without SV104", put("SV1*", 4, ""), ("SV1", "2000F", 4, None, "IK4", "2")),
    ("SV2 without code and revenue code", line("SV2*", "SV2***310.25*UN*2"), ("SV2", "2000F", 1, None, "IK4", "2")),
    ("TOO02 missing", put("TOO*", 2, ""), ("TOO", "2000F", 2, None, "IK4", "1")),
    ("segment ends with separators", line("NM1*PW", "NM1*PW*2*PATIENT HOME**"), ("NM1", "2010EB", 4, None, "IK4", "3")),
    # trailer and envelope
    ("SE01 wrong", lambda x: put("SE*", 1, "7")(x), ("SE", None, 1, None, "IK5", "4")),
    ("SE02 wrong", put("SE*", 2, "0002"), ("SE", None, 2, None, "IK5", "3")),
    ("SE missing", drop("SE*"), ("SE", None, None, None, "IK5", "2")),
    ("GE01 wrong", put("GE*", 1, "2"), ("GE", None, 1, None, "AK9", "5")),
    ("GE02 wrong", put("GE*", 2, "102"), ("GE", None, 2, None, "AK9", "4")),
    ("GE missing", drop("GE*"), ("GE", None, None, None, "AK9", "3")),
    ("IEA01 wrong", put("IEA*", 1, "2"), ("IEA", None, 1, None, "TA1", "021")),
    ("IEA02 wrong", put("IEA*", 2, "000000102"), ("IEA", None, 2, None, "TA1", "001")),
    ("IEA missing", drop("IEA*"), ("IEA", None, None, None, "TA1", "023")),
    ("ISA01 wrong", put("ISA*", 1, "99"), ("ISA", "ISA_LOOP", 1, None, "TA1", "010")),
    ("ISA05 wrong", put("ISA*", 5, "XX"), ("ISA", "ISA_LOOP", 5, None, "TA1", "005")),
    ("ISA07 wrong", put("ISA*", 7, "XX"), ("ISA", "ISA_LOOP", 7, None, "TA1", "007")),
    ("ISA09 no date", put("ISA*", 9, "261399"), ("ISA", "ISA_LOOP", 9, None, "TA1", "014")),
    ("ISA10 no time", put("ISA*", 10, "2599"), ("ISA", "ISA_LOOP", 10, None, "TA1", "015")),
    ("ISA14 wrong", put("ISA*", 14, "2"), ("ISA", "ISA_LOOP", 14, None, "TA1", "019")),
    ("ISA15 wrong", put("ISA*", 15, "X"), ("ISA", "ISA_LOOP", 15, None, "TA1", "020")),
    ("GS01 wrong", put("GS*", 1, "HS"), ("GS", "GS_LOOP", 1, None, "AK9", "1")),
    ("GS04 no date", put("GS*", 4, "20261131"), ("GS", "GS_LOOP", 4, None, "TA1", "022")),
    ("GS08 of another guide", put("GS*", 8, "005010X279"), ("GS", "GS_LOOP", 8, None, "AK9", "2")),
]

RESPONSE: list[tuple[str, Edit, tuple[str, str | None, int | None, int | None, str, str]]] = [
    ("BHT06 unknown", put("BHT", 6, "ZZ"), ("BHT", "HEADER", 6, None, "IK4", "7")),
    ("BHT02 says request", put("BHT", 2, "13"), ("BHT", "HEADER", 2, None, "IK4", "7")),
    ("HCR01 unknown", put("HCR*A6", 1, "A9"), ("HCR", "2000E", 1, None, "IK4", "7")),
    ("HCR01 A2 at a service", put("HCR*A1", 1, "A2"), ("HCR", "2000F", 1, None, "IK4", "7")),
    ("HCR03 six times", put("HCR*A6", 3, "0G^10^0F^0V^0M^0N"), ("HCR", "2000E", 3, None, "IK4", "12")),
    ("HCR04 wrong", put("HCR*A6", 4, "X"), ("HCR", "2000E", 4, None, "IK4", "7")),
    ("HCR twice", twice("HCR*A6"), ("HCR", "2000E", None, None, "IK3", "5")),
    ("HCR before UM", move("HCR*A6", "UM*AR"), ("UM", "2000E", None, None, "IK3", "7")),
    ("AAA03 of another loop", put("AAA*N**T5", 3, "72"), ("AAA", "2000E", 3, None, "IK4", "7")),
    ("AAA04 unknown", put("AAA*N**74", 4, "Z"), ("AAA", "2010C", 4, None, "IK4", "7")),
    ("AAA01 missing", put("AAA*Y", 1, ""), ("AAA", "2000A", 1, None, "IK4", "1")),
    ("AAA02 not used", put("AAA*Y", 2, "X"), ("AAA", "2000A", 2, None, "IK4", "I10")),
    ("AAA ten times", lambda x: insert("AAA*N**T5", *["AAA*N**15*C"] * 9)(x), ("AAA", "2000E", None, None, "IK3", "5")),
    ("DTP*036 as a range", put("DTP*036", 2, "RD8"), ("DTP", "2000E", 2, None, "IK4", "7")),
    ("certification range backwards", put("DTP*007", 3, "20261024-20261020"), ("DTP", "2000E", 3, None, "IK4", "8")),
    ("UM missing at the event", drop("UM*AR"), ("UM", "2000E", None, None, "IK3", "3")),
    ("NM101 of the requester", put("NM1*FA*2*GENERAL", 1, "PR"), ("NM1", "2010B", 1, None, "IK4", "7")),
    ("PWK02 not for an answer", put("PWK*OB", 2, "AA"), ("PWK", "2000E", 2, None, "IK4", "7")),
    ("second contact", twice("NM1*L5"), ("NM1", "2010EB", None, None, "IK3", "4")),
    ("street of the place missing", drop_last("N3*22 FOREST ROAD"), ("N3", "2010EC", None, None, "IK3", "3")),
    ("CR517 missing", line("CR5*", "CR5***A*E**3*2"), ("CR5", "2000E", 17, None, "IK4", "1")),
    ("SV3 for a service without code", put("SV3*", 1, ""), ("SV3", "2000F", 1, None, "IK4", "1")),
]

# the same for 005010X215; what is carried over from 005010X217 alone warns, what two or more sources show, or the standard itself, rejects
INQUIRY: list[tuple[str, Edit, tuple[str, str | None, int | None, int | None, str, str], str]] = [
    ("BHT02 of a vendor", put("BHT", 2, "13"), ("BHT", "HEADER", 2, None, "IK4", "7"), "warning"),
    ("BHT03 missing", put("BHT", 3, ""), ("BHT", "HEADER", 3, None, "IK4", "1"), "error"),
    ("BHT04 no date", put("BHT", 4, "20261301"), ("BHT", "HEADER", 4, None, "IK4", "8"), "error"),
    ("BHT06 not used", put("BHT", 6, "RU"), ("BHT", "HEADER", 6, None, "IK4", "I10"), "warning"),
    ("HL02 wrong parent", put("HL*5*", 2, "3"), ("HL", "2000E", 2, None, "IK4", "7"), "error"),
    ("HL03 unknown", put("HL*5*", 3, "XX"), ("HL", "2000E", 3, None, "IK4", "7"), "error"),
    ("HL04 says no children", put("HL*5*", 4, "0"), ("HL", "2000E", 4, None, "IK4", "7"), "error"),
    ("NM1 of the UMO missing", drop("NM1*X3"), ("NM1", "2010A", None, None, "IK3", "3"), "error"),
    ("NM1 of the subscriber missing", drop("NM1*IL"), ("NM1", "2010C", None, None, "IK3", "3"), "error"),
    ("NM101 of the UMO", put("NM1*X3", 1, "1P"), ("NM1", "2010A", 1, None, "IK4", "7"), "warning"),
    ("NM108 unknown", put("NM1*IL", 8, "QQ"), ("NM1", "2010C", 8, None, "IK4", "7"), "warning"),
    ("NM108 without NM109", put("NM1*71", 9, ""), ("NM1", "2010EA", 9, None, "IK4", "2"), "error"),
    ("street of the subscriber", insert("DMG*D8*19840617", "N3*22 FOREST ROAD"), ("N3", "2010C", None, None, "IK3", "I4"), "warning"),
    ("relationship of the dependent", insert("HL*5*", "INS*N*19"), ("INS", "2010D", None, None, "IK3", "I4"), "warning"),
    ("birth date none", put("DMG*D8*2012", 2, "20121301"), ("DMG", "2010D", 2, None, "IK4", "8"), "error"),
    ("trace twice more", insert("UM*AR", "TRN*1*A*9EXAMPLE01", "TRN*1*B*9EXAMPLE01"), ("TRN", "2000E", None, None, "IK3", "5"), "warning"),
    ("TRN03 too short", put("TRN*1*EVT-0001-INQ1", 3, "9"), ("TRN", "2000E", 3, None, "IK4", "4"), "error"),
    ("UM10 not used", put("UM*AR", 10, "11"), ("UM", "2000E", 10, None, "IK4", "I10"), "warning"),
    ("UM01 unknown", put("UM*AR", 1, "ZZ"), ("UM", "2000E", 1, None, "IK4", "7"), "warning"),
    ("REF of another kind", put("REF*NT*REF-99", 1, "D9"), ("REF", "2000E", 1, None, "IK4", "7"), "warning"),
    ("DTP03 no date", put("DTP*435", 3, "20261020X"), ("DTP", "2000E", 3, None, "IK4", "8"), "error"),
    ("onset date", insert("HI*", "DTP*431*D8*20261019"), ("DTP", "2000E", None, None, "IK3", "I4"), "warning"),
    ("second diagnosis", put("HI*", 2, "ABF:I10"), ("HI", "2000E", 2, None, "IK4", "I10"), "warning"),
    ("free text", insert("NM1*71", "MSG*IS THERE NEWS"), ("MSG", "2000E", None, None, "IK3", "I4"), "warning"),
    ("documents", insert("NM1*71", "PWK*OB*EL***AC*GH-1"), ("PWK", "2000E", None, None, "IK3", "I4"), "warning"),
    ("a rejection", insert("UM*AR", "AAA*N**15*C"), ("AAA", None, None, None, "IK3", "6"), "error"),
    ("SV102 no number", put("SV1*", 2, "4,200"), ("SV1", "2000F", 2, None, "IK4", "6"), "error"),
    ("SE01 wrong", put("SE*", 1, "7"), ("SE", None, 1, None, "IK5", "4"), "error"),
]
INQUIRY_RESPONSE: list[tuple[str, Edit, tuple[str, str | None, int | None, int | None, str, str], str]] = [
    ("BHT02 of another answer", put("BHT", 2, "11"), ("BHT", "HEADER", 2, None, "IK4", "7"), "warning"),
    ("BHT06 unknown", put("BHT", 6, "ZZ"), ("BHT", "HEADER", 6, None, "IK4", "7"), "warning"),
    ("HCR01 unknown", put("HCR*A6", 1, "A9"), ("HCR", "2000E", 1, None, "IK4", "7"), "warning"),
    ("HCR twice", twice("HCR*A6"), ("HCR", "2000E", None, None, "IK3", "5"), "error"),
    ("AAA03 of another list", put("AAA*N**T5", 3, "ZZ"), ("AAA", "2000E", 3, None, "IK4", "7"), "warning"),
    ("AAA02 not used", put("AAA*Y", 2, "XX"), ("AAA", "2000A", 2, None, "IK4", "I10"), "warning"),
    ("AAA ten times", insert("AAA*N**T5", *["AAA*N**15*C"] * 9), ("AAA", "2000E", None, None, "IK3", "5"), "warning"),
    ("UM missing at the event", drop("UM*AR"), ("UM", "2000E", None, None, "IK3", "3"), "warning"),
    ("NM1 of the subscriber missing", drop("NM1*IL"), ("NM1", "2010C", None, None, "IK3", "3"), "error"),
    ("NM101 of a provider", put("NM1*71", 1, "ZZ"), ("NM1", "2010EA", 1, None, "IK4", "7"), "warning"),
    ("second free text", twice("MSG*THREE"), ("MSG", "2000E", None, None, "IK3", "5"), "warning"),
    ("second contact", twice("NM1*L5"), ("NM1", "2010EB", None, None, "IK3", "4"), "warning"),
    ("street of the place missing", drop_last("N3*22 FOREST ROAD"), ("N3", "2010EC", None, None, "IK3", "3"), "warning"),
    ("quantities of another set", insert("HSD*DY", "QTY*DY*30"), ("QTY", None, None, None, "IK3", "6"), "error"),
    ("DTP*036 no date", put("DTP*036", 3, "20261399"), ("DTP", "2000E", 3, None, "IK4", "8"), "error"),
    ("certification range backwards", put("DTP*007", 3, "20261024-20261020"), ("DTP", "2000E", 3, None, "IK4", "8"), "error"),
    ("SE02 wrong", put("SE*", 2, "0002"), ("SE", None, 2, None, "IK5", "3"), "error"),
]


@pytest.mark.parametrize("direction", ["request", "response", "inquiry", "inquiry-response"])
def test_the_base_message_has_no_finding(direction: str) -> None:
    assert judged(message(base(direction))) == []


@pytest.mark.parametrize(
    ("direction", "edit", "expected"),
    [pytest.param("request", e, x, id=f"request: {n}") for n, e, x in REQUEST]
    + [pytest.param("response", e, x, id=f"response: {n}") for n, e, x in RESPONSE],
)
def test_a_single_fault_gives_a_single_finding(direction: str, edit: Edit, expected: tuple[object, ...]) -> None:
    lines = edit(base(direction))
    broken_trailer = expected[0] == "SE"
    found = judged(message(lines, recount=not broken_trailer))
    got = [(f.segment_id, f.loop, f.element, f.component, f.ack.level if f.ack else "", f.ack.code if f.ack else "") for f in found]
    assert got == [expected], [f.message for f in found]


@pytest.mark.parametrize(
    ("direction", "edit", "expected", "severity"),
    [pytest.param("inquiry", e, x, s, id=f"inquiry: {n}") for n, e, x, s in INQUIRY]
    + [pytest.param("inquiry-response", e, x, s, id=f"inquiry response: {n}") for n, e, x, s in INQUIRY_RESPONSE],
)
def test_a_single_fault_of_an_inquiry_warns_where_the_guide_is_in_doubt(
    direction: str, edit: Edit, expected: tuple[object, ...], severity: str
) -> None:
    lines = edit(base(direction))
    found = judged(message(lines, recount=expected[0] != "SE"))
    got = [(f.segment_id, f.loop, f.element, f.component, f.ack.level if f.ack else "", f.ack.code if f.ack else "") for f in found]
    if expected[4:] == ("IK3", "6"):  # of a segment that the guide does not know, the loop is a guess
        got = [(g[0], None, *g[2:]) for g in got]
    assert got == [expected], [f.message for f in found]
    assert found[0].severity == severity, found[0].message
    assert ("not certain" in found[0].message) == (severity == "warning")
    if expected[0] != "SE":
        body = lines[at(lines, "ST*") : at(lines, "SE*") + 1]
        assert not recogniser(f"278-{direction}", Delimiters(), "").accepts(("~".join(body) + "~").encode("ascii"))


def test_the_matrix_is_wide() -> None:
    assert len(REQUEST) + len(RESPONSE) >= 120


def independent_pairs() -> list[tuple[str, str, Edit, Edit, tuple[object, ...], tuple[object, ...]]]:
    """Rows of the matrix two by two, a fault of an element with any other that stands in another loop and another kind of segment."""
    pairs = []
    for direction, rows in (("request", REQUEST), ("response", RESPONSE)):
        outer = (None, "HEADER", "ST_LOOP", "ISA_LOOP", "GS_LOOP")
        inner = [row for row in rows if row[2][1] not in outer and row[2][0] not in ("HL", "?")]
        elements = [row for row in inner if row[2][4] == "IK4"]
        for n, (name, edit, expected) in enumerate(elements):
            others = [row for row in inner if row[2][1] != expected[1] and row[2][0] != expected[0]]
            for other_name, other_edit, other in (others[n % len(others)], others[(n * 7 + 3) % len(others)]):
                pairs.append((direction, f"{name} + {other_name}", edit, other_edit, expected, other))
    return pairs


@pytest.mark.parametrize(
    ("direction", "edit", "other_edit", "expected", "other"),
    [pytest.param(d, e, o, x, y, id=f"{d}: {name}") for d, name, e, o, x, y in independent_pairs()],
)
def test_two_independent_faults_give_two_findings(
    direction: str, edit: Edit, other_edit: Edit, expected: tuple[object, ...], other: tuple[object, ...]
) -> None:
    found = judged(message(other_edit(edit(base(direction)))))
    got = [(f.segment_id, f.loop, f.element, f.component, f.ack.level if f.ack else "", f.ack.code if f.ack else "") for f in found]
    assert sorted(got, key=str) == sorted([expected, other], key=str), [f.message for f in found]


@pytest.mark.parametrize(
    ("direction", "edit"),
    [pytest.param("request", e, id=f"request: {n}") for n, e, x in REQUEST if x[0] not in ("SE", "GE", "IEA", "ISA", "GS")]
    + [pytest.param("response", e, id=f"response: {n}") for n, e, _ in RESPONSE],
)
def test_the_recogniser_refuses_every_fault(direction: str, edit: Edit) -> None:
    """The same table for the quick way: what has a finding is not recognised, whatever the reader would have said of it."""
    lines = edit(base(direction))
    body = lines[at(lines, "ST*") : at(lines, "SE*") + 1]
    assert not recogniser(f"278-{direction}", Delimiters(), "").accepts(("~".join(body) + "~").encode("ascii"))


@pytest.mark.parametrize(
    ("day", "real"),
    [("20240229", True), ("20260229", False), ("20000229", True), ("19000229", False), ("21000229", False), ("20260430", True),
     ("20260431", False), ("20261231", True), ("20261232", False), ("20260100", False), ("17991231", False), ("22000101", False)],
)  # fmt: skip
def test_both_judges_know_the_calendar(day: str, real: bool) -> None:
    lines = put("DTP*439", 3, day)(base("request"))
    body = lines[at(lines, "ST*") : at(lines, "SE*") + 1]
    assert recogniser("278-request", Delimiters(), "").accepts(("~".join(body) + "~").encode("ascii")) == real
    assert (judged(message(lines)) == []) == real


@pytest.mark.parametrize("number", ["DOE JANE", "DOEJANE19010203", "0001\x1b[31m"])
def test_a_control_number_that_is_none_is_not_shown(number: str) -> None:
    found = judged(message(put("UM*AR", 10, "99")(put("ST*", 2, number)(base("request")))))
    assert found
    assert {f.transaction for f in found if f.transaction} == {"?"}
    assert not any(number in f.message for f in found)
