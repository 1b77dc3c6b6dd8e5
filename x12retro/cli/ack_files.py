"""The files that acknowledgments are written to: `<name>.ta1.edi` and `<name>.999.edi` in one folder, beside the pass that validates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from x12retro.acknowledge import AckOptions, AckWriter
from x12retro.cli import control_file, options
from x12retro.errors import UsageError

_PEEK = 512


class AckFiles:
    """Opens the files for one input after the other; a file appears only when something is written into it.

    Control numbers run through all inputs of a run, and are saved after each. `written` names the files of the latest input.
    """

    def __init__(self, folder: str, moment: datetime, *, control: str | None = None, ack_options: AckOptions | None = None) -> None:
        self._folder = Path(folder)
        if self._folder.exists() and not self._folder.is_dir():
            raise UsageError(f"{folder} is a file; name a directory for the acknowledgments")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._moment = moment
        self._control = control
        self._numbers = control_file.load(control)
        self._options = ack_options
        self._taken: set[str] = set()
        self.written: list[str] = []

    @contextmanager
    def of(self, name: str) -> Iterator[AckWriter]:
        """A writer to feed with what `validate` says of the input `name` (a path, or `-`); closed on leaving, not after an exception."""
        stem = self._stem(name)
        self.written = []
        before = (self._numbers.interchange, self._numbers.group)
        with ExitStack() as stack:
            outs = [self._open(stack, f"{stem}.{kind}.edi") for kind in ("999", "ta1")]
            writer = AckWriter(outs[0], outs[1], self._numbers, self._moment, self._options, _peek(name))
            yield writer
            writer.close()
        self.written = [out.name for out in outs if out.size]
        if self._control is not None and before != (self._numbers.interchange, self._numbers.group):
            control_file.save(self._control, self._numbers)

    def _open(self, stack: ExitStack, name: str) -> _Out:
        path = self._folder / name
        out = _Out(str(path))
        out.stream = stack.enter_context(options.writing(str(path), keep=lambda: out.size > 0))
        return out

    def _stem(self, name: str) -> str:
        """The input's name without its ending; with it, or with a number, where another input of the run has the same."""
        path = Path("stdin" if name == "-" else name)
        stem, n = path.stem, 1
        while stem in self._taken:
            stem, n = (path.name, n + 1) if n == 1 else (f"{path.name}.{n}", n + 1)
        self._taken.add(stem)
        return stem


class _Out:
    """A stream that knows how much went into it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self.stream: BinaryIO | None = None

    def write(self, data: bytes, /) -> None:
        assert self.stream is not None
        self.stream.write(data)
        self.size += len(data)


def _peek(name: str) -> Callable[[int], bytes] | None:
    """How a refused ISA of a file is looked at again; standard input cannot be wound back."""
    if name == "-":
        return None

    def peek(offset: int) -> bytes:
        with Path(name).open("rb") as stream:
            stream.seek(offset)
            return stream.read(_PEEK)

    return peek
