"""The outline of a set: what rules ask about its segments, in order, without what belongs to one patient.

`pieces` cuts the beginnings of segments out of a set in one pass; `mark` says in a few characters what a piece means to rules, with the
delimiters `*` and `~` whatever the file's are. The marks of a set make its outline:
`~BHT*13~HL*EV~UM*AR*I*21:B***10~HI~CL1~HL*SS~SV2`.
Sets of one kind share an outline (some hundreds in a file of twenty thousand), and pieces repeat more often still.

| mark | stands for |
| --- | --- |
| `~BHT*13`, `~BHT*13*RU` | BHT02, and RU in BHT06 (requests) |
| `~HL*EV`, `~HL*SS`, `~HL*23` | the levels of event, service and dependent |
| `~UM*AR*I*21:B*AA*06*10` | UM01, UM02, UM04 of an admission, AA in UM05, that UM06 and UM10 are filled |
| `~CRC*07`, `~TRN*1` | its qualifier (TRN in responses) |
| `~REF*BB`, `~REF*NT`, `~INS`, `~CL1`, `~CR1`, `~SV1`, `~TOO` ... | the segment |
| `~HI*9`, `~HI*ABF`, `~HI` | ICD-9 first; a diagnosis first that is not the principal one; another |
| `~NM1*71`, `~NM1*71-` | a role of one person; any role with nothing behind NM102 |
| `~PWK+`, `~PWK-`, `~PWK` | a document sent apart, with and without a control number; another (requests) |
| `~HCR*A1`, `~HCR*A1*`, `~HCR*A1**` | decision; with a number; without a number but with a reason (responses) |
| `~AAA`, `~MSG` | a rejection (responses); a text that fills all 264 characters and ends within a word |

Dates have no mark: rules that ask for them read them (`dates.py`).
"""

from __future__ import annotations

from x12retro.x12 import Delimiters

NEXT_SET = "\n"
"""The mark of an ST, where the outlines of several sets are read together."""
PIECES = (
    "ST(?=<e>)",
    "HL<e><v><e><v><e>(?:EV|SS|23)",
    "UM<e><r>",
    "S(?:V(?:1<e><v>(?:<e><v><e><v><e>[-0]<v>)?+|2<e><v>(?:<e><v>(?:<e><v><e><v><e>[-0]<v>)?+)?+|3<e><v>(?:<e><v><e><v><e>(?:(?!<.>)|<e><v><e>[-0])<r>)?+))",
    "HI<e><r>",
    "NM1<e>(?:(?:71|P3|77)(?=<e>)(?:<e>[12](?=<t>))?+|<v><e>[12](?=<t>))",
    "C(?:L1<e><r>|R(?:[1256](?=<e>)|C<e><v>))",
    "TOO<e><r>",
    "MSG(?=<e>[^<e><t>]{263}[^\\W_]<t>)",
)
"""What is cut of each segment: as short as its mark and the rules for its codes allow, for the shorter, the sooner it is known."""
REQUEST_PIECES = (
    "PWK<e><v><e><v>(?:<e><v><e><v><e><v>(?=<e>))?+",
    "REF<e>(?:BB|NT)(?=<e>)",
    "HSD<e><v><e><v>",
    "BHT<e><v><e><v>(?:<e><v><e><v><e><v><e>RU)?+",
    "INS(?=<e>)",
)
RESPONSE_PIECES = (
    "TRN<e><v>",
    "HCR<e><v>(?:<e><e>?+)?+",
    "AAA(?=<e>)",
)
ODD_PIECES = (
    "PRV<e><v><e>(?!PXC<e>[0-9A-Z]{9}X<t>)<r>",
    "PER(?!<e><v><e><v>(?:<e>(?:TE|FX)<e>[0-9]{7,15}<.>|<e>(?:EM|EX|UR)<e><v>)*+<t>)<r>",
    "N4<e><v><e><v><e>(?![0-9]{5}(?:[0-9]{4})?+<.>)<r>",
)
"""Segments of many values, cut only where their form is not the common one; they have no mark."""

_ICD9 = ("BK", "BF", "BJ", "PR")
_APART = ("BM", "EL", "EM", "FX")


def mark(fields: list[str], delimiters: Delimiters) -> str:
    """The mark of a piece, cut at its elements; "" when no rule asks."""
    kind, code = fields[0], fields[1] if len(fields) > 1 else ""
    match kind:
        case "ST":
            return NEXT_SET
        case "HL":
            return f"~HL*{fields[3]}"
        case "UM":
            return _review(fields, delimiters)
        case "HI":
            first = delimiters.components(code)[0]
            return "~HI*9" if first in _ICD9 else f"~HI*{first}" if first in ("ABF", "ABJ", "APR") else "~HI"
        case "NM1":
            return f"~NM1*{code}{'-' if len(fields) > 2 else ''}"
        case "PWK":
            return ("~PWK+" if fields[-1] == "AC" and len(fields) > 5 else "~PWK-") if fields[2] in _APART else "~PWK"
        case "BHT":
            return f"~BHT*{fields[2]}{'*RU' if len(fields) > 3 else ''}"
        case "TRN" | "REF" | "CRC":
            return f"~{kind}*{code}"
        case "HCR":
            return f"~{'*'.join(fields)}"
        case "HSD" | "PRV" | "PER" | "N4":
            return ""
        case _:
            return f"~{kind}"


def _review(fields: list[str], delimiters: Delimiters) -> str:
    um = [*fields, *[""] * (11 - len(fields))]
    place = um[4].replace(delimiters.component, ":") if um[1] == "AR" else ""
    accident = "AA" if "AA" in delimiters.components(um[5])[:3] else ""
    return f"~UM*{um[1]}*{um[2]}*{place}*{accident}*{um[6] and '06'}*{um[10] and '10'}"
