"""The README's transcript is real."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_transcript_is_what_the_demo_prints(x12retro) -> None:
    shown = re.search(r"```\n\$ make demo\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    printed = x12retro.anew("demo").stdout.decode("utf-8")
    assert shown[1].strip() == printed.strip()


def test_the_pages_it_names_exist() -> None:
    for page in re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / page).exists(), page
