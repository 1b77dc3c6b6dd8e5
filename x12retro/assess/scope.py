"""Whose care a rule is about: state, line of business, plan, network and service, held against what the encounter says.

An encounter may agree, contradict, or be silent. A rule that is contradicted does not apply; one over which the encounter is silent
applies provisionally, with the keys that would settle it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from x12retro.assess.record import PayerRules, RetroRule
from x12retro.encounter import Encounter

_FAMILIES: dict[str, frozenset[str]] = {
    "medicaid": frozenset({"medicaid", "medicaid_ffs", "medicaid_mco"}),
    "medicare": frozenset({"medicare_ffs", "medicare_advantage"}),
    "individual": frozenset({"individual", "exchange"}),
}
# the first phrase found in the text decides; longer and narrower ones come first
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"medicaid.*(mco|managed|hmo)|(mco|managed).*medicaid|medi cal managed|healthchoices|kancare", "medicaid_mco"),
    (r"medicaid.*(ffs|fee for service)|(ffs|fee for service).*medicaid", "medicaid_ffs"),
    (r"medicare.*(advantage|hmo|ppo|part c)|^ma$|part c|mapd", "medicare_advantage"),
    (r"medicare.*(ffs|fee for service|original|traditional|part [ab])|original medicare|^medicare (a|b)$", "medicare_ffs"),
    (r"medicaid|medi cal|\bchip\b", "medicaid"),
    (r"medicare", "medicare"),
    (r"tricare", "tricare"),
    (r"veteran|^va$|^va ", "va"),
    (r"self (funded|insured)|\baso\b|administrative services only", "self_funded"),
    (r"exchange|marketplace|\bqhp\b|\baca\b", "exchange"),
    (r"individual", "individual"),
    (r"state program", "state_program"),
    (r"commercial|fully insured|employer|group", "commercial"),
)
_WORDS = """
a aca access administrative advantage affairs and aso b c cal care chip choice commercial d dual east employer epo exchange family fee ffs
for fully funded group hdhp health healthchoices hmo individual insurance insured kancare large line ma managed mapd marketplace mco medi
medicaid medicare on only open original part plan pos ppo prime product program qhp select self service services small snp state the
traditional tricare va veteran veterans west
"""
_TRADE = frozenset(_WORDS.split())
"""The words of which a line of business is made. With any other it is not understood: workers' comp groups and commercial auto are no
commercial plans."""
_POST_ACUTE_BILLS = frozenset({"18", "21", "22", "23", "28", "61", "62", "65", "66", "86"})
_EMERGENCY = frozenset({"emergency"})
_PLACES = {
    **dict.fromkeys(("21", "51"), "inpatient"),
    **dict.fromkeys(("31", "32", "56", "61"), "post_acute"),
    "23": "outpatient",
    "12": "home_health",
    **dict.fromkeys(
        ("02", "05", "10", "11", "15", "17", "19", "20", "22", "24", "41", "42", "49", "50", "52", "53", "57", "58"), "outpatient"
    ),
    **dict.fromkeys(("62", "65", "71", "72", "81"), "outpatient"),
}


class About(NamedTuple):
    """What an encounter says about whose care it is; None, or an empty set, where it says nothing."""

    state: str | None
    lines: frozenset[str]
    plan: str | None
    in_network: bool | None
    care: frozenset[str]
    scenario: str | None


class Fit(NamedTuple):
    """A rule that applies. `missing`: keys over which the encounter is silent and which would settle it."""

    rule: RetroRule
    owner: PayerRules
    missing: tuple[str, ...]


class Refusal(NamedTuple):
    """A rule about this care that does not take it, and why."""

    rule: RetroRule
    owner: PayerRules
    why: str


def about(encounter: Encounter) -> About:
    """What the encounter says about whose care it is."""
    payer = encounter.payer
    return About(
        payer.state,
        lines_of(payer.line_of_business),
        payer.plan,
        encounter.requester.in_network,
        care_of(encounter),
        encounter.retro.scenario if encounter.retro is not None else None,
    )


def fit(rule: RetroRule, payer: PayerRules, said: About, *, exact: bool = True) -> Fit | Refusal | None:
    """The rule as it applies; a Refusal when only network or scenario stand against it; None when it is about other care.

    `exact` false: the rule binds every payer of its state and line, so that silence over these is not enough.
    """
    missing: list[str] = []
    single = payer.business.single and exact
    if rule.state and said.state not in rule.state:
        if said.state is not None or not exact:
            return None
        if not single:
            missing.append("payer.state")
    if rule.line_of_business and not _overlap(rule.line_of_business, said.lines):
        if said.lines or not exact:
            return None
        if not single:
            missing.append("payer.line_of_business")
    elif rule.line_of_business and not single and not said.lines <= _expanded(rule.line_of_business):
        missing.append("payer.line_of_business")  # told too broadly: medicare for Medicare Advantage
    if rule.plan_words:
        if said.plan is None:
            missing.append("payer.plan")
        elif not any(_key(words) in _key(said.plan) for words in rule.plan_words):
            return None
    if rule.service:
        if said.care <= _EMERGENCY:
            missing.append("event.facility")
        elif said.care.isdisjoint(rule.service):
            return None
    if rule.network == "in" and said.in_network is not True:
        if said.in_network is False:
            return Refusal(rule, payer, "it is for providers of the network")
        missing.append("requester.in_network")
    if said.scenario is None:
        if rule.scenarios and "any" not in rule.scenarios:
            missing.append("retro.scenario")
    elif rule.scenarios and "any" not in rule.scenarios and said.scenario not in rule.scenarios:
        return Refusal(rule, payer, "it is for other scenarios")
    return Fit(rule, payer, tuple(missing))


@lru_cache(maxsize=4096)
def lines_of(text: str | None) -> frozenset[str]:
    """The lines of business that a text may mean; empty when it is not given or not understood."""
    if text is None:
        return frozenset()
    plain = re.sub(r"[^0-9a-z]+", " ", text.casefold()).strip()
    if not _TRADE.issuperset(plain.split()):
        return frozenset()
    for pattern, line in _PHRASES:
        if re.search(pattern, plain):
            return _FAMILIES.get(line, frozenset({line}))
    return frozenset()


def care_of(encounter: Encounter) -> frozenset[str]:
    """The kinds of care the encounter may be: from facility, category and home health plan; empty when nothing tells."""
    event = encounter.event
    found: set[str] = set()
    place = event.facility
    if place is not None:
        found.add(_of_bill(place.code) if place.qualifier == "A" else _PLACES.get(place.code, "outpatient"))
    if event.home_health is not None:
        found.add("home_health")
    if not found.intersection(("post_acute", "home_health")) and (event.category == "AR" or event.admission_date is not None):
        found.discard("outpatient")
        found.add("inpatient")
    at_the_door = place is not None and place.qualifier == "B" and place.code == "23"
    if at_the_door or event.level_of_service == "03" or (encounter.retro is not None and encounter.retro.scenario == "emergency"):
        found.add("emergency")
    return frozenset(found)


def _of_bill(code: str) -> str:
    if code in _POST_ACUTE_BILLS:
        return "post_acute"
    if code in ("11", "12"):
        return "inpatient"
    return "home_health" if code in ("32", "33", "34") else "outpatient"


def _overlap(rule: tuple[str, ...], said: frozenset[str]) -> bool:
    return not _expanded(rule).isdisjoint(said)


def _expanded(lines: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*(_FAMILIES.get(line, frozenset({line})) for line in lines))


def _key(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())
