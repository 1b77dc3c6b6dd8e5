"""How the sandbox payer behaves, from a TOML file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from x12retro.attach import Limits
from x12retro.encounter.settings import read_settings, settings
from x12retro.errors import UsageError
from x12retro.guide import codes
from x12retro.synth import STORIES

_LOINC = re.compile(r"[0-9]{1,7}-[0-9]", re.ASCII)
_Share = Annotated[float, Meta(ge=0, le=1)]
USUAL: dict[str, int] = {
    "certified": 8,
    "certified by line": 2,
    "modified": 1,
    "partly, by line": 1,
    "denied": 2,
    "pended": 2,
    "pended for documents": 2,
    "rejected 2010C": 1,
    "rejected 2010B": 1,
    "not required": 1,
}
"""Answers and how often each is given, where the file does not say."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it decides, and what is crooked about it.

    `answers` are weights by story (`x12retro payer --stories` lists them); `procedures` gives a story for a procedure code. With
    `pend_for_records`, LOINC codes and report types (PWK01), every other request is pended until a document comes for it, and is then
    approved. A request that is pended else is decided after `decide_after` rounds. With `application_advice` a 275 gets an 824.

    The shares say how many files come twice, a round late, before their 999, or cut off, and how many request files the mailbox says it
    could not read; and of the inquiries after pended requests, how many are answered by a decision at once, and how many find nothing.
    """

    answers: dict[str, Annotated[int, Meta(ge=0)]] = msgspec.field(default_factory=lambda: dict(USUAL))
    procedures: dict[str, str] = {}
    pend_for_records: Annotated[tuple[str, ...], Meta(max_length=10)] = ()
    application_advice: bool = False
    decide_after: Annotated[int, Meta(ge=1, le=1000)] = 2
    twice: _Share = 0.0
    late: _Share = 0.0
    before_its_999: _Share = 0.0
    cut_off: _Share = 0.0
    decided_when_asked: _Share = 0.3
    not_found: _Share = 0.0
    unreadable: _Share = 0.0
    seed: int = 0


class NoticeNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the mailbox's own notices are called, beside the requests: {name} is the request file's name, {batch} the number it gets."""

    received: Annotated[str, Meta(min_length=1)] = "{name}-{batch}-success"
    failed: Annotated[str, Meta(min_length=1)] = "{name}-{batch}-FAILED"


class DocumentFolder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where documents out of 275s are kept (beside the state when not said), and octets of one and of all of a file at most."""

    folder: str = ""
    max_document: Annotated[int, Meta(ge=1)] = Limits().document
    max_total: Annotated[int, Meta(ge=1)] = Limits().total


class PayerFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the mailbox is (a path that is not absolute begins at this file's folder), its two folders, and the behaviour.

    `manifest`: a request is whole when a second file, its name and this, is there as well. With `notices` the mailbox itself tells of
    each file whether it could be read.
    """

    mailbox: Annotated[str, Meta(min_length=1)]
    requests: str = ""
    answers: str = ""
    manifest: str = ""
    behaviour: Behaviour = Behaviour()
    notices: NoticeNames | None = None
    documents: DocumentFolder = DocumentFolder()


def load_payer_file(file: Path) -> PayerFile:
    """Read a payer file. Raises UsageError that names file, key and what would be right."""
    told = settings(read_settings(file), PayerFile, file)
    for name in (*told.behaviour.answers, *told.behaviour.procedures.values()):
        if name not in STORIES:
            raise UsageError(f"{file}: $.behaviour: there is no answer {name!r}; `x12retro payer --stories` lists them")
    for code in told.behaviour.pend_for_records:
        if not _LOINC.fullmatch(code) and code not in codes.known("PWK01"):
            message = "is no LOINC code (28011-5) and no report type of PWK01 (M1)"
            raise UsageError(f"{file}: $.behaviour.pend_for_records: {code!r} {message}")
    folder = file.resolve().parent
    kept = told.documents
    if kept.folder:
        kept = msgspec.structs.replace(kept, folder=str(folder / kept.folder))
    return msgspec.structs.replace(told, mailbox=str(folder / told.mailbox), documents=kept)
