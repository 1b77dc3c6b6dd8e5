"""What happened to the patient: the Encounter record, and one reader per source.

In: a hospital's JSON (one object, an array, or JSON lines), its 837 claims with the 835 that denied them, a table, or FHIR bundles,
as bytes, a path or a binary stream; `read_any` tells which. Out: an `Encounter` for each record that can be understood and an
`EncounterProblem`, with the place of all that is wrong, for each that cannot (a `SourceProblem` for a source that holds none); one bad
record never stops the others. A record says what happened, `x12retro.build` says how to ask for it.
"""

from x12retro.encounter.claim837 import Claim, read_claims
from x12retro.encounter.csv_source import Located, read_csv
from x12retro.encounter.denial835 import Denial, Paid, read_denials
from x12retro.encounter.denied import Denials, encounters_of, told_unmatched
from x12retro.encounter.event import Event
from x12retro.encounter.fhir_source import read_fhir
from x12retro.encounter.json_cut import Chunk
from x12retro.encounter.json_source import EncounterProblem, Slip, Source, SourceProblem, read_encounters
from x12retro.encounter.mapping import Mapping, load_mapping
from x12retro.encounter.record import ClaimDenial, Encounter, Scenario
from x12retro.encounter.schema import schema
from x12retro.encounter.services import Service
from x12retro.encounter.sources import read_any

__all__ = [
    "Chunk",
    "Claim",
    "ClaimDenial",
    "Denial",
    "Denials",
    "Encounter",
    "EncounterProblem",
    "Event",
    "Located",
    "Mapping",
    "Paid",
    "Scenario",
    "Service",
    "Slip",
    "Source",
    "SourceProblem",
    "encounters_of",
    "load_mapping",
    "read_any",
    "read_claims",
    "read_csv",
    "read_denials",
    "read_encounters",
    "read_fhir",
    "schema",
    "told_unmatched",
]
