"""The names of files that go out: a template of the partner's, filled with what is no patient's."""

from __future__ import annotations

import re
from datetime import datetime

from x12retro.deliver.mailbox import is_safe

FIELDS = ("sender", "receiver", "isa13", "date", "time", "usage", "kind")
_FIELD = re.compile(r"\{([^{}]*)\}")


def template_fault(template: str) -> str | None:
    """Why a template cannot be used, or None."""
    for field in _FIELD.findall(template):
        if field not in FIELDS:
            return f"{{{field}}} is none of {', '.join('{' + name + '}' for name in FIELDS)}"
    if "{isa13}" not in template:
        return "{isa13} must be in it, so that no two files have one name"
    if not is_safe(_FIELD.sub("X", template)):
        return "a name has letters, digits and ._-+=, only, no folder, and does not begin with a dot"
    return None


def name_of(template: str, *, sender: str, receiver: str, isa13: str, usage: str, kind: str, moment: datetime) -> str:
    """The name of a file: `template` filled. What an id holds besides letters, digits, - and _ is left out."""
    fields = {
        "sender": sender,
        "receiver": receiver,
        "isa13": isa13,
        "date": moment.strftime("%Y%m%d"),
        "time": moment.strftime("%H%M%S"),
        "usage": usage,
        "kind": kind,
    }
    return _filled(template, fields)


def constant_part(template: str, *, sender: str, receiver: str, usage: str) -> str:
    """What all names made from a template have in common: the fields are filled that are the same for every file of a partner."""
    return _filled(template, {"sender": sender, "receiver": receiver, "usage": usage})


def _filled(template: str, fields: dict[str, str]) -> str:
    return _FIELD.sub(lambda match: re.sub(r"[^A-Za-z0-9_-]", "", fields[match[1]]) if match[1] in fields else match[0], template)
