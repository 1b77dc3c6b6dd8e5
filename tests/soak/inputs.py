"""Inputs for the fuzz run: messages of ours, broken at the level of bytes, segments and elements; and bytes that never were a message.

All of it is made up, so an input that breaks something may be kept as a fixture. Loaded by conftest.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from x12retro.guide import catalog
from x12retro.guide.places import fixtures_dir
from x12retro.synth.from_guide import enveloped, made

GUIDES = ("278-request", "278-response", "278-inquiry", "278-inquiry-response", "277", "820", "834", "835", "837I", "837P", "999")
PIECES = (
    *(b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *261201*0930*^*00501*000000001*1*T*:~", b"ISA*", b"ISA"),
    *(b"GS*HI*A*B*20261201*0930*1*X*005010X217~", b"ST*278*0001*005010X217~", b"ST*", b"SE*3*0001~", b"GE*1*1~", b"IEA*1*000000001~"),
    *(b"HL*1**20*1~", b"HL*2*1*EV*0~", b"HCR*A1*X~", b"AAA*N**42*Y~", b"BHT*0007*11*X*20261201*0930~", b"TA1*000000001*261201*0930*A*000~"),
    *(
        b"BIN*5*A~B*C~",
        b"LS*2700~",
        b"LE*2700~",
        b"~",
        b"*",
        b":",
        b"^",
        b"\r\n",
        b"\n",
        b"\0",
        b" ",
        b"\xff\xfe",
        b"\xc3\xa9",
        b"\xef\xbb\xbf",
    ),
    *(b"99999999999999999999", b"-1", b"1E400", b"20260231", b"RD8", b"A" * 300, b"~~~~", b"****", b"::::", b"^^^^", b"NM1*IL*1~" * 20),
)
LONGEST = 30_000


class Inputs:
    """An endless supply; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.seeds = _seeds(seed)

    def next(self) -> bytes:
        """One input, at most LONGEST bytes."""
        data = self._start()
        for _ in range(self._random.choice((1, 1, 2, 3, 5, 8, 20))):
            data = self._random.choice(_CHANGES)(self, data)
        return data[:LONGEST]

    def _start(self) -> bytes:
        kind = self._random.random()
        if kind < 0.03:
            return self._random.randbytes(self._random.choice((0, 1, 10, 200, 3000)))
        if kind < 0.08:
            return b"".join(self._random.choices(PIECES, k=self._random.randrange(1, 40)))
        return self._random.choice(self.seeds)

    # -- changes ------------------------------------------------------------------------------------------------------

    def _spot(self, data: bytes) -> int:
        return self._random.randrange(len(data) + 1)

    def byte(self, data: bytes) -> bytes:
        n = self._spot(data)
        return data[:n] + bytes([self._random.randrange(256)]) + data[n + 1 :]

    def insert(self, data: bytes) -> bytes:
        n = self._spot(data)
        return data[:n] + self._random.choice(PIECES) + data[n:]

    def remove(self, data: bytes) -> bytes:
        n = self._spot(data)
        return data[:n] + data[n + self._random.choice((1, 2, 5, 30, 300)) :]

    def cut(self, data: bytes) -> bytes:
        return data[: self._spot(data)]

    def repeat(self, data: bytes) -> bytes:
        n = self._spot(data)
        m = n + self._random.randrange(1, 200)
        return data[:m] + data[n:m] * self._random.choice((1, 2, 10, 50)) + data[m:]

    def splice(self, data: bytes) -> bytes:
        other = self._random.choice(self.seeds)
        return data[: self._spot(data)] + other[self._spot(other) :]

    def append(self, data: bytes) -> bytes:
        return data + self._random.choice((b"", b"\n", b"junk ", b"\0" * 4)) + self._random.choice(self.seeds)

    def delimiter(self, data: bytes) -> bytes:
        """Another separator throughout, or in a part of it."""
        old, new = self._random.choice(b"~*:^\n"), self._random.choice(b"~*:^\n|\x1d\x1e\x1f>+'!A0 \\\x00\xe9")
        n = self._random.choice((0, 0, self._spot(data)))
        return data[:n] + data[n:].replace(bytes([old]), bytes([new]))

    def segment(self, data: bytes) -> bytes:
        """Segments dropped, doubled, moved."""
        parts = data.split(b"~")
        n, m = self._random.randrange(len(parts)), self._random.randrange(len(parts))
        what = self._random.randrange(4)
        if what == 0:
            del parts[n]
        elif what == 1:
            parts.insert(n, parts[m])
        elif what == 2:
            parts.insert(n, parts.pop(m))
        else:
            parts[n:n] = parts[m : m + self._random.randrange(1, 20)]
        return b"~".join(parts)

    def element(self, data: bytes) -> bytes:
        """An element emptied, replaced, exchanged with another."""
        parts = re.split(rb"([*~:])", data)
        n, m = self._random.randrange(len(parts)), self._random.randrange(len(parts))
        parts[n] = self._random.choice((b"", parts[m], self._random.choice(PIECES)))
        return b"".join(parts)

    def wide(self, data: bytes) -> bytes:
        return data.decode("latin-1").encode(self._random.choice(("utf-16", "utf-16-le", "utf-8", "cp037")), "replace")


_ALL: tuple[Callable[[Inputs, bytes], bytes], ...] = (
    Inputs.byte, Inputs.insert, Inputs.remove, Inputs.cut, Inputs.repeat, Inputs.splice, Inputs.append, Inputs.delimiter,
)  # fmt: skip
_CHANGES = (*_ALL, Inputs.byte, Inputs.insert, *[Inputs.segment] * 4, *[Inputs.element] * 6)


def _seeds(seed: int) -> list[bytes]:
    found = [
        path.read_bytes()
        for folder in ("guide", "responses", "acks", "crashers")
        for path in sorted((fixtures_dir() / folder).glob("*.edi"))
    ]
    found += [enveloped(made(catalog.load(name), n, seed + n)) for name in GUIDES for n in (1, 1 + len(name), 3)]
    # many sets of one kind, so that the recogniser is asked too
    found += [enveloped(made(catalog.load(name), 60, seed, share=0.02)) for name in ("278-request", "278-response", "835")]
    return [data[:LONGEST] for data in found]
