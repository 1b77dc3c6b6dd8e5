"""The kinds of value an encounter is made of, with their lengths: everything a record's fields are typed with.

Lengths and code lists are those of the places where the values end up in the 278 request, so that a record that decodes holds
no value too long to send. No text may hold control characters; the free texts alone may have line breaks and tabs, which become
blanks: that is not asked of each value while it is decoded, which would cost half of it, but once of the whole record
(`x12retro.encounter.texts`). `HINTS` says each pattern in words, because an error message must not show a regular expression.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta


def whole(pattern: str) -> str:
    """The pattern that a whole text must match, its end included: `$` alone lets a line break behind it pass.

    Understood alike by Python and by JSON Schema, which knows no `\\Z`.
    """
    return rf"^{pattern}$(?!\n)"


ID_PATTERN = whole("[A-Za-z0-9][A-Za-z0-9._:/#-]*")
NPI_PATTERN = whole("[0-9]{10}")
TAX_ID_PATTERN = whole("[0-9]{2}-?[0-9]{7}")
TAXONOMY_PATTERN = whole("[0-9A-Z]{9}X")
DIAGNOSIS_PATTERN = whole(r"[A-Za-z][0-9][A-Za-z0-9](\.?[A-Za-z0-9]{1,4})?")
REVENUE_PATTERN = whole("[0-9]{3,4}")
PROCEDURE_PATTERN = whole("[A-Za-z0-9-]{2,48}")
MODIFIER_PATTERN = whole("[A-Za-z0-9]{2}")
DRG_PATTERN = whole("[0-9]{3,4}")
STATE_PATTERN = whole("[A-Z]{2}")
COUNTRY_PATTERN = whole("[A-Z]{2,3}")
CODE_PATTERN = whole("[A-Z0-9]+")
POSTAL_PATTERN = whole("[A-Za-z0-9 -]+")
TIME_PATTERN = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
REPORT_TYPE_PATTERN = whole("[A-Z0-9]{2}")
TOOTH_PATTERN = whole("([1-9]|[12][0-9]|3[0-2]|[A-T])")
LEVEL_PATTERN = whole("(OC|C[1-7]|T[1-9]|T1[0-2]|L[1-5]|SA|CO|IL)")
CONDITION_PATTERN = whole("[A-Z0-9]{2,3}")
TEXT_PATTERN = whole(r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*")
PROSE_PATTERN = whole(r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*")
EDI_ID_PATTERN = whole("[!-~]([ -~]*[!-~])?")
COMPANY_PATTERN = whole("[A-Za-z0-9]+")

HINTS = {
    ID_PATTERN: "letters, digits and . _ : / # - only, starting with a letter or digit",
    NPI_PATTERN: "10 digits (a national provider id)",
    TAX_ID_PATTERN: "9 digits, with or without the hyphen after the second",
    TAXONOMY_PATTERN: "10 characters of the provider taxonomy, the last an X",
    DIAGNOSIS_PATTERN: "an ICD-10-CM code, with or without its dot",
    REVENUE_PATTERN: "3 or 4 digits",
    PROCEDURE_PATTERN: "a procedure code of letters, digits and hyphens",
    MODIFIER_PATTERN: "2 letters or digits",
    DRG_PATTERN: "3 or 4 digits",
    STATE_PATTERN: "the 2 letters of a state",
    COUNTRY_PATTERN: "the 2 or 3 letters of a country (ISO 3166)",
    CODE_PATTERN: "a code: letters and digits only",
    TIME_PATTERN: "a time of day, from 00:00 to 23:59",
    POSTAL_PATTERN: "a postal code: letters, digits, blanks and hyphens only",
    REPORT_TYPE_PATTERN: "a report type: 2 letters or digits",
    TOOTH_PATTERN: "a tooth: 1 to 32, or A to T",
    LEVEL_PATTERN: "a level of the spine: OC, C1-C7, T1-T12, L1-L5, SA, CO or IL",
    CONDITION_PATTERN: "a condition code: 2 or 3 letters or digits",
    TEXT_PATTERN: "one line of text, without control characters",
    PROSE_PATTERN: "text without control characters other than line breaks and tabs",
    EDI_ID_PATTERN: "plain ASCII characters, with no blank at either end",
    COMPANY_PATTERN: "letters and digits only",
}


def text(min_length: int | None = None, max_length: int | None = None) -> Meta:
    """One line of text of so many characters. Its pattern is for the schema and for messages: decoding does not check it."""
    return Meta(min_length=min_length, max_length=max_length, extra_json_schema={"pattern": TEXT_PATTERN})


def prose(min_length: int | None = None, max_length: int | None = None) -> Meta:
    """Free text, which may have line breaks and tabs; otherwise as `text`."""
    return Meta(min_length=min_length, max_length=max_length, extra_json_schema={"pattern": PROSE_PATTERN})


EncounterId = Annotated[
    str, Meta(pattern=ID_PATTERN, min_length=1, max_length=60, description="Your own id of the encounter: no name, no record number")
]
Name = Annotated[str, text(min_length=1, max_length=60)]
FirstName = Annotated[str, text(min_length=1, max_length=35)]
MiddleName = Annotated[str, text(min_length=1, max_length=25)]
NameAffix = Annotated[str, text(min_length=1, max_length=10)]
Id80 = Annotated[str, text(min_length=2, max_length=80)]
Reference = Annotated[str, text(min_length=1, max_length=50)]
Text80 = Annotated[str, text(min_length=1, max_length=80)]
Text264 = Annotated[str, prose(min_length=1, max_length=264)]
Npi = Annotated[str, Meta(pattern=NPI_PATTERN)]
TaxId = Annotated[str, Meta(pattern=TAX_ID_PATTERN)]
Taxonomy = Annotated[str, Meta(pattern=TAXONOMY_PATTERN)]
DiagnosisCode = Annotated[str, Meta(pattern=DIAGNOSIS_PATTERN)]
Drg = Annotated[str, Meta(pattern=DRG_PATTERN)]
RevenueCode = Annotated[str, Meta(pattern=REVENUE_PATTERN)]
ProcedureCode = Annotated[str, Meta(pattern=PROCEDURE_PATTERN)]
Modifier = Annotated[str, Meta(pattern=MODIFIER_PATTERN)]
Time = Annotated[str, Meta(pattern=TIME_PATTERN)]
State = Annotated[str, Meta(pattern=STATE_PATTERN)]
Country = Annotated[str, Meta(pattern=COUNTRY_PATTERN)]
Code1 = Annotated[str, Meta(pattern=CODE_PATTERN, min_length=1, max_length=1)]
Code2 = Annotated[str, Meta(pattern=CODE_PATTERN, min_length=1, max_length=2)]
Code3 = Annotated[str, Meta(pattern=CODE_PATTERN, min_length=1, max_length=3)]

Gender = Literal["F", "M", "U"]
Certification = Literal["I", "R", "S", "4", "3", "1", "2", "N"]
Kind = Literal["professional", "institutional", "dental"]

AMOUNT_DIGITS = 18
QUANTITY_DIGITS = 15
TOO_LARGE = "is too large a number"


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Base of every part of an encounter: frozen, strict, built by keyword only.

    `amounts` names the numbers among its fields, with the most digits each may have; a part that has some checks them when it is made.
    """

    amounts: ClassVar[dict[str, int]] = {}

    def __repr__(self) -> str:  # never the data: it is a patient's
        return f"<{type(self).__name__}>"


