"""The table of all rules for docs/rules.md, made from the rules themselves.

`python -m x12retro.guide.rules.page > docs/rules.md` renews it; a test holds the two together.
"""

from __future__ import annotations

import sys

from x12retro.guide.rules import RULES, Rule
from x12retro.guide.rules.base import REQUEST, RESPONSE

_HEAD = """# Rules

What `x12retro validate` looks at beyond the guide's maps. One row a rule, one file a rule under `x12retro/guide/rules/`, whose head says
why, with a bad and a good example and the source; its cases lie in `tests/rules/<ID>.yml`.

- **snip**: 4 situations, 5 code sets, 6 kinds of service. `--snip N` stops at N.
- **severity**: *error* only where the fact is certain (a published interpretation, a check digit, the form of a code set, a contradiction
  in itself); *warning* where it is inferred from practice; *info* for advice. Only errors reject.
- **for**: requests, responses or both.
- Ids from 101 are situations, from 501 code sets; the number is the element's where one element is meant (`X217-UM-106`: UM06).

"Future" means after `--as-of` and after the day of the message itself. Diagnoses are looked up in the releases of ICD-10-CM that may have
been in force on the day of care; the finding names them, and once the newest release is out of date it only advises. `x12retro maps
tables` adds a release. CPT, CDT and other licensed lists are looked up when you supply them (`X217-SV-503`, `X217-PRV-503`).

| id | snip | severity | for | rule |
| --- | --- | --- | --- | --- |
"""
_FOR = {REQUEST: "request", RESPONSE: "response"}


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(map(_row, sorted(RULES, key=lambda rule: (rule.snip >= 5, rule.id))))


def _row(rule: Rule) -> str:
    title = rule.page.partition("\n")[0].partition(": ")[2].rstrip(".")
    return f"| {rule.id} | {rule.snip} | {rule.severity} | {_FOR.get(rule.guides, 'both')} | {title} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
