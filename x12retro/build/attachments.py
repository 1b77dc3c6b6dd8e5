"""Documents that go with the request or are held for it, each under a control number of its own."""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.build.codes import check_code
from x12retro.build.draft import Draft
from x12retro.build.numbers import document_number
from x12retro.encounter.services import Document

_TRAVELS = frozenset(("BM", "EL", "EM", "FX"))


class Attachments:
    """Gives out and checks the control numbers of one request: one number is one document."""

    __slots__ = ("_event", "numbers")

    def __init__(self, event_trace: str) -> None:
        self._event = event_trace
        self.numbers: list[str] = []

    def add(self, draft: Draft, path: str, documents: Sequence[Document]) -> None:
        """Add at most ten.

        Guide: 005010X217 2000E PWK, 2000F PWK
        """
        if len(documents) > 10:
            draft.problem(path, f"{len(documents)} documents, but a request takes 10 here")
        for i, document in enumerate(documents):
            where = f"{path}[{i}]"
            check_code(draft, f"{where}.type", document.type, "PWK01")
            control = self._number(draft, where, document)
            draft.add_at(
                where,
                "PWK",
                {
                    1: document.type,
                    2: document.delivery,
                    5: None if control is None else "AC",
                    6: control,
                    7: draft.words(f"{where}.description", document.description),
                },
            )

    def _number(self, draft: Draft, where: str, document: Document) -> str | None:
        control = draft.id(f"{where}.control_number", document.control_number)
        if control is None and document.delivery in _TRAVELS:
            control = document_number(self._event, len(self.numbers) + 1)
        if control is not None:
            if control in self.numbers:
                draft.problem(f"{where}.control_number", "stands for another document already; each needs its own")
            self.numbers.append(control)
        return control
