"""A lane of the caller's own through the sets of an interchange: who knows more of a message than its cut may take many sets at once."""

from __future__ import annotations

from typing import Protocol

from x12retro.x12.frames import GroupStart, Run
from x12retro.x12.window import Window


class Lane(Protocol):
    """What the reader asks at each ST before it looks for itself."""

    @property
    def wants(self) -> int:
        """How many bytes the lane likes to see in the window: the reader fills one that holds less."""

    def take(self, window: Window, group: GroupStart, reach: int) -> Run | None:
        """Move the window behind the sets at its position, all that are right, and return them; None when there is none.

        The window stands behind a terminator: a line break, if the interchange has one, comes first. No set may end behind `reach`, a
        position in the buffer. What a `Run` promises is the lane's to prove.
        """
