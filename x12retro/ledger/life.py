"""The life of a request, of a file and of a document, as literal tables: (where it stands, what happens) -> where it stands then.

    request

    drafted --validated--> validated --sent--> sent --interchange_accepted--> interchange_accepted --set_accepted--> accepted
       |                                         |                                    |                                  |
       +--held--> held                           +------- interchange_refused, set_refused, refused (AAA) --------> rejected
                                                 +------- pended --> pended --decided--> decided --appealed--> appealed
                                                 +------- expired: no answer in time, or the window ran out
    Answers come in any order: a decision before its 999, an acknowledgment after it, a second decision. What is late changes nothing
    that is further on; a decision always counts. Everything ends `closed`, and a late answer opens it again.

    file            out:  staged --sending--> sending --finishing--> finishing --delivered--> delivered --acknowledged--> acknowledged
                                                 +-- doubted --> in_doubt: nobody can tell whether it arrived
                    in:   collected --processed--> processed       (held: somebody has to look; released: looked at)
                    drop: taken --done--> done

    document        waiting --filed--> filed --sent--> sent --accepted--> accepted
                    asked --given--> waiting       (held: it cannot go; on_paper: somebody sends it by hand)

An event that the table does not know at a place is kept, changes nothing, and stands in the worklist as a contradiction.
"""

from __future__ import annotations

from typing import Literal, get_args

RequestState = Literal[
    "drafted",
    "validated",
    "sent",
    "interchange_accepted",
    "accepted",
    "pended",
    "decided",
    "rejected",
    "held",
    "expired",
    "appealed",
    "closed",
]
RequestEvent = Literal[
    "validated",
    "held",
    "sent",
    "interchange_accepted",
    "interchange_refused",
    "set_accepted",
    "set_refused",
    "pended",
    "decided",
    "refused",
    "expired",
    "appealed",
    "closed",
]
FileState = Literal[
    "staged",
    "sending",
    "finishing",
    "in_doubt",
    "delivered",
    "acknowledged",
    "refused",
    "collected",
    "processed",
    "taken",
    "done",
    "held",
]
FileEvent = Literal[
    "sending",
    "finishing",
    "delivered",
    "acknowledged",
    "refused",
    "put_back",
    "doubted",
    "processed",
    "done",
    "held",
    "released",
    "taken_again",
]

DocumentState = Literal["waiting", "asked", "held", "on_paper", "filed", "sent", "accepted", "refused"]
DocumentEvent = Literal["given", "held", "filed", "sent", "by_hand", "accepted", "refused"]

REQUEST_LIFE: dict[tuple[RequestState, RequestEvent], RequestState] = {
    ("drafted", "validated"): "validated",
    ("drafted", "held"): "held",
    ("held", "validated"): "validated",  # given again, and now it can be asked
    ("held", "held"): "held",
    ("held", "expired"): "expired",
    ("held", "closed"): "closed",
    ("validated", "sent"): "sent",
    ("validated", "closed"): "closed",
    #
    ("sent", "interchange_accepted"): "interchange_accepted",
    ("sent", "interchange_refused"): "rejected",
    ("sent", "set_accepted"): "accepted",
    ("sent", "set_refused"): "rejected",
    ("sent", "pended"): "pended",
    ("sent", "decided"): "decided",
    ("sent", "refused"): "rejected",
    ("sent", "expired"): "expired",
    ("sent", "closed"): "closed",
    #
    ("interchange_accepted", "interchange_accepted"): "interchange_accepted",
    ("interchange_accepted", "set_accepted"): "accepted",
    ("interchange_accepted", "set_refused"): "rejected",
    ("interchange_accepted", "pended"): "pended",
    ("interchange_accepted", "decided"): "decided",
    ("interchange_accepted", "refused"): "rejected",
    ("interchange_accepted", "expired"): "expired",
    ("interchange_accepted", "closed"): "closed",
    #
    ("accepted", "interchange_accepted"): "accepted",
    ("accepted", "set_accepted"): "accepted",
    ("accepted", "pended"): "pended",
    ("accepted", "decided"): "decided",
    ("accepted", "refused"): "rejected",
    ("accepted", "expired"): "expired",
    ("accepted", "closed"): "closed",
    #
    ("pended", "interchange_accepted"): "pended",
    ("pended", "set_accepted"): "pended",
    ("pended", "pended"): "pended",
    ("pended", "decided"): "decided",
    ("pended", "refused"): "rejected",
    ("pended", "expired"): "expired",
    ("pended", "closed"): "closed",
    #
    ("decided", "interchange_accepted"): "decided",
    ("decided", "set_accepted"): "decided",
    ("decided", "pended"): "pended",
    ("decided", "decided"): "decided",
    ("decided", "refused"): "rejected",
    ("decided", "appealed"): "appealed",
    ("decided", "closed"): "closed",
    #
    ("rejected", "interchange_accepted"): "rejected",
    ("rejected", "set_accepted"): "rejected",
    ("rejected", "pended"): "pended",
    ("rejected", "decided"): "decided",
    ("rejected", "refused"): "rejected",
    ("rejected", "interchange_refused"): "rejected",
    ("rejected", "set_refused"): "rejected",
    ("rejected", "expired"): "expired",
    ("rejected", "closed"): "closed",
    #
    ("expired", "interchange_accepted"): "expired",
    ("expired", "set_accepted"): "expired",
    ("expired", "pended"): "pended",
    ("expired", "decided"): "decided",
    ("expired", "refused"): "rejected",
    ("expired", "closed"): "closed",
    #
    ("appealed", "interchange_accepted"): "appealed",
    ("appealed", "set_accepted"): "appealed",
    ("appealed", "pended"): "pended",
    ("appealed", "decided"): "decided",
    ("appealed", "closed"): "closed",
    #
    ("closed", "interchange_accepted"): "closed",
    ("closed", "set_accepted"): "closed",
    ("closed", "pended"): "pended",
    ("closed", "decided"): "decided",
    ("closed", "refused"): "rejected",
}

