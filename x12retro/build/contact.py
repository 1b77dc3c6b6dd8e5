"""Whom to call back: telephone numbers as digits, an extension apart, at most three numbers.

Guide: 005010X217 PER
"""

from __future__ import annotations

import re

from x12retro.build.draft import Draft
from x12retro.encounter.fields import Contact

_EXTENSION = re.compile(
    r"(?P<number>.*?[0-9].*?)\s*[,;]?\s*(?:ext(?:ension)?\.?|x|#)\s*:?\s*(?P<extension>[0-9]{1,10})\s*", re.IGNORECASE | re.ASCII
)
_SIGNS = re.compile(r"[0-9 ()+./-]+", re.ASCII)
_LEAST, _MOST = 7, 15


def add_contact(draft: Draft, path: str, contact: Contact | None) -> None:
    """Add the name and the first three of phone, extension, fax, email and url.

    Guide: 005010X217 PER
    """
    if contact is None:
        return
    if contact.extension is not None and contact.phone is None:
        draft.problem(f"{path}.phone", "missing; an extension belongs to a telephone number")
    phone, extension = _phone(draft, path, contact)
    numbers = [
        ("TE", phone, "phone"),
        ("EX", extension, "extension"),
        ("FX", _digits(draft, f"{path}.fax", contact.fax), "fax"),
        ("EM", contact.email, "email"),
        ("UR", contact.url, "url"),
    ]
    given = [(kind, value, key) for kind, value, key in numbers if value is not None]
    for _, _, key in given[3:]:
        draft.note(f"{path}.{key}", "not sent: a contact has room for three numbers")
    if not given and contact.name is None:
        return
    elements = [element for kind, value, key in given[:3] for element in (kind, draft.id(f"{path}.{key}", value))]
    draft.add(path, "PER", "IC", draft.words(f"{path}.name", contact.name), *elements)


def _phone(draft: Draft, path: str, contact: Contact) -> tuple[str | None, str | None]:
    """(telephone number, extension), told apart where both stand in `phone`."""
    extension = contact.extension
    if extension is not None and not (extension.isascii() and extension.isdigit()):
        draft.problem(f"{path}.extension", "must be digits only")
        extension = None
    phone = contact.phone
    if phone is not None and (match := _EXTENSION.fullmatch(phone)):
        phone = match["number"]
        if contact.extension is not None and contact.extension != match["extension"]:
            draft.problem(f"{path}.phone", "ends with an extension, and `extension` says another")
        elif contact.extension is None:
            draft.note(f"{path}.phone", "its extension was told apart and is sent as one (EX)")
            extension = match["extension"]
    return _digits(draft, f"{path}.phone", phone), extension


def _digits(draft: Draft, path: str, phone: str | None) -> str | None:
    """A telephone number without its signs; one that is none is a problem."""
    if phone is None:
        return None
    digits = re.sub("[^0-9]", "", phone)
    if not _SIGNS.fullmatch(phone.strip()):
        draft.problem(
            path, "must be a telephone number in digits, such as 719-555-0142, with an extension apart (`extension`) or behind `ext`"
        )
    elif not _LEAST <= len(digits) <= _MOST:
        draft.problem(path, f"must have {_LEAST} to {_MOST} digits; a number in the USA has ten")
    else:
        return digits
    return None
