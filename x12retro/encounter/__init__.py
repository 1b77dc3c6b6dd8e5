"""What happened to the patient: the Encounter record, and one reader per source.

In: a hospital's JSON (one object, an array, or JSON lines) as bytes, a path or a binary stream. Out: an `Encounter` for each
record that can be understood and an `EncounterProblem`, with the path and line of all that is wrong, for each that cannot; one bad record
never stops the others. Nothing here knows X12 syntax: a record says what happened, `x12retro.build` says how to ask for it.
"""

from x12retro.encounter.event import Event
from x12retro.encounter.json_cut import Chunk
from x12retro.encounter.json_source import EncounterProblem, Slip, Source, read_encounters
from x12retro.encounter.record import Encounter, Scenario
from x12retro.encounter.schema import schema
from x12retro.encounter.services import Service

__all__ = ["Chunk", "Encounter", "EncounterProblem", "Event", "Scenario", "Service", "Slip", "Source", "read_encounters", "schema"]
