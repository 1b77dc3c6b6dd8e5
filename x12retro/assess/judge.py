"""One rule, one encounter, one day: where the rule stands.

`state` says how things are, `word` what the rule alone would answer. Nothing is permitted by default: `permitted` takes a rule that says
"yes" without conditions and was read as a whole, an encounter that is silent about nothing it asks, documents at hand, and an open window.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Literal

import msgspec

from x12retro.assess.clock import Calendar, hours_after, last_day, zone_of
from x12retro.assess.documents import needed
from x12retro.assess.facts import Start, has, start_of
from x12retro.assess.outcome import DocumentNeeded, Word
from x12retro.assess.record import Clock, PayerRules, RetroRule, Span, Unit, Window
from x12retro.assess.scope import Fit
from x12retro.encounter import Encounter

State = Literal["open", "closed", "not_yet", "spent", "unclear", "future", "barred", "review", "appeal", "no_denial", "silent"]
"""spent: the claim is out and the request had to come before it; unclear: the start of the clock is not known; future: care to come."""

_WORDS: dict[State, Word] = {
    "open": "conditional",
    "closed": "not_permitted",
    "not_yet": "not_permitted",
    "spent": "not_permitted",
    "barred": "not_permitted",
    "review": "conditional",
    "appeal": "conditional",
    "unclear": "unknown",
    "future": "unknown",
    "no_denial": "unknown",
    "silent": "unknown",
}
_UNITS: dict[Unit, str] = {"calendar_days": "calendar day", "business_days": "business day", "months": "month", "hours": "hour"}
_CLOCKS: dict[Clock, str] = {
    "date_of_service": "the day of service",
    "first_date_of_service": "the first day of service",
    "admission": "the admission",
    "discharge": "the discharge",
    "eligibility_add_date": "the day eligibility was added",
    "card_issue": "the issue of the card",
    "eligibility_discovered": "the day coverage was found",
    "eligibility_determination": "the determination of eligibility",
    "system_restored": "the end of the outage",
    "denial_date": "the denial",
    "document_request": "the payer's request for documents",
    "emergency_start": "the start of the emergency",
}


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule stands. `certain`: the encounter is silent about nothing that decides whether the rule is about it; `named`: the rule
    names its scenario; `ends`: the minute in which a window of hours closes, where it can be told.
    """

    rule: RetroRule
    owner: PayerRules
    state: State
    word: Word
    certain: bool
    named: bool
    start: Start | None
    opens: date | None
    closes: date | None
    ends: datetime | None
    missing: tuple[str, ...]
    documents: tuple[DocumentNeeded, ...]
    doubts: tuple[str, ...]

    @property
    def shut(self) -> bool:
        """True where nobody can be asked by this rule as things are."""
        return _WORDS[self.state] == "not_permitted"

    @property
    def mute(self) -> bool:
        """True for a shut rule that is for certain scenarios, where the encounter names none: it may be about other care altogether."""
        return self.shut and self.word == "unknown"

    @property
    def tightness(self) -> tuple[bool, date, bool, bool]:
        """Sorts the window that closes first to the front, one whose end is not known before one without end; then the rule that
        names the scenario before the one for any.
        """
        return self.closes is None, self.closes or date.max, self.state != "unclear", not self.named


def judge(fit: Fit, encounter: Encounter, today: date, now: datetime | None = None) -> Judged | None:
    """Where the rule stands on `today`; None when the days of care show that it is about other care.

    `now` is this moment, where more than the day is known; without a zone it is taken for one of the place of care.
    """
    rule, missing, doubts = fit.rule, list(fit.missing), []
    if rule.care_dates is not None:
        other, care = start_of(rule.care_dates.clock, encounter), start_of("date_of_service", encounter)
        if other.day is None or care.day is None:
            missing.append(other.path if other.day is None else care.path)
        elif care.day > other.day if rule.care_dates.relation == "on_or_before" else care.day < other.day:
            return None
    certain = not missing
    missing += [fact for fact in rule.facts if not has(fact, encounter)]
    start, opens, closes = _window(rule, fit.owner, encounter)
    ends = _ends(rule, start, encounter)
    if ends is not None:
        closes = ends.date()
    if start is not None and start.day is None and start.path not in missing and rule.type != "sla_only":
        missing.append(start.path)
    if start is not None and start.doubt is not None:
        doubts.append(start.doubt)
    if rule.evidence != "full":
        doubts.append(_EVIDENCE[rule.evidence])
    if rule.review_by < today:
        doubts.append("the rule is due to be read again")
    over = _is_over(ends, now)
    if ends is not None and ends.tzinfo is None:
        doubts.append("the time zone is not known: a change of the clocks is not counted")
    if closes == today and over is None and rule.window is not None and rule.window.unit == "hours":
        when = f": the window closes at {ends:%H:%M}" if ends is not None else ": the time of day is not known"
        doubts.append(f"the last hour may have passed{when}")
    if closes is not None and _is_inside_by_state_holidays(rule, fit.owner, start, closes, today):
        doubts.append("the window is still open only where the state's holidays count as closed")
    state = _state(rule, encounter, start, opens, closes, today)
    if state == "open" and over:
        state = "closed"
    documents = _documents(rule, encounter) if state != "no_denial" else ()  # they belong to an appeal that nobody can make yet
    word = _WORDS[state]
    if state == "open" and rule.permitted == "yes" and not missing and not doubts and all(one.have for one in documents):
        word = "permitted"
    elif "retro.scenario" in missing and (state in ("open", "review") or (word == "not_permitted" and not rule.only_these)):
        word = "unknown"  # it is for certain scenarios; one that refuses all others refuses this one either way
    return Judged(
        rule=rule,
        owner=fit.owner,
        state=state,
        word=word,
        certain=certain,
        named=encounter.retro is not None and encounter.retro.scenario in rule.scenarios,
        start=start,
        opens=opens,
        closes=closes,
        ends=ends,
        missing=tuple(missing),
        documents=documents,
        doubts=tuple(doubts),
    )


