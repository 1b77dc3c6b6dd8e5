"""X217-NM1-509: a provider's NPI has ten digits and a right check digit.

Why: a wrong digit finds no provider, or another one. The tenth digit checks the other nine (Luhn, over 80840 and the number).

Bad:  NM1*71*1*WELBY*ALMA****XX*1245319598~
Good: NM1*71*1*WELBY*ALMA****XX*1245319599~

Source: CMS, National Provider Identifier check digit calculation.
Guide: 005010X217 NM109 with NM108 = XX
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from x12retro.guide.rules.base import BOTH, Breach, Context, Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.guide.sheet import Sheet

_VALUE = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(bytes(range(10)), bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_RIGHT = bytes(range(6, 256, 10))
"""The Luhn sums of right numbers: with the 24 that the prefix 80840 adds, they end in 0."""


def is_npi(text: str) -> bool:
    """True for ten digits whose last one is the check digit of the others."""
    return are_npis([text])


def are_npis(texts: Sequence[str]) -> bool:
    """True when each text is an NPI. The sums of all are made at once: each is one digit of a number of base 256."""
    text = "".join(texts)
    if not (text.isascii() and text.isdigit() and all(len(one) == 10 for one in texts)):
        return not texts
    digits = text.encode("ascii").translate(_VALUE)
    columns = [digits[n::10] if n % 2 else digits[n::10].translate(_DOUBLED) for n in range(10)]
    sums = sum(int.from_bytes(column, "big") for column in columns)
    return not sums.to_bytes(len(texts), "big").translate(None, _RIGHT)


def _values(text: str, cuts: Cuts) -> bool:
    return not are_npis(cuts.pattern("XX<e>(?<=<e>XX<e>)(<v>)").findall(text))


def _check(sheet: Sheet, _context: Context) -> Iterator[Breach]:
    for seg in sheet.transaction.segments():
        if seg.id == "NM1" and seg[8] == "XX" and seg[9] and seg.position in sheet.loop_of and not is_npi(seg[9]):
            wrong = "is ten digits" if len(seg[9]) != 10 or not seg[9].isdigit() else "has a wrong check digit: a digit is mistyped"
            yield Breach(seg, f"NM109 with NM108 = XX is an NPI, which {wrong}", 9)


RULE = Rule("X217-NM1-509", 5, "error", BOTH, "I12", _check, values=_values, together=True)
