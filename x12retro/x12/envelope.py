"""Check what the envelope says of itself: counts, control numbers that must repeat each other, numbers that must be unique.

The frames pass through unchanged; findings follow the frame they are about. What is missing altogether (SE, GE, IEA) is the
reader's to tell, so that one fault gives one finding. Cheap on well-formed sets: terminators are counted, nothing is cut.

Guide: 005010X217 SE01 SE02 GE01 GE02 IEA01 IEA02
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from x12retro.findings import Finding
from x12retro.x12.frames import Frame, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Run, Transaction
from x12retro.x12.rules import wire_finding
from x12retro.x12.segment import Segment

_MISCOUNT = 1000  # a count that is wrong by more is no count


def check_envelope(frames: Iterable[Frame | Finding]) -> Iterator[Frame | Finding]:
    """Pass frames (and the reader's findings) through and add the findings of the envelope."""
    interchanges, groups, sets = _Numbers(), _Numbers(), _Numbers()
    for frame in frames:
        if isinstance(frame, Run):
            yield from _run(frame, sets)
            continue
        yield frame
        if isinstance(frame, Transaction):
            yield from _set(frame, sets)
        elif isinstance(frame, GroupStart):
            sets = _Numbers()
            yield from _check_group_start(frame, groups)
        elif isinstance(frame, GroupEnd):
            yield from _check_group_end(frame)
        elif isinstance(frame, InterchangeStart):
            groups = _Numbers()
            yield from _check_interchange_start(frame, interchanges)
        elif isinstance(frame, InterchangeEnd):
            yield from _check_interchange_end(frame)


def _run(run: Run, sets: _Numbers) -> Iterator[Frame | Finding]:
    """The run as it is when its numbers are new, else up to the first that is not, and the others as single sets."""
    new = sets.add_all(run.controls)
    if new:
        yield run if new == len(run) else run.part(0, new)
    for frame in run.transactions(new):
        yield frame
        yield from _set(frame, sets)


def _set(frame: Transaction, sets: _Numbers) -> Iterator[Finding]:
    control, right = _quick_look(frame)
    new = sets.add(control)
    if not (new and right):
        yield from _check_set(frame, control, new)


def _quick_look(frame: Transaction) -> tuple[str, bool]:
    """ST02, and True when the set is clean and its SE is right."""
    if not frame.clean:
        return frame.control, False
    raw, interchange = frame.raw, frame.group.interchange
    terminator, element = interchange.terminator, interchange.element
    head = raw[: raw.find(terminator)].split(element, 3)
    tail = raw[raw.rfind(terminator, 0, -1) + 1 + len(interchange.line_break) : -1].split(element)
    if len(head) > 2 and head[2] == tail[2] and tail[1] == b"%d" % raw.count(terminator):
        return head[2].decode("latin-1").strip(), True
    return frame.control, False


def _check_set(frame: Transaction, control: str, new: bool) -> Iterator[Finding]:
    group = frame.group
    if not new:
        message = "ST02 repeats the control number of an earlier set in this group; it must be unique there"
        yield wire_finding(
            "X12-ST-001",
            message,
            interchange=group.interchange.control,
            group=group.control,
            transaction=control,
            segment=1,
            segment_id="ST",
            element=2,
            offset=frame.offset,
        )
    if not frame.complete:
        return
    count = frame.count()
    trailer = _trailer(frame)
    said, repeated = trailer[1].strip(), trailer[2].strip()
    if not _says(said, count):
        yield _at_trailer("X12-SE-001", _count_text("SE01", said, "segment", count, "the set has"), frame, trailer, 1, count)
    if repeated != control:
        yield _at_trailer("X12-SE-002", "SE02 differs from ST02; it must repeat it", frame, trailer, 2, count)


def _trailer(frame: Transaction) -> Segment:
    """The SE of a complete set; a clean one is looked at from behind, without cutting the rest."""
    if not frame.clean:
        return frame.segments()[-1]
    raw, interchange = frame.raw, frame.group.interchange
    start = raw.rfind(interchange.terminator, 0, -1) + 1 + len(interchange.line_break)
    return Segment(raw[start:-1].decode("latin-1").split(interchange.delimiters.element), frame.offset + start)


def _at_trailer(rule: str, message: str, frame: Transaction, trailer: Segment, element: int, position: int) -> Finding:
    return wire_finding(
        rule,
        message,
        interchange=frame.interchange.control,
        group=frame.group.control,
        transaction=frame.control,
        segment=position,
        segment_id="SE",
        element=element,
        offset=trailer.offset,
    )


def _check_group_start(frame: GroupStart, seen: _Numbers) -> Iterator[Finding]:
    if frame.gs is not None and not seen.add(frame.control):
        message = "GS06 repeats the control number of an earlier group in this interchange; it must be unique there"
        yield _at_group("X12-GS-102", message, frame, frame.gs, 6)


def _check_group_end(frame: GroupEnd) -> Iterator[Finding]:
    ge = frame.ge
    if ge is None:
        return
    said = ge[1].strip()
    if not _says(said, frame.transactions):
        message = _count_text("GE01", said, "transaction set", frame.transactions, "the group has")
        yield _at_group("X12-GE-001", message, frame.group, ge, 1)
    if frame.group.gs is not None and ge[2].strip() != frame.group.control:
        yield _at_group("X12-GE-002", "GE02 differs from GS06; it must repeat it", frame.group, ge, 2)


def _at_group(rule: str, message: str, group: GroupStart, at: Segment, element: int) -> Finding:
    return wire_finding(
        rule,
        message,
        interchange=group.interchange.control,
        group=group.control,
        segment_id=at.id,
        element=element,
        offset=at.offset,
    )


def _check_interchange_start(frame: InterchangeStart, seen: _Numbers) -> Iterator[Finding]:
    isa = frame.isa
    if isa is None:
        return
    control = frame.control
    if control and not (control.isascii() and control.isdigit()):
        yield _at_interchange("X12-ISA-106", "ISA13 is not a number; it must be nine digits", frame, isa, 13)
    if not seen.add(control):
        message = "ISA13 repeats the control number of an earlier interchange in this file; it must be unique"
        yield _at_interchange("X12-ISA-108", message, frame, isa, 13)


def _check_interchange_end(frame: InterchangeEnd) -> Iterator[Finding]:
    iea = frame.iea
    if iea is None:
        return
    said = iea[1].strip()
    if not _says(said, frame.groups):
        message = _count_text("IEA01", said, "group", frame.groups, "the interchange has")
        yield _at_interchange("X12-IEA-003", message, frame.interchange, iea, 1)
    if frame.interchange.isa is not None and iea[2].strip() != frame.interchange.control:
        yield _at_interchange("X12-IEA-002", "IEA02 differs from ISA13; it must repeat it", frame.interchange, iea, 2)


def _at_interchange(rule: str, message: str, interchange: InterchangeStart, at: Segment, element: int) -> Finding:
    return wire_finding(rule, message, interchange=interchange.control, segment_id=at.id, element=element, offset=at.offset)


def _says(text: str, count: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16 and int(text) == count


def _count_text(element: str, said: str, what: str, count: int, whole: str) -> str:
    """E.g. "SE01 says 25 segments, the set has 26"; what cannot be a miscount (a date, an id slipped in) is not repeated."""
    if said.isascii() and said.isdigit() and len(said) < 16 and abs(int(said) - count) <= _MISCOUNT:
        number = int(said)
        return f"{element} says {number} {what}{'' if number == 1 else 's'}, {whole} {count}"
    wrong = "is missing" if not said else "is no number" if not said.isdigit() else "is far off"
    return f"{element} {wrong}, {whole} {count} {what}{'' if count == 1 else 's'}"


class _Numbers:
    """Control numbers seen. Numbers that count up, as they do, are kept as runs: a million sets take no more room than one."""

    __slots__ = ("_ends", "_starts", "_words")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # exclusive, one for each start; runs don't touch
        self._words: set[str] = set()

    def add_all(self, words: list[str]) -> int:
        """Take down numbers up to the first that was there already; how many were new. A row that counts up is taken at once."""
        if self._add_row(words):
            return len(words)
        return next((n for n, word in enumerate(words) if not self.add(word)), len(words))

    def _add_row(self, words: list[str]) -> bool:
        """Take down numbers of one length that count up, behind all that are kept; False when they don't."""
        text = "".join(words)
        width = len(words[0])
        if not (text.isascii() and text.isdigit() and width < 16 and set(map(len, words)) == {width}):
            return False
        numbers = list(map(int, words))
        if numbers != list(range(numbers[0], numbers[0] + len(words))):
            return False
        start = int("1" + words[0])
        last = self._ends[-1] if self._ends else 0
        if start < last:
            return False
        if start == last:
            self._ends[-1] += len(words)
        else:
            self._starts.append(start)
            self._ends.append(start + len(words))
        return True

    def add(self, word: str) -> bool:
        """Take a number down; False when it was there already. What is no plain number is compared as text."""
        if not (word.isascii() and word.isdigit() and len(word) < 16):
            new = word not in self._words
            self._words.add(word)
            return new
        number = int("1" + word)  # the leading 1 keeps 01 and 1 apart
        if self._ends and number == self._ends[-1]:
            self._ends[-1] += 1
            return True
        i = bisect_right(self._starts, number)
        if i and number < self._ends[i - 1]:
            return False
        if i and number == self._ends[i - 1]:
            self._ends[i - 1] += 1
            if i < len(self._starts) and self._starts[i] == number + 1:
                self._ends[i - 1] = self._ends.pop(i)
                del self._starts[i]
        elif i < len(self._starts) and self._starts[i] == number + 1:
            self._starts[i] = number
        else:
            self._starts.insert(i, number)
            self._ends.insert(i, number + 1)
        return True
