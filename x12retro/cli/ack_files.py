"""The files that acknowledgments are written to: `<name>.ta1.edi` and `<name>.999.edi` in one folder, beside the pass that validates."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Self

from x12retro.acknowledge import AckOptions, AckWriter
from x12retro.cli import options
from x12retro.cli.control_file import ControlFile
from x12retro.errors import UsageError

_PEEK = 512


class AckFiles:
    """Opens the files for one input after the other; a file appears only when something is written into it.

    Control numbers run through all inputs of a run, and are saved before the files of each appear; the control file is locked until
    `close`. `written` names the files of the latest input, `left` those of an earlier run that were left as they were. Raises
    UsageError when a file to be written is one of `inputs`.
    """

    def __init__(
        self,
        folder: str,
        moment: datetime,
        *,
        control: str | None = None,
        ack_options: AckOptions | None = None,
        inputs: Sequence[str] = (),
    ) -> None:
        self._folder = Path(folder)
        if self._folder.exists() and not self._folder.is_dir():
            raise UsageError(f"{folder} is a file; name a directory for the acknowledgments")
        self._refuse_inputs(inputs, control)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._moment = moment
        self._control = ControlFile(control)
        self._options = ack_options
        self._taken: set[str] = set()
        self.written: list[str] = []
        self.left: list[str] = []

    def close(self) -> None:
        """Let the next run have the control file."""
        self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def of(self, name: str) -> Iterator[AckWriter]:
        """A writer to feed with what `validate` says of the input `name` (a path, or `-`); closed on leaving, not after an exception."""
        self.written, self.left = [], []
        with ExitStack() as stack:
            outs = [self._open(stack, path) for path in self._paths(_stem(name, self._taken))]
            writer = AckWriter(outs[0], outs[1], self._control.numbers, self._moment, self._options, _peek(name))
            yield writer
            writer.close()
            self._control.save()
        self.written = [out.name for out in outs if out.size]
        self.left = [out.name for out in outs if not out.size and Path(out.name).is_file()]

    def _paths(self, stem: str) -> list[str]:
        return [str(self._folder / f"{stem}.{kind}.edi") for kind in ("999", "ta1")]

    def _open(self, stack: ExitStack, path: str) -> _Out:
        out = _Out(path)
        out.stream = stack.enter_context(options.writing(path, keep=lambda: out.size > 0))
        return out

    def _refuse_inputs(self, inputs: Sequence[str], control: str | None) -> None:
        read = {os.path.realpath(name) for name in inputs if name != "-"}
        taken: set[str] = set()
        kept = os.path.realpath(control) if control else None
        for name in inputs:
            for path in self._paths(_stem(name, taken)):
                if (real := os.path.realpath(path)) in read or real == kept:
                    what = "the control file" if real == kept else "an input too"
                    raise UsageError(f"{path} is {what}, and the acknowledgment of {name} would destroy it; name another directory")


def _stem(name: str, taken: set[str]) -> str:
    """The input's name without its ending; with it, or with a number, where another input of the run has the same (it is `taken`)."""
    path = Path("stdin" if name == "-" else name)
    stem, n = path.stem, 1
    while stem in taken:
        stem, n = (path.name, n + 1) if n == 1 else (f"{path.name}.{n}", n + 1)
    taken.add(stem)
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
