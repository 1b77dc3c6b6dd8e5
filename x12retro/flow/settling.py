"""Files of ours of which nobody could tell whether they arrived, and now the partner says that they did: taken down as delivered."""

from __future__ import annotations

from collections.abc import Iterator

from x12retro.deliver import Config
from x12retro.flow.delivery import is_there
from x12retro.flow.desk import Tell, desk_of
from x12retro.flow.enclosing import clear_given
from x12retro.flow.sealing import move_copies, places
from x12retro.ledger import Ledger
from x12retro.ledger.life import FileState
from x12retro.ledger.only import in_turn
from x12retro.ledger.queries import ours_named

_OPEN: tuple[FileState, ...] = ("in_doubt", "held")
"""Where a file of ours stands that a run leaves to a person; before there was `in_doubt`, what nobody knew was held."""


def settle_file(config: Config, ledger: Ledger, name: str, why: str, tell: Tell, *, patience: float = 0) -> Iterator[str]:
    """Take down that the files of ours called `name` that are in doubt or held arrived; yields their partners. `why`: how that is known.

    Their requests and documents count as sent, and their TA1 and 999 are waited for. Raises Busy when a run is at work and not over in
    `patience` seconds, UsageError for a partner whose file cannot be used.
    """
    with ledger.look() as connection:
        partners = [row.partner for row in ours_named(connection, name, *_OPEN)]
    for id_ in partners:
        turn = in_turn(ledger, config.root, id_, patience, lambda text: tell("info", text))
        with turn, desk_of(config, config.partner(id_), ledger, tell) as desk:
            with ledger.look() as connection:
                rows = [row for row in ours_named(connection, name, *_OPEN) if row.partner == id_]  # a run may have been quicker
            for row in rows:
                then = places(desk, row)
                with desk.change() as change:
                    is_there(desk, change, row, then, why=why)
                move_copies(desk, [(row, then)])
                clear_given(desk.house, ledger)
                yield id_
