"""Walk the segments of one transaction through its guide: order, required, repeats, unknown segments.

The walker keeps a stack of open loops. A segment is looked for from the innermost loop outwards, at or after the place each loop
has reached; the first loop that has room for it takes it, and the loops left behind are asked what they still lacked. When
no place fits, the ladder of `_recover` decides what the sender most likely did, reports that one fault, and puts the walker where
the rest of the message makes sense again: a wrong qualifier still opens its loop, a loop whose first segment is missing still
takes its other segments, a level left out is opened silently.

Most segments take a step that was taken before (`known_steps`). Such steps are only noted on a trail; the stack is brought up to it
when something comes that asks for the stack.

Findings go to the `Reporter`; `levels` lists every HL with the loop it opened, for the checks of HL numbering.
Source: 005010X231A1 IK304 for the codes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from x12retro.findings import Severity
from x12retro.guide.guess import LEVEL_STARTERS, Guess
from x12retro.guide.index import Candidate, Child, entry_rule, index, matches, qualifier_text
from x12retro.guide.known_steps import Stand, Step, Way, Wrong, known_steps
from x12retro.guide.model import CompositeRule, LoopRule, SegmentRule
from x12retro.guide.open_loop import HLPlace, OpenLoop
from x12retro.guide.place import Reporter
from x12retro.x12 import Segment, Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS

Take = Callable[[Segment, SegmentRule, str, bool], AbstractSet[int]]
"""Judge a segment's elements: (segment, rule, loop id, whether its qualifier was right) -> elements at fault."""


