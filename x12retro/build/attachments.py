"""Documents that go with the request or are held for it, each under a control number of its own; and those that the payer's rule asks for.

A document that the rule asks for and nobody listed is told as available on request (PWK02 AA) when the provider has it: it is named as
evidence, or it is a record that comes about with the care itself. Anything else is a note: nothing is promised that nobody has.
"""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.build.codes import check_code
from x12retro.build.draft import Draft
from x12retro.build.numbers import document_number
from x12retro.build.records import Leave, Wanted
from x12retro.build.scenarios import Reason
from x12retro.encounter.services import Document

TRAVELS = frozenset(("BM", "EL", "EM", "FX"))
"""PWK02 of documents that travel apart from the request."""
_MOST = 10


class Attachments:
    """Gives out and checks the control numbers of one request: one number is one document."""

    __slots__ = ("_at_event", "_event", "_leave", "_method", "numbers")

    def __init__(self, event_trace: str, leave: Leave | None = None, method: str = "EL") -> None:
        self._event = event_trace
        self._method = method
        self._leave = leave
        self._at_event: list[str] = []  # the report types told at the event
        self.numbers: list[str] = []

    def add_wanted(self, draft: Draft, reason: Reason | None) -> None:
        """Add what the payer's rule asks for and the provider has, after the documents that the encounter lists.

        Guide: 005010X217 2000E PWK01 PWK02
        """
        if self._leave is None:
            return
        for wanted in self._leave.wanted:
            if wanted.shown == "no":
                draft.note("$.documents", f"the payer asks for: {wanted.words}; nothing here shows that it is at hand")
            elif wanted.shown in ("named", "kept") and wanted.types:
                type_ = _fitting(wanted, reason)
                if type_ not in self._at_event and len(self._at_event) < _MOST:
                    self._at_event.append(type_)
                    draft.add("$.documents", "PWK", type_, "AA")
                    draft.why.append(f"PWK {type_} AA: {self._leave.rule} asks for {wanted.words}")

    def add(self, draft: Draft, path: str, documents: Sequence[Document]) -> None:
        """Add at most ten.

        Guide: 005010X217 2000E PWK, 2000F PWK
        """
        if len(documents) > _MOST:
            draft.problem(path, f"{len(documents)} documents, but a request takes {_MOST} here")
        if path == "$.documents":
            self._at_event += [document.type for document in documents]
        for i, document in enumerate(documents):
            where = f"{path}[{i}]"
            if document.held:
                draft.note(where, "held: it is sensitive, and nothing says that it was released; the request does not speak of it")
                continue
            check_code(draft, f"{where}.type", document.type, "PWK01")
            delivery = travels_by(document, self._method)
            control = self._number(draft, where, document, delivery)
            draft.add_at(
                where,
                "PWK",
                {
                    1: document.type,
                    2: delivery,
                    5: None if control is None else "AC",
                    6: control,
                    7: draft.words(f"{where}.description", document.description),
                },
            )

    def _number(self, draft: Draft, where: str, document: Document, delivery: str) -> str | None:
        control = draft.id(f"{where}.control_number", document.control_number)
        if control is None and delivery in TRAVELS:
            control = document_number(self._event, len(self.numbers) + 1)
        if control is not None:
            if control in self.numbers:
                draft.problem(f"{where}.control_number", "stands for another document already; each needs its own")
            self.numbers.append(control)
        return control


def travels_by(document: Document, method: str) -> str:
    """PWK02: as the encounter says, but that what is to go electronically goes by the partner's method."""
    return method if document.delivery == "EL" else document.delivery


def _fitting(wanted: Wanted, reason: Reason | None) -> str:
    """The report type for a document: what usually proves the scenario, where the document may be that; else the document's usual one."""
    proofs = reason.rule.documents if reason is not None else ()
    return next((type_ for type_ in proofs if type_ in wanted.types), wanted.types[0])
