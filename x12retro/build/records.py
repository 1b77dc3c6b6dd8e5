"""What building an encounter gives back."""

from __future__ import annotations

from typing import Literal

import msgspec

from x12retro.x12.control import Control as Control  # a part of the records below, and of what this file gives out
from x12retro.x12.writer import Repeats

Component = str | None
Element = str | None | tuple[Component, ...] | Repeats


class Line(msgspec.Struct, frozen=True):
    """A segment to be written and the JSON path of what gave rise to it. A composite element is a tuple of components.

    `parts` are the paths of its elements, where each has one of its own.
    """

    id: str
    elements: tuple[Element, ...]
    path: str
    parts: tuple[str, ...] = ()

    def __repr__(self) -> str:  # never the data: it is a patient's
        return f"<Line {self.id} from {self.path}>"


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with an encounter (`error`: no request is made) or was changed on its way (`note`). Never holds a value.

    `line` is the line of the source, from 1, where it is known.
    """

    path: str
    message: str
    severity: Literal["error", "note"] = "error"
    line: int | None = None


class Traces(msgspec.Struct, frozen=True):
    """The numbers an answer is matched by: the event's TRN02 (also BHT03), one per service in order, one PWK06 per document sent."""

    event: str
    services: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--report`: everything of a `Built` but the segments. `verdict` is the assessment's, where one was made."""

    encounter_id: str | None
    built: bool
    verdict: str | None
    traces: Traces | None
    control: Control | None
    problems: tuple[Problem, ...]


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """One encounter's outcome. `lines` runs from ST's first follower, BHT, to the last segment before SE; empty when not `built`.

    `encounter_id` is None only for a source record whose id could not be read.
    """

    encounter_id: str | None
    built: bool
    lines: tuple[Line, ...] = ()
    traces: Traces | None = None
    control: Control | None = None
    problems: tuple[Problem, ...] = ()
    verdict: str | None = None

    def report(self) -> Report:
        return Report(
            encounter_id=self.encounter_id,
            built=self.built,
            verdict=self.verdict,
            traces=self.traces,
            control=self.control,
            problems=self.problems,
        )
