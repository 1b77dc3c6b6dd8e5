"""Inquiries after pended requests: what is taken over of the request, what is left out, and what cannot be asked after."""

import io
import itertools
from datetime import date, datetime

import msgspec
import pytest

from x12retro.build import ControlNumbers, write
from x12retro.guide.judge import validate
from x12retro.inquire import GUIDE_VERSION, Pended, PendedRequests, asked_at, inquiries, read_reports
from x12retro.inquire.pended import PendedLine, PendedTraces, numbers_of
from x12retro.x12 import Transaction, read
from x12retro.x12.traces import asks_after, inquiry_trace

at = datetime.fromisoformat

NOW = at("2026-12-08 09:30")
LEFT_OUT = {"INS", "HI", "HSD", "CL1", "CR1", "CR2", "CR5", "CR6", "CRC", "PWK", "MSG", "SV1", "SV2", "SV3", "TOO"}


def pended(number, **more):
    return Pended(outcome="pended", traces=PendedTraces((number,)), answered_on=date(2026, 12, 1), **more)


def ask(transaction, partner, *, now=NOW, run="000000007", **more):
    known = pended(next(numbers_of(transaction)), **more)
    (asking,) = inquiries([(known, transaction)], partner, as_of=now, control=ControlNumbers(7, 7, run))
    return asking


def rows(asking, id_):
    return [line.elements for line in asking.lines if line.id == id_]


def named(transaction):
    """The names of a request above its event: NM1 as text."""
    event = next(n for n, segment in enumerate(transaction.segments()) if segment.id == "HL" and segment[3] == "EV")
    return [tuple(segment.fields[1:]) for segment in transaction.segments()[:event] if segment.id == "NM1"]


def test_every_made_up_request_can_be_asked_after_without_a_finding(transactions, partner):
    for transaction in transactions:
        asking = ask(transaction, partner, reference_number="REF7")
        assert asking.built
        assert asking.problems == ()
        out = io.BytesIO()
        assert list(write(out, [asking], partner, as_of=NOW, version=GUIDE_VERSION)) == [asking]
        parts = [(checked.guide, checked.findings) for checked in validate(out.getvalue()) if isinstance(checked.part, Transaction)]
        assert parts == [("278-inquiry", ())]


def test_it_names_whom_the_request_named_and_nothing_of_the_case_but_its_days(transactions, partner):
    dependents = 0
    for transaction in transactions:
        asking = ask(transaction, partner)
        assert [tuple(part or "" for part in row) for row in rows(asking, "NM1")] == named(transaction)
        assert LEFT_OUT.isdisjoint({line.id for line in asking.lines})
        assert all(len(row) == 2 for row in rows(asking, "DMG"))  # no gender
        assert all(len(row) <= 4 for row in rows(asking, "UM"))
        levels = [row[2] for row in rows(asking, "HL")]
        assert levels in (["20", "21", "22", "EV"], ["20", "21", "22", "23", "EV"])
        dependents += "23" in levels
        assert rows(asking, "DTP")
    assert dependents > 3


def test_its_number_is_its_own_and_leads_to_the_request(transactions, partner):
    asking = ask(transactions[0], partner)
    number = next(numbers_of(transactions[0]))
    (trn,) = rows(asking, "TRN")
    assert trn == ("1", asking.traces.event, partner.trace.company_id)
    assert asks_after(asking.traces.event) == number == asking.request
    assert rows(asking, "BHT")[0][:3] == ("0007", "28", asking.traces.event)
    assert ask(transactions[0], partner, run="000000008").traces.event != asking.traces.event


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"reference_number": "R1"}, [("NT", "R1")]),
        ({"authorization_number": "A1"}, [("BB", "A1")]),
        ({"reference_number": "R1", "authorization_number": "A1"}, [("NT", "R1")]),
        ({}, []),
    ],
)
def test_the_payers_reference_goes_before_its_number_and_never_both(transactions, partner, known, wanted):
    assert [ref for ref in rows(ask(transactions[0], partner, **known), "REF") if ref[0] in ("NT", "BB")] == wanted


def test_a_request_that_dates_its_services_alone_is_looked_for_by_their_days(transactions, partner):
    transaction = next(t for t in transactions if b"DTP*472" in t.raw)
    raw = b"\n".join(line for line in transaction.raw.split(b"\n") if not line.startswith((b"DTP*AAH", b"DTP*435", b"DTP*096")))
    bare = Transaction(raw, 0, transaction.group)
    days = sorted(day for s in bare.segments() if s.id == "DTP" and s[1] == "472" for day in s[3].split("-"))
    ((kind, _form, said),) = rows(ask(bare, partner), "DTP")
    assert (kind, said.split("-")[0], said.split("-")[-1]) == ("AAH", days[0], days[-1])


def test_other_delimiters_are_no_hindrance(sent, partner):
    swapped = sent.translate(bytes.maketrans(b"*:^~", b"|>!'"))
    (first, *_) = (frame for frame in read(swapped) if isinstance(frame, Transaction))
    (plain, *_) = (frame for frame in read(sent) if isinstance(frame, Transaction))
    assert rows(ask(first, partner), "UM") == rows(ask(plain, partner), "UM")
    assert isinstance(rows(ask(first, partner), "UM")[0][3], tuple)


