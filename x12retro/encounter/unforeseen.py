"""What becomes of an exception that nobody thought of, in one record among many: it is told, and the others go on."""

from __future__ import annotations

import os
import traceback


def unforeseen(failure: Exception) -> str:
    """Say that `failure` is ours: its kind alone, because its text may hold data. `x12retro --debug` shows the traceback on stderr."""
    if os.environ.get("X12RETRO_DEBUG"):
        traceback.print_exception(failure)
    return f"internal problem ({type(failure).__name__}): a fault of this program, not of the record; please report it"
