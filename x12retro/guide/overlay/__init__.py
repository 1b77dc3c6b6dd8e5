"""What payers ask beyond the guide (SNIP type 7), from their files in maps/payers.

In: a payer's id and the sets and envelopes of a stream. Out: findings, as the guide's rules give them. `find_payer` reads a file;
`SetOverlay` judges the sets, `EnvelopeRows` what is around them. An overlay only narrows: what the guide finds stands whatever a
payer's file says.
"""

from __future__ import annotations

from x12retro.guide.overlay.envelope import EnvelopeRows
from x12retro.guide.overlay.loader import find_payer, problems, read_payer
from x12retro.guide.overlay.records import Payer, Row, When
from x12retro.guide.overlay.sets import SetOverlay
from x12retro.guide.places import payer_files, payers_dir

__all__ = ["EnvelopeRows", "Payer", "Row", "SetOverlay", "When", "find_payer", "payer_files", "payers_dir", "problems", "read_payer"]
