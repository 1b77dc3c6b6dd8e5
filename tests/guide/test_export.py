"""pyx12, the second opinion, loads what we export and judges messages by it."""

import io
import os
from pathlib import Path

import pytest
import pyx12.params
import pyx12.x12n_document
from click.testing import CliRunner
from lxml import etree
from maps_kept import pyx12_maps_kept

from x12retro.cli.maps import maps
from x12retro.guide.export import export
from x12retro.guide.loader import load_guide
from x12retro.guide.model import LoopRule

MESSAGES = Path(__file__).parent / "messages"
GOOD = [("request", "request-subscriber"), ("request", "request-dependent"), ("response", "response-mixed")]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    export(folder)
    with pyx12_maps_kept():
        yield folder


def accepts(folder: Path, message: str) -> bool:
    """pyx12's verdict by the maps of one exported folder."""
    return bool(
        pyx12.x12n_document.x12n_document(pyx12.params.params(), io.StringIO(message), fd_997=None, fd_html=None, map_path=str(folder))
    )


def message(name: str) -> str:
    return (MESSAGES / f"{name}.edi").read_text()


@pytest.mark.parametrize(("direction", "name"), GOOD)
def test_pyx12_accepts_a_good_message(exported, direction, name):
    assert accepts(exported / direction, message(name))


@pytest.mark.parametrize(
    ("direction", "name", "old", "new"),
    [
        ("request", "request-subscriber", "*8~\nREF*NT", "*9~\nREF*NT"),  # UM10: no such delay reason
        ("request", "request-subscriber", "DTP*096*D8*20251205", "DTP*096*D8*20251305"),  # no such date
        ("request", "request-subscriber", "****MI*MB0001", ""),  # NM108 and NM109 missing
        ("request", "request-subscriber", "N4*SPRINGFIELD*IL", "N4*SPRINGFIELD*QQ"),  # no such state
        ("request", "request-subscriber", "REF*BB*AUTH1~", "REF*BB*AUTH1~\nREF*BB*AUTH2~"),  # one too many
        ("request", "request-dependent", "HL*5*4*EV*1~\n", ""),  # no event
        ("request", "request-dependent", "INS*N*19", "INS*Y*19"),  # a dependent is no subscriber
        ("response", "response-mixed", "HCR*A3*", "HCR*A9*"),  # no such action
        ("response", "response-mixed", "AAA*N**57*C", "AAA*N**72*C"),  # no reason of this place
        ("response", "response-mixed", "BHT*0007*11", "BHT*0007*13"),  # a request is no response
    ],
)
def test_pyx12_rejects_a_message_with_one_fault(exported, direction, name, old, new):
    good = message(name)
    assert old in good
    bad = good.replace(old, new, 1)
    extra = bad.count("~") - good.count("~")
    count = next(line for line in good.splitlines() if line.startswith("SE*")).split("*")[1]
    assert not accepts(exported / direction, bad.replace(f"SE*{count}*", f"SE*{int(count) + extra}*"))


@pytest.mark.skipif("X12RETRO_CORPUS" not in os.environ, reason="no corpus: X12RETRO_CORPUS is not set")
@pytest.mark.parametrize(
    ("direction", "name"),
    [
        ("request", "request217/stupidedi-referral-request-for-review.edi"),
        ("request", "request217/stupidedi-request-for-medical-services-reservation.edi"),
        ("response", "response217/stupidedi-admission-response-to-request-for-review.edi"),
        ("response", "response217/stupidedi-referral-response-to-request-for-review.edi"),
        ("response", "response217/stupidedi-response-to-medical-services-reservation.edi"),
    ],
)
def test_pyx12_accepts_the_good_messages_of_others(exported, direction, name):
    assert accepts(exported / direction, (Path(os.environ["X12RETRO_CORPUS"]) / name).read_text())


def test_a_request_is_not_judged_by_the_map_of_the_response(exported):
    assert not accepts(exported / "response", message("request-subscriber"))


@pytest.mark.parametrize(
    ("direction", "name", "old", "new"),
    [
        (
            "request",
            "request-subscriber",
            "HL*5*4*SS*0~\nUM*HS*I~",
            "HL*5*4*SS*0~\nUM*HS*I****03~",
        ),  # UM06 of a service: not used, in doubt
        ("response", "response-mixed", "NM1*1P*1*ALDER*ROWAN", "NM1*PR*1*ALDER*ROWAN"),  # a requester's role, in doubt
    ],
)
def test_a_doubtful_rule_never_makes_pyx12_reject(exported, direction, name, old, new):
    good = message(name)
    assert old in good
    assert accepts(exported / direction, good.replace(old, new, 1))


@pytest.mark.parametrize("direction", ["request", "response"])
def test_the_export_has_no_references_and_loads_here_too(exported, direction):
    (path,) = (exported / direction).glob("278*.xml")
    loops = list(etree.parse(str(path)).getroot().iter("loop"))
    assert all(loop.find("segment") is not None or loop.find("loop") is not None for loop in loops)
    assert [loop.get("xid") for loop in loops].count("2000E") == 2
    under = [load_guide(path).loop(xid).children[-1] for xid in ("2000C", "2000D")]
    assert all(isinstance(event, LoopRule) for event in under)
    assert under[0].children == under[1].children


def test_the_control_map_is_our_envelope_without_the_set(exported):
    root = etree.parse(str(exported / "request" / "x12.control.00501.xml")).getroot()
    assert root.get("xid") == "X12"
    assert [node.get("xid") for node in root.iter("loop", "segment")] == ["ISA_LOOP", "ISA", "GS_LOOP", "GS", "GE", "TA1", "IEA"]


def test_the_command_prints_how_to_use_what_it_wrote(tmp_path):
    result = CliRunner().invoke(maps, ["export", str(tmp_path / "out")])
    assert result.exit_code == 0
    folders = ("request", "response", "inquiry", "inquiry-response", "275-X316", "275-X211", "824")
    assert result.output == "".join(f"x12valid -m {tmp_path}/out/{folder} FILE\n" for folder in folders)
    assert sorted(file.name for file in (tmp_path / "out" / "request").iterdir()) == [
        "278.5010.X217.request.xml", "codes.xml", "dataele.xml", "maps.xml", "x12.control.00501.xml",
    ]  # fmt: skip
