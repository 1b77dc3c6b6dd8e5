"""What an acknowledgment comes to when its parts disagree: the worse one counts, and a finding says so.

    AK9 better than its sets or counts   the group is what they say (A over a rejected set is P, over none accepted R)
    AK9 worse than its sets              R: every set is rejected; P though all are accepted: the group stays P
    a set that is not listed             accepted only where AK9 accepts the whole group and its counts agree

Guide: 005010X231A1 IK501, AK901 to AK904
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from x12retro.acknowledge.record import AdviceVerdict, GroupAck, SetAck, Verdict
from x12retro.acknowledge.troubles import trouble
from x12retro.findings import Finding

_REJECTED: dict[str, Verdict] = {"R": "rejected", "M": "rejected", "W": "rejected", "X": "rejected"}
SET_VERDICTS: Mapping[str, Verdict] = {"A": "accepted", "E": "accepted_with_errors", **_REJECTED}
GROUP_VERDICTS: Mapping[str, Verdict] = {**SET_VERDICTS, "P": "partially_accepted"}
INTERCHANGE_VERDICTS: Mapping[str, Verdict] = {"A": "accepted", "E": "accepted_with_errors", "R": "rejected"}
ADVICE_VERDICTS: Mapping[str, AdviceVerdict] = {
    "A": "accepted",
    "C": "accepted_with_change",
    "E": "accepted_with_errors",
    "P": "partially_accepted",
    "R": "rejected",
    "H": "unclear",  # on hold: the application has not decided
}
"""By the second letter of OTI01; the first says of what: batch, group, item, set."""

_WORSE: tuple[Verdict, ...] = ("accepted", "accepted_with_errors", "partially_accepted", "unclear", "rejected")


def worse(one: Verdict, other: Verdict) -> Verdict:
    """The worse of two verdicts."""
    return max(one, other, key=_WORSE.index)


def settle(group: GroupAck) -> GroupAck:
    """Bring the verdict of a group and those of its sets together; the counts and codes stay as they were said."""
    sets = _once(group.sets)
    listed = [s for s in sets if s.listed]
    found = list(group.findings)
    if len(sets) < len(group.sets):
        found.append(_told("X12-ACK-112", "a set is listed twice; the worse verdict counts", group))
    found += (_told("X12-ACK-103", message, group) for message in _miscounts(group, listed))
    below = _below(group, listed) if group.control else worse(_below(group, listed), "unclear")  # without AK1 it is about nothing known
    verdict = below if group.said == "" else worse(group.verdict, below)
    if group.said and verdict != group.verdict:
        found.append(_told("X12-ACK-101", f"AK9 says {_words(group.verdict)}, its sets or counts say {_words(below)}", group))
    elif group.verdict == "rejected" and any(s.accepted for s in listed):
        found.append(_told("X12-ACK-102", "AK9 says rejected, and sets are listed as accepted: none of them counts as accepted", group))
    elif group.verdict == "partially_accepted" and listed and below in ("accepted", "accepted_with_errors"):
        found.append(_told("X12-ACK-102", "AK9 says accepted in part, and no set is listed as rejected", group))
    settled = tuple(_settled(one, verdict, certain=not _short(group)) for one in sets)
    for one in settled:
        if not one.listed and not one.accepted:
            message = f"a set of this group is not listed; it counts as {_words(one.verdict)}"
            found.append(msgspec.structs.replace(_told("X12-ACK-111", message, group), transaction=one.control))
    return msgspec.structs.replace(group, verdict=verdict, sets=settled, findings=tuple(found))


def _once(sets: tuple[SetAck, ...]) -> list[SetAck]:
    """Each set once, under its worse verdict; sets without a control number are told apart by their order."""
    found: dict[tuple[str, str, int], SetAck] = {}
    for n, one in enumerate(sets):
        key = (one.set_id, one.control, -1 if one.control not in ("", "?", "0000") else n)
        before = found.get(key)
        if before is None or _WORSE.index(one.verdict) > _WORSE.index(before.verdict):
            found[key] = one
    return list(found.values())


def _below(group: GroupAck, listed: list[SetAck]) -> Verdict:
    """What the sets and the counts come to, AK901 left aside."""
    good = [s for s in listed if s.accepted]
    verdict: Verdict = "accepted"
    if not listed and group.said == "":
        return "unclear"
    if listed and not good and (group.received is None or group.received <= len(listed)):
        verdict = "rejected" if all(s.verdict == "rejected" for s in listed) else "unclear"
    elif len(good) < len(listed):
        verdict = "partially_accepted"
    elif any(s.verdict == "accepted_with_errors" for s in good):
        verdict = "accepted_with_errors"
    if group.accepted is not None and group.received:
        counted: Verdict = "accepted" if group.accepted >= group.received else "partially_accepted" if group.accepted else "rejected"
        verdict = worse(verdict, counted)
    return verdict


def _short(group: GroupAck) -> bool:
    """True when the counts say that fewer sets came in or were accepted than the group had."""
    whole = group.received if group.included is None else group.included
    return whole is not None and group.accepted is not None and group.accepted < whole


def _settled(one: SetAck, group: Verdict, *, certain: bool) -> SetAck:
    if group == "rejected":
        verdict: Verdict = "rejected"
    elif one.listed:
        verdict = one.verdict
    elif certain and group in ("accepted", "accepted_with_errors"):
        verdict = "accepted"
    else:
        verdict = "unclear"
    return one if verdict == one.verdict else msgspec.structs.replace(one, verdict=verdict)


def _miscounts(group: GroupAck, listed: list[SetAck]) -> Iterator[str]:
    if group.said == "":
        return
    if group.included is None or group.received is None or group.accepted is None:
        yield "a count of AK9 is missing or no number"
        return
    good, bad = sum(s.accepted for s in listed), sum(not s.accepted for s in listed)
    if group.accepted > group.received:
        yield f"AK904 counts {group.accepted} accepted sets, AK903 only {group.received} received"
    if len(listed) > group.received:
        yield f"AK903 counts {group.received} sets, {len(listed)} are listed"
    elif group.accepted > group.received - bad:
        yield f"AK904 counts {group.accepted} accepted sets of {group.received}, {bad} are listed as not accepted"
    elif good > group.accepted and group.verdict != "rejected":
        yield f"AK904 counts {group.accepted} accepted sets, {good} are listed as accepted"


def _told(rule: str, message: str, group: GroupAck) -> Finding:
    source = group.source
    return trouble(
        rule,
        message,
        interchange=source.interchange,
        group=source.group,
        transaction=source.transaction,
        segment_id="AK9",
        offset=source.offset,
    )


def _words(verdict: Verdict) -> str:
    return verdict.replace("_", " ")
