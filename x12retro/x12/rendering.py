"""Segments as text, by one set of delimiters: what is written here is cut again exactly as it was meant.

Most text can be written as it stands, and to know that costs one look at many pieces together; only when the look finds something are
they taken one by one, to say which it was.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence

from x12retro.errors import UnwritableData, UsageError
from x12retro.x12.delimiters import Delimiters


class Repeats(list["str | list[str]"]):
    """The repeats of one element, each a text or the components of a composite: `Repeats(["A", ["B", "C"]])`."""

    __slots__ = ()


Element = str | None | Sequence[str | None] | Repeats
Row = tuple[str, Sequence[Element]]
"""A segment id and its elements: each a text, None (empty), the components of a composite, or Repeats of those."""


class Rendering:
    """Renders segments; `line_break` ("", "\\n", "\\r\\n") follows each terminator."""

    __slots__ = ("_component", "_element", "_end", "_fits", "_fits_between", "delimiters")

    def __init__(self, delimiters: Delimiters, line_break: str = "") -> None:
        if why := delimiters.trouble():
            raise UsageError(f"these delimiters cannot be written: {why}")
        if line_break.strip("\r\n"):
            raise UsageError("line_break must be empty or a line break")
        self.delimiters = delimiters
        self._element, self._component, self._end = delimiters.element, delimiters.component, delimiters.segment + line_break
        self._fits = _fitting(self._element + self._component + delimiters.repetition + delimiters.segment)
        self._fits_between = _fitting(self._component + delimiters.repetition + delimiters.segment)  # element separators are counted

    def rows(self, rows: Iterable[Row]) -> str | None:
        """The text of some segments; None where one of them must be taken by itself: `row` writes it, or says why it cannot be."""
        separator = self._element
        written: list[str] = []
        pieces: list[str] = []  # what must not hold a mark
        for id_, elements in rows:
            try:
                text = separator.join([one or "" for one in elements])  # type: ignore[misc]  # a composite raises TypeError
                pieces.append(text)
            except TypeError:
                if Repeats in map(type, elements):
                    return None
                pieces += [one for one in elements if isinstance(one, str)]
                parts = [one if isinstance(one, str) else self._joined(one, pieces) for one in elements]  # type: ignore[arg-type]
                text = separator.join(parts)
            if text.count(separator) != len(elements) - 1:
                return None
            written.append(f"{id_}{separator}{text}".rstrip(separator))
        if not self._fits_between("".join(pieces)):
            return None
        written.append("")
        return self._end.join(written)

    def row(self, id_: str, elements: Sequence[Element]) -> str:
        """The text of one segment, without empty elements at its end. Raises UnwritableData; its path names the element (`HI01-2`)."""
        if (text := self.rows(((id_, elements),))) is not None:
            return text
        texts = [id_, *(self._element_text(one, f"{id_}{n:02d}") for n, one in enumerate(elements, 1))]
        return self._element.join(texts).rstrip(self._element) + self._end

    def check(self, text: str, path: str) -> str:
        """Give the text back when it can be written; the exception names the place and never the text."""
        if not self._fits(text):
            if text in self.delimiters:
                raise UnwritableData(path, "holds a delimiter of this interchange; change the text or the partner's delimiters")
            raise UnwritableData(path, "holds a control character or line break")
        return text

    def _joined(self, components: Sequence[str | None] | None, pieces: list[str]) -> str:
        """The text of a composite; what it is made of goes to `pieces`."""
        if not components:
            return ""
        parts = [part or "" for part in components]
        pieces += parts
        return self._component.join(parts).rstrip(self._component)

    def _element_text(self, element: Element, path: str) -> str:
        if element is None:
            return ""
        if isinstance(element, str):
            return self.check(element, path)
        if not isinstance(element, Repeats):
            return self._composite(element, path)
        if len(element) > 1 and not self.delimiters.repetition:
            raise UnwritableData(path, "repeats, but the interchange has no repetition separator")
        texts = [self.check(one, path) if isinstance(one, str) else self._composite(one, path) for one in element]
        while texts and not texts[-1]:
            texts.pop()
        return self.delimiters.repetition.join(texts)

    def _composite(self, components: Sequence[str | None], path: str) -> str:
        return self._component.join([self.check(c or "", f"{path}-{n}") for n, c in enumerate(components, 1)]).rstrip(self._component)


@functools.lru_cache(maxsize=64)
def rendering_of(delimiters: Delimiters, line_break: str = "") -> Rendering:
    """The rendering by these delimiters: one for all that is written by them. Raises UsageError where they cannot be written."""
    return Rendering(delimiters, line_break)


@functools.cache
def _fitting(marks: str) -> Callable[[str], object]:
    """A test that is true for text without one of `marks`, a control character or half of a character."""
    return re.compile(f"[^{re.escape(marks)}\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]*").fullmatch
