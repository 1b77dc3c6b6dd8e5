"""Everything that a run for one partner works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from x12retro.assess import Rules, load_rules
from x12retro.crew import Alone, Crew
from x12retro.deliver import Config, House, Keys, Mailbox, open_keys, open_mailbox
from x12retro.deliver.exchange import Exchange, Partnership
from x12retro.deliver.naming import name_of
from x12retro.errors import UsageError
from x12retro.ledger import Change, Ledger, open_ledger

Tell = Callable[[str, str], None]
"""Told what happens: `error`, `warning` or `info`, and a sentence without a patient's data."""
ALONE = Alone()


class Desk(msgspec.Struct):
    """One partner's papers, folders and mailbox, and the ledger. `tell` is told what a person at the screen should see; `keys` are
    there where files are encrypted. `beside` are the other partners of the installation, `left_out`
    tells that there are more, whose files cannot be used. A `crew` takes part in the work that large files make.
    """

    partnership: Partnership
    house: House
    mailbox: Mailbox
    ledger: Ledger
    rules: Rules
    own_payers: Path | None
    tell: Tell
    keys: Keys | None = None
    beside: tuple[Partnership, ...] = ()
    left_out: bool = False
    crew: Crew = ALONE

    @property
    def partner(self) -> str:
        return self.partnership.id

    @property
    def exchange(self) -> Exchange:
        return self.partnership.exchange

    @property
    def now(self) -> datetime:
        return self.ledger.clock()

    def waiting_as(self, isa13: str, kind: str) -> Path:
        """Where a file of ours waits, under the name that it will have in the mailbox. `kind`: 278, 275, 999 or TA1."""
        told = self.partnership.partner.interchange
        return self.house.outbox / name_of(
            self.exchange.outgoing.name,
            sender=told.sender_id,
            receiver=told.receiver_id,
            isa13=isa13,
            usage=told.usage,
            kind=kind,
            moment=self.now.astimezone(),
        )

    @contextmanager
    def change(self) -> Iterator[Change]:
        """A change of the ledger in this partner's name."""
        with self.ledger.change(self.partner) as change:
            yield change


def ledger_of(config: Config, tell: Callable[[str], None], *, actor: str | None = None) -> Ledger:
    """The ledger of an installation; `actor` where its file names none. `tell` is told when an earlier version's was brought up to date.

    Raises as `open_ledger` does, and says which file is meant.
    """
    try:
        found = open_ledger(config.ledger, actor=config.actor or actor)
    except UsageError as problem:
        raise UsageError(f"{config.file}: $.ledger: {problem}") from problem
    if found.upgraded is not None:
        before, now = found.upgraded
        tell(f"the ledger was an earlier version's and was brought up to date: its tables were those of step {before}, now {now}")
    return found


@contextmanager
def desk_of(
    config: Config, partnership: Partnership, ledger: Ledger, tell: Tell, *, tries: int | None = None, crew: Crew = ALONE
) -> Iterator[Desk]:
    """The desk of a partner; its mailbox is closed at the end. `tries`: see `open_mailbox`."""
    keys = open_keys(partnership)
    mailbox = open_mailbox(partnership, tries=tries)
    rules = load_rules(config.payers)
    beside = tuple(one for one in config.partners if one.id != partnership.id)
    house, left_out = House(config.root, partnership.id), bool(config.broken)
    try:
        yield Desk(partnership, house, mailbox, ledger, rules, config.payers, tell, keys, beside, left_out, crew)
    finally:
        mailbox.close()
