"""x12retro: X12 278 (005010X217) for retroactive authorization.

The verbs of the command line as functions over bytes, paths or binary streams. Each yields records one at a time; none of them loads
a whole file. `read` gives frames, `assess` verdicts, `build` requests, `validate` findings, `decide` decisions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from x12retro.assess import Rules, Verdict
    from x12retro.build import Built, ControlNumbers, Partner
    from x12retro.decide import Decision, Requests
    from x12retro.encounter import Encounter, EncounterProblem
    from x12retro.findings import Finding
    from x12retro.guide.judge import Checked
    from x12retro.guide.overlay import Payer
    from x12retro.x12 import Frame, Source

__version__ = "0.1.0"
__all__ = ["__version__", "acknowledge", "assess", "build", "decide", "read", "validate"]


def read(source: Source) -> Iterator[Frame | Finding]:
    """Yield the frames of an X12 stream in file order, and findings where the wire is crooked. Raises UsageError, SystemFailure."""
    from x12retro.x12 import read as verb

    return verb(source)


def assess(encounters: Iterable[Encounter | EncounterProblem], *, as_of: date | datetime, rules: Rules | None = None) -> Iterator[Verdict]:
    """Yield one Verdict per encounter: may the payer still be asked, until when, with what, and what to do next.

    `rules` are those of the package when none are given; `x12retro.assess.load_rules` reads your own beside them.
    """
    from x12retro.assess import assess as verb
    from x12retro.assess import load_rules

    return verb(encounters, rules if rules is not None else load_rules(), as_of=as_of)


def build(
    encounters: Iterable[Encounter | EncounterProblem],
    partner: Partner,
    *,
    as_of: date,
    control: ControlNumbers | None = None,
    rules: Rules | None = None,
    despite_rules: bool = False,
    read_ahead: bool = False,
) -> Iterator[Built]:
    """Yield one Built per encounter: a 278 request that has been proven against the guide, or the paths of what is missing.

    What the payer's rules refuse is not built, unless `despite_rules`; `rules` are those of the package when none are given.
    `read_ahead` is several times as fast and takes some hundred encounters before the first outcome comes.
    `x12retro.encounter.read_encounters` gives the encounters of a JSON source, `x12retro.build.write` puts requests into interchanges.
    """
    from x12retro.assess import load_rules
    from x12retro.flow import outbound as verb

    rules = rules if rules is not None else load_rules()
    return verb(encounters, partner, rules, as_of=as_of, control=control, despite_rules=despite_rules, read_ahead=read_ahead)


def validate(source: Source, *, snip: int = 7, as_of: date | None = None, payer: Payer | str | None = None) -> Iterator[Checked]:
    """Yield one Checked, with its findings, per interchange, group and transaction of `source`.

    `payer` is the id or an alias of a payer whose own demands are checked too, or what `x12retro.guide.overlay.read_payer` read.
    """
    from x12retro.guide.judge import validate as verb

    if isinstance(payer, str):
        from x12retro.guide.overlay import find_payer

        payer = find_payer(payer)
    return verb(source, snip=snip, as_of=as_of, payer=payer)


def decide(source: Source, requests: Requests | Source | None = None, as_of: date | None = None) -> Iterator[Decision]:
    """Yield one Decision per patient event of the 278 responses in `source`, matched to `requests` where they are given."""
    from x12retro.decide import decide_stream as verb

    return verb(source, requests, as_of)


def acknowledge(source: Source, functional: BinaryIO, ta1: BinaryIO, numbers: ControlNumbers, moment: datetime) -> Iterator[Checked]:
    """Validate `source` and write its 999s to `functional` and TA1s to `ta1` in the same pass; yields every Checked."""
    from x12retro.acknowledge import AckWriter, acknowledging

    return acknowledging(validate(source), AckWriter(functional, ta1, numbers, moment))


class _Package(ModuleType):
    """Rooms and verbs share names (`x12retro.build` is a package too): the verb is what `import x12retro` gives, whatever is imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
