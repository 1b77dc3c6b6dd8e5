"""An 837 with the payer's numbers: the same bytes, the REF that were added, the counts, and nothing else.

The file is read twice: once to plan the edits, set by set, while the bytes between them are copied; and once to judge the copy. It is
given out only if it has no error that the claims did not have.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

from x12retro.claim.claims import Claim, Place, claims_of
from x12retro.claim.edit import Edit, Editor
from x12retro.claim.offers import Found, Offers
from x12retro.claim.plan import Plan, plan
from x12retro.claim.record import HandOver, Policy, Status
from x12retro.errors import SystemFailure, UsageError
from x12retro.findings import control_number
from x12retro.guide import catalog
from x12retro.guide.judge import validate
from x12retro.x12 import Transaction

_GUIDES = ("837P", "837I")
_BLOCK = 1 << 20


def hand_over(claims: Path, offers: Offers, policy: Policy, out: BinaryIO, as_of: date) -> Iterator[HandOver]:
    """Write the claims of a file to `out` with the numbers that `offers` has for them; yield what became of each.

    `out` is written to when the last record has been yielded. Raises UsageError when the file cannot be opened, SystemFailure when the
    result is worse than the claims were: then nothing is written.
    """
    before: Counter[tuple[int, str, str]] = Counter()
    with _opened(claims) as source, tempfile.TemporaryFile() as copy:
        sets = 0
        for checked in validate(claims, as_of=as_of):
            sets += isinstance(checked.part, Transaction)
            before.update((sets, f.rule, f.message) for f in checked.findings if f.is_error)
            if isinstance(checked.part, Transaction) and checked.guide in _GUIDES:
                editor = Editor(checked.part)
                if any(f.is_error and f.rule.startswith("X12-") for f in checked.findings):
                    editor.problem = editor.problem or "its set is broken"
                yield from _set(checked.part, checked.guide, editor, offers, policy)
                for edit in editor.edits():
                    _copy_to(source, copy, edit)
        _copy_rest(source, copy)
        for offer in offers.unclaimed():
            yield HandOver(claim=offer.case, status="no_claim", numbers=(offer.number,) if offer.number else (), outcome=offer.outcome)
        _hold_against(before, copy, as_of)
        copy.seek(0)
        while block := copy.read(_BLOCK):
            out.write(block)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as failure:
        raise UsageError(f"{path}: {failure.strerror or 'cannot be read'}") from None


def _set(transaction: Transaction, guide: str, editor: Editor, offers: Offers, policy: Policy) -> Iterator[HandOver]:
    control = control_number(transaction.control) or ""
    for claim in claims_of(transaction, catalog.load(guide), guide):
        if editor.problem:
            notes: tuple[str, ...] = (editor.problem,)
            yield HandOver(claim=claim.number, status="left_alone", notes=notes, transaction=control, segment=claim.clm.position)
            continue
        found = offers.find(claim.number, claim.care)
        yield _one(claim, found, plan(claim, found, policy), editor, policy, control)


def _one(claim: Claim, found: Found | None, what: Plan, editor: Editor, policy: Policy, control: str) -> HandOver:
    """Carry out a plan, as far as what already stands in the claim lets it."""
    status, notes = what.status, list(what.notes)
    lines: list[int] = []
    if status is None and what.number:
        status = _put_on_claim(editor, claim, what.number, policy)
    elif status is None:
        done: dict[int, Status] = {}
        for line in claim.lines:
            if (number := what.by_line.get(line.n)) is not None:
                done[line.n] = _put_in_line(editor, claim.place, line.place, number, policy)
        status = _together(set(done.values()))
        notes += [f"line {n}: it has another number, which is left" for n, became in done.items() if became == "conflict"]
        lines = [n for n, became in done.items() if became != "conflict"]
    if status in ("written", "already_there", "replaced") and policy.exception_code:
        notes += _put_exception(editor, claim.place, policy)
    if status == "conflict" and what.number:
        notes.append("the claim has another number, which is left (--replace writes over it)")
    numbers = (what.number,) if what.number else tuple(dict.fromkeys(what.by_line.values()))
    return HandOver(
        claim=claim.number,
        status=status,
        level=("claim" if what.number else "line") if numbers else None,
        numbers=numbers,
        lines=tuple(lines),
        outcome=what.outcome,
        matched_by=found.by if found is not None else None,
        confidence=found.confidence if found is not None else None,
        notes=tuple(notes),
        transaction=control,
        segment=claim.clm.position,
    )


def _put_on_claim(editor: Editor, claim: Claim, number: str, policy: Policy) -> Status:
    """Put a number on the whole claim, unless each of its lines has it."""
    if claim.lines and all(any(ref[2].strip() == number for ref in line.place.numbers) for line in claim.lines):
        return "already_there"
    return _put(editor, claim.place, number, policy)


def _put(editor: Editor, place: Place, number: str, policy: Policy) -> Status:
    """Put a number into a loop that holds one at most."""
    there = {ref[2].strip(): ref for ref in place.numbers}
    if number in there:
        return "already_there"
    if not there:
        editor.insert(place.after, "REF", "G1", number)
        return "written"
    if not policy.replace or len(there) > 1:
        return "conflict"
    editor.change(place.numbers[0], 2, number)
    return "replaced"


def _put_in_line(editor: Editor, of_claim: Place, place: Place, number: str, policy: Policy) -> Status:
    """Put a number into a line; one that the whole claim has need not be said again."""
    if any(ref[2].strip() == number for ref in of_claim.numbers):
        return "already_there"
    if of_claim.numbers and not place.numbers and not policy.replace:
        return "conflict"  # the claim's number speaks for this line too
    return _put(editor, place, number, policy)


def _put_exception(editor: Editor, place: Place, policy: Policy) -> list[str]:
    """Put the exception code beside the number; what has to be said about it.

    Guide: 005010X222A1 and 005010X223A2 2300 REF 4N
    """
    there = [ref[2].strip() for ref in place.exceptions]
    if not there:
        editor.insert(place.after, "REF", "4N", policy.exception_code)
    elif policy.exception_code not in there:
        return ["the claim has another exception code (REF 4N), which is left"]
    return []


def _together(became: set[Status]) -> Status:
    """One word for what became of several lines: what was changed first, then what was not."""
    return next(word for word in ("written", "replaced", "conflict", "already_there") if word in became)


def _copy_to(source: BinaryIO, copy: BinaryIO, edit: Edit) -> None:
    """Copy up to an edit and carry it out."""
    left = edit.offset - source.tell()
    while left > 0:
        block = source.read(min(left, _BLOCK))
        if not block:
            raise SystemFailure("the claims became shorter while they were read")
        copy.write(block)
        left -= len(block)
    source.seek(edit.size, 1)
    copy.write(edit.new)


def _copy_rest(source: BinaryIO, copy: BinaryIO) -> None:
    while block := source.read(_BLOCK):
        copy.write(block)


def _hold_against(before: Counter[tuple[int, str, str]], copy: BinaryIO, as_of: date) -> None:
    """Raise SystemFailure where the copy has an error that the claims did not have."""
    copy.seek(0)
    after: Counter[tuple[int, str, str]] = Counter()
    sets = 0
    for checked in validate(copy, as_of=as_of):
        sets += isinstance(checked.part, Transaction)
        after.update((sets, f.rule, f.message) for f in checked.findings if f.is_error)
    if new := after - before:
        (number, rule, message), *_ = new
        raise SystemFailure(
            f"the claims would not be right with the numbers in them (set {number}: {message}; {rule}): nothing was written"
        )
