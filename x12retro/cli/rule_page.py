"""A payer's rule in plain words, for `x12retro assess --explain RULE`."""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.assess import PayerRules, RetroRule
from x12retro.assess.documents import KINDS
from x12retro.assess.judge import span_in_words, window_in_words

_CONFIDENCE = {
    "full": "the whole rule was read",
    "truncated": "the text broke off in the middle of the rule",
    "secondary": "from a third party's account",
}


def page(rule: RetroRule, payer: PayerRules) -> str:
    """The page of one rule, with a line break at its end."""
    width = max(len(label) for label, _ in _lines(rule, payer))
    return f"{rule.id}\n" + "".join(f"  {label:{width}}  {text}\n" for label, text in _lines(rule, payer))


def _lines(rule: RetroRule, payer: PayerRules) -> Iterator[tuple[str, str]]:
    yield "payer", f"{payer.name} ({payer.id})"
    yield "type", f"{rule.type}, permitted: {rule.permitted}"
    if rule.plan:
        yield "plan", rule.plan
    if rule.plan_words:
        yield "only if the plan says", " or ".join(rule.plan_words)
    yield "state", ", ".join(rule.state) or "any"
    yield "line of business", ", ".join(rule.line_of_business) or "any"
    yield "service", ", ".join(rule.service) or "any"
    yield "network", "in network only" if rule.network == "in" else "any"
    if rule.also:
        yield "binds also", ", ".join("every payer of its state and line of business" if one == "*" else one for one in rule.also)
    if rule.care_dates is not None:
        yield "days of care", f"{rule.care_dates.relation.replace('_', ' ')} {rule.care_dates.clock}"
    if rule.opens is not None:
        yield "opens", f"{rule.opens.count} {rule.opens.unit} from {rule.opens.clock}; earlier requests are refused"
    if rule.window is not None:
        rolls = ", the last day rolls to a business day" if rule.window.rolls else ""
        yield "window", window_in_words(rule.window) + rolls
    else:
        yield "window", "none is published"
    yield "scenarios", (", ".join(rule.scenarios) or "-") + (" and no others" if rule.only_these else "")
    if rule.facts:
        yield "facts", ", ".join(rule.facts)
    for document in rule.documents:
        yield "document", f"{document}: {KINDS[document].words}" if document in KINDS else document
    for scenario, documents in rule.documents_for.items():
        yield f"for {scenario}", ", ".join(documents)
    if rule.before_claim:
        yield "claim", "the request must come before it"
    if rule.claim_within is not None:
        yield "claim", f"due within {span_in_words(rule.claim_within)} of the approval"
    yield "channel", rule.channel
    if rule.then is not None:
        yield "when missed", rule.then.words + (f" (appeal within {rule.then.days} days)" if rule.then.days else "")
    if rule.decision is not None:
        yield "decision", f"within {span_in_words(rule.decision)}"
    if rule.notes:
        yield "notes", rule.notes
    yield "source", rule.source
    yield "seen", f"{rule.seen}; {_CONFIDENCE[rule.evidence]}; to be read again by {rule.review_by}"
