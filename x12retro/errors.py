"""Our own failures, as exceptions that own their exit code.

Problems in *data* are never exceptions: they are `x12retro.findings.Finding` values. What is raised here is wrong usage,
wrong configuration, or a system that failed; the command line turns each into one line on stderr and `exit_code`.
"""


class X12RetroError(Exception):
    """Base of every failure this package raises on purpose; its text is fit for a user and holds no patient data."""

    exit_code = 3


class UsageError(X12RetroError):
    """The caller asked for something that cannot be (wrong option, unreadable path, bad configuration)."""

    exit_code = 2


class MapError(UsageError):
    """A guide map cannot be loaded; the text names file and line."""


class UnwritableData(X12RetroError):
    """A value cannot be written as X12 (it holds a delimiter or a control character); `path` names the place, never the value."""

    exit_code = 1

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class SystemFailure(X12RetroError):
    """Disk, database or network failed; trying again later may help."""

    exit_code = 3


def killed() -> SystemFailure:
    """What to raise when a process of ours ended in the midst of its work."""
    return SystemFailure("one of the processes was killed from outside (by the system, for want of memory?); run it again")