class Address(Record, frozen=True):
    """A postal address.

    Guide: 005010X217 N3, N4
    """

    line1: Annotated[str, text(min_length=1, max_length=55)] | None = None
    line2: Annotated[str, text(min_length=1, max_length=55)] | None = None
    city: Annotated[str, text(min_length=2, max_length=30)] | None = None
    state: State | None = None
    postal_code: Annotated[str, Meta(pattern=POSTAL_PATTERN, min_length=3, max_length=15)] | None = None
    country: Country | None = None
    subdivision: Code3 | None = None


class Contact(Record, frozen=True):
    """Whom the payer may call back, at most three numbers.

    Guide: 005010X217 PER
    """

    name: Name | None = None
    phone: Annotated[str, text(min_length=7, max_length=40)] | None = None
    extension: Annotated[str, text(min_length=1, max_length=10)] | None = None
    fax: Annotated[str, text(min_length=7, max_length=40)] | None = None
    email: Annotated[str, text(min_length=3, max_length=256)] | None = None
    url: Annotated[str, text(min_length=3, max_length=256)] | None = None


def check_amounts(part: Record) -> None:
    """Raise ValueError (its text starts with `.field:`) for the first of the part's `amounts` that is none."""
    for field, digits in part.amounts.items():
        value = getattr(part, field)
        if value is not None:
            text = str(value)
            if len(text) <= digits and text.replace(".", "", 1).isdigit():
                continue  # what nearly all amounts are: a few digits, and perhaps a point
            if fault := fault_of_amount(value, digits):
                raise ValueError(f".{field}: {fault}")


def fault_of_amount(value: Decimal | None, digits: int = QUANTITY_DIGITS) -> str | None:
    """Say why `value` is not a plain number of at most `digits` digits, 0 or more; None when it is, or is not given."""
    if value is None:
        return None
    if not value.is_finite():
        return "must be a plain number"
    if value < 0:
        return "must not be negative"
    _, figures, exponent = value.as_tuple()
    places = exponent if isinstance(exponent, int) else 0
    if len(figures) + places > digits:
        return f"{TOO_LARGE}; at most {digits} digits are sent"
    if max(len(figures), -places) > digits:
        return f"has more than {digits} digits"
    return None
