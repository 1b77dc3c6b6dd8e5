"""The 824 by its guide: the fast lane and the diagnoser agree over crooked ones."""

import random

from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.x12 import Transaction, read

STRAYS = (
    "N2*A", "N3*B", "N4*C", "PER*IC*X*TE*3125550100", "AMT*A*1", "QTY*QA*3", "NM1*IL*1*X", "LM*94", "LQ*IBP*E1", "RED*NA", "NTE*ADD*X",
    "TED*006", "OTI*TA*TN*1", "REF*TN*1", "DTM*097*20261127", "XX*1", "N1*40*Z*46*1",
)  # fmt: skip
VALUES = ("", "X", "1", "A" * 90, "20261327", "TN", "0")


def crooked(segments: list[str], dice: random.Random) -> list[str]:
    """One to three changes between ST and SE: a stray, a move, another value, a loss, a repeat."""
    found = list(segments)
    for _ in range(dice.randint(1, 3)):
        at = dice.randint(3, len(found) - 5)
        match dice.randint(0, 4):
            case 0:
                found.insert(at, dice.choice(STRAYS))
            case 1:
                found.insert(at, found.pop(dice.randint(3, len(found) - 5)))
            case 2:
                elements = found[at].split("*")
                elements[dice.randint(0, len(elements) - 1)] = dice.choice(VALUES)
                found[at] = "*".join(elements)
            case 3:
                found.pop(at)
            case _:
                found.insert(at, found[at])
    return found


def test_what_is_let_pass_has_no_fault() -> None:
    segments = (fixtures_dir() / "acks" / "824-one-of-two-rejected.edi").read_text().split("~\n")
    dice, guide, passed, refused = random.Random(824), catalog.load("824"), 0, 0
    for _ in range(600):
        changed = crooked(segments, dice)
        changed[-4] = f"SE*{len(changed) - 5}*0001"
        raw = "~\n".join(changed).encode()
        if any(checked.findings for checked in validate(raw)):
            refused += 1
            continue
        passed += 1
        assert [fault for set_ in read(raw) if isinstance(set_, Transaction) for fault in diagnose(set_, guide, "X186")] == []
    assert passed > 30
    assert refused > 300
