"""How the sandbox payer behaves, from a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from x12retro.encounter.settings import read_settings, settings
from x12retro.errors import UsageError
from x12retro.synth import STORIES

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

    `answers` are weights by story (`x12retro payer --stories` lists them); `procedures` gives a story for a procedure code. A request that
    is pended is decided after `decide_after` rounds. The shares say how many files come twice, a round late, before their 999, or cut off,
    and how many request files the mailbox says it could not read.
    """

    answers: dict[str, Annotated[int, Meta(ge=0)]] = msgspec.field(default_factory=lambda: dict(USUAL))
    procedures: dict[str, str] = {}
    decide_after: Annotated[int, Meta(ge=1, le=1000)] = 2
    twice: _Share = 0.0
    late: _Share = 0.0
    before_its_999: _Share = 0.0
    cut_off: _Share = 0.0
    unreadable: _Share = 0.0
    seed: int = 0


class NoticeNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the mailbox's own notices are called, beside the requests: {name} is the request file's name, {batch} the number it gets."""

    received: Annotated[str, Meta(min_length=1)] = "{name}-{batch}-success"
    failed: Annotated[str, Meta(min_length=1)] = "{name}-{batch}-FAILED"


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


def load_payer_file(file: Path) -> PayerFile:
    """Read a payer file. Raises UsageError that names file, key and what would be right."""
    told = settings(read_settings(file), PayerFile, file)
    for name in (*told.behaviour.answers, *told.behaviour.procedures.values()):
        if name not in STORIES:
            raise UsageError(f"{file}: $.behaviour: there is no answer {name!r}; `x12retro payer --stories` lists them")
    return msgspec.structs.replace(told, mailbox=str(file.resolve().parent / told.mailbox))