class Walk:
    """One walk. `take` is called with every segment that found a place, `on_place` (when set) with the loops it stands in too."""

    def __init__(self, root: LoopRule, transaction: Transaction, report: Reporter, take: Take) -> None:
        self._report = report
        self._take = take
        self._delimiters = transaction.delimiters
        self._segments = transaction.segments()
        self._stack = [OpenLoop(index(root), None)]
        self._guess = Guess(self._stack, self._segments, self._delimiters)
        self._adrift: frozenset[str] = frozenset()
        self._known = known_steps(root)
        self._trail: list[tuple[Segment, Step]] = []  # steps that the stack has not been brought up to
        self._way: Way | None = None  # the way of the last segment, when it took one that can be known
        self._lacks = 0  # how much was missing so far
        self.on_place: Callable[[Segment, SegmentRule, list[LoopRule]], None] | None = None
        self.levels: list[HLPlace] = []
        self.element_faults: dict[int, AbstractSet[int]] = {}

    def run(self) -> None:
        """Walk all segments, then ask every open loop what it lacked."""
        delimiters, trail, take, on_place = self._delimiters, self._trail, self._take, self.on_place
        stand: Stand | None = self._known.first
        for seg in self._segments:
            step = stand.step(seg, delimiters) if stand is not None else None
            if step is None:
                stand = self._walk(seg, stand)
                continue
            trail.append((seg, step))
            _, way, rule, loop, _, stand = step
            if way.wrong is not None:
                self._tell_wrong(seg, way.wrong)
            if on_place is not None:
                on_place(seg, rule, stand.loops)
            faults = take(seg, rule, loop, way.wrong is None)
            if faults:
                self.element_faults[seg.position] = faults
        if stand is not None and stand.complete:
            self._note_levels()
            return
        self._catch_up()
        last = self._segments[-1]
        while self._stack:
            self._leave(last)

    def _walk(self, seg: Segment, stand: Stand | None) -> Stand | None:
        """Find the place of one segment; where the walk stands then. If it went straight, its step from `stand` is known from now on."""
        self._catch_up()
        id_ = seg.fields[0]
        if id_ not in KNOWN_SEGMENTS and (meant := id_.strip().upper()) in KNOWN_SEGMENTS:
            self._report.segment(seg, f"the segment id must be {meant}: capitals, no blanks", "1", loop=None, segment_id=meant)
            seg.fields[0] = id_ = meant
        if id_ in self._adrift:
            return None
        before = [*self._stack]
        lacks, self._way = self._lacks, None
        if not self._step(seg):
            self._recover(seg)
        if self._adrift:
            return None
        after = self._known.stand(self._stack)
        way = self._way_taken()
        if stand is not None and after is not None and way is not None and self._lacks == lacks:
            step = Step(way.depth, way, way.candidate.rule, after.loops[-1].xid, id_ == "HL", after)
            stand.learn(seg, self._delimiters, step, before)
        return after

    def _way_taken(self) -> Way | None:
        return self._way

    # -- the known way ------------------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Bring the stack up to the trail. Steps within loops that have been left since are left out."""
        if not self._trail:
            return
        self._note_levels()
        depth = len(self._trail)
        needed: list[tuple[Segment, Step]] = []
        for seg, step in reversed(self._trail):
            if not needed or step.depth <= depth:
                needed.append((seg, step))
                depth = step.depth
        for seg, step in reversed(needed):
            del self._stack[step.depth + 1 :]
            self._open(step.depth, step.way.candidate, seg, step.way.counted)
        self._trail.clear()

    def _note_levels(self) -> None:
        """Add the HL segments of the trail to the levels."""
        above = [(depth, level.hl) for depth, level in enumerate(self._stack)]
        for seg, step in self._trail:
            while above[-1][0] > step.depth:
                above.pop()
            if step.is_level:
                self.levels.append(HLPlace(seg, step.stand.loops[-1], above[-1][1], True))
                above.append((len(step.stand.loops) - 1, seg))

    # -- the straight way ---------------------------------------------------------------------------------------------

    def _step(self, seg: Segment) -> bool:
        full: tuple[int, Candidate] | None = None
        id_, stack = seg.fields[0], self._stack
        for depth in range(len(stack) - 1, -1, -1):
            level = stack[depth]
            for candidate in level.index.by_id.get(id_, ()):
                if candidate.pos >= level.pos and matches(candidate.rule, seg, self._delimiters):
                    if level.has_room(candidate):
                        self._way = Way(depth, candidate)
                        self._enter(depth, candidate, seg)
                        return True
                    if candidate.rule is level.index.entry:
                        continue  # it would open the loop anew, and that is for the loop outside to say
                    full = full or (depth, candidate)
        if full is None:
            return self._step_unused(seg)
        depth, candidate = full
        if id_ == "HL" and (better := self._guess.better_level(seg, candidate)) is not None:
            self._wrong_code(seg, *better)
            return True
        self._too_many(seg, self._stack[depth], candidate)
        self._enter(depth, candidate, seg)
        return True

    def _step_unused(self, seg: Segment) -> bool:
        """Take a segment that the map knows here and the guide does not use: one finding, whatever is in it."""
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            for candidate in level.index.unused.get(seg.id, ()):
                if candidate.pos >= level.pos and matches(candidate.rule, seg, self._delimiters):
                    loop = candidate.path[-1].xid if candidate.path else level.index.loop.xid
                    what = f"loop {loop}" if candidate.path else candidate.rule.name
                    doubtful = next((node.doubtful for node in (candidate.child, *candidate.path, candidate.rule) if node.doubtful), None)
                    self._tell(seg, f"{seg.id} ({what}) is not used in this guide", "I4", loop, doubtful)
                    self._enter(depth, candidate, seg, judged=False)
                    for opened in self._stack[depth + 1 :]:
                        opened.silent = True
                    return True
        return False

    def _enter(
        self,
        depth: int,
        candidate: Candidate,
        seg: Segment,
        *,
        sure: bool = True,
        aside: bool = False,
        counted: bool = True,
        judged: bool = True,
    ) -> None:
        """Take `seg` at `candidate` of the loop at `depth`; loops above it are left, unless it stands `aside` (out of order)."""
        self._adrift = frozenset()
        if not aside:
            while len(self._stack) - 1 > depth:
                self._leave(seg)
        hl = self._stack[depth].hl
        self._open(depth, candidate, seg, counted)
        loop = self._stack[-1].index.loop if candidate.path else self._stack[depth].index.loop
        if seg.fields[0] == "HL":
            self.levels.append(HLPlace(seg, loop, hl, sure))
        if self.on_place is not None:
            self.on_place(seg, candidate.rule, [level.index.loop for level in self._stack])
        if judged and (faults := self._take(seg, candidate.rule, loop.xid, sure)):
            self.element_faults[seg.position] = faults

    def _open(self, depth: int, candidate: Candidate, seg: Segment, counted: bool = True) -> None:
        """Come to `candidate` in the loop at `depth`, and open the loops that it leads into."""
        level = self._stack[depth]
        level.advance(candidate.pos, seg)
        if counted:
            level.counts[candidate.order] = level.counts.get(candidate.order, 0) + 1
        for loop in candidate.path:
            child = OpenLoop(index(loop), level.hl)
            if child.index.entry is candidate.rule:
                child.counts[0] = 1
                child.pos = candidate.rule.pos
            elif loop is not candidate.path[-1]:
                inner = candidate.path[candidate.path.index(loop) + 1]
                order = next(n for n, c in enumerate(loop.children) if c is inner)
                child.counts[order] = 1
                child.pos = inner.pos
            self._stack.append(child)
        if seg.fields[0] == "HL":
            self._stack[-1].hl = seg

    def _leave(self, seg: Segment) -> None:
        level = self._stack.pop()
        if level.silent:
            return
        for order, _, child in level.index.required:
            if order not in level.counts:
                self._missing(level.missed.get(order, seg), child, level.index.loop.xid)

    # -- what may be wrong --------------------------------------------------------------------------------------------

    def _recover(self, seg: Segment) -> None:
        """Find the likeliest explanation of a segment that fits nowhere; report it once and go on from there."""
        late = self._guess.late(seg)
        near = self._guess.near(seg)
        if seg.id in LEVEL_STARTERS and (jump := self._guess.jump(seg)) is not None:
            depth, path, candidate = jump
            if near is None or self._guess.score(candidate.path[-1], seg) >= self._guess.score(
                near[1].path[-1] if near[1].path else None, seg
            ):
                self._open_missing(seg, depth, path, candidate)
                return
        if late is not None:
            depth, candidate = late
            level = self._stack[depth]
            room = level.has_room(candidate)
            lacked = candidate.child.usage == "R" and candidate.order not in level.counts
            if near is None or lacked or (depth >= near[0] and room):
                if room:
                    if (early := self._guess.leapt(seg, level, candidate)) is not None:
                        self._out_of_order(early, level.index.loop.xid, "too early")
                        level.pos = candidate.pos
                        self._enter(depth, candidate, seg)
                        return
                    loop = candidate.path[-1] if candidate.path else level.index.loop
                    self._out_of_order(seg, loop.xid, "too late")
                else:
                    self._too_many(seg, level, candidate)
                self._enter(depth, candidate, seg, aside=True)
                return
        if near is not None:
            self._wrong_code(seg, *near)
            return
        if (headless := self._guess.headless(seg)) is not None:
            self._open_headless(seg, *headless)
        elif (past := self._guess.near(seg, passed=True)) is not None:
            self._wrong_code(seg, *past, passed=True)
        else:
            self._stray(seg)

    # -- what to do about it ------------------------------------------------------------------------------------------

    def _wrong_code(self, seg: Segment, depth: int, candidate: Candidate, *, passed: bool = False) -> None:
        """The segment fits here but for its qualifier: report the code, and open its loop all the same."""
        level = self._stack[depth]
        rivals = [c for c in level.index.by_id[seg.id] if c.rule.qualifier is not None and (c.pos < level.pos) == passed]
        codes = sorted({code for c in rivals if c.rule.qualifier for code in c.rule.qualifier[2]})
        assert candidate.rule.qualifier is not None
        element, component, _ = candidate.rule.qualifier
        loop = candidate.path[-1].xid if candidate.path else level.index.loop.xid
        text = qualifier_text(seg, element, component, self._delimiters)
        counted = candidate.child.usage == "R" or bool(candidate.path)
        if not level.has_room(candidate):
            self._too_many(seg, level, candidate)
        elif text:
            part = f"-{component}" if component else ""
            wanted = codes[0] if len(codes) == 1 else f"one of {', '.join(codes)}"
            message = f"{seg.id}{element:02d}{part} must be {wanted} here"
            wrong = Wrong(element, component or None, message, loop, _doubt(candidate.rule, element, component))
            self._tell_wrong(seg, wrong)
            if not passed:
                self._way = Way(depth, candidate, counted, wrong)
        # an empty qualifier is reported by the element's own rule
        self._enter(depth, candidate, seg, sure=not text and len(rivals) == 1, aside=passed, counted=counted)

    def _tell_wrong(self, seg: Segment, wrong: Wrong) -> None:
        element, component, message, loop, doubtful = wrong
        text = qualifier_text(seg, element, component or 0, self._delimiters)
        message, severity = _in_doubt(message, doubtful)
        self._report.element(seg, element, message, "7", loop=loop, component=component, value=text, severity=severity)

    def _open_missing(self, seg: Segment, depth: int, path: tuple[LoopRule, ...], candidate: Candidate) -> None:
        """The level above `seg` was left out: report it, open it without asking for its content, and go on below."""
        while len(self._stack) - 1 > depth:
            self._leave(seg)
        level = self._stack[depth]
        child = path[0]
        level.advance(child.pos, seg)
        order = next(n for n, c in enumerate(level.index.loop.children) if c is child)
        level.counts[order] = level.counts.get(order, 0) + 1
        for loop in path:
            self._push_lost(loop, seg, silent=True)
        self._missing(seg, next((p for p in path if index(p).entry), child), level.index.loop.xid)
        self._enter(len(self._stack) - 1, candidate, seg)

    def _open_headless(self, seg: Segment, depth: int, path: tuple[LoopRule, ...], order: int) -> None:
        """The loop's first segment is missing: report it and open the loop all the same."""
        while len(self._stack) - 1 > depth:
            self._leave(seg)
        level = self._stack[depth]
        level.advance(path[0].pos, seg)
        level.counts[order] = 1
        for loop in path:
            self._push_lost(loop, seg, silent=False)
        self._missing(seg, path[-1], level.index.loop.xid)
        self._step(seg)

    def _push_lost(self, loop: LoopRule, seg: Segment, silent: bool) -> None:
        """Open a loop whose first segment (or, for a wrapper, first loop) is not there."""
        inner = OpenLoop(index(loop), self._stack[-1].hl, silent)
        inner.counts[0] = 1
        if inner.index.entry is not None and inner.index.entry.xid == "HL":
            stand_in = Segment(["HL"], seg.offset, 0)
            self.levels.append(HLPlace(stand_in, loop, inner.hl, sure=False, lost=True))
            inner.hl = stand_in
        self._stack.append(inner)

    def _stray(self, seg: Segment) -> None:
        loop = self._stack[-1].index.loop.xid
        if seg.id in KNOWN_SEGMENTS:
            known = seg.id in _all_ids(self._stack[0].index.loop)
            if known:
                self._report.segment(seg, f"{seg.id} is not expected here (in or after loop {loop})", "2", loop=loop)
            else:
                self._report.segment(seg, f"{seg.id} is no segment of this guide", "6", loop=loop)
            if seg.id == "NM1":  # what follows belongs to the loop it would have opened
                self._adrift = _nm1_content(self._stack[0].index.loop)
        else:
            self._report.segment(seg, "a segment whose id X12 does not know", "1", loop=loop)

    def _missing(self, seg: Segment, child: Child, within: str) -> None:
        self._lacks += 1
        rule, loop = entry_rule(child)
        if rule.xid == "SE":
            return  # the envelope's check tells that
        doubtful = child.doubtful or rule.doubtful
        where = f"loop {loop} ({child.name})" if loop else rule.name
        text = f"{rule.xid} is missing: {where} is required in {within}"
        inside = child.xid if isinstance(child, LoopRule) and not loop else loop or within
        self._tell(seg, text, "3", inside, doubtful, segment_id=rule.xid)

    def _tell(self, seg: Segment, text: str, code: str, loop: str, doubtful: str | None, segment_id: str | None = None) -> None:
        """Report a fault of the tree; a doubtful rule only warns."""
        text, severity = _in_doubt(text, doubtful)
        self._report.segment(seg, text, code, loop=loop, segment_id=segment_id, severity=severity)

    def _out_of_order(self, seg: Segment, loop: str, how: str) -> None:
        self._report.segment(seg, f"{seg.id} stands {how} in {loop}", "7", loop=loop)

    def _too_many(self, seg: Segment, level: OpenLoop, candidate: Candidate) -> None:
        child = candidate.child
        if isinstance(child, LoopRule) and child.kind != "wrapper":
            name = candidate.path[-1].xid
            self._tell(seg, f"loop {name} ({child.name}) may stand {_times(child.repeat)} here", "4", name, child.doubtful)
        else:
            loop = candidate.path[-1].xid if candidate.path else level.index.loop.xid
            most = candidate.rule.max_use
            self._tell(seg, f"{seg.id} ({candidate.rule.name}) may stand {_times(most)} here", "5", loop, candidate.rule.doubtful)


