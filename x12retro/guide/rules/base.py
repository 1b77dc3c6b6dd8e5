"""What a rule is: an id, a severity, a cheap suspicion over bytes, and a check over the sheet that yields breaches.

`suspects` must be true whenever `check` would yield something; it may be true needlessly. Sets that the recogniser accepted, and
that no rule suspects, are never laid out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import msgspec

from x12retro.findings import Ack, Finding, Severity
from x12retro.guide.sheet import Sheet
from x12retro.x12 import Delimiters, Segment


class Context(msgspec.Struct, frozen=True):
    """What rules are judged by besides the message: `as_of` is today."""

    as_of: date


class Marks:
    """Patterns over the bytes of clean sets, for one set of delimiters and one line break.

    In a template `<s>` stands for the start of a segment (the terminator before it), `<e>` and `<c>` for the element and component
    separators, `<v>` for one element whatever it holds, `<w>` for one component, `<.>` for the end of an element (a look ahead).
    """

    __slots__ = ("_compiled", "_parts")

    def __init__(self, delimiters: Delimiters, line_break: str) -> None:
        e, c, t = (re.escape(x) for x in (delimiters.element, delimiters.component, delimiters.segment))
        self._parts = {
            "<s>": t + re.escape(line_break),
            "<e>": e,
            "<c>": c,
            "<v>": f"[^{e}{t}]*+",
            "<w>": f"[^{e}{c}{t}]*+",
            "<.>": f"(?=[{e}{t}])",
        }
        self._compiled: dict[str, re.Pattern[bytes]] = {}

    def pattern(self, template: str) -> re.Pattern[bytes]:
        """The compiled template; compiled once."""
        found = self._compiled.get(template)
        if found is None:
            text = template
            for mark, part in self._parts.items():
                text = text.replace(mark, part)
            found = self._compiled[template] = re.compile(text.encode("latin-1"))
        return found

    def search(self, template: str, raw: bytes) -> bool:
        """True when the template matches somewhere in `raw`."""
        return self.pattern(template).search(raw) is not None


class Breach(msgspec.Struct, frozen=True):
    """One breach: where, what is wrong and what would be right (never the value), and the 999 code if it is not the rule's own."""

    segment: Segment
    message: str
    element: int | None = None
    component: int | None = None
    code: str | None = None


Suspicion = Callable[[bytes, Marks], bool]
Check = Callable[[Sheet, Context], Iterator[Breach]]


class Rule(msgspec.Struct, frozen=True):
    """A rule. `guides` names those it speaks of (`278-request`); `code` is the 999 code of its findings: IK4 when they name an element, else IK3."""

    id: str
    snip: int
    severity: Severity
    guides: tuple[str, ...]
    code: str
    suspects: Suspicion
    check: Check

    @property
    def page(self) -> str:
        """The rule's page for users: the docstring of its module."""
        import sys

        return sys.modules[self.check.__module__].__doc__ or ""

    def findings(self, sheet: Sheet, context: Context) -> Iterator[Finding]:
        """Judge a sheet."""
        group = sheet.transaction.group
        for breach in self.check(sheet, context):
            seg = breach.segment
            loop = sheet.loop_of.get(seg.position)
            yield Finding(
                rule=self.id,
                snip=self.snip,
                severity=self.severity,
                message=breach.message,
                interchange=group.interchange.control or None,
                group=group.control or None,
                transaction=sheet.transaction.control or None,
                segment=seg.position,
                segment_id=seg.id,
                loop=loop.xid if loop is not None else None,
                element=breach.element,
                component=breach.component,
                offset=seg.offset,
                ack=Ack("IK4" if breach.element is not None else "IK3", breach.code or self.code),
                value=seg[breach.element] if breach.element is not None else None,
            )
