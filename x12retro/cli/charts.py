"""Bar charts as inline SVG: no script, no file from elsewhere, colours by class (`s-good`, ...) so that the page's style rules them.

Every bar has its words and figures as text, so that nothing is told by colour alone, and the whole chart a title for screen readers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

HALF, WHOLE = 540, 1110
"""Widths of a chart, in the pixels that it has on a usual screen: letters are then as large as the page's."""
_LABEL = 200
_FIGURE = 72
_ROW = 30
_BAR = 18
_NARROW = 20
_LETTERS = 26


class Part(NamedTuple):
    """A piece of a bar: what it counts, how much, and its colour's class."""

    name: str
    value: float
    colour: str


class Bar(NamedTuple):
    """One bar: its label, a longer text that is shown on pointing at it, and its parts from left to right."""

    label: str
    parts: tuple[Part, ...]
    about: str = ""

    @property
    def total(self) -> float:
        return sum(part.value for part in self.parts)


def bars(title: str, rows: Sequence[Bar], say: Callable[[float], str], width: int = HALF) -> str:
    """Bars that lie, one a row, on one scale; `say` writes a value."""
    most = max((row.total for row in rows), default=0) or 1
    scale = (width - _LABEL - _FIGURE) / most
    inside = []
    for n, row in enumerate(rows):
        top = n * _ROW + 6
        inside.append(_text(_LABEL - 10, top + 13, _short(row.label), "end", row.about or row.label))
        left = float(_LABEL)
        for part in row.parts:
            wide = part.value * scale
            if part.value > 0:
                inside.append(_piece(left, top, wide, _BAR, part, f"{row.label}: {part.name} {say(part.value)}"))
                if len(row.parts) > 1 and wide > _NARROW + 7 * len(say(part.value)):
                    inside.append(_text(left + wide / 2, top + 13, say(part.value), "middle", kind=f"in on-{part.colour}"))
            left += wide
        inside.append(_text(left + 7, top + 13, say(row.total), "start", kind="figure"))
    return _svg(title, width, len(rows) * _ROW + 8, inside)


def columns(title: str, rows: Sequence[Bar], say: Callable[[float], str], width: int = HALF) -> str:
    """Bars that stand, for classes in an order of their own."""
    height, base = 190, 150
    most = max((row.total for row in rows), default=0) or 1
    step = width / max(len(rows), 1)
    inside = [f'<line class="axis" x1="0" y1="{base}" x2="{width}" y2="{base}"/>']
    for n, row in enumerate(rows):
        middle, tall = n * step + step / 2, row.total / most * (base - 26)
        inside += [
            _piece(middle - step * 0.36, base - tall, step * 0.72, tall, part, f"{row.label}: {say(part.value)}") for part in row.parts
        ]
        inside.append(_text(middle, base - tall - 6, say(row.total), "middle", kind="figure"))
        inside.append(_text(middle, base + 18, row.label, "middle"))
    return _svg(title, width, height, inside)


def legend(parts: Sequence[tuple[str, str]]) -> str:
    """What the colours mean: pairs of class and words."""
    items = "".join(
        f'<li><svg width="12" height="12" aria-hidden="true"><rect class="{c}" width="12" height="12" rx="2"/></svg>{escape(w)}</li>'
        for c, w in parts
    )
    return f'<ul class="legend">{items}</ul>'


def _piece(left: float, top: float, width: float, height: float, part: Part, about: str) -> str:
    shown = max(width, 1.5)
    return (
        f'<rect class="{part.colour}" x="{left:.1f}" y="{top:.1f}" width="{shown:.1f}" height="{height:.1f}" rx="2">'
        f"<title>{escape(about)}</title></rect>"
    )


def _text(x: float, y: float, words: str, anchor: str, about: str = "", kind: str = "label") -> str:
    more = f"<title>{escape(about)}</title>" if about and about != words else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}{more}</text>'


def _short(label: str) -> str:
    return label if len(label) <= _LETTERS else label[: _LETTERS - 1].rstrip() + "…"


def _svg(title: str, width: int, height: int, inside: Sequence[str]) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(inside)}</svg>"
    )
