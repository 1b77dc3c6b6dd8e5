"""Bytes <-> segments <-> envelopes <-> HL tree. This room knows the syntax of X12 and no guide.

In: bytes, a path or a binary stream. Out: a flat stream of *frames* in file order, one transaction at a time, never the whole
file::

    InterchangeStart  GroupStart  Transaction ...  GroupEnd  InterchangeEnd      (and Ta1, Stray, and Finding where the wire is crooked)

`read` is liberal: it takes what real partners send (junk before ISA, hard-wrapped lines, missing trailers) and says so with
findings; `check_envelope` passes the frames on and adds what is wrong with counts and control numbers. Binary segments (BDS, BIN) are
cut by their octet counts; their data stays in the file, and a set hands it out as `Payload`s. `Writer` is strict: it
counts SE, GE and IEA itself and refuses data that holds a delimiter. `hl_tree` turns the flat segments of a transaction into
the hierarchy that HL01 and HL02 describe.
"""

from x12retro.x12.delimiters import Delimiters
from x12retro.x12.envelope import check_envelope
from x12retro.x12.frames import (
    Frame,
    GroupEnd,
    GroupStart,
    InterchangeEnd,
    InterchangeStart,
    Run,
    Stray,
    Ta1,
    Transaction,
)
from x12retro.x12.hl import HLNode, hl_tree
from x12retro.x12.kinds import looks_like
from x12retro.x12.lane import Lane
from x12retro.x12.payload import BinarySegment, Payload
from x12retro.x12.reader import Source, read
from x12retro.x12.rules import WIRE_RULES, WireRule
from x12retro.x12.segment import Segment
from x12retro.x12.window import Window
from x12retro.x12.writer import Repeats, Writer, write_frames

__all__ = [
    "WIRE_RULES",
    "BinarySegment",
    "Delimiters",
    "Frame",
    "GroupEnd",
    "GroupStart",
    "HLNode",
    "InterchangeEnd",
    "InterchangeStart",
    "Lane",
    "Payload",
    "Repeats",
    "Run",
    "Segment",
    "Source",
    "Stray",
    "Ta1",
    "Transaction",
    "Window",
    "WireRule",
    "Writer",
    "check_envelope",
    "hl_tree",
    "looks_like",
    "read",
    "write_frames",
]
