"""A sandbox payer: it takes 278 requests and inquiries from a mailbox and puts TA1, 999 and 278 responses there, good and bad.

In: a folder with the two folders of a mailbox, and a `PayerFile` that says how the payer behaves. Out: its answers in the mailbox, and a
log of what it decided, by trace number, for whoever wants to compare. Everything it decides is made up, and the same for the same seed.
"""

from x12retro.payer.behaviour import Behaviour, PayerFile, load_payer_file
from x12retro.payer.sandbox import Sandbox, answer_files

__all__ = ["Behaviour", "PayerFile", "Sandbox", "answer_files", "load_payer_file"]
