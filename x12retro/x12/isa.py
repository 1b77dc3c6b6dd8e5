"""The ISA, read by separator and never by column: real ones are 73 to 116 bytes long instead of 106.

The byte after `ISA` is the element separator; the 16th element is one character, the component separator, and what follows it
ends every segment. ISA11 is the repetition separator from version 00402 on, unless it is a letter or digit.
"""

from __future__ import annotations

import re

import msgspec

from x12retro.x12.delimiters import Delimiters

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
ISA_REACH = 512  # bytes that are looked at for one ISA; no element is believed to be that long

BREAK_REACH = 64  # bytes behind an ISA that are looked at for its line break
_SEPARATOR = rb"[^A-Za-z0-9\s\x80-\xff]"
ISA_START = re.compile(rb"I[\r\n]*S[\r\n]*A[\r\n]*(" + _SEPARATOR + rb")")
_NEXT_SEGMENT = re.compile(rb"(?:^|[^A-Za-z0-9 ])\s*(?:GS|TA1|IEA|ISA|ST)$")
_OTHER = rb"(?:(?!\1)[^\r\n]){0,20}\1"
#: An ISA in the middle of something, so sure that it ends whatever stands before it: three qualifiers of two in their places.
ISA_SIGNATURE = re.compile(rb"ISA(" + _SEPARATOR + rb")[A-Z0-9]{2}\1" + _OTHER + rb"[A-Z0-9]{2}\1" + _OTHER + rb"[A-Z0-9]{2}\1")
#: What may open a message in the middle of other text: an ISA, or (for messages without one) a GS or an ST. The look behind
#: comes after the first letter, so that the engine can jump from letter to letter.
OPENING = re.compile(
    rb"I(?<![A-Za-z0-9]I)[\r\n]*S[\r\n]*A[\r\n]*(?P<isa>" + _SEPARATOR + rb")[\r\n]*[A-Z0-9 ]{2}[\r\n]*(?P=isa)"
    rb"|G(?<![A-Za-z0-9]G)S(?P<gs>" + _SEPARATOR + rb")[A-Z]{2}(?P=gs)"
    rb"|S(?<![A-Za-z0-9]S)T(?P<st>" + _SEPARATOR + rb")[0-9]{3}(?P=st)"
)
_LAST_WITHOUT_REPETITION = "00401"


class IsaRead(msgspec.Struct, frozen=True):
    """An ISA that can cut a message. `size` counts its bytes through the terminator; `widths` lists the elements of wrong width."""

    fields: list[str]
    delimiters: Delimiters
    size: int
    length: int
    wrapped: bool
    widths: list[tuple[int, int]]

    def about_widths(self) -> str:
        """Tell every wrong width in one sentence; lengths only."""
        parts = [f"ISA{n:02d} has {found} instead of {ISA_WIDTHS[n - 1]} characters" for n, found in self.widths]
        return f"the ISA is {self.length} bytes long, 106 would be right: " + ", ".join(parts)


class IsaRefused(msgspec.Struct, frozen=True):
    """An ISA that cannot cut anything: the rule it breaks and why, in words."""

    rule: str
    why: str


def read_isa(data: bytes) -> IsaRead | IsaRefused:
    """Read the ISA that `data` begins with; give at least `ISA_REACH` bytes unless the file ends sooner."""
    begin = ISA_START.match(data)
    if begin is None:
        return IsaRefused("X12-ISA-102", "the ISA has no element separator after its id")
    separator = begin[1]
    parts = data[begin.end() :].split(separator, 15)
    if b"\0" in separator or b"\0" in b"".join(parts[:15]):
        return IsaRefused("X12-ISA-105", "the ISA holds zero bytes; send the message as plain text")
    if len(parts) < 16:
        return _cut_short(len(parts))
    for n, part in enumerate(parts[:15], 1):
        an_id = n in (6, 8) and len(part) == 15 and part.isascii() and part.decode("ascii").isprintable()  # it may well end with "-ST"
        if len(part) > 80 or (not an_id and _NEXT_SEGMENT.search(part)):
            return _cut_short(n)
    return _read_tail(data, separator, parts)


def _cut_short(elements: int) -> IsaRefused:
    return IsaRefused("X12-ISA-102", f"the ISA is cut short: it has {elements} of its 16 elements")


def _read_tail(data: bytes, separator: bytes, parts: list[bytes]) -> IsaRead | IsaRefused:
    """Read ISA16 and the terminator after it, then judge the four delimiters."""
    tail = parts[15]
    rest = tail.lstrip(b"\r\n")
    if rest.startswith(separator):
        return IsaRefused("X12-ISA-103", "ISA16, the component separator, equals the element separator; it must be a character of its own")
    component, after = rest[:1], rest[1:]
    ending = after.lstrip(b" ")
    if not ending or re.match(rb"[^A-Za-z0-9\s]?(?:GS|TA1|IEA)" + re.escape(separator), rest):
        return _cut_short(15 if not component or component.isalnum() or ending else 16)
    terminator = ending[:1]
    elements = [part.replace(b"\r", b"").replace(b"\n", b"") for part in parts[:15]]
    fields = ["ISA", *(e.decode("latin-1") for e in elements), component.decode("latin-1")]
    delimiters = Delimiters(separator.decode("latin-1"), component.decode("latin-1"), _repetition(fields), terminator.decode("latin-1"))
    if why := delimiters.trouble():
        return IsaRefused("X12-ISA-104", f"{why}; ISA16 and the byte after it must be two characters of their own")
    padding = len(after) - len(ending)
    widths = [(n, len(e)) for n, e in enumerate(elements, 1) if len(e) != ISA_WIDTHS[n - 1]]
    if padding:
        widths.append((16, 1 + padding))
    return IsaRead(
        fields=fields,
        delimiters=delimiters,
        size=len(data) - len(ending) + 1,
        length=3 + 16 + sum(map(len, elements)) + 1 + padding + 1,
        wrapped=len(rest) != len(tail) or any(len(a) != len(b) for a, b in zip(elements, parts, strict=False)),
        widths=widths,
    )


def _repetition(fields: list[str]) -> str:
    char = fields[11].strip()
    if len(char) != 1 or char.isalnum() or fields[12].strip() <= _LAST_WITHOUT_REPETITION:
        return ""
    return char


def guess_delimiters(data: bytes) -> Delimiters | None:
    """Guess how a message that begins with a bare GS or ST is cut; None when it gives no clue."""
    separator = data[2:3]
    sep = re.escape(separator)
    if data.startswith(b"ST"):
        ending = re.match(rb"ST(?:" + sep + rb"[A-Za-z0-9]*)+[ ]*([^A-Za-z0-9 ])", data)
    else:
        ending = re.search(rb"([^A-Za-z0-9\s]|[\r\n])\s*ST" + sep + rb"[0-9]{3}" + sep, data)
    if ending is None:
        return None
    body = data[ending.end() :]
    component = next((c for c in (b":", b">", b"+") if c in body and c not in (separator, ending[1])), b":")
    repetition = "^" if b"^" not in (separator, ending[1]) else ""
    guess = Delimiters(separator.decode("latin-1"), component.decode(), repetition, ending[1].decode("latin-1"))
    return None if guess.trouble() else guess


def line_break(behind: bytes) -> str:
    """The white space that `behind`, the bytes after a terminator, begins with, less the indentation of the next line."""
    white = behind[: len(behind) - len(behind.lstrip())]
    lines = max(white.rfind(b"\n"), white.rfind(b"\r")) + 1
    return (white[:lines] if lines else white).decode("latin-1")
