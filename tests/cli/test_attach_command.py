"""`x12retro attach`: from encounters and reports to 275s, and back to files."""

import filecmp
import json
from subprocess import CompletedProcess

import pytest
from documents import CDA, PDF
from peaks import STATUS, peak_of

from x12retro.guide.places import fixtures_dir

PARTNER = fixtures_dir() / "partners" / "summit-ridge.toml"
ENCOUNTER = fixtures_dir() / "encounters" / "emergency-admission.json"


@pytest.fixture
def x12retro(x12retro):
    """The command in a folder, and what it said as text."""

    def run(*arguments, cwd):
        done = x12retro(*arguments, cwd=cwd)
        return CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def house(tmp_path, built):
    """A folder with an encounter, its documents, a partner file, and the request built."""
    tree = json.loads(ENCOUNTER.read_bytes())
    tree["documents"] = [
        {"type": "M1", "delivery": "EL", "path": "records/ed.pdf"},
        {"type": "OB", "delivery": "EL", "path": "records/op.xml"},
        {"type": "LA", "delivery": "FX", "description": "Troponin series"},
        {"type": "M1", "delivery": "EL", "path": "records/therapy.pdf", "sensitive": "psychotherapy"},
    ]
    (tmp_path / "records").mkdir()
    for name, content in (("ed.pdf", PDF), ("op.xml", CDA), ("therapy.pdf", PDF)):
        (tmp_path / "records" / name).write_bytes(content)
    (tmp_path / "encounters.json").write_text(json.dumps(tree))
    (tmp_path / "partner.toml").write_bytes(PARTNER.read_bytes())
    built(tmp_path)
    return tmp_path


@pytest.fixture
def built(x12retro):
    def run(folder):
        told = ("--report", "report.jsonl", "--control-file", "numbers.json", "--as-of", "2026-11-25")
        done = x12retro("build", "encounters.json", "--partner", "partner.toml", "-o", "requests.edi", *told, cwd=folder)
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture
def attached(x12retro):
    def run(folder, *more):
        told = ("--report", "report.jsonl", "--control-file", "numbers.json", "--as-of", "2026-11-25", "--sent", "sent.jsonl")
        return x12retro("attach", "build", "encounters.json", "--partner", "partner.toml", "-o", "documents.edi", *told, *more, cwd=folder)

    return run


def test_the_documents_go_under_the_numbers_of_the_request_and_come_out_again(house, x12retro, attached):
    done = attached(house, "--cover", "cover.html")
    assert done.returncode == 0, done.stderr
    assert "built 1 275 into documents.edi; 1 to be seen to" in done.stderr
    assert "$.documents[3]: held" in done.stderr
    promised = [line.split("*")[6] for line in (house / "requests.edi").read_text().split("~\n") if line.startswith("PWK*")]
    (sent,) = [json.loads(line) for line in (house / "sent.jsonl").read_text().splitlines()]
    assert [one["control_number"] for one in sent["documents"]] == promised[:2]
    assert (sent["interchange"], sent["guide"]) == ("000000002", "006020X316")
    assert json.loads((house / "numbers.json").read_text()) == {"interchange": 3, "group": 3}
    assert x12retro("validate", "documents.edi", cwd=house).stdout.startswith("documents.edi: accepted (1 transaction)")
    read = x12retro("attach", "read", "documents.edi", "--extract", "out", cwd=house)
    assert read.returncode == 0, read.stderr
    assert [(house / "out" / name).read_bytes() for name in ("document-00001.pdf", "document-00002.xml")] == [PDF, CDA]
    assert promised[0] in read.stdout
    assert "Vandermeer" not in read.stdout + read.stderr + done.stderr
    assert "SRH448210093" not in read.stdout + read.stderr + done.stderr
    records = x12retro("attach", "read", "documents.edi", "--format", "jsonl", cwd=house)
    assert json.loads(records.stdout)["member_id"] == "SRH448210093"


def test_what_goes_on_paper_has_a_cover_sheet(house, attached):
    attached(house, "--cover", "cover.html")
    page = (house / "cover.html").read_text()
    promised = [line.split("*")[6] for line in (house / "requests.edi").read_text().split("~\n") if line.startswith("PWK*LA")]
    assert promised[0] in page
    assert "by fax" in page
    assert "Troponin series" in page
    assert "<dt>care</dt><dd>2026-" in page
    assert (house / "cover.html").stat().st_mode & 0o777 == 0o600
    assert "Vandermeer" in page
    assert "http" not in page.replace("http-equiv", "")  # nothing is loaded from anywhere
    assert page.count('<section class="case">') == 1


def test_paper_without_a_cover_sheet_is_told(house, attached):
    done = attached(house)
    assert done.returncode == 1
    assert "--cover" in done.stderr
    assert (house / "documents.edi").exists()


