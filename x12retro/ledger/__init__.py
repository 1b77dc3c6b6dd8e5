"""What was sent and what came back, kept so that nothing is lost, sent twice or forgotten, whatever dies and when.

In: what the journeys do, as one `Change` each (a database transaction): control numbers drawn, files on their way, requests and what
becomes of them, answers. Out: where each stands (`status`, `show`, `worklist`) and the proof that nobody changed the past (`verify`).
Every change is an event with time and actor that tells what it wrote, chained by hash to the one before it; `life.py` says which event
leads where. SQLite by default, PostgreSQL by URL; the same tables, brought up to date when the ledger is opened. It holds no patient's
name, id or birth date: requests are known by your `encounter_id` and our trace numbers. Of a document it keeps the path that it was
given, which nothing shows.
"""

from x12retro.ledger.change import Change, NewAnswer, NewDocument, NewFile, NewRequest, Told
from x12retro.ledger.life import FILE_LIFE, REQUEST_LIFE, FileState, RequestState
from x12retro.ledger.store import Ledger, open_ledger

__all__ = [
    "FILE_LIFE",
    "REQUEST_LIFE",
    "Change",
    "FileState",
    "Ledger",
    "NewAnswer",
    "NewDocument",
    "NewFile",
    "NewRequest",
    "RequestState",
    "Told",
    "open_ledger",
]
