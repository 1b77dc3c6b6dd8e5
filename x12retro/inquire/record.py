"""What asking after a pended request gives back, and what is kept of it for the next time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from x12retro.build import Built, Control, Problem
from x12retro.errors import UsageError
from x12retro.x12.traces import request_key


class Numbers(msgspec.Struct, frozen=True):
    """The inquiry's trace number (TRN02, also BHT03), and the request's that it asks after."""

    event: str
    request: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--report`: everything of an `Asking` but the segments."""

    encounter_id: str | None
    built: bool
    traces: Numbers | None = None
    asked_at: datetime | None = None
    control: Control | None = None
    problems: tuple[Problem, ...] = ()


class Asking(Built, frozen=True, kw_only=True):
    """One inquiry, as a request is handed out (`Built`): `traces.event` is its own number, `request` the number of what it asks after."""

    request: str = ""
    asked_at: datetime | None = None

    def told(self) -> Report:
        numbers = Numbers(self.traces.event, self.request) if self.traces is not None else None
        return Report(
            encounter_id=self.encounter_id,
            built=self.built,
            traces=numbers,
            asked_at=self.asked_at,
            control=self.control,
            problems=self.problems,
        )


def read_reports(lines: Iterable[bytes]) -> Iterator[Report]:
    """The reports of earlier runs (JSON lines). Raises UsageError naming the line that is none."""
    decoder = msgspec.json.Decoder(Report)
    for n, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError:
                # the decoder's own words may quote the line
                raise UsageError(f"inquiries, line {n}: not a report as `x12retro inquire` writes it") from None


def asked_at(reports: Iterable[Report]) -> Mapping[str, list[datetime]]:
    """When each request was asked after, by `request_key`, in order."""
    found: dict[str, list[datetime]] = {}
    for one in reports:
        if one.built and one.traces is not None and one.asked_at is not None:
            found.setdefault(request_key(one.traces.request), []).append(one.asked_at)
    return {key: sorted(times) for key, times in found.items()}
