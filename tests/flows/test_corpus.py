"""Real files from many senders: nothing crashes, the published examples are accepted, the invalid ones rejected for a fair reason."""

from __future__ import annotations

import time
from pathlib import Path

from x12retro.findings import Finding
from x12retro.guide.judge import validate


def findings(path: Path) -> list[Finding]:
    return [f for checked in validate(path.read_bytes()) for f in checked.findings]


def test_no_file_crashes_or_hangs_the_judge(corpus: Path) -> None:
    paths = [p for p in corpus.rglob("*.edi") if p.is_file()]
    assert len(paths) > 90
    for path in paths:
        begin = time.monotonic()
        findings(path)
        assert time.monotonic() - begin < 5, path.name


def test_the_published_examples_are_accepted_but_for_a_wrong_count(corpus: Path) -> None:
    published = [*corpus.glob("request217/stupidedi-*"), *corpus.glob("response217/stupidedi-*")]
    assert len(published) == 6
    for path in published:
        found = [f.rule for f in findings(path)]
        assert found == (["X12-SE-001"] if "admission-request" in path.name else []), path.name


def test_every_invalid_request_is_rejected_for_a_fair_reason(corpus: Path) -> None:
    reasons = {
        "careprojection-doc-annotated-referral": ("X217-UM-004", "X12-SE-001"),
        "clinopscopilot-malformed-missing-um": ("X217-UM-000",),
        "clinopscopilot-malformed-truncated-isa": ("X12-ISA-102",),
        "clinopscopilot-malformed-empty": ("X12-FILE-001",),
        "clinopscopilot-malformed-wrong-delimiters": ("X12-ISA-103",),
        "interoptools-edi-278-missing-bht": ("X217-BHT-000",),
        # samples of one project that put event data at the UMO and payer data elsewhere, with GS01 HS and no ST03
        "cloudhealthoffice": ("X12-GS-001", "X217-ST-003", "X217-NM1-001"),
    }
    paths = sorted(corpus.glob("request217_invalid/*"))
    assert len(paths) == 17
    for path in paths:
        wanted = next(rules for name, rules in reasons.items() if path.name.startswith(name))
        errors = {f.rule for f in findings(path) if f.is_error}
        assert errors.issuperset(wanted), (path.name, errors)
