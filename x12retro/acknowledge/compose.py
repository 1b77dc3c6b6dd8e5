"""Records -> the segments of a TA1, of a 999 and of an 824.

Guide: 005010X231A1 TA1, AK1 to AK9; 005010X186A1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from x12retro.acknowledge.record import Advice, AdviceVerdict, Context, ElementNote, GroupAck, InterchangeAck, SegmentNote, SetAck, Verdict
from x12retro.x12 import Writer

VERSION = "005010X231A1"
ADVICE_VERSION = "005010X186A1"

_CODES: dict[Verdict, str] = {"accepted": "A", "accepted_with_errors": "E", "partially_accepted": "P", "rejected": "R", "unclear": "R"}
_ADVICE_CODES: dict[AdviceVerdict, str] = {
    "accepted": "A",
    "accepted_with_change": "C",
    "accepted_with_errors": "E",
    "partially_accepted": "P",
    "rejected": "R",
    "unclear": "H",
}
_NOTE_LENGTH = 80
_VALUE_LENGTH = 99
_NAME_LENGTH = 35


def write_ta1(writer: Writer, ack: InterchangeAck, moment: datetime) -> None:
    """Write the TA1; a date or time of the ISA that is none is replaced by `moment`, since TA102 and TA103 must be one."""
    writer.ta1(
        ack.control if len(ack.control) == 9 and ack.control.isascii() and ack.control.isdigit() else "000000000",
        ack.date if _is_time(ack.date, "%y%m%d", 6) else f"{moment:%y%m%d}",
        ack.time if _is_time(ack.time, "%H%M", 4) else f"{moment:%H%M}",
        _CODES[ack.verdict],
        ack.code,
    )


def write_999(writer: Writer, control: str, ack: GroupAck, sets: Iterable[SetAck]) -> None:
    """Write one 999, ST to SE, into the open group. `sets` are taken one at a time; those of `ack` are not looked at."""
    with writer.transaction("999", control, VERSION):
        writer.segment("AK1", ack.functional_code, ack.control, ack.guide)
        for one in sets:
            _write_set(writer, one)
        counts = [str(min(n or 0, 999_999)) for n in (ack.included, ack.received, ack.accepted)]
        writer.segment("AK9", _CODES[ack.verdict], *counts, *(note.code for note in ack.codes))


def write_824(writer: Writer, control: str, reference: str, ack: Advice, parties: tuple[str, str], moment: datetime) -> None:
    """Write one 824 about one set, ST to SE, into the open group. `reference` is BGN02; `parties` are the ids of who says it and to whom.

    BGN08 is WQ or, where anything was refused, U, as samples have it. The words of a reason go into NTE, for TED02 is short.
    """
    with writer.transaction("824", control, ADVICE_VERSION):
        action = "WQ" if ack.accepted else "U"
        writer.segment("BGN", "11", reference, f"{moment:%Y%m%d}", f"{moment:%H%M}", None, ack.reference or None, None, action)
        for role, party in zip(("41", "40"), parties, strict=True):
            writer.segment("N1", role, party, "46", party)
        said = f"T{_ADVICE_CODES[ack.verdict]}"
        numbers = (ack.group, ack.transaction, ack.set_id, ack.guide)
        writer.segment("OTI", said, ack.reference_kind or "TN", ack.reference or "NA", None, None, None, None, *numbers)
        for one in ack.references:
            writer.segment("REF", one.qualifier, one.number)
        for reason in ack.reasons:
            writer.segment("TED", reason.code, None, reason.segment_id or None, _number(reason.position) or None)
            for text in reason.text:
                words = "".join(" " if character in writer.delimiters else character for character in text)
                for fit in _writable(writer, words, _NOTE_LENGTH):
                    writer.segment("NTE", "ADD", fit)


def _write_set(writer: Writer, ack: SetAck) -> None:
    writer.segment("AK2", ack.set_id, ack.control, ack.guide)
    for segment in ack.segments:
        _write_segment(writer, segment)
    writer.segment("IK5", _CODES[ack.verdict], *(note.code for note in ack.codes))


def _write_segment(writer: Writer, note: SegmentNote) -> None:
    writer.segment("IK3", note.segment_id, _number(note.position), note.loop, note.code)
    for context in note.context:
        _write_context(writer, context)
    for element in note.elements:
        _write_element(writer, element)


def _write_element(writer: Writer, note: ElementNote) -> None:
    place = [_number(note.position), _number(note.component), _number(note.repeat)]
    writer.segment("IK4", place, note.data_element, note.code, next(_writable(writer, note.value, _VALUE_LENGTH), None))
    for context in note.context:
        _write_context(writer, context)


def _write_context(writer: Writer, context: Context) -> None:
    if context.value is not None:  # a business unit: a name and its value, nothing else
        for value in _writable(writer, context.value, _NAME_LENGTH):
            writer.segment("CTX", [context.name, value])
        return
    place = [_number(context.element), _number(context.component), _number(context.repeat)]
    writer.segment("CTX", [context.name], context.segment_id, _number(context.position), context.loop, place, [context.data_element])


def _writable(writer: Writer, value: str | None, length: int) -> Iterator[str]:
    """The value, cut to what fits; nothing when it cannot be written (the fault may be the very character that cannot)."""
    text = (value or "")[:length].strip()
    if text and text.isascii() and text.isprintable() and text not in writer.delimiters:
        yield text


def _number(n: int | None) -> str:
    return "" if n is None else str(n)


def _is_time(text: str, form: str, length: int) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return len(text) == length
