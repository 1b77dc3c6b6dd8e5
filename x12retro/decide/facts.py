"""What the segments of one level say, gathered before anything is decided.

Guide: 005010X217 2000E and 2000F TRN, AAA, HCR, REF, DTP, HI, HSD, SV1, SV2, SV3, PWK, MSG
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from x12retro.decide.levels import EVENT, Level
from x12retro.decide.record import (
    NOTHING,
    Contact,
    Delivery,
    DocumentRequest,
    Extent,
    OtherDenial,
    Place,
    Places,
    Provider,
    Reason,
    Rejection,
    Trace,
)
from x12retro.decide.trouble import trouble
from x12retro.decide.values import beginnings, join_messages, number, span, stands_for_nothing
from x12retro.findings import Finding
from x12retro.guide import codes
from x12retro.x12.delimiters import Delimiters
from x12retro.x12.segment import Segment

_PROVIDER_ROLES = frozenset({"1T", "71", "72", "73", "77", "AAJ", "DD", "DK", "DN", "DQ", "FA", "G3", "P3", "QB", "QV", "SJ"})
"""NM101 of 2010EA and 2010FA. Any other name there may be a patient's."""
_PROVIDER_IDS = {"XX": re.compile(r"[0-9]{10}"), "24": re.compile(r"[0-9]{2}-?[0-9]{7}"), "46": re.compile(r"(?=.*[0-9])[A-Z0-9]{2,15}")}
"""What an NM109 must look like by its NM108, so that a name that slipped in there is none. A social security number (34) is nobody's
business here."""
_PROVIDER_LOOPS = frozenset({"2010EA", "2010FA"})
_OTHER_UMO = frozenset({"00", "CA", "GG"})
"""NM101 of another organisation that has denied; what follows it (REF ZZ, DTP 598) is its word and not this payer's."""
_CONTACT_KINDS = frozenset({"EM", "EX", "FX", "TE", "UR"})
_ABOVE_AN_EVENT = frozenset({"AAA", "DTP", "MSG", "PER", "STC", "TRN"})
_TAXONOMY = re.compile(r"[0-9A-Z]{10}")
_DATE_KEYS = {
    "007": "valid_from",
    "036": "valid_to",
    "102": "issued_on",
    "598": "denied_on",
    "472": "stated.service_days",
    "AAH": "stated.event_days",
    "435": "stated.admission",
    "096": "stated.discharge",
}
"""Kind of date (DTP01) -> key of its place."""
_NO_MORE = [""] * 9
"""Behind the elements of a segment, so that each that is read stands there."""
_NO_DAYS: tuple[None, None] = (None, None)


def speaks(level: Level) -> bool:
    """Whether a level says anything that a record could hold; the levels above an event seldom do."""
    if level.rank >= EVENT or level.findings or level.loop in _PROVIDER_LOOPS:
        return True
    return bool(level.segments) and level.holds(_ABOVE_AN_EVENT)


