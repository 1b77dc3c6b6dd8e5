"""Rename a file, and never replace another by that: in one step where the system can, so that nobody dies between two.

Python's own rename replaces. Linux has another (renameat2); elsewhere, and on file systems that do not know it, a second name is given
and the first taken away. A process that is killed in between leaves both, which the next run sees as long as nobody took the file.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_HERE = -100
"""Linux: paths are as from the current folder (AT_FDCWD)."""
_REPLACE_NOTHING = 1
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV)


def renamed(old: Path, new: Path) -> None:
    """Give a file another name in its folder. Raises FileExistsError where something has that name, OSError for all else."""
    if _at_once(old, new):
        return
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        old.rename(new)
    else:
        old.unlink()


def _at_once(old: Path, new: Path) -> bool:
    """True when the system has renamed it in one step; False where it cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(old), _HERE, os.fsencode(new), _REPLACE_NOTHING) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number))
