"""Read the `[[retro]]` rows of the payers' files, and find those that speak of an encounter's payer.

The TOML is the source of truth; other tables of a file belong to the overlay (`x12retro.guide.overlay`). A user's own folder goes before
the package's: a file there stands in for ours of the same id.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from x12retro.assess.record import Business, PayerRules, RetroRule, Unit, Window
from x12retro.assess.scope import About, Fit, Refusal, fit
from x12retro.encounter.record import Payer
from x12retro.errors import MapError, UsageError
from x12retro.guide.overlay.slips import in_words
from x12retro.guide.places import payer_files_changed, payers_dir

_MANY = 20_000
"""Kinds of care remembered at most; plans are free text, and a run may be long."""


class Bound(NamedTuple):
    """A rule with the payer in whose file it stands; `exact` false where it binds by state and line alone."""

    rule: RetroRule
    owner: PayerRules
    exact: bool


class Candidates(NamedTuple):
    """What is known for one kind of care at one payer: `payer` None where nothing is known of it."""

    payer: PayerRules | None
    fits: tuple[Fit, ...]
    refusals: tuple[Refusal, ...]


class Rules:
    """The payers' published rules, found by the payer's id, name or alias."""

    def __init__(self, payers: tuple[PayerRules, ...]) -> None:
        """`payers` in the order in which they go before each other."""
        self.payers = payers
        self._named: dict[str, PayerRules] = {}
        for payer in payers:
            for text in (payer.id, payer.name, *payer.aliases):
                self._named.setdefault(key(text), payer)
        self._bound: dict[str | None, tuple[Bound, ...]] = {}
        self._known: dict[tuple[str | None, About], Candidates] = {}
        self._shortest: dict[frozenset[str], RetroRule | None] = {}
        self._found: dict[tuple[str | None, str], PayerRules | None] = {}

    def find(self, payer: Payer) -> PayerRules | None:
        """The payer an encounter names: by id, else by name, case, punctuation and words in brackets aside."""
        asked = (payer.id, payer.name)
        try:
            return self._found[asked]
        except KeyError:
            pass
        if len(self._found) > _MANY:
            self._found.clear()
        names = ([payer.id] if payer.id is not None else []) + [payer.name, re.sub(r"\(.*?\)", "", payer.name)]
        found = self._found[asked] = next((self._named[key(name)] for name in names if key(name) in self._named), None)
        return found

    def names_two(self, payer: Payer) -> bool:
        """True where the id and the name an encounter gives are both known, and are those of two payers."""
        by_id, by_name = (self.find(Payer(name=text)) if text is not None else None for text in (payer.id, payer.name))
        return by_id is not None and by_name is not None and by_id is not by_name

    def candidates(self, payer: PayerRules | None, said: About) -> Candidates:
        """The rules that apply to this kind of care, and those that are about it and refuse it."""
        wanted = (payer.id if payer is not None else None, said)
        known = self._known.get(wanted)
        if known is None:
            if len(self._known) > _MANY:
                self._known.clear()
            judged = [fit(one.rule, one.owner, said, exact=one.exact) for one in self._bound_to(payer)]
            known = self._known[wanted] = Candidates(
                payer, tuple(one for one in judged if isinstance(one, Fit)), tuple(one for one in judged if isinstance(one, Refusal))
            )
        return known

    def named(self, name: str) -> list[tuple[RetroRule, PayerRules]]:
        """The rule of this id, or all rules of the payer of this id, each with its payer. Raises UsageError, with the nearest, when there
        is none.
        """
        everything = [(rule, payer) for payer in self.payers for rule in payer.rules]
        found = [(rule, payer) for rule, payer in everything if rule.id == name] or [pair for pair in everything if pair[1].id == name]
        if found:
            return found
        import difflib

        names = dict.fromkeys(name for rule, payer in everything for name in (rule.id, payer.id))
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"no rule, and no payer with rules, is called {name}. {hint}`x12retro assess --rules` lists them")

    def shortest(self, lines: frozenset[str]) -> RetroRule | None:
        """The rule with the shortest window of those that let somebody ask and are about one of these lines of business."""
        if lines not in self._shortest:
            asking = [rule for payer in self.payers for rule in payer.rules if rule.asks and not lines.isdisjoint(rule.line_of_business)]
            self._shortest[lines] = min(asking, key=lambda rule: _hours(rule.window), default=None)
        return self._shortest[lines]

    def _bound_to(self, payer: PayerRules | None) -> tuple[Bound, ...]:
        name = payer.id if payer is not None else None
        if name not in self._bound:
            found: list[Bound] = []
            for owner in self.payers:
                for rule in owner.rules:
                    if owner.id == name:
                        found.append(Bound(rule, owner, True))
                    elif "*" in rule.also or name in rule.also:
                        found.append(Bound(rule, owner, False))
            self._bound[name] = tuple(found)
        return self._bound[name]


def load_rules(own: Path | None = None) -> Rules:
    """The rules of the package, and those of `own` before them. Raises MapError, with file and line, for the first fault."""
    return _read_once(tuple(payer_files_changed(*([own] if own is not None else []), payers_dir())))


@lru_cache(maxsize=8)
def _read_once(files: tuple[tuple[Path, int], ...]) -> Rules:
    """Read files once for as long as they stay as they are: who goes over many partners asks for each."""
    payers: dict[str, PayerRules] = {}
    for file, _ in files:
        payer = read_rules(file)
        payers.setdefault(payer.id, payer)
    return Rules(tuple(payers.values()))


def read_rules(file: Path) -> PayerRules:
    """The rules of one payer's file. Raises MapError, with file and line, for the first thing that is wrong."""
    payer, faults = read_with_faults(file)
    if faults:
        line, message = faults[0]
        raise MapError(f"{file}:{line}: {message}")
    assert payer is not None
    return payer


