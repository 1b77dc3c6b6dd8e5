"""The words that made-up records are made of: invented people and places, real codes.

Nobody here exists. Towns and streets are invented; telephone numbers lie in the block that is kept free for fiction (555-01xx).
Diagnoses are ICD-10-CM codes, procedures bare CPT, HCPCS and CDT numbers.
"""

from __future__ import annotations

FIRST_NAMES = (
    "Adaline", "Barnaby", "Calliope", "Dashiell", "Elowen", "Fenwick", "Ginevra", "Horatio", "Isolde", "Jericho", "Kestrel", "Leopold",
    "Marigold", "Nikolai", "Ottoline", "Peregrine", "Quillan", "Rosamund", "Sylvester", "Tamsin", "Ulysses", "Verity", "Wilhelmina",
    "Xanthe", "Yorick", "Zinnia", "Jo", "Ann-Marie", "D'Arcy",
)  # fmt: skip
LAST_NAMES = (
    "Ashgrove", "Birchwater", "Cobblestone", "Dunmarrow", "Elderwick", "Fairbourne", "Greystoke-Vale", "Hollowell", "Ironmonger",
    "Juniper", "Kettleby", "Larkmoor", "Merriweather", "Nettlefold", "O'Brannigan", "Pennyfeather", "Quillfeather", "Ravenscar",
    "Silverthorne", "Thistledown", "Underbough", "Van der Mere", "Wetherby", "Yarrowood", "Zephyrine", "Li", "St. Osyth",
)  # fmt: skip
ACCENTED_NAMES = ("Núñez-Árbol", "Lefèvre", "Østergård", "Müllerhain", "Dvořáková")
SUFFIXES = ("Jr", "Sr", "II", "III")
STREETS = ("Quarry Road", "Lantern Lane", "Millrace Street", "Copper Beech Way", "Old Ferry Road", "Saltmarsh Drive", "Windmill Court")
TOWNS = (
    ("Larkspur Falls", "CO", "80921"), ("Pine Gulch", "CO", "81201"), ("Amber Ridge", "TX", "75001"), ("Saltwick", "OR", "97201"),
    ("Copperhead Junction", "AZ", "850011234"), ("New Thornbury", "IL", "62701"), ("Gull Harbor", "ME", "04101"),
)  # fmt: skip
FACILITIES = (
    "Cedar Bluff Regional Hospital", "Harborlight Medical Center", "Saint Orla Community Hospital", "Three Rivers Health System",
    "Mesa Verde General", "North Fork Childrens",
)  # fmt: skip
PRACTICES = ("Willow Lane Home Care", "Gold Creek Ambulance", "Foxglove Surgical Partners", "Tern Island Rehabilitation", "Bellwether DME")
PAYERS = (
    ("Summit Ridge Health Plan", "SRHP01", "commercial", "Choice PPO"),
    ("Front Range Medicaid", "FRMED7", "medicaid_ffs", None),
    ("Lantern Advantage", "LANT44", "medicare_advantage", "Lantern Gold"),
    ("Blue Heron Mutual", "BHM-0090", "commercial", None),
)
CONTACTS = ("Utilization Review", "Intake", "Case Management", "Patient Accounts")

MEDICAL = (
    "I21.4", "J18.9", "A41.9", "I50.23", "K35.80", "N17.9", "E11.65", "J44.1", "I63.9", "K85.90", "L03.115", "N39.0", "R55", "I48.91",
    "D62", "E87.1", "J96.01", "G40.909", "K92.2", "I10",
)  # fmt: skip
SURGICAL = ("K80.00", "S72.001A", "M17.11", "K40.90", "C50.911", "N20.1", "S82.851A", "K56.609", "M48.061", "I70.213")
MENTAL = ("F32.2", "F20.9", "F31.13", "F10.230", "F43.10", "F42.2")
BACK = ("M99.03", "M54.6", "M54.2", "M99.01", "M54.16")
LUNG = ("J44.9", "J84.10", "J96.11", "G47.33")
MOUTH = ("K02.9", "K04.7", "S02.5XXA", "K08.109", "K05.30")
BIRTH = ("Z38.00", "P22.0", "P07.32", "P59.9", "P70.4", "Z38.30")
MATERNAL = ("O34.211", "O80", "O14.13", "O42.02", "Z37.0")
HISTORY = ("Z79.4", "Z87.891", "Z95.1", "E78.5", "Z79.01", "E66.9", "Z68.41", "F17.210")

SURGERIES = ("27236", "44970", "47562", "27447", "19301", "49505", "52356", "63047", "44120", "22612", "58661")
IMAGING = ("70553", "74177", "71260", "78815", "72148", "73721", "93306", "76805")
VISITS = ("99213", "99214", "99243", "99204", "92507", "95810")
MENTAL_VISITS = ("90837", "90791", "90834")
THERAPY = ("97110", "97112", "97140", "97530", "97161", "97535")
INFUSIONS = ("J9271", "J1745", "J0897", "J2350", "J9035")
DRUGS = ("00006302602", "57894003001", "55513073001", "50242006001")
EQUIPMENT = ("E0601", "E0260", "K0001", "E0143", "L1832", "K0823")
NURSING_VISITS = ("G0299", "G0151", "G0152", "G0156", "G0300")
DENTAL = ("D7140", "D2335", "D7310", "D3330", "D4341", "D2740", "D7210")
MODIFIERS = ("RT", "LT", "59", "XS", "26", "GP")

EXPLANATIONS = (
    "Patient arrived by ambulance and could not speak for herself.",
    "The on-call surgeon would not wait for the office to open.",
    "Registration found the card two days after discharge.",
    "The portal gave an error from 0140 to 0910; ticket 55-0193.",
    "Family brought proof of coverage on the third day.",
    "A second lesion was found, and leaving it meant another operation.",
    "The first payer answered that it does not cover this member.",
    "Roads and telephones were out for four days.",
    "We asked on the first working day.",
    "No reply came; the trace is in our file.",
)
FILLER = "Records are ready and can be sent the same day. Nothing in the course of care could have been put off without harm. "


def filling(text: str, room: int) -> str:
    """`text` again and again in whole words, as many as `room` characters hold, and a full stop."""
    again = (text * (room // len(text) + 1))[: room - 1]
    return again[: again.rindex(" ")].rstrip(" .,;") + "."


EVIDENCE = ("emergency department record", "call log", "screen shot of the portal", "eligibility notice", "registration notes")
PAYER_MESSAGES = (
    "REVIEWED BY MEDICAL DIRECTOR",
    "SEND THE OPERATIVE NOTE AND THE ANESTHESIA RECORD",
    "DAYS BEYOND THE FIRST TWO WERE NOT SUPPORTED",
    "RECEIVED AND UNDER REVIEW, ALLOW 30 DAYS",
    "CALL THE NUMBER ON THE CARD, EXTENSION 4",
)
LOINC = ("18748-4", "11504-8", "28570-0", "34117-2", "11506-3", "18842-5")
