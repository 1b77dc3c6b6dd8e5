"""Codes that the record takes in any form and the request does not: each is held against its list, and told at its own key.

The guide would refuse them as well, one segment at a time and only when nothing else is missing; here all are told in one run, with
what would be right.
"""

from __future__ import annotations

import re

from x12retro.build.draft import Draft
from x12retro.encounter.explain import listed, meanings

USUAL: dict[str, tuple[str, ...]] = {
    "PWK01": ("77", "AM", "AS", "B3", "CK", "DG", "DS", "HR", "LA", "M1", "NN", "OB", "OD", "P4", "P5", "PN", "PY", "RB", "RR"),
    "UM03": ("1", "2", "3", "4", "5", "12", "18", "35", "42", "54", "56", "62", "69", "73", "78", "86", "A4", "A9", "AG", "MH", "PT"),
}
"""The codes that a message names of lists that are too long for one."""

_LISTED = 30
_NAMES = {
    "CL101": "type of admission",
    "CL102": "point of origin",
    "CL103": "discharge status",
    "CRC03": "condition",
    "HSD07": "calendar pattern",
    "PWK01": "report type",
    "UM03": "service type",
}
_FORMS = {
    "HC": (re.compile(r"[0-9]{4}[0-9A-Z]|[A-V][0-9]{4}", re.ASCII), "a CPT or HCPCS code (HC): five characters, such as 44970 or J1885"),
    "AD": (re.compile(r"D[0-9]{4}", re.ASCII), "a CDT code (AD): D and four digits"),
    "N4": (re.compile(r"[0-9]{11}", re.ASCII), "a drug code (N4, the NDC): eleven digits without hyphens"),
}


def check_code(draft: Draft, path: str, code: str | None, element: str, *, grows: bool = False) -> None:
    """Hold `code` against the list of `element`; of a list that grows a code that we don't know is noted only.

    Guide: 005010X217 PWK01, UM03, CL101-CL103, CRC03, HSD07
    """
    if code is None or code in (known := meanings(element)):
        return
    usual = sorted(known) if len(known) <= _LISTED else USUAL.get(element, ())
    rest = "" if len(usual) == len(known) else "; docs/encounter.md lists all" if usual else ""
    what = f"is no {_NAMES[element]} ({element}) that {'we know' if grows else 'this guide knows'}"
    message = what + (f"; {'it is one of' if not rest else 'usual are'} {listed(usual, element)}{rest}" if usual else "")
    if grows:
        draft.note(path, message)
    else:
        draft.problem(path, message)


def check_procedure(draft: Draft, path: str, code: str, code_set: str) -> None:
    """Hold a procedure against the form of its code set.

    Guide: 005010X217 2000F SV101-2, SV202-2, SV301-2
    """
    form, words = _FORMS.get(code_set, (None, ""))
    if form is not None and not form.fullmatch(code.upper()):
        draft.problem(path, f"must be {words}")
