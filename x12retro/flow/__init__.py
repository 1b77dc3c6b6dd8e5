"""The journeys through the rooms: the one place that knows them all.

    outbound    encounter -> assess -> build, which proves each request against the guide before it hands it out
    a run       drop folder -> outbound -> ledger -> mailbox, and mailbox -> ledger -> acknowledge, decide -> ledger

`outbound` needs neither ledger nor mailbox. A `Run` goes over one partner once: it takes up what an earlier run left undone, collects and
reads what came, builds what waits, delivers it, and says whether everything that it touched is accounted for. Each step is recorded
before the next; a run that is killed anywhere is taken up where it was.
"""

from x12retro.flow.asking import leave, outbound

__all__ = ["leave", "outbound"]
"""`x12retro.flow.run` and `x12retro.flow.desk` are imported by who runs deliveries: they load the ledger's and the mailboxes' libraries."""
