"""What a value of each X12 type looks like. Pure functions over text; no guide, no findings.

Types: AN and ID strings, DT dates, TM times, R decimals, N0..N9 integers with implied decimals, B binary.
Source: X12.6 as implemented by every 5010 translator; formats of DE 1251 by the codes of DE 1250.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
FIRST_YEAR, LAST_YEAR = 1800, 2199
"""A century before the oldest living patient and one after the youngest's: outside lies a typing error."""


def is_integer(text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None


def is_decimal(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """CCYYMMDD or YYMMDD that the calendar knows."""
    if _DIGITS.fullmatch(text) is None or len(text) not in (6, 8):
        return False
    if len(text) == 6:
        text = ("20" if text < "5" else "19") + text
    year = int(text[:4])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return False
    try:
        date(year, int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""
    if _DIGITS.fullmatch(text) is None or len(text) not in (4, 6, 7, 8):
        return False
    return text[:2] < "24" and text[2:4] < "60" and (len(text) == 4 or text[4:6] < "60")


def is_range(text: str) -> bool:
    """CCYYMMDD-CCYYMMDD, the second not before the first."""
    start, dash, end = text.partition("-")
    return bool(dash) and len(start) == len(end) == 8 and is_date(start) and is_date(end) and start <= end


def _is_date_time(text: str) -> bool:
    return len(text) in (12, 14) and is_date(text[:8]) and is_time(text[8:])


FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "D8": (lambda text: len(text) == 8 and is_date(text), "a date CCYYMMDD"),
    "D6": (lambda text: len(text) == 6 and is_date(text), "a date YYMMDD"),
    "RD8": (is_range, "a range CCYYMMDD-CCYYMMDD, first date first"),
    "DT": (_is_date_time, "a date and time CCYYMMDDHHMM"),
    "TM": (is_time, "a time HHMM"),
}
"""DE 1250 code -> (test, what it must be in words). Codes that are not here are not judged."""


def length(text: str, type_: str) -> int:
    """Characters that count: sign and decimal point of a number do not."""
    if type_ == "R" or type_[0] == "N":
        return len(text) - text.count("-") - text.count(".")
    return len(text)


def has_control_character(text: str) -> bool:
    return _CONTROL.search(text) is not None
