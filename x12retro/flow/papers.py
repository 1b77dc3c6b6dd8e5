"""Documents that go on paper: whose they are, as their request said it when it was sent, for the sheet that lies on top of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from x12retro.attach import About, Obstacle, about_request
from x12retro.build.attachments import TRAVELS
from x12retro.decide.match import asked_events
from x12retro.deliver import Config, House
from x12retro.flow.sets import sets_of
from x12retro.ledger import Ledger
from x12retro.ledger.queries import asked_by_id
from x12retro.ledger.views import meant

_TO_GO = ("on_paper", "asked")
_ELECTRONIC = "EL"


class Papers(NamedTuple):
    """The documents of a request that go one way: each its number, what it is (PWK01 or LOINC) and the request's words for it (PWK07).

    `care` are the first and last day of care, `reference` the number that the payer's latest answer with one gave the review.
    """

    about: About
    care: tuple[date, date] | None
    reference: str | None
    way: str
    documents: list[tuple[str | None, str, str | None]]


def papers_of(config: Config, ledger: Ledger, wanted: str) -> Iterator[Papers | Obstacle]:
    """What is to go on paper for the requests that are meant by an encounter id, a trace number or a request's number; an Obstacle where
    nothing says whose it is. Raises UsageError when there is no such request.
    """
    with ledger.look() as connection:
        stories = [story for story in meant(connection, wanted) if any(_on_paper(row) for row in story.documents)]
        asked = asked_by_id(connection, [story.request["id"] for story in stories])
    for story in stories:
        house = House(config.root, story.request["partner"])
        request = next(iter(sets_of(house, [asked[story.request["id"]]])), None)
        if request is None:
            yield Obstacle(f"request {story.request['id']}", "no cover sheet: our copy of its request is gone, or it is not sent yet")
            continue
        about = about_request(request[1], story.request["encounter_id"])
        if isinstance(about, Obstacle):
            yield Obstacle(f"request {story.request['id']}", f"no cover sheet: {about.message}")
            continue
        ways: dict[str, list[tuple[str | None, str, str | None]]] = defaultdict(list)
        words = {segment[6].strip(): segment[7].strip() for segment in request[1].segments() if segment.id == "PWK"}
        for row in story.documents:
            if _on_paper(row):
                ways[row["way"]].append((row["number"], row["code"], words.get(row["number"] or "") or None))
        care = next((one.care.days for one in asked_events(request[1].segments(), request[1].delimiters) if one.care is not None), None)
        given = (answer["record"].get("reference_number") for answer in reversed(story.answers))
        reference = next(filter(None, given), None)
        yield from (Papers(about, care, reference, way, documents) for way, documents in ways.items())


def _on_paper(row: dict[str, Any]) -> bool:
    """True for a document that we promised, or the payer asks for, by fax, mail or e-mail."""
    return row["state"] in _TO_GO and row["way"] in TRAVELS and row["way"] != _ELECTRONIC
