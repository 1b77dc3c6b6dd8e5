"""What a claim says of the event: kind of review, place, dates, admission, accident, diagnoses, documents, earlier authorization."""

from __future__ import annotations

from x12retro.encounter.gathering import Gathering, day, days, filled
from x12retro.guide.codes import known
from x12retro.guide.sheet import Loop
from x12retro.x12 import Segment

_INPATIENT = "11"
_STILL_A_PATIENT = "30"
_DELAY_REASONS = frozenset(("1", "2", "3", "4", "7", "8", "10", "11", "15"))
_KINDS = {"ABK": "principal", "ABJ": "admitting", "APR": "reason", "ABF": "other"}
_ORDER = {kind: n for n, kind in enumerate(_KINDS.values())}
_MOST_DIAGNOSES = 12
_MOST_DOCUMENTS = 10
_ICD9 = frozenset(("BK", "BJ", "PR", "BF", "BN"))
_NO_ROOM = {
    "ABN": "external causes of injury",
    "BBR": "inpatient procedures",
    "BBQ": "inpatient procedures",
    "CAH": "inpatient procedures",
    "BP": "anaesthesia procedures",
    "BI": "occurrence spans",
    "BH": "occurrence codes",
    "BE": "value codes",
    "BG": "condition codes",
    "TC": "treatment codes",
}
_DELIVERIES = frozenset(("AA", "BM", "EL", "EM", "FX"))


def put_event(gathering: Gathering, claim: Loop, clm: Segment) -> None:
    """Everything of 2300 that is not people, lines or the reason for the delay.

    Guide: 005010X222A1, 005010X223A2 2300
    """
    code, qualifier = gathering.component(clm[5], 1), gathering.component(clm[5], 2)
    inpatient = qualifier == "A" and code == _INPATIENT
    gathering.put("event.category", "AR" if inpatient else "HS", claim, clm)
    gathering.put("event.facility", filled(code=code, qualifier=qualifier), claim, clm)
    gathering.put("charges_at_risk", clm[2], claim, clm)
    if clm[20] in _DELAY_REASONS:
        gathering.put("event.delay_reason", clm[20], claim, clm)
    elif clm[20]:
        gathering.note("event.delay_reason", "the claim's delay reason is none that a request takes: left out", claim, clm)
    _put_accident(gathering, claim, clm)
    _put_dates(gathering, claim, inpatient)
    _put_admission(gathering, claim)
    _put_diagnoses(gathering, claim)
    _put_ambulance(gathering, claim)
    put_documents(gathering, "documents", claim)
    if (ref := claim.first("REF", "G1")) is not None:
        gathering.put("prior.authorization", ref[2], claim, ref)


def _put_accident(gathering: Gathering, claim: Loop, clm: Segment) -> None:
    """Related causes and where the accident was.

    Guide: 005010X222A1 2300 CLM11, DTP 439
    """
    causes = [cause for cause in gathering.components(clm[11])[:3] if cause]
    known = [cause for cause in dict.fromkeys(causes) if cause in ("AA", "EM", "AP")]
    gathering.put("event.related_causes", known, claim, clm)
    if len(known) < len(set(causes)):
        gathering.leave_out("a related cause that a request does not know (other accident)")
    if known:
        gathering.put("event.accident_state", gathering.component(clm[11], 4), claim, clm)
        gathering.put("event.accident_country", gathering.component(clm[11], 5), claim, clm)


_WITH_TIME = 12  # CCYYMMDDHHMM


def _put_dates(gathering: Gathering, claim: Loop, inpatient: bool) -> None:
    """The days of the event. An institutional claim gives a discharge hour only: its day is then the last of the statement.

    Guide: 005010X222A1 2300 DTP; 005010X223A2 2300 DTP 434, 435, 096
    """
    for qualifier, key in (("439", "accident_date"), ("484", "last_menstrual_period"), ("431", "onset_date")):
        if (dtp := claim.first("DTP", qualifier)) is not None:
            gathering.put(f"event.{key}", day(dtp[3]), claim, dtp)
    if (dtp := claim.first("DTP", "435")) is not None:
        gathering.put("event.admission_date", day(dtp[3]), claim, dtp)
        if dtp[2] == "DT" and dtp[3][8:].isdigit() and len(dtp[3]) >= _WITH_TIME:
            gathering.put("event.admission_time", f"{dtp[3][8:10]}:{dtp[3][10:12]}", claim, dtp)
    statement, discharge = claim.first("DTP", "434"), claim.first("DTP", "096")
    if discharge is not None and discharge[2] != "TM":
        gathering.put("event.discharge_date", day(discharge[3]), claim, discharge)
    if statement is None:
        _put_days_of_lines(gathering, claim)
        return
    first, last = days(statement)
    gathering.put("event.service_from", first, claim, statement)
    gathering.put("event.service_to", last if last != first else "", claim, statement)
    if inpatient and not _is_still_in(claim):
        gathering.put("event.discharge_date", last or first, claim, statement)


