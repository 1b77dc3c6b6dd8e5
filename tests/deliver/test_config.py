"""Configuration: what is wrong is told with file and key, secrets are named and never shown, test and production are kept apart."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from installation import Installation

from x12retro.deliver import load_config, load_exchange, open_mailbox
from x12retro.deliver.naming import name_of, template_fault
from x12retro.deliver.secrets import secret
from x12retro.errors import UsageError

PARTNER = (Path(__file__).parents[2] / "fixtures" / "partners" / "summit-ridge.toml").read_text()
FOLDER = '\n[exchange]\nusage = "T"\n[exchange.folder]\npath = "box"\n'
SFTP = '\n[exchange]\nusage = "T"\n[exchange.sftp]\nhost = "h"\nuser = "u"\nhost_key = "ssh-ed25519 AAAA"\npassword = "env:SECRET"\n'


def told(tmp_path, text, name="summit-ridge.toml"):
    file = tmp_path / name
    file.write_text(PARTNER + text)
    return load_exchange(file)


def test_a_plain_partner(tmp_path):
    found = told(tmp_path, FOLDER)
    assert (found.id, found.exchange.outgoing.finish, found.exchange.incoming.remove) == ("summit-ridge", "rename", True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"\$\.exchange: missing"),
        (FOLDER.replace('"T"', '"P"'), "the mailbox is for production, but .* is T; test and production are kept apart"),
        ('\n[exchange]\nusage = "T"\n', r"give one of \[exchange.folder\] and \[exchange.sftp\]"),
        (FOLDER + SFTP.replace('[exchange]\nusage = "T"\n', ""), "give one of"),
        (SFTP.replace('password = "env:SECRET"\n', ""), "give one of key and password"),
        (SFTP.replace("env:SECRET", "hunter2"), r"\$\.exchange\.sftp\.password"),
        (SFTP.replace("ssh-ed25519 AAAA", "AAAA"), r"\$\.exchange\.sftp\.host_key"),
        (FOLDER + '[exchange.outgoing]\nname = "x.edi"\n', "isa13"),
        (FOLDER + '[exchange.outgoing]\nname = "{patient}_{isa13}"\n', "{patient}"),
        (FOLDER + '[exchange.outgoing]\nname = "../{isa13}"\n', "no folder"),
        (FOLDER + '[exchange.outgoing]\nfolder = "../up"\n', r"\$\.exchange\.outgoing\.folder"),
        (FOLDER + '[exchange.outgoing]\nfinnish = "rename"\n', "did you mean `finish`"),
        (FOLDER + '[exchange.outgoing]\nfinish = "later"\n', "rename"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(tmp_path, text, words):
    with pytest.raises(UsageError, match=words) as failure:
        told(tmp_path, text)
    assert "summit-ridge.toml" in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_a_partner_is_called_as_its_file(tmp_path):
    with pytest.raises(UsageError, match="small letters"):
        told(tmp_path, FOLDER, "Summit Ridge.toml")


def test_an_installation_tells_of_every_partner_file_that_is_wrong(tmp_path):
    (tmp_path / "partners").mkdir()
    (tmp_path / "x.toml").write_text("")
    with pytest.raises(UsageError, match="holds no partner file"):
        load_config(tmp_path / "x.toml")
    for name in ("a", "b"):
        (tmp_path / "partners" / f"{name}.toml").write_text(PARTNER)
    found = load_config(tmp_path / "x.toml")
    assert (found.partners, sorted(found.broken)) == ((), ["a", "b"])
    with pytest.raises(UsageError, match=r"a\.toml: \$\.exchange: missing"):
        found.partner("a")
    (tmp_path / "x.toml").write_text("rooot = 3\n")
    with pytest.raises(UsageError, match="did you mean `root`"):
        load_config(tmp_path / "x.toml")


def test_the_ledgers_address_may_be_a_secret(tmp_path, monkeypatch):
    (tmp_path / "partners").mkdir()
    (tmp_path / "partners" / "summit-ridge.toml").write_text(PARTNER + FOLDER)
    (tmp_path / "x.toml").write_text('ledger = "env:LEDGER_URL"\nroot = "house"\n')
    with pytest.raises(UsageError, match="no LEDGER_URL"):
        load_config(tmp_path / "x.toml")
    monkeypatch.setenv("LEDGER_URL", "postgresql://user:word@host/db")
    assert load_config(tmp_path / "x.toml").ledger == "postgresql://user:word@host/db"
    monkeypatch.setenv("LEDGER_URL", "mine.db")
    assert load_config(tmp_path / "x.toml").ledger == str(tmp_path / "house" / "mine.db")


def test_a_secret_that_others_can_read_is_none(tmp_path):
    file = tmp_path / "word"
    file.write_text("hunter2\n")
    file.chmod(0o644)
    named = tmp_path / "summit-ridge.toml", "$.exchange.sftp.password"
    with pytest.raises(UsageError, match=r"summit-ridge.toml: \$\.exchange\.sftp\.password: .*chmod 600") as failure:
        secret("file:word", *named)
    assert "hunter2" not in str(failure.value)
    file.chmod(0o600)
    assert secret("file:word", *named) == "hunter2"
    with pytest.raises(UsageError, match=r"summit-ridge.toml: \$\.exchange\.sftp\.password: .*cannot be read"):
        secret("file:none", *named)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"\$\.partners: .*partners is no folder"),
        ('partners = "x.toml"', r"\$\.partners: .*x.toml is no folder"),
        ('partners = "."', r"\$\.partners: .* holds no partner file"),
        ('partners = "good"\npayers = "none"', r"\$\.payers: .*none is no folder"),
        ('partners = "good"\nledger = "env:NOWHERE"', r"\$\.ledger: the environment has no NOWHERE"),
        ('partners = "good"\nledger = "file:none"', r"\$\.ledger: .*none: cannot be read"),
        ('partners = "good"\nledger = "a\\u0000b"', r"\$\.ledger: holds a null character"),
        ('partners = "good"\npayers = "a\\u0000b"', r"\$\.payers: holds a null character"),
        ('partners = "a\\u0000b"', r"\$\.partners: holds a null character"),
        ('partners = "good"\nledger = "x.toml"', r"\$\.ledger: this is no ledger"),
        ('partners = "good"\nledger = "mysql://a@b/c"', r"\$\.ledger: a ledger is a file, or a database in PostgreSQL .*, not in mysql"),
        ('partners = "good"\nledger = "postgresql://a@b@c/d"', r"\$\.ledger: the ledger's address has more than one @"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_told_with_its_file(tmp_path, text, words):
    from x12retro.flow.desk import ledger_of

    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "summit-ridge.toml").write_text(PARTNER + FOLDER)
    file = tmp_path / "empty" / "x.toml" if text == 'partners = "."' else tmp_path / "x.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'root = "."\n{text}' if text else "")
    if text == 'partners = "."':
        file = file.rename(tmp_path / "empty" / "x.conf")
    with pytest.raises(UsageError, match=words) as failure:
        ledger_of(load_config(file), print)
    assert str(failure.value).startswith(f"{file}: ")


def test_a_root_with_a_null_character_is_told(tmp_path):
    (tmp_path / "x.toml").write_text('root = "a\\u0000b"\n')
    with pytest.raises(UsageError, match=r"x\.toml: \$\.root: holds a null character"):
        load_config(tmp_path / "x.toml")


def test_a_ledger_that_a_command_brings_up_to_date_is_told_once(tmp_path, x12retro):
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from x12retro.ledger import upgrade

    house = Installation(tmp_path, ledger_made=False)
    (tmp_path / "house").mkdir()
    steps = Config()
    steps.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{tmp_path / 'house' / 'ledger.db'}")
    with engine.begin() as connection:
        steps.attributes["connection"] = connection
        command.upgrade(steps, "0003")
    engine.dispose()
    told = f"was brought up to date: its tables were those of step 0003, now {upgrade.newest()}".encode()
    first, second = (x12retro("ledger", "status", "--config", house.config) for _ in range(2))
    assert (first.returncode, first.stdout) == (second.returncode, second.stdout) == (0, b"nothing was sent or received yet\n")
    assert first.stderr.count(told) == 1
    assert second.stderr == b""


def test_what_is_wrong_with_a_login_is_told_with_the_partners_file(tmp_path, monkeypatch):
    partnership = told(tmp_path, SFTP)
    monkeypatch.delenv("SECRET", raising=False)
    with pytest.raises(UsageError, match=r"summit-ridge.toml: \$\.exchange\.sftp\.password: the environment has no SECRET"):
        open_mailbox(partnership)
    monkeypatch.setenv("SECRET", "hunter2")
    monkeypatch.setattr("x12retro.deliver.sftp.SftpMailbox.__init__", lambda *_: (_ for _ in ()).throw(UsageError("host_key: give both")))
    with pytest.raises(UsageError, match=r"summit-ridge.toml: \$\.exchange\.sftp: host_key: give both"):
        open_mailbox(partnership).entries("")


def test_a_mapping_file_that_is_not_there_is_told_with_the_partners_file(tmp_path):
    from installation import Installation

    house = Installation(tmp_path)
    file = tmp_path / "partners" / "summit-ridge.toml"
    file.write_text(file.read_text().replace("[exchange]\n", '[exchange]\nmapping = "none.toml"\n'))
    house.drop(1)
    failed = house.run().failed
    assert failed.startswith(f"{file}: $.exchange.mapping: ")
    assert "none.toml: cannot be read" in failed


def test_names_are_filled_with_what_is_no_path():
    assert template_fault("{sender}_{isa13}.edi") is None
    made = name_of(
        "{sender}-{receiver}_{date}{time}_{isa13}_{usage}_{kind}.edi",
        sender="../ME 1",
        receiver="YOU",
        isa13="000000007",
        usage="T",
        kind="278",
        moment=datetime(2026, 11, 24, 9, 5, tzinfo=UTC),
    )
    assert made == "ME1-YOU_20261124090500_000000007_T_278.edi"


def test_two_partners_with_one_mailbox_and_the_same_ids_are_refused(tmp_path):
    (tmp_path / "partners").mkdir()
    (tmp_path / "x.toml").write_text("")
    for name in ("a", "b"):
        (tmp_path / "partners" / f"{name}.toml").write_text(PARTNER + FOLDER)
    found = load_config(tmp_path / "x.toml")
    assert not found.partners  # nobody can tell which of the two was there first
    assert "the mailbox and the ids of a.toml" in found.broken["b"]
    assert "the mailbox and the ids of b.toml" in found.broken["a"]
    (tmp_path / "partners" / "b.toml").write_text(PARTNER + FOLDER.replace('"box"', '"../partners/./box"'))
    assert not load_config(tmp_path / "x.toml").partners  # the same folder by another name
    (tmp_path / "partners" / "b.toml").write_text(PARTNER + FOLDER.replace("box", "box2"))
    assert len(load_config(tmp_path / "x.toml").partners) == 2


@pytest.mark.parametrize("address", ["postgres//u:S3CRET@host", "postgresql:/u:S3CRET@host/db"])
def test_what_looks_like_an_address_and_is_none_is_refused_without_its_password(tmp_path, monkeypatch, address):
    (tmp_path / "partners").mkdir()
    (tmp_path / "partners" / "a.toml").write_text(PARTNER + FOLDER)
    (tmp_path / "x.toml").write_text('ledger = "env:LEDGER_URL"\n')
    monkeypatch.setenv("LEDGER_URL", address)
    with pytest.raises(UsageError, match="looks like a database URL") as failure:
        load_config(tmp_path / "x.toml")
    assert "S3CRET" not in str(failure.value)


def test_a_mapping_file_beside_the_partner_files_is_no_partner(tmp_path):
    (tmp_path / "partners").mkdir()
    (tmp_path / "x.toml").write_text("")
    (tmp_path / "partners" / "a.toml").write_text(PARTNER + FOLDER)
    (tmp_path / "partners" / "columns.toml").write_text('[columns]\n"Account" = "encounter_id"\n')
    found = load_config(tmp_path / "x.toml")
    assert ([one.id for one in found.partners], found.broken) == (["a"], {})


def test_a_broken_partner_file_stops_its_partner_alone(tmp_path, x12retro):
    from installation import Installation

    house = Installation(tmp_path)
    (tmp_path / "partners" / "broken.toml").write_text("[exchange\n")
    house.drop(1)
    done = x12retro("deliver", "--config", str(house.config))
    assert done.returncode == 2
    assert b"broken: error: left out: " in done.stderr
    assert b"1 delivered" in done.stderr
    assert x12retro("deliver", "--config", str(house.config), "--check").returncode == 2
    assert x12retro("deliver", "--config", str(house.config), "--partner", "summit-ridge").returncode == 0
    asked_for = x12retro("deliver", "--config", str(house.config), "--partner", "broken")
    assert (asked_for.returncode, b"not valid TOML" in asked_for.stderr) == (2, True)


def test_a_renamed_partner_file_does_not_begin_its_numbers_again(tmp_path, x12retro):
    from installation import Installation

    from x12retro.ledger.tables import files, numbers

    house = Installation(tmp_path)
    house.drop(1)
    house.run()
    old, new = tmp_path / "partners" / "summit-ridge.toml", tmp_path / "partners" / "summit.toml"
    old.rename(new)
    (tmp_path / "box2" / "in").mkdir(parents=True)
    (tmp_path / "box2" / "out").mkdir()
    other = new.read_text().replace("../box", "../box2").replace("SRHPEDI", "OTHER")
    (tmp_path / "partners" / "other.toml").write_text(other)
    for mode in ("--once", "--check"):
        done = x12retro("deliver", "--config", str(house.config), mode)
        assert done.returncode == 2
        assert b"summit: error: " in done.stderr
        assert b'known_as = "summit-ridge"' in done.stderr
        assert b"other: error" not in done.stderr
    assert {row["partner"] for row in house.rows(numbers)} == {"summit-ridge"}
    new.write_text(new.read_text().replace("[exchange]\n", '[exchange]\nknown_as = "summit-ridge"\n'))
    house.drop(1)
    assert x12retro("deliver", "--config", str(house.config)).returncode == 0
    sent = [row["isa13"] for row in house.rows(files) if row["direction"] == "out"]
    assert sent == ["000000001", "000000002"]
    assert x12retro("ledger", "verify", "--config", str(house.config)).returncode == 0


def test_two_partners_of_the_same_ids_in_two_mailboxes_do_not_hinder_each_other(tmp_path, x12retro):
    from installation import Installation

    house = Installation(tmp_path)
    text = (tmp_path / "partners" / "summit-ridge.toml").read_text()
    (tmp_path / "box2" / "in").mkdir(parents=True)
    (tmp_path / "box2" / "out").mkdir()
    house.drop(1)
    house.run()
    (tmp_path / "partners" / "second.toml").write_text(text.replace("../box", "../box2"))
    assert x12retro("deliver", "--config", str(house.config)).returncode == 0
    (tmp_path / "partners" / "summit-ridge.toml").rename(tmp_path / "gone")  # it has its own numbers, whatever becomes of the other
    assert x12retro("deliver", "--config", str(house.config)).returncode == 0
    (tmp_path / "partners" / "third.toml").write_text(
        text.replace("../box", "../box2").replace("[exchange]\n", '[exchange]\nknown_as = "second"\n')
    )
    done = x12retro("deliver", "--config", str(house.config))
    assert (done.returncode, b"third.toml is called second too" in done.stderr) == (2, True)


@pytest.mark.parametrize("check", [("--check",), ()])
def test_a_partner_that_is_renamed_together_with_an_upgrade_of_the_ledger_is_noticed(tmp_path, x12retro, check):
    """An earlier ledger does not know the ids that files went out under; our copies of them do."""
    from installation import Installation

    house = Installation(tmp_path)
    house.drop(2)
    house.run()
    with sqlite3.connect(tmp_path / "house" / "ledger.db") as ledger:  # as migration 0004 leaves the table
        ledger.execute("DELETE FROM addresses")
    (tmp_path / "partners" / "summit-ridge.toml").rename(tmp_path / "partners" / "summit.toml")
    done = x12retro("deliver", "--config", house.config, *check)
    assert done.returncode == 2
    assert b'known_as = "summit-ridge"' in done.stderr
    assert house.faults_of_the_ledger() == []
