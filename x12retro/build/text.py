"""Text as X12 can carry it: the extended character set, without a delimiter.

Free text is made to fit (accents taken off, typographic signs replaced, a delimiter becomes a blank) and the change is noted.
An identifier is never changed but for blanks around it: a changed id is another person's.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable

from x12retro.x12 import Delimiters

_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !\"&'()*+,-./:;?=%@[]_{}\\|<>~#$^")
_REPLACED = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "…": "...", "•": "-", "×": "x", "÷": "/",
        "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
        "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "µ": "u", "≥": ">=", "≤": "<=", "°": " deg", "½": "1/2", "¼": "1/4",
    }
)  # fmt: skip


Fits = Callable[[str], object]


@functools.cache
def fitting(delimiters: Delimiters) -> Fits:
    """A test that is true for text that can be written as it stands: nothing to replace, no blanks to gather, no delimiter."""
    signs = "".join(re.escape(c) for c in sorted(_ALLOWED - {" "}) if c not in delimiters)
    return re.compile(f"[{signs}]+(?: [{signs}]+)*").fullmatch


def plain(text: str, delimiters: Delimiters) -> tuple[str, str | None, bool]:
    """Return (text that can be written, what was changed in words or None, whether letters or figures were lost).

    Blanks are gathered into one and taken off both ends without a word.
    """
    ascii_text = "".join(c for c in unicodedata.normalize("NFKD", text.translate(_REPLACED)) if not unicodedata.combining(c))
    kept: list[str] = []
    changes: list[str] = []
    lost = letters = delimited = False
    for c in ascii_text:
        if c.isspace():
            kept.append(" ")
        elif c not in _ALLOWED:
            kept.append(" ")
            lost = True
            letters = letters or c.isalnum()
        elif c in delimiters:
            kept.append(" ")
            delimited = True
        else:
            kept.append(c)
    if ascii_text != unicodedata.normalize("NFKD", text):
        changes.append("accents and typographic signs were written in plain letters")
    if delimited:
        changes.append("a character that the partner uses as a delimiter became a blank")
    if lost:
        changes.append("characters that X12 cannot carry became blanks")
    return " ".join("".join(kept).split()), "; ".join(changes) or None, letters


def fault_of_id(text: str, delimiters: Delimiters) -> str | None:
    """Say why an identifier cannot be written as it stands, or None."""
    if any(c in delimiters for c in text):
        return "holds a character that the partner uses as a delimiter"
    if any(c not in _ALLOWED for c in text):
        return "holds a character that X12 cannot carry"
    return None