def _is_still_in(claim: Loop) -> bool:
    cl1 = claim.first("CL1")
    return claim.first("DTP", "096") is None and (cl1 is None or cl1[3] in ("", _STILL_A_PATIENT))


def _put_days_of_lines(gathering: Gathering, claim: Loop) -> None:
    """A professional claim has no days of its own: they run from the first to the last of its lines."""
    lines = [(line, dtp) for line in claim.loops("2400") if (dtp := line.first("DTP", "472")) is not None]
    if not lines:
        return
    spans = [days(dtp) for _, dtp in lines]
    first, last = min(first for first, _ in spans), max(last or first for first, last in spans)
    gathering.put("event.service_from", first, *lines[0])
    gathering.put("event.service_to", last if last != first else "", *lines[0])


def _put_admission(gathering: Gathering, claim: Loop) -> None:
    """How the patient came in and left.

    Guide: 005010X223A2 2300 CL1
    """
    if (cl1 := claim.first("CL1")) is not None:
        gathering.put("event.admission", filled(type=cl1[1], source=cl1[2], status=cl1[3]), claim, cl1)


def _put_diagnoses(gathering: Gathering, claim: Loop) -> None:
    """Principal, admitting, reasons and others, in the claim's order, which its lines point into; at most twelve with the DRG.

    Guide: 005010X222A1 2300 HI; 005010X223A2 2300 HI
    """
    codes: list[tuple[dict[str, str], Segment]] = []
    drg = False
    for hi in claim.all("HI"):
        for element in filter(None, hi.fields[1:]):
            parts = gathering.components(element)
            qualifier, code = parts[0], parts[1] if len(parts) > 1 else ""
            if qualifier in _KINDS:
                codes.append(({"code": code, "kind": _KINDS[qualifier]}, hi))
                if len(parts) > 8 and parts[8]:
                    gathering.leave_out("present-on-admission indicators")
            elif qualifier == "DR":
                gathering.put("event.drg", code.zfill(3), claim, hi)
                drg = True
            elif qualifier in _ICD9:
                gathering.leave_out("ICD-9 diagnoses")
            else:
                gathering.leave_out(_NO_ROOM.get(qualifier, "other health care codes (HI)"))
    room = _MOST_DIAGNOSES - drg
    if len(codes) > room:
        kept = sorted(range(len(codes)), key=lambda i: _ORDER[codes[i][0]["kind"]])[:room]
        gathering.note("diagnoses", f"the claim has {len(codes)}, a request takes {room} here: the last of the others are left out")
        codes = [codes[i] for i in sorted(kept)]
    for n, (entry, hi) in enumerate(codes):
        gathering.put(f"diagnoses[{n}]", entry, claim, hi)


def _put_ambulance(gathering: Gathering, claim: Loop) -> None:
    """A transport: the claim does not say which trip it was, so the record cannot be made from it.

    Guide: 005010X222A1 2300 CR1
    """
    if claim.has("CR1"):
        gathering.leave_out("the transport (CR1), because a claim does not say which trip it was")


def put_documents(gathering: Gathering, path: str, claim_or_line: Loop) -> None:
    """The documents that a claim, or a line, promises.

    Guide: 005010X222A1 2300 PWK, 2400 PWK
    """
    n = 0
    for pwk in claim_or_line.all("PWK"):
        if pwk[1] not in known("PWK01"):
            gathering.leave_out("documents of a report type that a request does not know")
        elif pwk[2] not in _DELIVERIES:
            gathering.leave_out("documents sent by file transfer")
        elif n == _MOST_DOCUMENTS:
            gathering.leave_out(f"documents beyond {_MOST_DOCUMENTS}")
        else:
            gathering.put(f"{path}[{n}]", filled(type=pwk[1], delivery=pwk[2], control_number=pwk[6]), claim_or_line, pwk)
            n += 1
