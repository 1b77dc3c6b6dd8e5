"""The peak memory of a command, as the process itself has it.

What `wait4` says of a child is no less than the peak of its parent: the kernel hands it down when a program is started.
"""

import subprocess
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
_RUN = """
import sys
from x12retro.cli.app import cli
try:
    code = cli.main(sys.argv[1:], standalone_mode=False)
finally:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


def peak_of(*arguments, cwd):
    """(exit code, what it said on stderr, peak in MB) of `x12retro ARGUMENTS`."""
    done = subprocess.run([sys.executable, "-c", _RUN, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)
    *said, peak = done.stderr.splitlines()
    return done.returncode, "\n".join(said), int(peak) / 1024
