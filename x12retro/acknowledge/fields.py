"""Elements of an acknowledgment as records may hold them: a short code or number; what has another form may be data and is not repeated."""

from __future__ import annotations

import re

from x12retro.acknowledge.record import Note
from x12retro.guide import codes
from x12retro.x12 import Segment

SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}", re.ASCII)
ID = re.compile(r"[A-Za-z0-9]{1,12}", re.ASCII)
LABEL = re.compile(r"[A-Za-z0-9]{1,35}", re.ASCII)
CODE = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)


def fit(form: re.Pattern[str], text: str, *, otherwise: str = "?") -> str:
    """The text without blanks around, where it has this form; else `otherwise`."""
    text = text.strip()
    return text if not text or form.fullmatch(text) else otherwise


def number(text: str) -> int | None:
    """A count or position; None for what is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def places(text: str) -> tuple[int | None, int | None, int | None]:
    """Element, component and repeat of IK401, CTX05 or TED05, whatever stands between them."""
    parts = [*(number(part) for part in re.split(r"[^0-9]", text.strip())), None, None, None]
    return parts[0], parts[1], parts[2]


def notes(element: str, seg: Segment, first: int) -> tuple[Note, ...]:
    """The codes from element `first` on; a blank is none."""
    found = (fit(CODE, seg[n]) for n in range(first, len(seg) + 1))
    return tuple(Note(code=code, meaning=codes.meaning(element, code)) for code in found if code)
