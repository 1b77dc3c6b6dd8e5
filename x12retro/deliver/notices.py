"""What a mailbox itself says of our files, by the names of the files that it puts there.

A mailbox may put a file beside ours that tells whether it could be read, or give ours another name, and name what it says later by a
number that it gave our file. Of such a file only the name is understood; what is in it is kept for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from x12retro.deliver.mailbox import Entry

Says = Literal["received", "failed"]
"""received: the mailbox has the file as a whole, and no more than that; failed: nothing of it was taken, it has to be made anew."""
_FIELD = re.compile(r"\{([^{}]*)\}")
_FIELDS = {"name": "(?P<name>.+)", "batch": "(?P<batch>[A-Za-z0-9_]{1,80})", "any": ".*"}


class Notice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of notice. `name` is the name of its file, with {name} for that of ours, {batch} for the number that the mailbox gives it
    (letters and digits), {any} for anything: "{name}-{batch}-success", later "{batch}.ACK".

    `take` says that the notice is copied and, where `remove` of the incoming files says so, taken away; else it is only looked at.
    """

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    says: Says
    folder: Annotated[str, Meta(max_length=200, pattern=r"^(?!/)(?!.*(^|/)\.\.(/|$))[ -~]*$")] = ""
    take: bool = True


class Noticed(NamedTuple):
    """A notice that lies in the mailbox, and whom it is about: the name of a file of ours, the number it was given, or both."""

    entry: Entry
    notice: Notice
    name: str | None
    batch: str | None


def notice_fault(pattern: str) -> str | None:
    """Why a pattern cannot be used, or None."""
    fields = _FIELD.findall(pattern)
    for field in fields:
        if field not in _FIELDS:
            return f"{{{field}}} is none of {{name}}, {{batch}} and {{any}}"
    if len(fields) != len(set(fields)):
        return "a field stands in it once"
    if "name" not in fields and "batch" not in fields:
        return "{name} or {batch} must be in it, to tell which file it is about"
    if "" in _FIELD.split(pattern)[2:-2:2]:
        return "two fields need something between them, to tell where one ends"
    if pattern == "{name}":
        return "it must differ from the name of our file"
    return None


def noticed(notices: Iterable[Notice], folder: str, entries: Iterable[Entry]) -> list[Noticed]:
    """The notices among the files of a folder. Those with the name of our file come first: they bring the number for the others."""
    patterns = [(notice, _pattern(notice.name)) for notice in notices if notice.folder == folder]
    found = []
    for entry in entries:
        for notice, pattern in patterns:
            if (match := pattern.fullmatch(entry.name)) is not None:
                fields = match.groupdict()
                found.append(Noticed(entry, notice, fields.get("name"), fields.get("batch")))
                break
    return sorted(found, key=lambda one: one.name is None)


def _pattern(template: str) -> re.Pattern[str]:
    parts = _FIELD.split(template)
    return re.compile("".join(_FIELDS[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)))
