"""Messages and payers' files made up for one test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.guide.overlay import Payer, read_payer

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261103*0930*^*00501*000000101*0*T*:"
GS = "GS*HI*SENDER*RECEIVER*20261103*0930*101*X*005010X217"
REQUEST_HEAD = ["BHT*0007*13*RETRO-1*20261103*0930", "HL*1**20*1", "NM1*X3*2*EXAMPLE HEALTH PLAN*****PI*EXH001", "HL*2*1*21*1"]
RESPONSE_HEAD = ["BHT*0007*11*RETRO-1*20261104*1015*18", *REQUEST_HEAD[1:]]
REQUESTER = "NM1*1P*2*GENERAL HOSPITAL*****XX*1234567893"
SUBSCRIBER = "NM1*IL*1*ARDEN*ROSALIND****MI*EXH123456789"


@pytest.fixture
def payer(tmp_path: Path) -> Callable[..., Payer]:
    """Writes a payer's file of one row (TOML lines) and reads it as the command does."""

    def make(rows: str, direction: str = "request") -> Payer:
        lines = ['id = "made-up"', 'name = "Made Up Plan"', "seen = 2026-11-24"]
        for n, row in enumerate(rows.strip().split("\n\n"), 1):
            given = [line.strip() for line in row.splitlines()]
            defaults = {
                "id": str(n),
                "direction": f'"{direction}"',
                "severity": '"warning"',
                "source": '"https://payer.example/guide"',
                "seen": "2025",
                "confidence": '"A"',
                "note": '"as its guide has it"',
            }
            keys = {line.partition(" ")[0] for line in given}
            lines += ["[[overlay]]", *given, *(f"{key} = {text}" for key, text in defaults.items() if key not in keys)]
        file = tmp_path / "made-up.toml"
        file.write_text("\n".join(lines), encoding="utf-8")
        return read_payer(file)

    return make


@pytest.fixture
def message() -> Callable[..., bytes]:
    """An interchange of one or more sets; `event` are the segments that follow HL*EV, `services` those of each HL*SS."""

    def make(
        event: str,
        *services: str,
        response: bool = False,
        requester: str = REQUESTER,
        subscriber: str = SUBSCRIBER,
        isa: dict[int, str] | None = None,
        gs: dict[int, str] | None = None,
        sets: int = 1,
        terminator: str = "~",
        element: str = "*",
    ) -> bytes:
        head = [*(RESPONSE_HEAD if response else REQUEST_HEAD), *requester.split("~"), "HL*3*2*22*1", *subscriber.split("~")]
        body = [*head, f"HL*4*3*EV*{1 if services else 0}", *event.split("~")]
        for n, service in enumerate(services, 5):
            body += [f"HL*{n}*4*SS*0", *service.split("~")]
        isa_fields = ISA.split("*")
        for at, text in (isa or {}).items():
            isa_fields[at] = text.ljust(len(isa_fields[at]))
        gs_fields = GS.split("*")
        for at, text in (gs or {}).items():
            gs_fields[at] = text
        lines = ["*".join(isa_fields), "*".join(gs_fields)]
        for n in range(1, sets + 1):
            lines += [f"ST*278*{n:04d}*005010X217", *body, f"SE*{len(body) + 2}*{n:04d}"]
        lines += [f"GE*{sets}*101", "IEA*1*000000101"]
        return "".join(f"{line.replace('*', element)}{terminator}" for line in lines).encode("utf-8")

    return make


@pytest.fixture
def found() -> Callable[[bytes, Payer], list[Finding]]:
    """The payer's findings, after it is certain that the guide itself finds no error."""

    def judge(content: bytes, payer: Payer, **options: Any) -> list[Finding]:
        all_ = [f for checked in validate(content, as_of=date(2026, 11, 24), payer=payer, **options) for f in checked.findings]
        assert [f for f in all_ if f.is_error and not f.rule.startswith("P-")] == []
        return [f for f in all_ if f.rule.startswith("P-")]

    return judge
