"""What `decide` reads beside the responses: requests, build reports, verdicts, earlier records, payers' terms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from x12retro.cli.inputs import Inputs
from x12retro.decide import Case, Decision, PayerNamed, Requests, Terms, read_build_report, read_decisions, read_verdicts
from x12retro.errors import UsageError
from x12retro.x12 import read

if TYPE_CHECKING:
    from x12retro.cli.payer_terms import PayerTerms


def requests_of(names: tuple[str, ...]) -> Requests | None:
    """The requests of --requests; None where none are given."""
    if not names:
        return None
    inputs = Inputs(names)
    found = Requests()
    for _, stream in inputs.streams():
        found.read_more(read(stream))
    if inputs.unreadable:
        raise UsageError("not every file of --requests could be read")
    return found


def encounters_of(names: tuple[str, ...]) -> dict[str, str]:
    """Trace number -> encounter, of --report."""
    found: dict[str, str] = {}
    for name in names:
        found.update(read_build_report(_bytes(name)))
    return found


def cases_of(names: tuple[str, ...]) -> dict[str, Case]:
    """Encounter -> what is known of it, of --verdicts."""
    found: dict[str, Case] = {}
    for name in names:
        found.update(read_verdicts(_bytes(name)))
    return found


def earlier_decisions(names: tuple[str, ...]) -> Iterator[Decision]:
    """The records of --earlier."""
    for name in names:
        try:
            with Path(name).open("rb") as lines:
                yield from read_decisions(lines)
        except OSError as failure:
            raise UsageError(f"{name}: {failure.strerror or 'cannot be read'}") from None


class PayerLookup:
    """The terms of the payers' files, read when the first answer asks for them."""

    def __init__(self, payer: str | None, own: Path | None, as_of: date) -> None:
        self._payer, self._own, self._as_of = payer, own, as_of
        self._terms: PayerTerms | None = None
        if payer is not None:
            self._read()

    def __call__(self, named: PayerNamed | None, case: Case | None) -> Terms | None:
        if named is None and case is None and self._payer is None:
            return None
        return (self._terms or self._read())(named, case)

    def _read(self) -> PayerTerms:
        from x12retro.assess import load_rules
        from x12retro.cli.payer_terms import PayerTerms

        self._terms = PayerTerms(load_rules(self._own), self._as_of, self._payer)
        return self._terms


def _bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as failure:
        raise UsageError(f"{name}: {failure.strerror or 'cannot be read'}") from None
