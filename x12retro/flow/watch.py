"""The watchdogs: what did not come in time, what runs out, what goes wrong too often; as figures, and for Prometheus.

A request whose window ran out while it was held or rejected is `expired` here: nothing else would ever say so.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import String, bindparam, func, select

from x12retro.assess.clock import last_day
from x12retro.assess.verdict import ACT_WITHIN
from x12retro.counted import counted
from x12retro.deliver.exchange import Partnership
from x12retro.ledger import Ledger
from x12retro.ledger.change import moment
from x12retro.ledger.tables import files, requests
from x12retro.ledger.views import Why, counts, worklist

_RECENT = timedelta(days=7)
_FEW = 20
"""Rejections are no rate among fewer requests than that."""

_OVER = select(requests.c.id, requests.c.state).where(
    (requests.c.partner == bindparam("partner"))
    & requests.c.state.in_(("held", "rejected"))
    & (requests.c.closes < bindparam("today", type_=String))
)


class Alarm(msgspec.Struct, frozen=True):
    """A watchdog that barks: which, for whom, and a sentence."""

    kind: str
    partner: str
    what: str


def expire(ledger: Ledger, partner: str) -> int:
    """End the requests that were held or rejected and whose window has run out since; how many."""
    told = {"partner": partner, "today": ledger.clock().date().isoformat()}
    with ledger.glance() as connection:
        if connection.execute(_OVER, told).first() is None:
            return 0
    with ledger.change(partner) as change:
        rows = change.connection.execute(_OVER, told).all()
        due = last_day(ledger.clock().date(), ACT_WITHIN, "business_days").isoformat()
        change.requests([(row.id, row.state) for row in rows], "expired", next_do="send_claim_then_appeal", due=due)
    return len(rows)


def alarms(ledger: Ledger, partnership: Partnership) -> list[Alarm]:
    """What barks for one partner now."""
    now, partner, watch = ledger.clock(), partnership.id, partnership.exchange.watch
    found = []
    with ledger.look() as connection:
        tasks = worklist(connection, now, partner=partner)
        why = Counter(task.why for task in tasks)
        told: tuple[tuple[Why, str, str], ...] = (
            ("no_acknowledgment", "file without TA1 or 999 in time", "files without TA1 or 999 in time"),
            ("no_decision", "request without a decision in time", "requests without a decision in time"),
            ("file_held", "file is held", "files are held"),
            ("in_doubt", "file of which nobody can tell whether it arrived", "files of which nobody can tell whether they arrived"),
            ("contradiction", "request with answers that contradict each other", "requests with answers that contradict each other"),
            ("document_refused", "document was refused", "documents were refused"),
        )
        for kind, one, many in told:
            if why[kind]:
                found.append(Alarm(kind, partner, counted(why[kind], one, many)))
        late = sum(task.why == "document_asked" and (task.days_left or 0) < 0 for task in tasks)
        if late:
            told_late = counted(late, "document that a payer asks for was", "documents that payers ask for were")
            found.append(Alarm("document_late", partner, f"{told_late} not given in time"))
        last = select(func.max(files.c.made_at)).where((files.c.partner == partner) & (files.c.direction == "in"))
        heard = connection.execute(last).scalar()
        if watch.silence_days and heard is not None and heard < moment(now - timedelta(days=watch.silence_days)):
            found.append(Alarm("silence", partner, f"nothing was received since {heard[:10]}"))
        recent = (requests.c.partner == partner) & (requests.c.sent_at >= moment(now - _RECENT))
        by_state = select(requests.c.state, func.count()).where(recent).group_by(requests.c.state)
        states: dict[str, int] = {state: count for state, count in connection.execute(by_state)}  # noqa: C416 - rows, not pairs
        sent = sum(states.values())
        if sent >= _FEW and states.get("rejected", 0) > watch.reject_share * sent:
            found.append(Alarm("rejections", partner, f"{states['rejected']} of {sent} requests of the last 7 days were rejected"))
    return found


def write_metrics(ledger: Ledger, barking: list[Alarm], file: Path, now: datetime) -> None:
    """Write the figures where Prometheus' node exporter picks them up; the file is replaced whole."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    of_requests = Gauge("x12retro_requests", "Requests by where they stand", ["partner", "state"], registry=registry)
    of_files = Gauge("x12retro_files", "Files by direction and where they stand", ["partner", "direction", "state"], registry=registry)
    of_documents = Gauge("x12retro_documents", "Documents by where they stand", ["partner", "state"], registry=registry)
    bark = Gauge("x12retro_alarm", "1 for a watchdog that barks", ["partner", "kind"], registry=registry)
    Gauge("x12retro_last_run_timestamp_seconds", "When the last run ended", registry=registry).set(now.timestamp())
    by_state = {"requests": of_requests, "documents": of_documents}
    with ledger.look() as connection:
        for partner, rooms in counts(connection).items():
            for room, states in rooms.items():
                for state, count in states.items():
                    if room in by_state:
                        by_state[room].labels(partner, state).set(count)
                    else:
                        of_files.labels(partner, room, state).set(count)
    for alarm in barking:
        bark.labels(alarm.partner, alarm.kind).set(1)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(file), registry)
