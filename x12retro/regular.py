"""Files that others put where we look, opened so that nothing but a file is ever read."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def opened(path: Path, *, follow: bool = True) -> FileIO:
    """Open a file to be read. A pipe or a device that has its name by now is not waited for. Raises OSError, also for what is no file.

    `follow`: where the name is a link, open what it leads to.
    """
    descriptor = os.open(path, _FLAGS if follow else _FLAGS | getattr(os, "O_NOFOLLOW", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file")
    return FileIO(descriptor, "rb")
