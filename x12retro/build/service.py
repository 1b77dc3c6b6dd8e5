"""One service line under the event: trace, review data where it differs, dates, and the line itself as SV1, SV2 or SV3."""

from __future__ import annotations

from datetime import date

from x12retro.build.attachments import Attachments
from x12retro.build.codes import check_code, check_procedure
from x12retro.build.draft import Draft, number, period, yes_no
from x12retro.build.event import add_prior
from x12retro.build.partner import Partner
from x12retro.build.providers import add_service_providers
from x12retro.build.quantity import add_quantity
from x12retro.build.records import Element
from x12retro.encounter import Event, Service
from x12retro.encounter.fields import Kind

_CODE_SETS: dict[Kind, tuple[str, ...]] = {
    "professional": ("HC", "IV", "N4", "WK"),
    "institutional": ("HC", "ID", "IV", "N4", "WK", "ZZ"),
    "dental": ("AD",),
}
_UNITS: dict[Kind, tuple[str, ...]] = {"professional": ("UN", "MJ", "F2"), "institutional": ("UN", "DA", "F2"), "dental": ()}
_A: dict[Kind, str] = {"professional": "a professional", "institutional": "an institutional", "dental": "a dental"}
_ONLY_FOR: dict[str, tuple[Kind, ...]] = {
    "revenue_code": ("institutional",),
    "rate": ("institutional",),
    "nursing_home_status": ("institutional",),
    "nursing_home_level": ("professional", "institutional"),
    "epsdt": ("professional",),
    "diagnosis_pointers": ("professional",),
    "teeth": ("dental",),
    "oral_cavity": ("dental",),
    "placement": ("dental",),
    "unit": ("professional", "institutional"),
}
_STRANGE: dict[Kind, tuple[str, ...]] = {kind: tuple(key for key, kinds in _ONLY_FOR.items() if kind not in kinds) for kind in _A}
"""The keys that do not go with a kind of line."""


def add_service(
    draft: Draft,
    path: str,
    service: Service,
    event: Event,
    partner: Partner,
    parent: int,
    trace: str,
    diagnoses: dict[int, int],
    documents: Attachments,
    today: date,
) -> None:
    """Add one line; `diagnoses` says where each diagnosis of the record went.

    Guide: 005010X217 2000F
    """
    draft.hl(path, "SS", parent, children=False)
    draft.add(f"{path}.trace", "TRN", "1", trace, partner.trace.company_id)
    if service.trace is not None:
        draft.add(f"{path}.trace", "TRN", "1", draft.id(f"{path}.trace", service.trace), partner.trace.company_id)
    _add_review(draft, path, service, event)
    add_prior(draft, f"{path}.prior", service.prior)
    check_code(draft, f"{path}.service_type", service.service_type, "UM03")
    _check_amounts(draft, path, service)
    _add_date(draft, path, service, today)
    kind = service.line_kind
    if not says_what(service):  # one error for one thing forgotten: what else does not fit follows from it
        key = "revenue_code" if kind == "institutional" or service.unit == "DA" or service.rate is not None else "procedure"
        draft.problem(f"{path}.{key}", "missing; a line is told by a procedure, or by a revenue code")
    else:
        _check_kind(draft, path, service, kind)
    match kind:
        case "professional":
            _add_sv1(draft, path, service, diagnoses)
        case "institutional":
            _add_sv2(draft, path, service)
        case "dental":
            _add_sv3(draft, path, service)
    add_quantity(draft, f"{path}.quantity", service.quantity)
    documents.add(draft, f"{path}.documents", service.documents)
    if service.message is not None:
        draft.add(f"{path}.message", "MSG", draft.words(f"{path}.message", service.message))
    add_service_providers(draft, f"{path}.providers", service.providers)


def says_what(service: Service) -> bool:
    """True when a line says what was done, or at least what kind of line it is."""
    return service.procedure is not None or service.revenue_code is not None or service.line_kind == "dental"


def _check_kind(draft: Draft, path: str, service: Service, kind: Kind) -> None:
    """Tell what does not go with the line's kind.

    Guide: 005010X217 2000F SV1, SV2, SV3
    """
    for key in _STRANGE[kind]:
        if getattr(service, key) not in (None, ()):
            draft.problem(f"{path}.{key}", f"does not go with {_A[kind]} line")
    if service.unit is not None and _UNITS[kind] and service.unit not in _UNITS[kind]:
        hint = "; a line of days has a revenue code" if service.unit == "DA" and service.revenue_code is None else ""
        draft.problem(f"{path}.unit", f"{_A[kind]} line takes {', '.join(_UNITS[kind])}{hint}")
    if (code_set := _code_set(service, kind)) not in _CODE_SETS[kind]:
        draft.problem(f"{path}.code_set", f"{_A[kind]} line takes {', '.join(_CODE_SETS[kind])}")
        return
    for key, code in (("procedure", service.procedure), ("procedure_to", service.procedure_to)):
        if code is not None:
            check_procedure(draft, f"{path}.{key}", code, code_set)


def _code_set(service: Service, kind: Kind) -> str:
    return service.code_set or ("AD" if kind == "dental" else "HC")


