"""A step in which there is nothing to do is cheap, however many partners there are: it is done for each of them every minute."""

from pathlib import Path

import pytest
from several import Several
from sqlalchemy import event

from x12retro.deliver import load_config
from x12retro.flow.desk import desk_of
from x12retro.flow.steps import one_step
from x12retro.flow.watch import expire
from x12retro.ledger import open_ledger
from x12retro.ledger.only import only

PARTNERS = 20


@pytest.fixture
def steps(tmp_path, address):
    """All steps of the first of twenty partners, done as workers do them; the ledger."""
    several = Several(tmp_path / "several", address, PARTNERS)
    config, ledger = load_config(several.config), open_ledger(address)
    first = config.partners[0]

    def round_() -> None:
        for name in ("collect", "build", "deliver"):
            with only(ledger, config.root, first.id), desk_of(config, first, ledger, lambda *told: pytest.fail(str(told))) as desk:
                one_step(desk, name)
            if name == "deliver":
                expire(ledger, first.id)

    round_()  # the first makes the folders, and takes down whose ids these are
    yield round_, ledger
    ledger.close()
    several.close()


def test_an_idle_step_asks_the_ledger_a_few_questions_and_changes_nothing(steps):
    round_, ledger = steps
    asked = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    round_()
    questions = [statement for statement in asked if not statement.startswith("BEGIN")]
    its_turn = 3 if ledger.engine.dialect.name == "postgresql" else 0  # the lock, the number of the run, and the lock again
    assert len(questions) <= 3 * (5 + its_turn) + 4
    written = [statement for statement in questions if statement.split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert len(written) == (3 if its_turn else 0)


def test_an_idle_step_writes_nothing_into_the_house(steps, tmp_path):
    round_, _ = steps
    house = tmp_path / "several" / "house"
    before = {path: path.stat().st_mtime_ns for path in house.rglob("*") if path.is_file() and "lock" not in path.name}
    folder = house.stat().st_mtime_ns
    assert any(path.name.startswith("ledger-head-") for path in before)
    round_()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert house.stat().st_mtime_ns == folder


def test_an_idle_step_looks_for_no_other_partner_s_mailbox(steps, monkeypatch):
    round_, _ = steps
    resolved = []
    real = Path.resolve
    monkeypatch.setattr(Path, "resolve", lambda self, strict=False: resolved.append(self) or real(self, strict))
    round_()
    assert len(resolved) < PARTNERS


def test_rules_are_read_again_only_when_a_file_of_theirs_has_changed(tmp_path):
    from x12retro.assess import load_rules

    payer = tmp_path / "acme.toml"
    payer.write_text('id = "acme"\nname = "Acme"\nseen = 2026-11-01\n')
    first = load_rules(tmp_path)
    assert load_rules(tmp_path) is first
    payer.write_text('id = "acme"\nname = "Acme Health Plan"\nseen = 2026-11-01\n')
    assert "Acme Health Plan" in {one.name for one in load_rules(tmp_path).payers}