FILE_LIFE: dict[tuple[FileState, FileEvent], FileState] = {
    ("staged", "sending"): "sending",
    ("staged", "held"): "held",
    ("staged", "acknowledged"): "acknowledged",  # it was released to be sent again, and had arrived after all
    ("staged", "refused"): "refused",
    ("sending", "sending"): "sending",  # tried again
    ("sending", "put_back"): "staged",  # nothing of it is on the other side
    ("sending", "finishing"): "finishing",  # it is there as a whole, under a name that nobody takes
    ("sending", "delivered"): "delivered",
    ("sending", "acknowledged"): "acknowledged",  # we died before we could say that it was delivered
    ("sending", "refused"): "refused",
    ("sending", "held"): "held",
    ("sending", "doubted"): "in_doubt",  # it may have been taken, or never have come
    ("in_doubt", "put_back"): "staged",
    ("in_doubt", "released"): "staged",  # the partner says that it did not come
    ("in_doubt", "delivered"): "delivered",
    ("in_doubt", "acknowledged"): "acknowledged",
    ("in_doubt", "refused"): "refused",
    ("in_doubt", "held"): "held",
    ("finishing", "finishing"): "finishing",
    ("finishing", "put_back"): "staged",
    ("finishing", "delivered"): "delivered",
    ("finishing", "acknowledged"): "acknowledged",
    ("finishing", "refused"): "refused",
    ("finishing", "held"): "held",
    ("delivered", "acknowledged"): "acknowledged",
    ("delivered", "refused"): "refused",
    ("acknowledged", "acknowledged"): "acknowledged",
    ("acknowledged", "refused"): "refused",
    ("refused", "acknowledged"): "refused",
    ("refused", "refused"): "refused",
    ("collected", "processed"): "processed",
    ("collected", "held"): "held",
    ("taken", "done"): "done",
    ("taken", "held"): "held",
    ("taken", "taken_again"): "taken",  # we died over it
    ("done", "taken_again"): "taken",  # somebody put it there once more
    ("held", "taken_again"): "taken",
    ("held", "released"): "staged",
    ("held", "delivered"): "delivered",  # nobody could tell whether it arrived, and now the partner does
    ("held", "acknowledged"): "acknowledged",
    ("held", "refused"): "refused",
    ("held", "processed"): "processed",
    ("held", "done"): "done",
}

DOCUMENT_LIFE: dict[tuple[DocumentState, DocumentEvent], DocumentState] = {
    ("asked", "given"): "waiting",
    ("asked", "by_hand"): "sent",
    ("waiting", "given"): "waiting",  # another file instead
    ("waiting", "held"): "held",
    ("waiting", "filed"): "filed",
    ("waiting", "by_hand"): "sent",
    ("held", "given"): "waiting",
    ("held", "held"): "held",
    ("held", "filed"): "filed",  # its file was put right
    ("held", "by_hand"): "sent",
    ("on_paper", "by_hand"): "sent",
    ("on_paper", "given"): "waiting",
    ("filed", "sent"): "sent",
    ("filed", "by_hand"): "sent",  # nobody can tell whether its 275 arrived
    ("filed", "accepted"): "accepted",  # we died before we could say that it was sent
    ("filed", "refused"): "refused",
    ("sent", "accepted"): "accepted",
    ("sent", "refused"): "refused",
    ("accepted", "accepted"): "accepted",
    ("accepted", "refused"): "refused",
    ("refused", "given"): "waiting",
    ("refused", "by_hand"): "sent",
    ("refused", "accepted"): "refused",
    ("refused", "refused"): "refused",
}

OPEN: frozenset[RequestState] = frozenset({"validated", "sent", "interchange_accepted", "accepted", "pended", "rejected", "appealed"})
"""The states in which somebody waits for something."""
AWAITED: tuple[RequestState, ...] = ("sent", "interchange_accepted", "accepted", "pended")
"""The states in which the payer has the request and has still to decide."""
SENT: frozenset[RequestState] = frozenset(get_args(RequestState)) - {"drafted", "validated", "held"}


def after(state: RequestState, event: RequestEvent) -> RequestState | None:
    """Where a request stands after an event; None when the table does not know it there."""
    return REQUEST_LIFE.get((state, event))


def file_after(state: FileState, event: FileEvent) -> FileState | None:
    """Where a file stands after an event; None when the table does not know it there."""
    return FILE_LIFE.get((state, event))


def document_after(state: DocumentState, event: DocumentEvent) -> DocumentState | None:
    """Where a document stands after an event; None when the table does not know it there."""
    return DOCUMENT_LIFE.get((state, event))
