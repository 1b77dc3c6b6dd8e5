"""Made-up data of any size: encounters, the requests they make, and payers' answers with their known truth.

In: a number and a seed. Out: streams, the same for the same seed on every machine: `Encounter` records, requests that went through
`x12retro.build` and its proof, and responses, each with the `Truth` that a right reader must find in it. Nobody in them exists.
"""

from x12retro.synth.dice import Dice
from x12retro.synth.encounters import AS_OF, encounters

__all__ = ["AS_OF", "Dice", "encounters"]
