"""Encounter -> 278 request (005010X217): composed, proven against the guide, and only then handed out.

In: `Encounter` records, a `Partner` (who we are to the payer, and how it likes its files), today's date, and control numbers that
the caller owns. Out: one `Built` per encounter, in order: the segments of its transaction, its trace numbers and
control numbers, or the paths of what is missing. `write` puts what was built into interchanges. The caller may pass an assessment of
each encounter (`Leave`): what it refuses is not built, and what the payer asks for goes into the request. Nothing here touches disk but
for the tables of scenarios, nor clock or network.
"""

from x12retro.build.batch import build, in_interchanges, write
from x12retro.build.follow_up import Ask, Earlier, FollowUps
from x12retro.build.numbers import ControlNumbers
from x12retro.build.partner import AttachmentSettings, Partner, load_partner
from x12retro.build.records import Assessment, Built, Control, Element, Leave, Problem, Report, Traces, Wanted
from x12retro.build.scenarios import PayerScenario, ScenarioRule, payer_scenarios, scenario_faults, scenario_rules

__all__ = [
    "Ask",
    "Assessment",
    "AttachmentSettings",
    "Built",
    "Control",
    "ControlNumbers",
    "Earlier",
    "Element",
    "FollowUps",
    "Leave",
    "Partner",
    "PayerScenario",
    "Problem",
    "Report",
    "ScenarioRule",
    "Traces",
    "Wanted",
    "build",
    "in_interchanges",
    "load_partner",
    "payer_scenarios",
    "scenario_faults",
    "scenario_rules",
    "write",
]
