"""Implementation guides: what the standard allows, as data, and the judge of messages against it.

In: frames of the x12 room. Out: `Finding` values. `load_guide` compiles a map file (pyx12's dialect) to a `Guide`; `pick`
says which guide a transaction asks for; `diagnose` explains every problem of one transaction; `validate` walks a whole
stream, envelope included, and yields one `Checked` per interchange, group and transaction.
"""
