"""The trace number of an inquiry: a number of its own, from which the request's can be read.

A payer gives back the number that it was sent, so an inquiry has its own: its answer is not the request's. It is
`<TRN02 of the request>INQ<run, 12 characters>`, so that whoever gets an answer knows without asking anybody which request it is about. A
request's number that would not fit in front (made elsewhere: ours have 25 characters) is stood for by a hash of 16 characters. What
numbers have in common that speak of one request is `request_key`.

Guide: 005010X215 2000E TRN02, at most 50 characters
"""

from __future__ import annotations

import hashlib
import re

_MARK = "INQ"
_RUN = 12
ROOM = 50 - len(_MARK) - _RUN
"""Characters of a request's number that stand whole in those of its inquiries."""
_HASH = re.compile("[0-9A-F]{16}")
_OF_AN_INQUIRY = re.compile(rf"(.+){_MARK}[0-9A-Za-z]{{{_RUN}}}", re.DOTALL)


def inquiry_trace(request: str, run: str) -> str:
    """The TRN02 of the inquiry after the request with this TRN02; `run` tells one inquiry after it from the next."""
    return f"{shortened(request, ROOM)}{_MARK}{run.rjust(_RUN, '0')[-_RUN:]}"


def asks_after(number: str) -> str | None:
    """What stands for the request in an inquiry's number (the request's number, or its hash); None for any other number."""
    found = _OF_AN_INQUIRY.fullmatch(number) if _MARK in number else None
    return found[1] if found is not None else None


def is_hash(number: str) -> bool:
    """True for what may stand for the number of a request that is too long for those of its inquiries."""
    return _HASH.fullmatch(number) is not None


def request_key(number: str) -> str:
    """The same for the number of a request and of every inquiry after it."""
    return asks_after(number) or shortened(number, ROOM)


def shortened(number: str, room: int) -> str:
    """The number where it has no more characters than `room`, else a hash of 16: cut off, two numbers might become one."""
    return number if len(number) <= room else hashlib.blake2b(number.encode(), digest_size=8).hexdigest().upper()
