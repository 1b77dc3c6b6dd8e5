"""Made-up data of any size: encounters, the requests they make, and payers' answers with their known truth.

In: a number and a seed. Out: streams, the same for the same seed on every machine: `Encounter` records; requests that went through
`x12retro.build` and its proof; and responses to those requests, held against the guide, each with the `Truth` that a right reader
must find in it; inquiries after pended requests, and the answers to them with theirs. Nobody in them exists.
"""

from x12retro.synth.encounters import AS_OF, encounters
from x12retro.synth.inquiries import InquiryPair, inquired_on, inquiry_pairs
from x12retro.synth.messages import answered_on, answers, partner_for, payer_side, requests, responses
from x12retro.synth.stories import CROOKED, FOR_RECORDS, STORIES
from x12retro.synth.truth import Amounts, Level, Pace, Rejected, ServiceTruth, Truth, Wanted

__all__ = [
    "AS_OF",
    "CROOKED",
    "FOR_RECORDS",
    "STORIES",
    "Amounts",
    "InquiryPair",
    "Level",
    "Pace",
    "Rejected",
    "ServiceTruth",
    "Truth",
    "Wanted",
    "answered_on",
    "answers",
    "encounters",
    "inquired_on",
    "inquiry_pairs",
    "partner_for",
    "payer_side",
    "requests",
    "responses",
]
