"""What building an encounter gives back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

import msgspec

from x12retro.encounter import Encounter
from x12retro.x12 import Delimiters
from x12retro.x12.control import Control as Control  # a part of the records below, and of what this file gives out
from x12retro.x12.writer import Repeats

Component = str | None
Element = str | None | tuple[Component, ...] | Repeats


class Line(msgspec.Struct, frozen=True, gc=False):
    """A segment to be written and the JSON path of what gave rise to it. A composite element is a tuple of components.

    `parts` are the paths of its elements, where each has one of its own.
    """

    id: str
    elements: tuple[Element, ...]
    path: str
    parts: tuple[str, ...] = ()

    def __repr__(self) -> str:  # never the data: it is a patient's
        return f"<Line {self.id} from {self.path}>"


class Body(msgspec.Struct, frozen=True, gc=False):
    """The lines of a request as they are written by `delimiters`, each with `line_break` behind it: what stands between ST and SE."""

    data: bytes
    segments: int
    delimiters: Delimiters
    line_break: str

    def __repr__(self) -> str:  # never the data: it is a patient's
        return f"<Body of {self.segments} segments>"


class Problem(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with an encounter (`error`: no request is made) or was changed on its way (`note`). Never holds a value.

    `line` is the line of the source, from 1, where it is known.
    """

    path: str
    message: str
    severity: Literal["error", "note"] = "error"
    line: int | None = None


class Traces(msgspec.Struct, frozen=True, gc=False):
    """The numbers an answer is matched by: the event's TRN02 (also BHT03), one per service in order, one PWK06 per document sent."""

    event: str
    services: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """A document that the payer's rule asks for, in words, with the report types (PWK01) that may hold it, the usual one first.

    `shown` says how the encounter shows that it is at hand: `listed` among its documents, `carried` by the request itself, `named` as
    evidence; `kept` is what every provider has of care that it gave; `no` is what somebody must get.
    """

    words: str
    types: tuple[str, ...]
    shown: Literal["listed", "carried", "named", "kept", "no"]


class Leave(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the assessment says of an encounter before a request is made of it.

    `verdict` is its word. `payer` is the id of the payer's file, `rule` the rule that governs, `closes` the last day of its window;
    None where not known. `step` says what is to be done, in words, `do` and `by` the same as a
    word and a day; `reasons` are the assessment's; `missing` are the facts that
    would make it sure, as paths without `$.`; `contradictions` what the encounter says that cannot be, each as (path, words).
    """

    verdict: Literal["permitted", "conditional", "not_permitted", "unknown"]
    step: str
    do: str = "review"
    by: date | None = None
    payer: str | None = None
    rule: str | None = None
    closes: date | None = None
    reasons: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    missing: tuple[str, ...] = ()
    contradictions: tuple[tuple[str, str], ...] = ()


Assessment = Callable[[Encounter], Leave | None]
"""What is said of one encounter; None for one that no rule about late requests speaks of."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--report`: everything of a `Built` but the segments.

    `verdict`, `rule` and `closes` are the assessment's, where one was made. `why` says in sentences what the assessment, the scenario
    and the payer's wishes brought into the request.
    """

    encounter_id: str | None
    built: bool
    verdict: str | None
    traces: Traces | None
    control: Control | None
    problems: tuple[Problem, ...]
    rule: str | None = None
    closes: date | None = None
    why: tuple[str, ...] = ()


class Built(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One encounter's outcome. `lines` runs from ST's first follower, BHT, to the last segment before SE; empty when not `built`.

    `body` is the same as it was proven, and as `write` passes it on to the partner that it was written for.
    `encounter_id` is None only for a source record whose id could not be read.
    """

    encounter_id: str | None
    built: bool
    lines: tuple[Line, ...] = ()
    traces: Traces | None = None
    control: Control | None = None
    problems: tuple[Problem, ...] = ()
    leave: Leave | None = None
    why: tuple[str, ...] = ()
    body: Body | None = None

    def report(self) -> Report:
        return Report(
            encounter_id=self.encounter_id,
            built=self.built,
            verdict=self.leave.verdict if self.leave is not None else None,
            traces=self.traces,
            control=self.control,
            problems=self.problems,
            rule=self.leave.rule if self.leave is not None else None,
            closes=self.leave.closes if self.leave is not None else None,
            why=self.why,
        )
