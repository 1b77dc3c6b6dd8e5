"""The tables. Times are text, ISO 8601 in UTC to the microsecond, and days YYYY-MM-DD: both sort, and both databases keep them alike.

`partner` is the name of the partner's file in every table. Money is counted in cents.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only what is called INTEGER

numbers = Table(
    "numbers",
    metadata,
    Column("partner", String(60), primary_key=True),
    Column("kind", String(20), primary_key=True),  # interchange, group; run, where several hosts share the ledger
    Column("next", BigInteger, nullable=False),
)
"""The next control number of each partner, and the number of the run that began last."""

addresses = Table(
    "addresses",
    metadata,
    Column("sender", String(15), primary_key=True),
    Column("receiver", String(15), primary_key=True),
    Column("usage", String(1), primary_key=True),
    Column("partner", String(60), primary_key=True),
)
"""The ids (ISA06, ISA08, ISA15) under which each partner's files went out: a counter of control numbers belongs to them."""

files = Table(
    "files",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("partner", String(60), nullable=False),
    Column("direction", String(4), nullable=False),  # drop, out, in
    Column(
        "kind", String(20), nullable=False
    ),  # encounters, request, documents, inquiry, acknowledgment, response, notice, others, unknown
    Column("name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("isa13", String(9)),  # out only
    Column("gs06", String(9)),  # out: of one that we made, which has one group
    Column("state", String(20), nullable=False),
    Column("batch", String(80)),  # out: the number that the partner's mailbox gave it
    Column("seen", String(60)),  # in: size and time in the mailbox, where we may not take it away
    Column("path", String(400)),  # where our copy lies, below the root folder
    Column("plain", String(400)),  # out: where the plain copy lies of one that is encrypted
    Column("counts", Text),  # JSON: how many of each fate
    Column("note", Text),
    Column("made_at", String(27), nullable=False),
    Column("changed_at", String(27), nullable=False),
    Column("due_at", String(27)),  # out: when its acknowledgment is late
    Column("purged_at", String(27)),  # our copies were deleted
    Column("seen_at", String(27)),  # out: it was refused, and somebody looked at that
    UniqueConstraint("partner", "direction", "name", "sha256"),
    UniqueConstraint("partner", "direction", "isa13"),
    Index("ix_files_open", "partner", "direction", "state"),
    Index("ix_files_batch", "partner", "batch"),
    Index("ix_files_group", "partner", "gs06"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("partner", String(60), nullable=False),
    Column("encounter_id", String(80), nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the encounter record: the same record is asked once
    Column("trace", String(50)),  # TRN02 of the event, None when it was never built
    Column("isa13", String(9)),
    Column("gs06", String(9)),
    Column("st02", String(9)),
    Column("at", BigInteger),  # where its set begins in our copy of the file, and how long it is
    Column("length", BigInteger),
    Column("drop_id", _Id, ForeignKey("files.id")),
    Column("file_id", _Id, ForeignKey("files.id")),
    Column("state", String(24), nullable=False),
    Column("verdict", String(20)),
    Column("rule", String(60)),
    Column("payer", String(60)),
    Column("scenario", String(40)),
    Column("closes", String(10)),
    Column("cents", BigInteger),
    Column("outcome", String(24)),
    Column("authorization", String(80)),
    Column("next_do", String(40)),
    Column("due", String(10)),
    Column("ask_at", String(27)),  # of one that is pended: when to ask after it; None: not worked out
    Column("contradiction", Boolean, nullable=False, default=False),
    Column("hold", Text),  # why it is on legal hold: never purged
    Column("purged_at", String(27)),  # its decision records were emptied
    Column("made_at", String(27), nullable=False),
    Column("sent_at", String(27)),
    Column("changed_at", String(27), nullable=False),
    UniqueConstraint("partner", "encounter_id", "digest"),
    UniqueConstraint("partner", "trace"),
    Index("ix_requests_group", "partner", "gs06"),
    Index("ix_requests_drop", "drop_id"),
    Index("ix_requests_state", "state", "partner"),
    Index("ix_requests_due", "state", "due"),
    Index("ix_requests_file", "file_id"),
)
Index("ix_requests_contradiction", requests.c.partner, sqlite_where=text("contradiction = 1"), postgresql_where=text("contradiction"))
"""Of the few that contradict themselves alone."""

PURGED = "{}"
"""The record of an answer that is past its retention."""

UNTOLD = frozenset({"id", "partner", "request_id", "place", "state", "made_at", "changed_at", "purged_at", "seen_at", "ask_at", "source"})
"""The columns of files, requests and documents that no event tells as it writes them: the event itself says whose, which, where it leads
and when; `ask_at` is a reminder of ours, and `source` is forgotten when it is purged, which an event cannot be.
"""

answers = Table(
    "answers",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("partner", String(60), nullable=False),
    Column("request_id", _Id, ForeignKey("requests.id")),  # None: it answers nothing that was sent
    Column("file_id", _Id, ForeignKey("files.id"), nullable=False),
    Column("content", String(64), nullable=False),  # digest of what it says: a copy is recorded once
    Column("trace", String(50)),
    Column("outcome", String(24), nullable=False),
    Column("answered", String(20), nullable=False),  # BHT04 and BHT05, which order the answers to one request
    Column("record", Text, nullable=False),  # the decision record, JSON
    Column("received_at", String(27), nullable=False),
    Column("seen_at", String(27)),  # of one that answers nothing that was sent: somebody looked at it
    UniqueConstraint("partner", "content"),
    Index("ix_answers_request_id", "request_id"),
    Index("ix_answers_file_id", "file_id"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("partner", String(60), nullable=False),
    Column("request_id", _Id, ForeignKey("requests.id"), nullable=False),
    Column("place", String(120), nullable=False),  # where the encounter names it; "asked 1" of what the payer asks for
    Column("asked", Boolean, nullable=False),  # the payer asks for it
    Column("code", String(20), nullable=False),  # report type (PWK01) or LOINC
    Column("number", String(80)),  # PWK06, which becomes TRN02; None where the request does not speak of it
    Column("way", String(2), nullable=False),  # PWK02
    Column("source", String(400)),  # where its file lies below the root folder; shown nowhere, for it may name a patient
    Column("seen", String(60)),  # size and time of the file when it could not go
    Column("sha256", String(64)),
    Column("size", BigInteger),
    Column("file_id", _Id, ForeignKey("files.id")),  # the 275
    Column("st02", String(9)),
    Column("state", String(20), nullable=False),
    Column("note", Text),
    Column("due", String(10)),
    Column("made_at", String(27), nullable=False),
    Column("sent_at", String(27)),
    Column("changed_at", String(27), nullable=False),
    UniqueConstraint("request_id", "place"),
    Index("ix_documents_state", "state", "partner"),
    Index("ix_documents_file", "file_id"),
    Index("ix_documents_number", "partner", "number"),
)
"""What goes with a request as proof, or is asked for by the payer."""

chains = Table(
    "chains",
    metadata,
    Column("partner", String(60), primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("standing", Text),  # JSON: how many requests stand where, after event number `counted`
    Column("counted", BigInteger),
)
"""The last event of each chain; there is one chain a partner, so that partners do not wait for each other.

What stands where is counted with it: to count a million requests takes long. Where `counted` is not `n`, an older version has written
since, and they are counted anew.
"""

events = Table(
    "events",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("partner", String(60), nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("at", String(27), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("request_id", _Id),
    Column("file_id", _Id),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("partner", "n"),
    Index("ix_events_request_id", "request_id"),
    Index("ix_events_file_id", "file_id"),
)
