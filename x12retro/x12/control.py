"""Control numbers (ISA13, GS06, ST02) from a counter that the caller owns, never from the clock.

A counter is deterministic, and whoever keeps the ledger can keep it. Those who write requests and those who write acknowledgments
draw from the same one, so that no number goes to a partner twice.
"""

from __future__ import annotations

import msgspec

from x12retro.errors import UsageError

_LAST = 999_999_999


class Control(msgspec.Struct, frozen=True):
    """Where a set stands: ISA13, GS06, ST02."""

    interchange: str
    group: str
    transaction: str


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
        self.take_interchange()
        self.take_group()
        self.transaction = 1

    def take_interchange(self) -> str:
        """Use up the next ISA13."""
        taken = f"{self.interchange:09d}"
        self.interchange = self.interchange % _LAST + 1
        return taken

    def take_group(self) -> str:
        """Use up the next GS06."""
        taken = str(self.group)
        self.group = self.group % _LAST + 1
        return taken