def test_a_partner_who_takes_no_275_gets_paper(house, attached, built):
    partner = house / "partner.toml"
    partner.write_text(partner.read_text() + '\n[attachments]\nmethod = "BM"\n')
    built(house)
    assert "PWK*M1*BM***AC" in (house / "requests.edi").read_text()
    done = attached(house, "--cover", "cover.html")
    assert done.returncode == 0, done.stderr
    assert "built 0 275s" in done.stderr
    assert not (house / "documents.edi").exists()
    assert json.loads((house / "numbers.json").read_text())["interchange"] == 3  # two requests; no number was used up by nothing
    assert "by mail" in (house / "cover.html").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('method = "FT"', "method"),
        ('guide = "006020X314"', "guide"),
        ("max_documents = 0", "max_documents"),
        ('wrapping = "mime"', "unknown key"),
        ('kinds = ["zip"]', "kinds"),
    ],
)
def test_a_wrong_partner_file_is_told_by_its_key(house, text, words, attached):
    partner = house / "partner.toml"
    partner.write_text(partner.read_text() + f"\n[attachments]\n{text}\n")
    done = attached(house)
    assert done.returncode == 2
    assert "$.attachments" in done.stderr
    assert words in done.stderr


def test_an_encounter_without_a_request_sends_nothing(house, attached):
    (house / "report.jsonl").write_text("")
    done = attached(house)
    assert done.returncode == 1
    assert "no report says that a request was built" in done.stderr
    (house / "report.jsonl").write_text("{}\n")
    assert attached(house).returncode == 2


def test_the_payer_who_pended_for_documents_is_answered(house, x12retro):
    trace = json.loads((house / "report.jsonl").read_text())["traces"]["event"]
    decision = {
        "outcome": "pended",
        "encounter_id": "ENC-2026-0001",
        "traces": {"event": [trace], "bht03": trace, "details": [{"number": "PAYER-9", "kind": "1"}]},
        "documents_requested": [{"kind": "loinc", "code": "28011-5"}],
        "next_step": {"do": "send_documents", "due": "2026-12-06", "why": "asked"},
    }
    (house / "decisions.jsonl").write_text(json.dumps(decision) + "\n")
    told = ("--decisions", "decisions.jsonl", "--encounter", "ENC-2026-0001", "--partner", "partner.toml", "-o", "answer.edi")
    done = x12retro("attach", "answer", "encounters.json", *told, "--document", "28011-5=records/ed.pdf", cwd=house)
    assert done.returncode == 0, done.stderr
    text = (house / "answer.edi").read_text()
    assert "~\nTRN*2*PAYER-9~\nSTC*R4:28011-5::LOI~" in text
    assert "BGN*11*" in text
    assert x12retro("attach", "answer", "encounters.json", *told, "--document", "99999-9=records/ed.pdf", cwd=house).returncode == 1
    other = [one if one != "ENC-2026-0001" else "ENC-X" for one in told]
    assert x12retro("attach", "answer", "encounters.json", *other, "--document", "records/ed.pdf", cwd=house).returncode == 2


def test_what_is_no_275_is_told(tmp_path, x12retro):
    (tmp_path / "r.edi").write_bytes((fixtures_dir() / "guide" / "every-loop-request.edi").read_bytes())
    done = x12retro("attach", "read", "r.edi", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "holds no 275" in done.stderr


@pytest.mark.parametrize("command", [(), ("build",), ("read",), ("answer",)])
def test_help_teaches(tmp_path, command, x12retro):
    done = x12retro("attach", *command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "275" in done.stdout


@pytest.mark.skipif(not STATUS.exists(), reason="the peak of memory is read from /proc")
def test_100_mb_go_out_and_come_back_in_flat_memory(house):
    size = 100_000_000
    with (house / "records" / "ed.pdf").open("wb") as file:
        file.write(b"%PDF-1.4\n")
        for _ in range(100):
            file.write(bytes(range(250)) * 4000)
    partner = house / "partner.toml"
    partner.write_text(partner.read_text() + "\n[attachments]\nmax_document = 200_000_000\nmax_set = 200_000_000\n")

    def peak(*arguments):
        code, said, peak = peak_of(*arguments, cwd=house)
        assert code == 0, said
        return peak

    told = ("--partner", "partner.toml", "--report", "report.jsonl", "--cover", "cover.html", "-o", "documents.edi")
    peaks = [
        peak("attach", "build", "encounters.json", *told),
        peak("validate", "documents.edi"),
        peak("attach", "read", "documents.edi", "--extract", "out"),
    ]
    assert (house / "documents.edi").stat().st_size > size * 4 // 3
    assert filecmp.cmp(house / "out" / "document-00001.pdf", house / "records" / "ed.pdf", shallow=False)
    assert max(peaks) < 90, f"{peaks} MB"