def test_a_request_to_another_partner_is_not_asked_after(transactions, partner):
    other = msgspec.structs.replace(partner, interchange=msgspec.structs.replace(partner.interchange, receiver_id="SOMEBODYELSE"))
    asking = ask(transactions[0], other)
    assert not asking.built
    assert asking.lines == ()
    assert "the request went to another partner: this one is SOMEBODYELSE" in asking.problems[0].message


@pytest.mark.parametrize("outcome", ["certified", "denied", "rejected", "unanswered", "contact_payer"])
def test_what_is_not_pended_is_not_asked_after(transactions, partner, outcome):
    (asking,) = inquiries([(Pended(outcome=outcome), transactions[0])], partner, as_of=NOW)
    assert not asking.built
    assert asking.problems[0].message.startswith(f"the decision is {outcome.replace('_', ' ')};")


def test_a_request_that_is_not_at_hand_is_told_and_the_others_go_on(transactions, partner):
    found = list(
        inquiries(
            [(pended("LOST"), None), (pended(next(numbers_of(transactions[1]))), transactions[1])],
            partner,
            as_of=NOW,
            control=ControlNumbers(9, 9),
        )
    )
    assert [one.built for one in found] == [False, True]
    assert "the request is not at hand" in found[0].problems[0].message
    assert found[1].control.transaction == "0001"  # what fails uses up no number


def test_what_is_no_request_is_told(fixtures, partner):
    response = next(f for f in read(fixtures / "guide" / "every-loop-response.edi") if isinstance(f, Transaction))
    (asking,) = inquiries([(pended("X"), response)], partner, as_of=NOW)
    assert "no 278 request with a patient event" in asking.problems[0].message


def test_a_number_that_cannot_be_written_is_told_where_it_stands(transactions, partner):
    asking = ask(transactions[0], partner, reference_number="REF*7")
    assert not asking.built
    assert asking.problems[0].path == "$.reference_number"


def test_requests_are_found_once_by_any_of_their_numbers_and_only_for_what_is_open(transactions):
    numbers = [next(numbers_of(t)) for t in transactions[:6]]
    partly = Pended(
        outcome="partially_certified", services=(PendedLine("pended"), PendedLine("certified")), traces=PendedTraces((numbers[1],))
    )
    waiting = PendedRequests(
        [
            pended(numbers[0]),
            partly,
            Pended(outcome="pended", traces=PendedTraces((), numbers[2])),
            pended(numbers[3], superseded_by={"file": "x"}),
            pended(numbers[4], duplicate=True),
            Pended(outcome="certified", traces=PendedTraces((numbers[5],))),
            Pended(outcome="unanswered", traces=PendedTraces((numbers[5],))),
            pended("NOWHERE"),
        ]
    )
    assert len(waiting) == 4
    assert [waiting.take(t) is not None for t in transactions[:6]] == [True, True, True, False, False, False]
    assert waiting.take(transactions[0]) is None
    assert [one.traces.event for one in waiting.left()] == [("NOWHERE",)]
    assert waiting.others == {"certified": 1}


def test_of_the_records_of_several_runs_the_latest_stands_in_any_order():
    first = pended("A")
    later = msgspec.structs.replace(first, outcome="denied", answered_on=date(2026, 12, 3))
    same = msgspec.structs.replace(first, outcome="certified")
    again = msgspec.structs.replace(
        first, answers="inquiry", answered_on=date(2026, 12, 5), traces=PendedTraces(("A", inquiry_trace("A", "1")))
    )
    for order in itertools.permutations((first, again)):
        assert [one.since for one in PendedRequests(order).left()] == [first.since]
    for decided in (later, same):
        for order in itertools.permutations((first, decided, again)):
            assert len(PendedRequests(order)) == 0
            assert PendedRequests(order).others == {decided.outcome: 1}
    assert len(PendedRequests([Pended(outcome="pended"), Pended(outcome="pended")])) == 2


def test_the_reports_of_earlier_runs_say_when_each_was_asked_after(transactions, partner):
    first, again = ask(transactions[0], partner), ask(transactions[0], partner, now=at("2026-12-09 01:00"), run="000000008")
    lines = [msgspec.json.encode(one.told()) for one in (again, first)]
    assert asked_at(read_reports(lines)) == {first.request: [NOW, at("2026-12-09 01:00")]}


def test_nothing_of_a_patient_is_shown_by_what_is_handed_out(transactions, partner):
    asking = ask(transactions[0], partner)
    shown = (
        repr(pended("X")) + repr(asking.body) + "".join(repr(line) for line in asking.lines) + msgspec.json.encode(asking.told()).decode()
    )
    for name in named(transactions[0])[2:]:
        for part in (name[2], name[3], name[8] if len(name) > 8 else ""):
            assert not part or part not in shown