def _check_amounts(draft: Draft, path: str, service: Service) -> None:
    """Units are more than nothing, and money is dollars and cents.

    Guide: 005010X217 2000F SV102, SV104, SV203, SV205, SV302, SV306
    """
    if service.units is not None and service.units == 0:
        draft.problem(f"{path}.units", "must be more than 0; it asks for nothing")
    if service.charge is not None and service.charge != round(service.charge, 2):
        draft.problem(f"{path}.charge", "has more than 2 decimals; a charge is dollars and cents")


def _add_review(draft: Draft, path: str, service: Service, event: Event) -> None:
    """Review data of the line, when it says more than the event; an admission cannot be a line's category.

    Guide: 005010X217 2000F UM
    """
    own = (service.category, service.certification, service.service_type, service.facility)
    if event.category in ("HS", "SC") and not any(part is not None for part in own):
        return
    draft.add(
        path,
        "UM",
        service.category or (event.category if event.category == "SC" else "HS"),
        service.certification or event.certification,
        service.service_type or event.service_type,
        None if service.facility is None else (service.facility.code, service.facility.qualifier),
    )


def _add_date(draft: Draft, path: str, service: Service, today: date) -> None:
    """Say when this service was given, where it has days of its own.

    Guide: 005010X217 2000F DTP 472
    """
    if service.from_ is None:
        if service.to is not None:
            draft.problem(f"{path}.from", "missing; there is a last day and no first")
        return
    if service.to is not None and service.to < service.from_:
        draft.problem(f"{path}.to", "lies before from")
    if service.from_ > today:
        draft.problem(f"{path}.from", "lies after the day of the request; care that is still to come is not asked for after the fact")
    draft.add(f"{path}.from", "DTP", "472", *period(service.from_, service.to))


def _procedure(draft: Draft, path: str, service: Service, kind: Kind) -> Element:
    """The composite procedure, or None when the line has no code.

    Guide: 005010X217 SV101, SV202, SV301
    """
    if service.procedure is None:
        for key in ("modifiers", "procedure_to", "description"):
            if getattr(service, key) not in (None, ()):
                draft.problem(f"{path}.procedure", f"missing; {key} goes with a procedure")
        return None
    modifiers = (*(modifier.upper() for modifier in service.modifiers), None, None, None, None)[:4]
    return (
        _code_set(service, kind),
        draft.id(f"{path}.procedure", service.procedure.upper()),
        *modifiers,
        draft.words(f"{path}.description", service.description),
        draft.id(f"{path}.procedure_to", service.procedure_to),
    )


def _units(draft: Draft, path: str, service: Service) -> tuple[str | None, str | None]:
    """Unit and number of units; a number alone counts units.

    Guide: 005010X217 SV103, SV104, SV204, SV205
    """
    if service.units is None:
        if service.unit is not None:
            draft.problem(f"{path}.units", "missing; a unit goes with a number")
        return None, None
    return service.unit or "UN", number(service.units)


def _add_sv1(draft: Draft, path: str, service: Service, diagnoses: dict[int, int]) -> None:
    """Add a professional line.

    Guide: 005010X217 2000F SV1
    """
    if service.revenue_code is not None:
        draft.need(f"{path}.procedure", service.procedure, "a professional line is told by its procedure")
    pointers: list[str] = []
    for i, pointer in enumerate(service.diagnosis_pointers):
        if pointer not in diagnoses:
            draft.problem(f"{path}.diagnosis_pointers[{i}]", "points at a diagnosis that is not there (they count from 1)")
        else:
            pointers.append(str(diagnoses[pointer]))
    unit, units = _units(draft, path, service)
    draft.add_at(
        path,
        "SV1",
        {
            1: _procedure(draft, path, service, "professional"),
            2: number(service.charge),
            3: unit,
            4: units,
            7: tuple(pointers) or None,
            11: yes_no(service.epsdt),
            20: service.nursing_home_level,
        },
    )


def _add_sv2(draft: Draft, path: str, service: Service) -> None:
    """Add an institutional line.

    Guide: 005010X217 2000F SV2
    """
    unit, units = _units(draft, path, service)
    draft.add_at(
        path,
        "SV2",
        {
            1: None if service.revenue_code is None else service.revenue_code.zfill(4),
            2: _procedure(draft, path, service, "institutional"),
            3: number(service.charge),
            4: unit,
            5: units,
            6: number(service.rate),
            9: service.nursing_home_status,
            10: service.nursing_home_level,
        },
    )


def _add_sv3(draft: Draft, path: str, service: Service) -> None:
    """The dental line, then a segment for each tooth.

    Guide: 005010X217 2000F SV3, TOO
    """
    draft.need(f"{path}.procedure", service.procedure, "a dental line is told by its procedure")
    draft.need(f"{path}.units", service.units, "a dental line says how many times the procedure was done")
    draft.add_at(
        path,
        "SV3",
        {
            1: _procedure(draft, path, service, "dental"),
            2: number(service.charge),
            4: service.oral_cavity or None,
            5: service.placement,
            6: number(service.units),
        },
    )
    for i, tooth in enumerate(service.teeth):
        draft.add(f"{path}.teeth[{i}]", "TOO", "JP", tooth.number, tooth.surfaces or None)
