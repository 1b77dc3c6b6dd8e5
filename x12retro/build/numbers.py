"""Numbers that are given out: control numbers from a counter the caller owns, and trace numbers made from the encounter's id.

Control numbers never come from the clock: a counter is deterministic, and whoever keeps the ledger can keep it. A trace number is
`hash of encounter_id` + `run` [+ `L` line]: the same encounter in another run gets another number, and a number can be made
again from what the report holds. It carries nothing of the patient.
"""

from __future__ import annotations

import hashlib

from x12retro.build.records import Control
from x12retro.errors import UsageError

_LAST = 999_999_999


class ControlNumbers:
    """The next interchange (ISA13), group (GS06) and transaction (ST02) number; after 999999999 comes 1.

    Keep `interchange` and `group` between runs: a partner takes a number that it has seen for a duplicate. `run` tells the runs
    of one day apart in trace numbers and is the first interchange number unless it is given.
    """

    __slots__ = ("group", "interchange", "run", "transaction")

    def __init__(self, interchange: int = 1, group: int = 1, run: str | None = None) -> None:
        if not (1 <= interchange <= _LAST and 1 <= group <= _LAST):
            raise UsageError("control numbers run from 1 to 999999999")
        if run is not None and not (run.isascii() and run.isalnum() and len(run) <= 12):
            raise UsageError("a run is named by at most 12 letters and digits")
        self.interchange = interchange
        self.group = group
        self.transaction = 1
        self.run = f"{interchange:09d}" if run is None else run

    def propose(self) -> Control:
        """The numbers the next set would get; nothing is used up, so a set that fails leaves no gap."""
        return Control(f"{self.interchange:09d}", str(self.group), f"{self.transaction:04d}")

    def keep(self) -> None:
        """Use up the proposed transaction number."""
        self.transaction += 1

    def next_interchange(self) -> None:
        """Start anew: another interchange and group, transactions from 1."""
        self.interchange = self.interchange % _LAST + 1
        self.group = self.group % _LAST + 1
        self.transaction = 1


def event_trace(encounter_id: str, run: str) -> str:
    """The event's TRN02: 16 hexadecimal digits of the id's hash, then the run.

    Guide: 005010X217 2000E TRN02
    """
    return hashlib.blake2b(encounter_id.encode(), digest_size=8).hexdigest().upper() + run


def service_trace(event: str, line: int) -> str:
    """The TRN02 of service `line`, from 1.

    Guide: 005010X217 2000F TRN02
    """
    return f"{event}L{line:03d}"


def document_number(event: str, number: int) -> str:
    """The control number of the event's or a service's `number`-th document that came without one.

    Guide: 005010X217 PWK06
    """
    return f"{event}D{number:03d}"
