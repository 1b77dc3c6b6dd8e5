"""What the payer keeps in its state file, from one round to the next."""

from __future__ import annotations

import msgspec


class Pended(msgspec.Struct, frozen=True):
    """A request that waits for its decision (`raw`, an interchange with its set alone): the round it is due in, None until records come.

    `last` is the story that the decision tells; None where the dice decide.
    """

    due: int | None
    raw: str
    last: str | None = None

    def __repr__(self) -> str:
        return f"<Pended, due in round {self.due}>"


class Held(msgspec.Struct, frozen=True):
    """A document that came before its request: the number it goes by (TRN02 of the 275), the member, and the files it was put into."""

    number: str
    member: str
    files: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Held, {len(self.files)} files>"


class State(msgspec.Struct):
    """What the payer remembers. `seen` holds the interchanges it took: sender and ISA13."""

    round: int = 0
    interchange: int = 1
    group: int = 1
    files: int = 0
    batches: int = 0
    notices: list[str] = []
    """What the mailbox itself said, and lies beside the requests until it is taken."""
    seen: list[str] = []
    pended: list[Pended] = []
    held: list[Held] = []
    """Documents whose request is not known yet."""
    owed: list[tuple[int, str, str]] = []
    """Files that come late: round, name, text."""

    def records_came(self, raw: str, last: str) -> None:
        """Have a request that waits for records decided in the next round."""
        self.pended = [Pended(self.round + 1, raw, last) if one.raw == raw and one.due is None else one for one in self.pended]

    def decided(self, raw: str) -> None:
        """A pended request was decided: it waits no longer."""
        self.pended = [one for one in self.pended if one.raw != raw]
