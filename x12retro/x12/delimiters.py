"""The four characters that cut a message, as the ISA declares them."""

from __future__ import annotations

import msgspec


class Delimiters(msgspec.Struct, frozen=True):
    """Element, component, repetition separator and segment terminator: one character each.

    `repetition` is "" where the interchange has none (ISA12 before 00402, or ISA11 holds a letter or digit such as `U`).
    Where each segment ends in CR LF, the terminator is the CR and the LF is the line break after it.
    """

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    segment: str = "~"

    def __contains__(self, text: object) -> bool:
        """True when `text` holds any of the four."""
        return isinstance(text, str) and any(d and d in text for d in (self.element, self.component, self.repetition, self.segment))

    def components(self, text: str) -> list[str]:
        """Cut one repeat of a composite element into its components. Not for ISA11 and ISA16, whose text *is* a separator."""
        return text.split(self.component)

    def repeats(self, text: str) -> list[str]:
        """Cut an element into its repeats; `[text]` where the interchange has no repetition separator."""
        return text.split(self.repetition) if self.repetition else [text]

    def trouble(self) -> str:
        """Say why these four cannot cut a message, or "": they must differ and be neither letter, digit, blank nor beyond ASCII."""
        named = {"element separator": self.element, "component separator": self.component, "segment terminator": self.segment}
        if self.repetition:
            named["repetition separator"] = self.repetition
        for name, char in named.items():
            if len(char) != 1:
                return f"the {name} is not one character"
            if char.isalnum():
                return f"the {name} is a letter or digit"
            if char in " \0" or not char.isascii():
                return f"the {name} is a blank, a zero byte or not ASCII"
            if char in "\r\n" and char is not self.segment:
                return f"the {name} is a line break"
        names = list(named)
        for i, name in enumerate(names):
            for other in names[i + 1 :]:
                if named[name] == named[other]:
                    return f"the {name} and the {other} are the same character"
        return ""
