"""Which guide a transaction asks for: ST01, then ST03 or, failing it, GS08; for the 278 the direction from BHT02 and content.

Source: 005010X217 header. One label serves request and response, so BHT02 and the presence of HCR or AAA tell them apart. So it is with
005010X215, inquiry (28) and its response (49), but that an inquiry may hold an HCR, the decision it looks for: an AAA, or a trace that is
given back (TRN01 2), shows a response there.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from x12retro.findings import Ack, Finding, control_number
from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.model import Guide
from x12retro.x12 import Segment, Transaction
from x12retro.x12.binary import BINARY_SETS

_LABEL = re.compile(r"(?:005010(?!X316|X257)|006020(?=X316|X257))(X[0-9]{3})(?:[AE][0-9])?", re.ASCII)
_CLAIM_ATTACHMENTS = re.compile(r"00[56]0[12]0(?:X210|X314)(?:[AE][0-9])?", re.ASCII)
_GUIDES = {
    ("999", "X231"): "999",
    ("835", "X221"): "835",
    ("837", "X222"): "837P",
    ("837", "X223"): "837I",
    ("834", "X220"): "834",
    ("820", "X218"): "820",
    ("277", "X214"): "277",
    ("275", "X316"): "275-X316",
    ("275", "X211"): "275-X211",
    ("824", "X186"): "824",
    ("824", "X257"): "824",
}
_OF_ATTACHMENTS = frozenset({("AK1", "PI"), ("AK2", "275")})
_ANSWERS = frozenset({"HCR", "AAA"})
_REQUEST, _RESPONSE = frozenset({"13", "36", "01"}), frozenset({"11"})
_INQUIRY = {"28": "278-inquiry", "49": "278-inquiry-response"}
"""BHT02 of 005010X215."""


class Pick(msgspec.Struct, frozen=True):
    """The guide for a transaction (None when we have none), its name and rule tag, and what the labels contradict."""

    guide: Guide | None
    name: str
    tag: str
    findings: tuple[Finding, ...] = ()


def pick(transaction: Transaction) -> Pick:
    """Choose the guide; a contradiction of labels or direction is a finding, not a refusal."""
    segments = transaction.segments()
    st = segments[0]
    group = transaction.group.gs
    label = _LABEL.fullmatch(st[3]) or _LABEL.fullmatch(group[8] if group is not None else "")
    family = label[1] if label else ""
    if st[1] == "278" and family == "X217":
        name, findings = _direction(transaction, segments)
        return Pick(catalog.load(name), name, family, findings)
    if st[1] == "278" and family == "X215":
        name, findings = _inquiry_direction(transaction, segments)
        return Pick(catalog.load(name), name, family, findings)
    known = _GUIDES.get((st[1], family))
    if known is None:
        return Pick(None, "", "X12", (_unknown(transaction, st),))
    if known == "999" and any((seg.id, seg[1]) in _OF_ATTACHMENTS for seg in segments):
        known = "999-PI"
    return Pick(catalog.load(known), known, family)


@lru_cache(maxsize=256)
def name_of(st01: bytes, st03: bytes, gs08: str, bht02: bytes | None) -> str:
    """The name of the guide that a set's labels ask for; "" when there is none, when content must decide, or when no pattern may say yes
    to the set since it has binary segments.
    """
    if st01.decode("latin-1") in BINARY_SETS:
        return ""
    label = _LABEL.fullmatch(st03.decode("latin-1")) or _LABEL.fullmatch(gs08)
    family = label[1] if label else ""
    if st01 == b"278" and family == "X217":
        says = (bht02 or b"").decode("latin-1")
        return "278-request" if says in _REQUEST else "278-response" if says in _RESPONSE else ""
    if st01 == b"278" and family == "X215":
        return _INQUIRY.get((bht02 or b"").decode("latin-1"), "")
    return _GUIDES.get((st01.decode("latin-1"), family), "")


def _direction(transaction: Transaction, segments: list[Segment]) -> tuple[str, tuple[Finding, ...]]:
    header = next((seg for seg in segments[:3] if seg.id == "BHT"), None)
    says = header[2] if header is not None else ""
    answers = not _ANSWERS.isdisjoint([seg.fields[0] for seg in segments])
    if says in _REQUEST:
        if answers and header is not None and not _reads_better_as_request(transaction):
            return "278-response", (_contradiction(transaction, segments[0], header),)
        return "278-request", ()
    if says in _RESPONSE and not answers and _reads_better_as_request(transaction):
        return "278-request", ()  # where BHT02 is then no code of a request
    return ("278-response" if answers or says in _RESPONSE else "278-request"), ()


def _inquiry_direction(transaction: Transaction, segments: list[Segment]) -> tuple[str, tuple[Finding, ...]]:
    header = next((seg for seg in segments[:3] if seg.id == "BHT"), None)
    says = _INQUIRY.get(header[2] if header is not None else "")
    answers = any(seg.fields[0] == "AAA" or (seg.fields[0] == "TRN" and seg[1] == "2") for seg in segments)
    if says is not None and (says == "278-inquiry-response" or not answers):
        return says, ()
    inquiry, response = (len(diagnose(transaction, catalog.load(name), "X215")) for name in _INQUIRY.values())
    if says is None:
        return ("278-inquiry-response" if answers or response < inquiry else "278-inquiry"), ()
    if inquiry <= response or header is None:
        return says, ()
    what = "BHT02 says inquiry, but the set rejects or gives a trace back (AAA, TRN01 2): a response has 49"
    return "278-inquiry-response", (_contradiction(transaction, segments[0], header, "X215-BHT-002", what),)


def _reads_better_as_request(transaction: Transaction) -> bool:
    """For a set whose BHT02 and content disagree: the direction in which less is wrong is what the sender meant."""
    request, response = (len(diagnose(transaction, catalog.load(name), "X217")) for name in ("278-request", "278-response"))
    says_request = transaction.segments()[1][2] in _REQUEST
    return request <= response if says_request else request + 1 < response


def _contradiction(
    transaction: Transaction,
    st: Segment,
    header: Segment,
    rule: str = "X217-BHT-002",
    message: str = "BHT02 says request, but the set holds decisions or rejections (HCR, AAA): a response has 11",
) -> Finding:
    return Finding(
        rule=rule,
        snip=2,
        severity="error",
        message=message,
        interchange=control_number(transaction.interchange.control),
        group=control_number(transaction.group.control),
        transaction=control_number(st[2]),
        segment=header.position,
        segment_id="BHT",
        loop="HEADER",
        element=2,
        offset=header.offset,
        ack=Ack("IK4", "7"),
        value=header[2],
    )


def _unknown(transaction: Transaction, st: Segment) -> Finding:
    known_set = st[1] in {"278", *(set_id for set_id, _ in _GUIDES)}
    why = "ST03 and GS08 name no guide that is known here" if known_set else "ST01 names a transaction set that is not known here"
    group = transaction.group.gs
    if st[1] == "275" and _CLAIM_ATTACHMENTS.fullmatch(st[3] or (group[8] if group is not None else "")):
        why = "this 275 is of a guide for claims, not for services reviews"
    others = ", ".join(sorted({set_id for set_id, _ in _GUIDES if set_id != "275"}))
    return Finding(
        rule="X12-GUIDE-001",
        snip=1,
        severity="error",
        message=f"{why}; known: 278 005010X217 and 005010X215, 275 006020X316 and 005010X211, and 005010 guides of {others}",
        interchange=control_number(transaction.interchange.control),
        group=control_number(transaction.group.control),
        transaction=control_number(st[2]),
        segment=1,
        segment_id="ST",
        element=3 if known_set else 1,
        offset=st.offset,
        ack=Ack("IK5", "1"),
        value=st[3] if known_set else st[1],
    )
