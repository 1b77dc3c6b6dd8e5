"""Encounter + rules + day -> verdict.

Of several rules that apply the tightest governs, the one whose window closes first; the others are listed with what they alone would say.
Rules that are certainly about this care go before those over which the encounter is silent, an outright bar before all. A missed
window, a bar, a claim that is already out are outcomes: each has a next step and a day. Where the rule gives no day for it, the step is
due within `ACT_WITHIN` business days, which is our own habit and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from x12retro.assess.clock import last_day, received_day, zone_of
from x12retro.assess.contradictions import contradictions
from x12retro.assess.facts import start_of
from x12retro.assess.judge import Judged, claim_is_out, judge, span_in_words, window_in_words
from x12retro.assess.outcome import ClockUsed, Hint, OtherRule, Problem, Route, Step, Todo, Verdict, Word
from x12retro.assess.record import PayerRules, RetroRule
from x12retro.assess.rules import Candidates, Rules
from x12retro.assess.scope import About, about
from x12retro.encounter import ClaimDenial, Encounter, EncounterProblem
from x12retro.encounter.denial_codes import ANSWERS
from x12retro.encounter.unforeseen import unforeseen

ACT_WITHIN = 5
_OURS = f"the rule gives no day for this; {ACT_WITHIN} business days are our own measure"
_PART_C = "payers may bar late requests for Medicare Advantage, where care that is over goes to claim and appeal"
_AS_IT_STANDS = "no rule can be held against the record as it stands; the problems say why"
_PROBLEMS_FIRST = "what the problems name comes first"
_SAY_NOTHING = ("silent", "no_denial")
_ROUTES: dict[str, Route] = {"278": "278", "unknown": "278", "portal": "portal", "phone": "phone", "fax": "phone"}


def assess(encounters: Iterable[Encounter | EncounterProblem], rules: Rules, *, as_of: date | datetime) -> Iterator[Verdict]:
    """Yield one Verdict per encounter, in order; a record that could not be read gives an unknown one with its problems, a denial that no
    request answers one that says what does.

    `as_of` is today; a datetime also lets a payer's cut-off hour count.
    """
    for one in encounters:
        try:
            judged = _of(one, rules, as_of)
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one record must not cost the others
            judged = _unread(one.encounter_id, (Problem("$", unforeseen(failure)),))
        yield judged


def _of(one: Encounter | EncounterProblem, rules: Rules, as_of: date | datetime) -> Verdict:
    if isinstance(one, Encounter):
        return verdict(one, rules, as_of)
    if one.denied is not None and one.denied.retro is not None and one.denied.retro.denial is not None:
        case = _case(one.denied, rules, as_of)
        return case.answered(one.denied.retro.denial, case.judged(rules.candidates(case.payer, case.said), as_of))
    return _unread(one.encounter_id, tuple(Problem(slip.path, slip.message, slip.line) for slip in one.slips), one.at_risk)


def verdict(encounter: Encounter, rules: Rules, as_of: date | datetime) -> Verdict:
    """The verdict on one encounter on the day `as_of`."""
    case = _case(encounter, rules, as_of)
    if wrong := (*contradictions(encounter), *_two_payers(encounter, rules)):
        return case.bare("unknown", "none", Step("correct_record", None, _PROBLEMS_FIRST), (_AS_IT_STANDS,), problems=wrong)
    known = rules.candidates(case.payer, case.said)
    judged = case.judged(known, as_of)
    if not judged:
        return case.ungoverned(known, rules)
    heard = [one for one in judged if not one.mute]
    if len(heard) < len(judged) and all(one.state in _SAY_NOTHING for one in heard):
        return case.undecided(judged)
    return case.governed(_tightest(heard), judged)


def _case(encounter: Encounter, rules: Rules, as_of: date | datetime) -> _Case:
    said = about(encounter)
    payer = rules.find(encounter.payer) if not rules.names_two(encounter.payer) else None
    return _Case(encounter, said, _day(as_of, payer, said.state), payer)


def _two_payers(encounter: Encounter, rules: Rules) -> Iterator[Problem]:
    if rules.names_two(encounter.payer):
        yield Problem("$.payer.id", "is the id of another payer than the one of payer.name")


def _day(as_of: date | datetime, payer: PayerRules | None, state: str | None) -> date:
    if not isinstance(as_of, datetime):
        return as_of
    if payer is None:
        return as_of.date()
    business = payer.business
    return received_day(as_of, business.cut_off, zone_of(state, business.zone))


def _tightest(judged: list[Judged]) -> Judged:
    """The rule that governs."""
    if len(judged) == 1:
        return judged[0]
    barred = [one for one in judged if one.state == "barred" and one.certain]
    asking = [one for one in judged if one.rule.asks]
    pools = (
        barred,
        [one for one in asking if one.certain],
        asking,
        [one for one in judged if one.rule.type == "appeal_only" and one.state != "no_denial"],
        [one for one in judged if one.state == "review"],
        [one for one in judged if one.state != "silent"],
        judged,
    )
    return min(next(pool for pool in pools if pool), key=lambda one: one.tightness)


class _Case:
    """One encounter on one day, and the words for what was found."""

    def __init__(self, encounter: Encounter, said: About, today: date, payer: PayerRules | None) -> None:
        self.encounter, self.said, self.today, self.payer = encounter, said, today, payer

    def judged(self, known: Candidates, as_of: date | datetime) -> list[Judged]:
        """Where each of the rules that apply stands."""
        now = as_of if isinstance(as_of, datetime) else None
        return [one for one in (judge(fit, self.encounter, self.today, now) for fit in known.fits) if one is not None]

    def governed(self, ruling: Judged, judged: list[Judged]) -> Verdict:
        """The verdict by the rule that governs; `judged` are all that apply."""
        rule, start, window = ruling.rule, ruling.start, ruling.rule.window
        rivals = [one for one in judged if one is not ruling and one.rule.asks and not one.shut]
        word, missing, route, step = self._decided(ruling, rivals)
        reasons = [*_about_rule(rule), *self._about_state(ruling), *ruling.doubts]
        unclear = [one for one in rivals if one.state == "unclear" and one.certain]
        if word in ("permitted", "conditional") and unclear:
            word, missing = "conditional", _all_missing(ruling, *unclear)
            reasons.append("another rule that applies may close earlier: the start of its clock is not known")
        return Verdict(
            encounter_id=self.encounter.encounter_id,
            verdict=word,
            route=route,
            rule=rule.id,
            opens=ruling.opens,
            closes=ruling.closes,
            closes_at=ruling.ends.isoformat(timespec="minutes") if ruling.ends is not None else None,
            days_left=(ruling.closes - self.today).days if ruling.closes is not None else None,
            clock=ClockUsed(start.day, start.path, window.unit, window.count) if start is not None and window is not None else None,
            reasons=(*reasons, *self._warnings(rule)),
            documents_needed=ruling.documents,
            missing_facts=missing,
            then=step,
            others=tuple(_other(one) for one in judged if one is not ruling) if len(judged) > 1 else (),
            charges_at_risk=_worth(self.encounter),
            payer=self.payer.id if self.payer is not None else None,
            payer_name=self.encounter.payer.name,
            scenario=self.said.scenario,
            channel=rule.channel,
        )

    def _decided(self, ruling: Judged, rivals: list[Judged]) -> tuple[Word, tuple[str, ...], Route, Step]:
        """The word, what is missing for it, the route and the next step. `rivals` also apply, and let somebody ask."""
        word, missing = ruling.word, ruling.missing
        if ruling.state == "barred" and not ruling.certain:
            return "unknown", missing, "none", self._step("get_facts", None, "it bars late requests if it is about this care at all")
        if not ruling.certain and any(one.word != word for one in rivals):
            still_open = [one for one in (ruling, *rivals) if not one.shut]
            step = self._step("get_facts", _first(still_open), "what is missing decides which of several rules holds")
            return "unknown", _all_missing(ruling, *rivals), "none", step
        if ruling.state == "closed" and rivals:
            why = "another rule of this payer may still be open: ask which one holds"
            return word, missing, "none", self._step("ask_payer", _first(rivals), why)
        return word, missing, *self._way(ruling)

    def _warnings(self, rule: RetroRule) -> Iterator[str]:
        yield from self._strange_line()
        if self.said.scenario == "office_miss" and rule.asks:
            yield "most payers refuse a request that was simply missed"
        if "medicare_advantage" in self.said.lines and rule.asks:
            yield _PART_C

    def _strange_line(self) -> Iterator[str]:
        if self.encounter.payer.line_of_business is not None and not self.said.lines:
            yield "the line of business is told in words that are not known here"

    def ungoverned(self, known: Candidates, rules: Rules) -> Verdict:
        """The verdict where no rule applies: refused by one that says so, else unknown with the shortest window as a hint."""
        refusing = next((one for one in known.refusals if one.rule.only_these and one.rule.asks), None)
        if refusing is not None:
            route, step = self._missed(refusing.rule)
            reasons = (*_about_rule(refusing.rule), f"{refusing.why}, and what it does not list it does not take")
            return self.bare("not_permitted", route, step, reasons, rule=refusing.rule.id)
        if self.payer is None:
            reasons = ("no rule is known for this payer",)
        else:
            reasons = (
                "none of the rules known for this payer is about this care",
                *(f"{one.rule.id}: {one.why}" for one in known.refusals),
            )
        reasons += tuple(self._strange_line())
        hint = self._hint(rules.shortest(self.said.lines))
        if hint is not None:
            reasons += (f"the shortest window known for this line of business is that of {hint.rule}; this payer's may be shorter",)
        if "medicare_advantage" in self.said.lines:
            reasons += (_PART_C,)
        by = hint.closes if hint is not None and hint.closes is not None and hint.closes >= self.today else None
        return self.bare("unknown", "none", self._step("ask_payer", by, "no published rule decides this"), reasons, hint=hint)

    def undecided(self, judged: list[Judged]) -> Verdict:
        """The verdict where what could decide is shut, and for certain scenarios, and the encounter names none."""
        return Verdict(
            encounter_id=self.encounter.encounter_id,
            verdict="unknown",
            route="none",
            reasons=(
                "what is known for this payer is for certain scenarios, and the encounter names none",
                *self._warnings(judged[0].rule),
            ),
            missing_facts=("retro.scenario",),
            then=self._step("get_facts", None, "the scenario decides whether a rule is about this care"),
            others=tuple(_other(one) for one in judged),
            charges_at_risk=_worth(self.encounter),
            payer=self.payer.id if self.payer is not None else None,
            payer_name=self.encounter.payer.name,
        )

    def answered(self, denial: ClaimDenial, judged: list[Judged]) -> Verdict:
        """The verdict on a claim whose denial no request answers: what does. `judged` are the rules that apply."""
        answer = ANSWERS[denial.carc]
        reasons: tuple[str, ...] = (f"denied with CARC {denial.carc} ({answer.meaning}): a late request is no answer to it",)
        if answer.what == "corrected_claim":
            return self.bare("not_permitted", "claim", self._step("send_claim", None, answer.step), reasons)
        way = min((one for one in judged if one.state == "appeal"), key=lambda one: one.tightness, default=None)
        if way is not None:
            reasons = (*reasons, *_about_rule(way.rule))
        step = self._step("appeal", way.closes if way is not None else None, answer.step)
        return self.bare("not_permitted", "appeal", step, reasons, rule=way.rule.id if way is not None else None)

    def bare(
        self,
        word: Word,
        route: Route,
        step: Step,
        reasons: tuple[str, ...],
        *,
        rule: str | None = None,
        hint: Hint | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> Verdict:
        return Verdict(
            encounter_id=self.encounter.encounter_id,
            verdict=word,
            route=route,
            rule=rule,
            reasons=reasons,
            then=step,
            charges_at_risk=_worth(self.encounter),
            payer=self.payer.id if self.payer is not None else None,
            payer_name=self.encounter.payer.name,
            scenario=self.said.scenario,
            hint=hint,
            problems=problems,
        )

    def _way(self, ruling: Judged) -> tuple[Route, Step]:
        """The route, and the next step with its day."""
        rule, state = ruling.rule, ruling.state
        if state in ("open", "unclear"):
            route = _ROUTES[rule.channel]
            if state == "unclear":
                return route, self._step("get_facts", None, "the window cannot be told before the start of its clock is known")
            if ruling.word == "unknown":
                return route, self._step("get_facts", ruling.closes, "the scenario decides whether the rule is about this care")
            before = " and before the claim" if rule.before_claim else ""
            if ruling.missing or not all(one.have for one in ruling.documents):
                return route, self._step("complete_and_send", ruling.closes, f"send it, with what is missing, inside the window{before}")
            do: Todo = "notify_payer" if rule.type == "late_notification" else "send_request"
            return route, self._step(do, ruling.closes, f"send it inside the window{before}")
        if state == "not_yet":
            return "none", self._step("wait_until_open", ruling.opens, "a request before that day is refused")
        if state == "future":
            return "278", self._step("ask_payer", None, "this is no late request yet: ask as for planned care")
        if state == "review":
            out = claim_is_out(self.encounter, self.today)
            words = rule.then.words if rule.then is not None else "the claim is reviewed afterwards"
            return ("appeal", self._step("appeal", None, words)) if out else ("claim", self._step("send_claim", None, words))
        if state == "appeal":
            return "appeal", self._step("appeal", ruling.closes, "the appeal must be in by the last day of its window")
        if state == "no_denial":
            return "claim", self._step(
                "send_claim_then_appeal", None, "what is published is a way to appeal, and nothing has been denied yet"
            )
        if state == "silent":
            return "none", self._step(
                "ask_payer", None, "what is published says how long a decision takes, not whether a late request is taken"
            )
        if rule.type == "appeal_only":
            return "none", self._step("review", None, "the time to appeal has passed")
        return self._missed(rule)

    def _missed(self, rule: RetroRule) -> tuple[Route, Step]:
        """What follows when the payer cannot be asked: claim, appeal, or what the rule says."""
        then, retro = rule.then, self.encounter.retro
        words = then.words if then is not None else "the request can no longer be made: claim, then appeal"
        denial = retro.denial if retro is not None else None
        if denial is not None:
            last = last_day(denial.date, then.days, "calendar_days") if then is not None and then.days is not None else None
            if last is not None and last < self.today:
                return "none", self._step("review", None, "the time to appeal has passed")
            return "appeal", self._step("appeal", last, words)
        if then is not None and then.route == "none":
            return "none", self._step("review", None, words)
        if claim_is_out(self.encounter, self.today):
            return "appeal", self._step("appeal", None, f"the claim is out: appeal when it is denied ({words})")
        return "claim", self._step("send_claim_then_appeal", None, words)

    def _step(self, do: Todo, by: date | None, why: str) -> Step:
        """The step; without a day of the rule, with ours."""
        if by is not None:
            return Step(do, by, why)
        return Step(do, _soon(self.today), f"{why}; {_OURS}")

    def _about_state(self, ruling: Judged) -> Iterator[str]:
        rule, state = ruling.rule, ruling.state
        window = rule.window
        if window is not None and window.unit == "hours" and ruling.closes is not None:
            yield "the time of day is not known: the day of the start counts as a whole, and the window ends in the course of its last day"
        if state == "closed":
            yield "the window has passed"
        elif state == "spent":
            yield "the request had to come before the claim, and a claim has been sent"
        elif state == "not_yet":
            yield "a request before the opening day is refused"
        elif state == "future":
            yield "the care, or the start of the clock, lies in the future"
        elif state == "unclear":
            yield "the start of the clock is not known"
        elif state == "open" and window is None:
            yield "no length of the window is published: ask at once"
        if rule.before_claim and state == "open":
            yield "it must come before the claim; the encounter knows of none that was sent"
        if state == "open" and rule.channel == "unknown":
            yield "the rule does not say by which channel: a 278 is assumed"
        if state == "open" and rule.channel == "fax":
            yield "by fax; the payer's rule knows no 278"
        if rule.type == "late_notification" and ruling.start is not None and ruling.start.day is None:
            yield "emergency care without admission normally needs no authorization; the admission that follows does"
        if rule.claim_within is not None and state == "open":
            yield f"once approved, the claim is due within {span_in_words(rule.claim_within)}"

    def _hint(self, rule: RetroRule | None) -> Hint | None:
        if rule is None or rule.window is None:
            return None
        window, day = rule.window, start_of(rule.window.clock, self.encounter).day
        return Hint(rule.id, window.count, window.unit, last_day(day, window.count, window.unit) if day is not None else None)


_TYPES = {
    "retro_auth": "requests after the care are taken",
    "late_notification": "a late notice is taken",
    "change_after_service": "a change of an approved request is taken",
    "post_service_review": "the claim is reviewed after the care",
    "prohibited": "requests after the care are barred",
    "appeal_only": "the payer publishes a way to appeal",
    "sla_only": "the payer publishes only how long a decision takes",
}


def _about_rule(rule: RetroRule) -> Iterator[str]:
    limit = f" within {window_in_words(rule.window)}" if rule.window is not None and rule.type != "sla_only" else ""
    yield f"{_TYPES[rule.type]}{limit} ({rule.id})"
    if rule.permitted == "conditional" and rule.asks:
        yield "the payer decides case by case: the rule itself is conditional"
    if rule.decision is not None:
        yield f"the payer decides within {span_in_words(rule.decision)}"


def _other(one: Judged) -> OtherRule:
    return OtherRule(one.rule.id, one.rule.type, one.word, one.opens, one.closes)


def _worth(encounter: Encounter) -> Decimal | None:
    if encounter.charges_at_risk is not None:
        return encounter.charges_at_risk
    charges = [service.charge for service in encounter.services if service.charge is not None]
    return sum(charges, Decimal(0)) if charges else None


def _all_missing(*judged: Judged) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for one in judged for fact in one.missing))


def _first(judged: list[Judged]) -> date | None:
    return min((one.closes for one in judged if one.closes is not None), default=None)


@lru_cache(maxsize=1024)
def _soon(today: date) -> date:
    return last_day(today, ACT_WITHIN, "business_days")


def _unread(encounter_id: str | None, problems: tuple[Problem, ...], at_risk: Decimal | None = None) -> Verdict:
    return Verdict(
        encounter_id=encounter_id,
        verdict="unknown",
        route="none",
        reasons=(_AS_IT_STANDS,),
        then=Step("correct_record", None, _PROBLEMS_FIRST),
        charges_at_risk=at_risk,
        problems=problems,
    )
