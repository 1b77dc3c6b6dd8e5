"""A judge's lane through a stream: sets that need no judging are taken from the reader as runs of many, before anyone cuts them."""

from __future__ import annotations

from collections import deque

from x12retro.guide.set_judge import Right, SetJudge
from x12retro.x12 import GroupStart, Run, Window

RUN = 1 << 18
"""Bytes that are looked at together: many sets, but no more than a processor's cache holds while the passes go over them."""


class RunLane:
    """Looks at what the reader's window holds of a group, and answers from that as long as it goes (it is a `Lane`)."""

    wants = RUN // 4

    def __init__(self, judge: SetJudge) -> None:
        self._judge = judge
        self._group: GroupStart | None = None
        self._rights: deque[Right] = deque()
        self._base = self._seen = 0  # where in the file the text of the last look began, and how far it went

    def take(self, window: Window, group: GroupStart, reach: int) -> Run | None:
        """See `Lane`."""
        pos = window.pos + len(group.interchange.line_break)
        base = window.offset - window.pos
        if group is not self._group or base + pos >= self._seen:
            rights, seen = self._judge.look(window.buf, pos, min(reach, pos + RUN), group)
            self._group, self._rights, self._base, self._seen = group, deque(rights), base, base + seen
        return run_at(window, group, reach, self._rights, self._base)


def run_at(window: Window, group: GroupStart, reach: int, rights: deque[Right], base: int) -> Run | None:
    """Take from the window those of `rights` that start at its position; `base` is where in the file the text begins they speak of."""
    offset = window.offset + len(group.interchange.line_break)
    while rights and base + rights[0].starts[0] < offset:
        rights.popleft()
    if not rights or base + rights[0].starts[0] > offset:
        return None
    guide, starts, controls, end = rights[0]
    begin, stop = starts[0], end + base - window.offset + window.pos
    if stop > min(reach, len(window.buf)):
        return None
    raw = window.buf[stop - (end - begin) : stop]
    window.pos = stop
    return Run(raw, offset, group, [start - begin for start in starts], controls, guide)
