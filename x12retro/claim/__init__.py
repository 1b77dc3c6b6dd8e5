"""The payer's number onto the claim: decisions and an 837 -> the same 837 with REF G1 where it belongs.

In: decisions (with the care they are about), and claims (837P 005010X222A1, 837I 005010X223A2) as a path. Out: the same bytes but for
the REF segments that were put in and the count of each set they were put into (SE01), and one `HandOver` for each claim, and for each
decision that found none. A number is given only where the payer approved and nothing is left to be looked at first; what is not sure
is reported and left alone. The result is judged before it is given out: it has no error that the claims did not have.
"""

from x12retro.claim.offers import Offers
from x12retro.claim.record import HandOver, Policy, Status, to_json
from x12retro.claim.write import hand_over

__all__ = ["HandOver", "Offers", "Policy", "Status", "hand_over", "to_json"]
