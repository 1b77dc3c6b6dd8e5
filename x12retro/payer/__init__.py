"""A sandbox payer: it takes 278 requests and inquiries, and the 275s behind them, from a mailbox, and answers there, good and bad.

In: a folder with the two folders of a mailbox, and a `PayerFile` that says how the payer behaves. Out: its answers (TA1,
999, 278, and 824 when told so) in the mailbox, the documents in a folder, each under its SHA-256, and a log of what it decided, by trace
number, for whoever wants to compare. Everything it decides is made up, and the same for the same seed.
"""

from x12retro.payer.answering import answer_files
from x12retro.payer.behaviour import Behaviour, DocumentFolder, PayerFile, load_payer_file
from x12retro.payer.documents import Fate
from x12retro.payer.sandbox import Sandbox

__all__ = ["Behaviour", "DocumentFolder", "Fate", "PayerFile", "Sandbox", "answer_files", "load_payer_file"]