def _in_doubt(text: str, doubtful: str | None) -> tuple[str, Severity]:
    return (f"{text} (the guide is not certain here: {doubtful})", "warning") if doubtful else (text, "error")


def _doubt(rule: SegmentRule, element: int, component: int) -> str | None:
    """Why the codes at a qualifier's place are in doubt."""
    found = rule.elements[element - 1]
    parts = found.components if isinstance(found, CompositeRule) else ()
    return parts[component - 1].doubtful if component and parts else found.doubtful


def _times(most: int) -> str:
    return "once" if most == 1 else f"at most {most} times"


def _all_ids(loop: LoopRule) -> frozenset[str]:
    ids: set[str] = set()
    todo = [loop]
    while todo:
        for child in todo.pop().children:
            if isinstance(child, LoopRule):
                todo.append(child)
            else:
                ids.add(child.xid)
    return frozenset(ids)


def _nm1_content(loop: LoopRule) -> frozenset[str]:
    ids: set[str] = set()
    todo = [loop]
    while todo:
        one = todo.pop()
        idx = index(one)
        if idx.entry is not None and idx.entry.xid == "NM1":
            ids |= idx.own_ids
        todo.extend(c for c in one.children if isinstance(c, LoopRule))
    return frozenset(ids - {"NM1"})
