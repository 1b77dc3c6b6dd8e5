"""The segments that name someone, the same in every loop: NM1, REF, N3, N4, PRV, DMG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

from x12retro.build.draft import Draft, d8
from x12retro.encounter.fields import Address

_ZIP = re.compile("[0-9]{5}(?:[0-9]{4})?", re.ASCII)
_CANADA = frozenset(("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"))
_NPI_PREFIX = 24  # what 80840 adds to the sum
_DOUBLED = str.maketrans("0123456789", "0246813579")  # every second digit twice, less 9 where that has two figures


def is_npi(npi: str) -> bool:
    """True for ten digits with the right check digit: Luhn's sum over 80840 and them."""
    if len(npi) != 10 or not (npi.isascii() and npi.isdecimal()):
        return False
    return (_NPI_PREFIX + sum(map(int, npi[1::2])) + sum(map(int, npi[::2].translate(_DOUBLED)))) % 10 == 0


def npi_of(draft: Draft, path: str, npi: str | None) -> str | None:
    """The NPI, checked; a wrong check digit is a problem."""
    if npi is not None and not is_npi(npi):
        draft.problem(path, "is not an NPI: its check digit is wrong")
    return npi


def tax_id_of(tax_id: str | None) -> str | None:
    return None if tax_id is None else tax_id.replace("-", "")


def add_nm1(
    draft: Draft,
    path: str,
    role: str,
    kind: Literal["1", "2"],
    *,
    last: tuple[str, str | None],
    first: str | None = None,
    middle: str | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
    id_qualifier: str | None = None,
    id_: str | None = None,
) -> None:
    """Name a person (`1`) or an organisation (`2`); `last` is (its key, last or organisation name).

    Guide: 005010X217 NM1
    """
    draft.add(
        path,
        "NM1",
        role,
        kind,
        draft.words(path, last[1], last[0]),
        draft.words(path, first, "first_name"),
        draft.words(path, middle, "middle_name"),
        draft.words(path, prefix, "prefix"),
        draft.words(path, suffix, "suffix"),
        id_qualifier if id_ is not None else None,
        id_,
    )


def add_refs(draft: Draft, path: str, refs: Sequence[tuple[str, str, str | None, str]], most: int) -> None:
    """Add further ids: (qualifier, value, description or None, path).

    Guide: 005010X217 REF
    """
    if len(refs) > most:
        draft.problem(path, f"{len(refs)} further ids, but a request takes {most} here (group and tax numbers are counted)")
    for qualifier, value, description, where in refs:
        draft.add(where, "REF", qualifier, draft.id(where, value), draft.words(where, description))


def add_address(draft: Draft, path: str, address: Address | None, *, required: bool = False) -> None:
    """Street and city. A country is sent only outside the USA.

    Guide: 005010X217 N3, N4
    """
    if address is None:
        if required:
            draft.problem(path, "missing; this place must be told by its address")
        return
    if required:
        draft.need(f"{path}.line1", address.line1, "this place must be told by its street")
    if address.line1 is not None:
        draft.add(path, "N3", draft.words(path, address.line1, "line1"), draft.words(path, address.line2, "line2"))
    elif address.line2 is not None:
        draft.problem(f"{path}.line1", "missing; there is a second line and no first")
    country = None if address.country in ("US", "USA") else address.country
    if address.subdivision is not None and country is None:
        draft.problem(f"{path}.country", "missing; a subdivision is told of a country other than the USA")
    if address.subdivision is not None and address.state is not None:
        draft.problem(f"{path}.subdivision", "either this or state, not both")
    if not (address.city or address.state or address.postal_code or country):
        return
    if address.city is None:
        draft.problem(f"{path}.city", "missing; state and postal code are sent with a city")
    postal_code = None if address.postal_code is None else _postal_code(draft, path, address, country)
    draft.add_at(
        path,
        "N4",
        {
            1: draft.words(path, address.city, "city"),
            2: address.state,
            3: draft.id(f"{path}.postal_code", postal_code),
            4: country,
            7: address.subdivision,
        },
    )


def _postal_code(draft: Draft, path: str, address: Address, country: str | None) -> str | None:
    """Take out the signs; in the USA a postal code has five or nine digits.

    Guide: 005010X217 N403
    """
    code = (address.postal_code or "").replace("-", "").strip()
    if country is None and address.state in _CANADA:
        draft.note(f"{path}.country", "missing; the state is a province of Canada (CA)")
    elif country is None and address.subdivision is None:
        code = code.replace(" ", "")
        if not _ZIP.fullmatch(code):
            draft.problem(f"{path}.postal_code", "must have 5 or 9 digits in the USA; elsewhere give `country`")
            return None
    return code


def add_taxonomy(draft: Draft, path: str, role: str, taxonomy: str | None) -> None:
    """The speciality.

    Guide: 005010X217 PRV
    """
    if taxonomy is not None:
        draft.add(f"{path}.taxonomy", "PRV", role, "PXC", taxonomy)


def add_birth(draft: Draft, path: str, birth_date: date | None, gender: str | None, today: date) -> None:
    """Birth date and gender.

    Guide: 005010X217 DMG
    """
    if birth_date is None:
        if gender is not None:
            draft.note(f"{path}.gender", "not sent: it goes only with a birth date")
        return
    if birth_date > today:
        draft.problem(f"{path}.birth_date", "lies after the day of the request")
    draft.add(f"{path}.birth_date", "DMG", "D8", d8(birth_date), gender)