class Facts(msgspec.Struct, eq=False):
    """The facts of one level; fields are filled while its segments are read, in any order they come."""

    level: Level
    _delimiters: Delimiters
    action: str | None = None
    number: str = ""
    authorization: str = ""
    reference: str = ""
    category: str = ""
    certification: str = ""
    second_opinion: bool | None = None
    action_disputed: bool = False
    traces: list[Trace] = []
    at: Places = {}
    """By the keys of a record."""
    aside: Places = {}
    """Of values whose key in a record others decide about."""
    rejections: list[Rejection] = []
    dates: dict[str, tuple[date, date]] = {}
    ranges: set[str] = set()
    """The kinds of date that were given as a range, be it of one day."""
    documents: list[DocumentRequest] = []
    providers: list[Provider] = []
    contacts: list[Contact] = []
    other_denials: list[OtherDenial] = []
    findings: list[Finding] = []
    _what: Extent | None = None
    _delivery: Delivery | None = None
    _extent: Extent | None = None
    _texts: list[str] = []
    _reasons: dict[str, Reason] = {}
    _provider_is_open: bool = False
    _other_is_open: bool = False

    @classmethod
    def of(cls, level: Level, delimiters: Delimiters) -> Facts:
        """What the segments of a level say."""
        facts = cls(level, delimiters)
        if level.findings:
            facts.findings = level.findings.copy()
        for loop, segment in level.segments:
            fields = segment.fields
            read = _READERS.get(fields[0])
            if read is not None:
                read(facts, loop, fields + _NO_MORE, segment)
        return facts

    def __repr__(self) -> str:
        return f"<Facts of {self.level.loop}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The HCR03 of all HCR here, each once."""
        return tuple(self._reasons.values()) if self._reasons else ()

    @property
    def says(self) -> bool:
        """Whether there are free texts at all."""
        return bool(self._texts)

    @property
    def messages(self) -> tuple[str, ...]:
        return join_messages(self._texts) if self._texts else ()

    @property
    def trace(self) -> str:
        """The first trace number, ours before the payer's."""
        return self.ordered_traces()[0].number if self.traces else ""

    def ordered_traces(self) -> tuple[Trace, ...]:
        """The traces, those marked as returned (TRN01 2) first."""
        return tuple(sorted(self.traces, key=_is_not_returned)) if len(self.traces) > 1 else tuple(self.traces)

    def trace_places(self) -> list[Place]:
        """Where `ordered_traces` stand."""
        places = self.at.get("traces", [])
        if len(places) < 2:
            return places
        return [place for _, place in sorted(zip(self.traces, places, strict=True), key=_has_place)]

    def message_places(self) -> list[Place]:
        """Where each of `messages` begins."""
        places = self.at.get("messages", [])
        return [places[n] for n in beginnings(self._texts)] if places else places

    def extent(self) -> Extent:
        """What, how much and when, as this level states it."""
        if self._extent is None:
            self._extent = self._stated()
        return self._extent

    def _stated(self) -> Extent:
        what, dates = self._what or NOTHING, self.dates
        if not dates and self._delivery is None:
            return what
        service_from, service_to = dates.get("472") or dates.get("AAH") or _NO_DAYS
        admission_from, admission_to = dates.get("435") or _NO_DAYS
        return Extent(
            procedure=what.procedure,
            code_set=what.code_set,
            modifiers=what.modifiers,
            revenue_code=what.revenue_code,
            quantity=what.quantity,
            unit=what.unit,
            charge=what.charge,
            service_from=service_from,
            service_to=service_to,
            admission_from=admission_from,
            admission_to=admission_to,
            discharge=dates.get("096", _NO_DAYS)[0],
            delivery=self._delivery,
        )

    def places(self) -> Places:
        """Where the values of a record stand that are this level's own, by their keys there.

        Of what is put together from several segments (`stated`) each part has its own.
        """
        found = self.at.copy()
        if len(self.traces) > 1:
            found["traces"] = self.trace_places()
        if self._texts:
            found["messages"] = self.message_places()
        return found

    def validity_places(self) -> Places:
        """Where the days of `validity` stand."""
        return {key: self.at[key] for key in ("valid_from", "valid_to") if key in self.at}

    def validity(self) -> tuple[date | None, date | None]:
        """First and last day of the certification: DTP 007, and 036 for the end."""
        if not self.dates:
            return _NO_DAYS
        effective = self.dates.get("007")
        expires = self.dates.get("036")
        first = effective[0] if effective else None
        last = effective[1] if effective and "007" in self.ranges else None
        return first, expires[1] if expires else last

    def issued(self) -> date | None:
        """The day the certification was issued: DTP 102."""
        found = self.dates.get("102")
        return found[0] if found else None

    def say(self, rule: str, segment: Segment, loop: str | None = None, element: int | None = None) -> None:
        self.findings.append(trouble(rule, segment, loop or self.level.loop, element))

    def _note_each(self, places: Places, key: str, segment: Segment) -> None:
        """Keep where the next entry of this key stands."""
        place = (segment.position, segment.offset)
        if key in places:
            places[key].append(place)
        else:
            places[key] = [place]

    # one method per segment; each is total: it takes whatever stands there. `el[n]` is element n, "" where the segment is shorter

    def read_hcr(self, _loop: str, el: list[str], segment: Segment) -> None:
        action = el[1].strip()
        if said := el[3]:
            for code in self._delimiters.repeats(said):
                if (reason := code.strip()) and reason not in self._reasons:
                    self._reasons[reason] = _reason(reason)
                    self._note_each(self.at, "reasons", segment)
        if self.action is not None:
            if action != self.action or (el[2].strip() and el[2].strip() != self.number):
                self.action_disputed = True
                self.say("DEC-HCR-003", segment, element=1)
            return
        if not action:
            self.say("DEC-HCR-001", segment, element=1)
        elif action not in _known("HCR01"):
            self.say("DEC-HCR-002", segment, element=1)
        self.action = action
        self.number = self._own_number(el, segment)
        place = (segment.position, segment.offset)
        self.at["action"] = [place]
        if self.number:
            self.aside["number"] = [place]
        if opinion := el[4].strip():
            self.second_opinion = {"Y": True, "N": False}.get(opinion)
            self.at["second_opinion"] = [place]

    def _own_number(self, el: list[str], segment: Segment) -> str:
        """The number in the second element of HCR or REF; "" where a word stands for none."""
        number = el[2].strip()
        if number and stands_for_nothing(number):
            self.say("DEC-HCR-008", segment, element=2)
            return ""
        return number

    def read_aaa(self, loop: str, el: list[str], segment: Segment) -> None:
        code, follow_up = el[3].strip(), el[4].strip()
        follow_ups = _known("AAA04")
        # a slip to the left puts the reason in AAA02 and perhaps the follow-up in AAA03
        if el[2].strip() and (not code or (code in follow_ups and not follow_up)):
            follow_up = follow_up or code
            code = el[2].strip()
            self.say("DEC-AAA-001", segment, loop)
        code = self._delimiters.components(code)[0].strip()
        if not code:
            self.say("DEC-AAA-002", segment, loop, 3)
        elif code not in _known("AAA03"):
            self.say("DEC-AAA-003", segment, loop, 3)
        self.rejections.append(
            Rejection(
                loop=loop,
                code=code,
                meaning=_known("AAA03").get(code),
                follow_up=follow_up,
                segment=segment.position,
                offset=segment.offset,
            )
        )

    def read_trn(self, _loop: str, el: list[str], segment: Segment) -> None:
        number = el[2].strip()
        if number:
            self.traces.append(Trace(number=number, company=el[3].strip(), detail=el[4].strip(), kind=el[1].strip()))
            self._note_each(self.at, "traces", segment)

    def read_um(self, _loop: str, el: list[str], segment: Segment) -> None:
        if not self.category and (category := el[1].strip()):
            self.category = category
            self.aside["category"] = [(segment.position, segment.offset)]
        if not self.certification and (certification := el[2].strip()):
            self.certification = certification
            self.aside["certification"] = [(segment.position, segment.offset)]

    def read_ref(self, _loop: str, el: list[str], segment: Segment) -> None:
        qualifier, value = el[1].strip(), el[2].strip()
        if qualifier == "BB" and value and not self.authorization:
            if not (number := self._own_number(el, segment)):
                return
            self.authorization = number
            self.aside["authorization"] = [(segment.position, segment.offset)]
        elif qualifier == "NT" and value and not self.reference:
            self.reference = value
            self.at["reference_number"] = [(segment.position, segment.offset)]
        elif qualifier == "ZZ" and self._other_is_open:
            more = self._delimiters.components(el[4])[1::2]
            reasons = tuple([reason.strip() for reason in (value, *more) if reason.strip()])
            self.other_denials[-1] = msgspec.structs.replace(self.other_denials[-1], reasons=reasons)

    def read_dtp(self, _loop: str, el: list[str], segment: Segment) -> None:
        text = el[3]
        found = span(text)
        if found is None:
            self.say("DEC-DTP-001", segment, element=3)
            return
        kind = el[1].strip()
        if kind == "598" and self._other_is_open:
            self.other_denials[-1] = msgspec.structs.replace(self.other_denials[-1], denied_on=found[0])
        elif kind not in self.dates:
            self.dates[kind] = found
            at = self.at
            if (key := _DATE_KEYS.get(kind)) is not None:
                at[key] = [(segment.position, segment.offset)]
            if "-" in text:
                self.ranges.add(kind)
                if kind == "007" and "036" not in self.dates:
                    at["valid_to"] = at["valid_from"]

    def read_hi(self, _loop: str, _: list[str], segment: Segment) -> None:
        for text in segment.fields[1:]:
            if "LOI" not in text:
                continue
            parts = self._delimiters.components(text)
            if parts[0].strip() == "LOI" and len(parts) > 1 and parts[1].strip():
                code = parts[1].strip()
                self.documents.append(DocumentRequest(kind="loinc", code=code, meaning=_known("LOINC").get(code), loop=self.level.loop))
                self._note_each(self.aside, "documents_requested", segment)

    def read_pwk(self, _loop: str, el: list[str], segment: Segment) -> None:
        code = el[1].strip()
        if code:
            self.documents.append(
                DocumentRequest(
                    kind="report_type",
                    code=code,
                    meaning=_known("PWK01").get(code),
                    delivery=el[2].strip(),
                    control_number=el[6].strip(),
                    description=el[7].strip(),
                    loop=self.level.loop,
                )
            )
            self._note_each(self.aside, "documents_requested", segment)

    def read_hsd(self, _loop: str, el: list[str], segment: Segment) -> None:
        if self._delivery is None:
            self.at["stated.delivery"] = [(segment.position, segment.offset)]
            self._delivery = Delivery(
                quantity=self._number(el, 2, segment),
                unit=el[1].strip(),
                per=el[3].strip(),
                rate=self._number(el, 4, segment),
                period=el[5].strip(),
                periods=self._number(el, 6, segment),
                calendar=el[7].strip(),
                time_of_day=el[8].strip(),
            )

    def read_sv1(self, _loop: str, el: list[str], segment: Segment) -> None:
        self._service(el, segment, procedure=1, charge=2, unit=3, quantity=4)

    def read_sv2(self, _loop: str, el: list[str], segment: Segment) -> None:
        self._service(el, segment, procedure=2, charge=3, unit=4, quantity=5, revenue=1)

    def read_sv3(self, _loop: str, el: list[str], segment: Segment) -> None:
        self._service(el, segment, procedure=1, charge=2, unit=0, quantity=6)

    def read_msg(self, _loop: str, el: list[str], segment: Segment) -> None:
        self._texts.append(el[1])
        self._note_each(self.at, "messages", segment)

    def read_nm1(self, loop: str, el: list[str], segment: Segment) -> None:
        role = el[1].strip()
        self._other_is_open = role in _OTHER_UMO and self.level.rank >= EVENT
        if self._other_is_open:
            self.other_denials.append(OtherDenial(role=role, segment=segment.position, offset=segment.offset))
        self._provider_is_open = loop in _PROVIDER_LOOPS and role in _PROVIDER_ROLES
        if self._provider_is_open:
            qualifier, identifier = el[8].strip(), el[9].strip()
            form = _PROVIDER_IDS.get(qualifier)
            if form is None or form.fullmatch(identifier) is None:
                identifier = ""
            if qualifier not in _known("NM108"):
                qualifier = ""
            self.providers.append(Provider(loop=loop, role=role, id_qualifier=qualifier, id=identifier))
            self._note_each(self.aside, "providers", segment)

    def read_prv(self, _loop: str, el: list[str], _segment: Segment) -> None:
        code = el[3].strip()
        if self._provider_is_open and _TAXONOMY.fullmatch(code):
            last = self.providers[-1]
            self.providers[-1] = Provider(loop=last.loop, role=last.role, id_qualifier=last.id_qualifier, id=last.id, taxonomy=code)

    def read_per(self, loop: str, el: list[str], segment: Segment) -> None:
        if loop not in ("2010A", "2010EB", "2010FB"):
            return
        pairs = [(el[n].strip(), el[n + 1].strip()) for n in (3, 5, 7)]
        numbers = tuple([(kind, value) for kind, value in pairs if kind in _CONTACT_KINDS and value])
        if numbers:
            self.contacts.append(Contact(loop=loop, numbers=numbers))
            self._note_each(self.aside, "contacts", segment)

    def read_stc(self, _loop: str, _: list[str], segment: Segment) -> None:
        self.say("DEC-SET-006", segment)

    def _service(self, el: list[str], segment: Segment, *, procedure: int, charge: int, unit: int, quantity: int, revenue: int = 0) -> None:
        text = el[procedure]
        parts = [p.strip() for p in self._delimiters.components(text)] if text else [""]
        code_set, code = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
        self.at["stated.service"] = [(segment.position, segment.offset)]
        self._what = Extent(
            procedure=code,
            code_set=code_set,
            modifiers=tuple([m for m in parts[2:6] if m]),
            revenue_code=el[revenue].strip() if revenue else "",
            quantity=self._number(el, quantity, segment),
            unit=el[unit].strip() if unit else "",
            charge=self._number(el, charge, segment),
        )

    def _number(self, el: list[str], element: int, segment: Segment) -> Decimal | None:
        text = el[element]
        if not text:
            return None
        value = number(text)
        if value is None and text.strip():
            self.say("DEC-QTY-001", segment, element=element)
        return value


_READERS: dict[str, Callable[[Facts, str, list[str], Segment], None]] = {
    "HCR": Facts.read_hcr,
    "AAA": Facts.read_aaa,
    "TRN": Facts.read_trn,
    "UM": Facts.read_um,
    "REF": Facts.read_ref,
    "DTP": Facts.read_dtp,
    "HI": Facts.read_hi,
    "PWK": Facts.read_pwk,
    "HSD": Facts.read_hsd,
    "SV1": Facts.read_sv1,
    "SV2": Facts.read_sv2,
    "SV3": Facts.read_sv3,
    "MSG": Facts.read_msg,
    "NM1": Facts.read_nm1,
    "PRV": Facts.read_prv,
    "PER": Facts.read_per,
    "STC": Facts.read_stc,
}

TELLING = frozenset(_READERS)
"""The segments that facts are made of."""

_known = functools.cache(codes.known)


@functools.lru_cache(maxsize=256)
def _reason(code: str) -> Reason:
    return Reason(code=code, meaning=_known("HCR03").get(code))


def _is_not_returned(trace: Trace) -> bool:
    return trace.kind != "2"


def _has_place(traced: tuple[Trace, Place]) -> bool:
    return _is_not_returned(traced[0])