def read_with_faults(file: Path) -> tuple[PayerRules | None, list[tuple[int, str]]]:
    """The payer of a file, as far as it can be read, and all that is wrong with its rows: line, what."""
    try:
        text = file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as problem:
        return None, [(1, f"cannot be read ({problem.strerror})")]
    except UnicodeDecodeError:
        return None, [(1, "is no UTF-8 text")]
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line ([0-9]+)", str(problem))
        return None, [(int(found[1]) if found else 1, str(problem))]
    faults: list[tuple[int, str]] = []
    try:
        head = msgspec.convert(content, _Head)
    except msgspec.ValidationError as problem:
        return None, [(1, in_words(problem, _Head))]
    business = Business()
    try:
        business = msgspec.convert(content.get("business", {}), Business)
    except msgspec.ValidationError as problem:
        faults.append((next(_lines(text, r"\s*\[\s*business\s*\]"), 1), f"business: {in_words(problem, Business)}"))
    rows = content.get("retro", [])
    if not isinstance(rows, list):
        return None, [*faults, (1, "retro: rows begin with [[retro]]")]
    rules, more = _rows(rows, text)
    return PayerRules(id=head.id, name=head.name, seen=head.seen, aliases=head.aliases, business=business, rules=rules), faults + more


def rule_lines(file: Path) -> list[int]:
    """The lines on which the rows of a file begin."""
    return list(_lines(file.read_text(encoding="utf-8"), r"\s*\[\[\s*retro\s*\]\]"))


def rule_schema() -> dict[str, Any]:
    """The JSON Schema of what a payer's file may hold for `assess`: the `[business]` table and the `[[retro]]` rows."""
    (rule, business), parts = msgspec.json.schema_components((RetroRule, Business), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "x12retro: a payer's rules for late requests",
        "type": "object",
        "properties": {"business": business, "retro": {"type": "array", "items": rule}},
        "$defs": parts,
    }


def key(text: str) -> str:
    """A name without case and punctuation, for comparison."""
    return re.sub(r"[^0-9a-z]", "", text.casefold())


_HOURS: dict[Unit, float] = {"hours": 1, "calendar_days": 24, "business_days": 24 * 7 / 5, "months": 24 * 30.4}


def _hours(window: Window | None) -> float:
    """The length of a window, for comparison only."""
    return math.inf if window is None else window.count * _HOURS[window.unit]


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    seen: date
    aliases: tuple[str, ...] = ()


def _rows(rows: list[Any], text: str) -> tuple[tuple[RetroRule, ...], list[tuple[int, str]]]:
    lines = list(_lines(text, r"\s*\[\[\s*retro\s*\]\]"))
    lines += [1] * (len(rows) - len(lines))  # rows in another notation of TOML have no line of their own
    rules: list[RetroRule] = []
    faults: list[tuple[int, str]] = []
    for line, row in zip(lines, rows, strict=False):
        try:
            rules.append(msgspec.convert(row, RetroRule))
        except msgspec.ValidationError as problem:
            name = row.get("id") if isinstance(row, dict) else None
            faults.append((line, f"rule {name or '?'}: {in_words(problem, RetroRule)}"))
    return tuple(rules), faults


def _lines(text: str, pattern: str) -> Iterator[int]:
    return (n for n, line in enumerate(text.splitlines(), 1) if re.match(pattern, line))
