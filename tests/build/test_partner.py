"""Partner files: what is taken, and what is said of the rest."""

from pathlib import Path

import pytest

from x12retro.build import load_partner
from x12retro.errors import UsageError

PLAIN = (Path(__file__).parents[2] / "fixtures" / "partners" / "summit-ridge.toml").read_text()


def load(tmp_path, text):
    path = tmp_path / "partner.toml"
    path.write_text(text)
    return load_partner(path)


def test_a_plain_file_needs_only_ids_and_the_company_id(tmp_path):
    partner = load(
        tmp_path,
        'name = "P"\n[interchange]\nsender_id = "ME"\nreceiver_id = "YOU"\n[group]\nsender_code = "ME"\nreceiver_code = "YOU"\n'
        '[trace]\ncompany_id = "1843300127"\n',
    )
    assert partner.delimiters.element == "*"
    assert partner.message.limit == 264
    assert partner.interchange.usage == "T"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('usage = "T"', 'usage = "X"', r"\$\.interchange\.usage: must be one of P, T"),
        ('sender_id = "CEDARBLUFF01"', 'sender_id = "CEDARBLUFF01-TOO-LONG"', r"\$\.interchange\.sender_id: must have at most 15"),
        ('company_id = "1843300127"', 'company_id = "12"', r"\$\.trace\.company_id: must have at least 10"),
        ("sender_qualifier", "sender_qualifer", r"\$\.interchange\.sender_qualifer: unknown key; did you mean `sender_qualifier`"),
        ('sender_id = "CEDARBLUFF01"', 'sender_id = "CEDARBLUFF01\\n"', r"\$\.interchange\.sender_id: must be plain ASCII"),
        ('receiver_code = "SRHPEDI"', 'receiver_code = "SRHPEDI\\n"', r"\$\.group\.receiver_code: must be plain ASCII"),
        ('company_id = "1843300127"', 'company_id = "184330012\\n"', r"\$\.trace\.company_id: must be letters and digits only"),
        ('component = ":"', 'component = "*"', "same character"),
        ('component = ":"', 'component = "A"', "letter or digit"),
        ('receiver_code = "SRHPEDI"', 'receiver_code = "SRHP*DI"', r"\$\.group\.receiver_code: holds one of the partner's own delimiters"),
        ("[batch]", "[batch", "not valid TOML"),
        ("limit = 264", "limit = 265", r"\$\.message\.limit"),
        ('line_break = "\\n"', 'line_break = "x"', r'\$\.characters\.line_break: must be one of "", "\\n", "\\r\\n"$'),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(tmp_path, old, new, words):
    assert old in PLAIN
    with pytest.raises(UsageError, match=words):
        load(tmp_path, PLAIN.replace(old, new))


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path):
    with pytest.raises(UsageError) as raised:
        load(tmp_path, PLAIN.replace("limit = 264", "limit = 0").replace('usage = "T"', 'usage = "X"'))
    assert [line.split(": ")[1] for line in str(raised.value).splitlines()] == ["$.interchange.usage", "$.message.limit"]


def test_a_missing_file_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        load_partner(tmp_path / "none.toml")


def test_a_partner_that_names_its_payers_serves_no_others(tmp_path):
    from x12retro.encounter.record import Payer

    partner = load(tmp_path, 'payers = ["COHERE", "Kern Legacy Health"]\n' + PLAIN)
    assert partner.serves(Payer(name="Cohere Health", id="Cohere"))
    assert partner.serves(Payer(name="Kern-Legacy health"))
    assert not partner.serves(Payer(name="Priority Health", id="PH1"))
    assert load(tmp_path, PLAIN).serves(Payer(name="Priority Health"))
