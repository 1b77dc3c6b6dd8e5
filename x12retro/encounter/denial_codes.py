"""What a denial for want of authorization asks for, by its adjustment reason code (CARC). Meanings are our own short words.

Only some of them are answered by a retro request: one for a number that was left off the claim, or does not fit it, is answered by a
corrected claim; one for a request that was refused or came too late by an appeal. The codes and what to do are those of the CARC
list as published at x12.org; see docs/sources.md.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

What = Literal["retro_request", "extension", "appeal", "corrected_claim"]


class Answer(NamedTuple):
    """What to do about a reason code, what the code says, and the next step in words."""

    what: What
    meaning: str
    step: str


ANSWERS: dict[str, Answer] = {
    "197": Answer("retro_request", "no authorization or notification on file", "ask for authorization after the fact"),
    "243": Answer("retro_request", "not authorized by the network or primary care provider", "ask for authorization after the fact"),
    "198": Answer("extension", "more than was authorized", "ask for an extension of the authorization"),
    "39": Answer("appeal", "denied when authorization was asked for", "appeal: the request was made and refused"),
    "302": Answer(
        "appeal", "the time of the authorization has run out", "appeal, or send the claim with the authorization that was in time"
    ),
    "15": Answer(
        "corrected_claim", "the number is missing, invalid or another's", "send a corrected claim with the authorization number (REF G1)"
    ),
    "284": Answer(
        "corrected_claim", "the number is not for these services", "send a corrected claim, or ask to have the authorization revised"
    ),
    "288": Answer("corrected_claim", "the referral is absent", "send a corrected claim with the referral number (REF 9F)"),
    "296": Answer(
        "corrected_claim", "the number is not for this provider", "send a corrected claim, or ask to have the authorization revised"
    ),
}
"""Most urgent first: when a claim has several of these codes, the first of the table that it has decides."""
