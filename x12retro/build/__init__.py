"""Encounter -> 278 request (005010X217): composed, proven against the guide, and only then handed out.

In: `Encounter` records, a `Partner` (who we are to the payer, and how it likes its files), today's date, and control numbers that
the caller owns. Out: one `Built` per encounter, in order, one at a time: the segments of its transaction, its trace numbers and
control numbers, or the paths of what is missing. `write` puts what was built into interchanges. Nothing here touches disk, clock
or network.
"""

from x12retro.build.batch import build, write
from x12retro.build.numbers import ControlNumbers
from x12retro.build.partner import Partner, load_partner
from x12retro.build.records import Built, Control, Problem, Report, Traces
from x12retro.build.scenarios import SCENARIOS, ScenarioRule

__all__ = [
    "SCENARIOS",
    "Built",
    "Control",
    "ControlNumbers",
    "Partner",
    "Problem",
    "Report",
    "ScenarioRule",
    "Traces",
    "build",
    "load_partner",
    "write",
]