def calendar_of(rule: RetroRule, owner: PayerRules) -> Calendar:
    """The business days that a rule counts: its state's, where it has one, and the payer's own."""
    return Calendar(rule.state[0] if len(rule.state) == 1 else None, owner.business.closed)


@cache
def window_in_words(window: Window) -> str:
    """A window as a reader says it: `30 calendar days from the first day of service`."""
    return f"{_length(window.count, window.unit)} from {_CLOCKS[window.clock]}"


@cache
def span_in_words(span: Span) -> str:
    """A length of time in words."""
    return _length(span.count, span.unit)


def claim_is_out(encounter: Encounter, today: date) -> bool:
    """True when a claim has been sent, as far as the encounter says; a denied claim was."""
    retro = encounter.retro
    return retro is not None and (retro.denial is not None or (retro.claim_sent_on is not None and retro.claim_sent_on <= today))


_EVIDENCE = {
    "truncated": "the rule was not read to its end",
    "secondary": "the rule is known from a third party only",
}


def _length(count: int, unit: Unit) -> str:
    return f"{count} {_UNITS[unit]}{'s' if count != 1 else ''}"


def _window(rule: RetroRule, owner: PayerRules, encounter: Encounter) -> tuple[Start | None, date | None, date | None]:
    """The start of the rule's clock, the day it opens (on which the clock starts, where no other is published), and its last day."""
    opens = closes = start = None
    window = rule.window
    if window is not None:
        start = start_of(window.clock, encounter)
        if start.day is not None:
            calendar = calendar_of(rule, owner)
            opens, closes = start.day, last_day(start.day, window.count, window.unit, calendar)
            if window.rolls:
                closes = calendar.next_business_day(closes)
    if rule.opens is not None:
        opening = start_of(rule.opens.clock, encounter).day
        if opening is not None:
            count, unit = rule.opens.count, rule.opens.unit
            opens = last_day(opening, count, unit, calendar_of(rule, owner)) if count else opening
    return start, opens, closes


def _ends(rule: RetroRule, start: Start | None, encounter: Encounter) -> datetime | None:
    """The minute in which a window of hours closes, on the clock of the place of care; None where the hour of its start is not told."""
    window = rule.window
    if window is None or window.unit != "hours" or start is None or start.day is None or start.time is None:
        return None
    place = encounter.requester.address.state if encounter.requester.address is not None else None
    zone = zone_of(place or encounter.payer.state)
    began = datetime.combine(start.day, time.fromisoformat(start.time), zone)
    return hours_after(began, window.count) if zone is not None else began + timedelta(hours=window.count)


def _is_over(ends: datetime | None, now: datetime | None) -> bool | None:
    """Whether a window of hours is over; None where one of the two moments is not known to the minute."""
    if ends is None or now is None:
        return None
    if now.tzinfo is None:
        now = now.replace(tzinfo=ends.tzinfo)
    elif ends.tzinfo is None:
        return None
    return now > ends


def _is_inside_by_state_holidays(rule: RetroRule, owner: PayerRules, start: Start | None, closes: date, today: date) -> bool:
    window = rule.window
    if window is None or window.unit != "business_days" or start is None or start.day is None or today > closes or not rule.state:
        return False
    return last_day(start.day, window.count, window.unit, Calendar(None, owner.business.closed)) < today


def _state(rule: RetroRule, encounter: Encounter, start: Start | None, opens: date | None, closes: date | None, today: date) -> State:
    if rule.type == "sla_only":
        return "silent"
    care = start_of("date_of_service", encounter).day
    if care is not None and care > today:
        return "future"
    if rule.type == "prohibited":
        return "barred"
    if rule.type == "appeal_only" and start is not None and start.day is None:
        return "no_denial"
    if rule.opens is not None and opens is not None and today < opens:
        return "not_yet"
    if rule.type == "post_service_review":
        return "review"
    if rule.before_claim and claim_is_out(encounter, today):
        return "spent"
    if start is not None and start.day is None:
        return "unclear"
    if closes is not None and today > closes:
        return "closed"
    if opens is not None and today < opens:
        return "future"
    return "appeal" if rule.type == "appeal_only" else "open"


def _documents(rule: RetroRule, encounter: Encounter) -> tuple[DocumentNeeded, ...]:
    wanted = rule.documents
    if rule.documents_for and encounter.retro is not None and encounter.retro.scenario is not None:
        wanted += rule.documents_for.get(encounter.retro.scenario, ())
    return needed(wanted, encounter)
