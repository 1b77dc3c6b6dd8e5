"""A file of many answers is read in flat memory: all of it is one change of the ledger, and no part of it waits in memory."""

from datetime import datetime

import pytest
from installation import Installation
from peaks import STATUS, peak_of

from x12retro.payer import Behaviour

pytestmark = [pytest.mark.soak, pytest.mark.skipif(not STATUS.exists(), reason="/proc is not here")]


def test_ten_thousand_answers_in_one_file(tmp_path):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 3, "denied": 1}), max_sets=100_000)
    house.drop(10_000)
    house.run()
    house.payer.round(datetime.now())
    code, said, peak = peak_of("deliver", "--config", house.config, cwd=tmp_path)
    assert code in (0, 1), said
    assert "3 collected, 3 read" in said
    assert peak < 150
