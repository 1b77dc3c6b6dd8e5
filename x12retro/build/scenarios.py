"""Why nobody asked first, and what each reason brings into a request: the delay code, the opening words, the usual proof.

Two tables say it: maps/scenarios.toml for every payer, and the `[[scenario]]` rows of a payer's file where that payer has published
wishes of its own. `event.delay_reason` and `event.level_of_service` of the encounter go before both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from x12retro.encounter import Encounter, Scenario
from x12retro.errors import MapError
from x12retro.guide.places import maps_dir

_DelayReason = Literal["1", "2", "3", "4", "7", "8", "10", "11", "15", "16", "17"]
_ReportType = Annotated[str, Meta(pattern="^[A-Z0-9]{2}$")]
_Opening = Annotated[str, Meta(min_length=1, max_length=120, pattern="^[ -~]+$")]


class ScenarioRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason. `opening` starts the free text; `documents` are the report types (PWK01) that usually prove it.

    Guide: 005010X217 2000E UM10 MSG01 PWK01
    """

    delay_reason: _DelayReason
    level_of_service: Literal["as_stated", "blank"]
    opening: _Opening
    documents: tuple[_ReportType, ...] = ()
    usually_refused: bool = False


class PayerScenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one payer wants in a scenario: a `[[scenario]]` row of its file. What is None is as in the common table.

    `level_of_service` (UM06) is filled in only from here, where a payer has said that care that is over is to be described so.
    `source` and `seen` (a year) say where it was published.
    """

    name: Scenario
    source: Annotated[str, Meta(pattern="^https?://[^ ]+$")]
    seen: int
    delay_reason: _DelayReason | None = None
    opening: _Opening | None = None
    level_of_service: Literal["03", "E", "U"] | None = None
    note: str = ""


class Reason(msgspec.Struct, frozen=True):
    """Why one request is late: the common rule of its scenario, and what its payer wants instead."""

    scenario: Scenario
    rule: ScenarioRule
    wish: PayerScenario | None = None

    @property
    def delay_reason(self) -> str:
        return (self.wish and self.wish.delay_reason) or self.rule.delay_reason

    @property
    def opening(self) -> str:
        return (self.wish and self.wish.opening) or self.rule.opening

    @property
    def level_of_service(self) -> str | None:
        return self.wish.level_of_service if self.wish is not None else None


def reason_of(encounter: Encounter, payer: str | None, folders: tuple[Path, ...]) -> Reason | None:
    """Why the encounter is asked about late; None where it does not say. `payer` is the id of a file in `folders`, where it is known."""
    scenario = encounter.retro.scenario if encounter.retro is not None else None
    if scenario is None:
        return None
    wish = payer_scenarios(payer, *folders).get(scenario) if payer is not None else None
    return Reason(scenario, scenario_rules()[scenario], wish)


@cache
def scenario_rules() -> dict[Scenario, ScenarioRule]:
    """The common table, one rule for each scenario of the record. Raises MapError when it is at fault."""
    return _read(maps_dir() / "scenarios.toml", _Table).scenarios


@cache
def payer_scenarios(payer: str, *folders: Path) -> dict[Scenario, PayerScenario]:
    """What the payer with this id wants, from the first of `folders` that has its file; empty when none has. Raises MapError."""
    file = next((file for folder in folders if (file := folder / f"{payer}.toml").is_file()), None)
    if file is None:
        return {}
    return {row.name: row for row in _read(file, _PayerFile).scenario}


def scenario_faults(payers: Path, table: Path | None = None) -> Iterator[tuple[Path, str]]:
    """What is wrong with the `[[scenario]]` rows of the payers' files in a folder, and with `table` where one is given: file, what."""
    if table is not None:
        try:
            missing = set(get_args(Scenario)) - set(_read(table, _Table).scenarios)
            yield from ((table, f"scenarios.{name} is missing") for name in sorted(missing))
        except MapError as problem:
            yield table, str(problem).removeprefix(f"{table}: ")
    for file in sorted(payers.glob("*.toml")):
        try:
            names = [row.name for row in _read(file, _PayerFile).scenario]
        except MapError as problem:
            yield file, str(problem).removeprefix(f"{file}: ")
        else:
            yield from ((file, f"scenario {name}: there are two rows of that name") for name in sorted(set(names)) if names.count(name) > 1)


class _Table(msgspec.Struct):
    scenarios: dict[Scenario, ScenarioRule]


class _PayerFile(msgspec.Struct):
    scenario: tuple[PayerScenario, ...] = ()


_T = TypeVar("_T")


def _read(file: Path, kind: type[_T]) -> _T:
    try:
        return msgspec.toml.decode(file.read_bytes(), type=kind)
    except OSError as problem:
        raise MapError(f"{file}: cannot be read ({problem.strerror})") from problem
    except (UnicodeDecodeError, msgspec.DecodeError) as problem:
        raise MapError(f"{file}: {problem}") from problem
