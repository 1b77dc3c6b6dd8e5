"""May the payer still be asked, until when, with what: published rules held against an encounter.

In: `Encounter` records, the `Rules` of `load_rules`, and a day. Out: one `Verdict` each, never "permitted" by default. The rules are the
`[[retro]]` rows of maps/payers; windows run by the clocks of `clock.py`. Nothing here builds a message or touches a file but the rules'.
"""

from x12retro.assess.documents import KINDS, shown
from x12retro.assess.lint import RuleProblem, lint_rules
from x12retro.assess.outcome import ClockUsed, DocumentNeeded, Hint, OtherRule, Problem, Step, Verdict
from x12retro.assess.record import Business, PayerRules, RetroRule
from x12retro.assess.rules import Rules, load_rules, read_rules, rule_schema
from x12retro.assess.verdict import assess, verdict

__all__ = [
    "KINDS",
    "Business",
    "ClockUsed",
    "DocumentNeeded",
    "Hint",
    "OtherRule",
    "PayerRules",
    "Problem",
    "RetroRule",
    "RuleProblem",
    "Rules",
    "Step",
    "Verdict",
    "assess",
    "lint_rules",
    "load_rules",
    "read_rules",
    "rule_schema",
    "shown",
    "verdict",
]
