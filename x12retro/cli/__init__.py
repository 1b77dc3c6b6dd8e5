"""The command line: one module per command, each a thin skin over the library. Results go to stdout or `-o`, the rest to stderr.

Exit codes: 0 all well, 1 something in the data was rejected, 2 wrong usage or configuration, 3 a partner or the system failed.
"""

from x12retro.cli.app import main

__all__ = ["main"]
