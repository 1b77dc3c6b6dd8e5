"""Partners and their mailboxes: what is put where, under which name, when it is whole, and what is taken from there.

In: files of ours with a name to give them, and a partner's settings. Out: the same bytes on the other side, once; and theirs on our
side, once. A `Mailbox` is a folder or an SFTP server; `Retrying` goes around either. `House` is the folder that our own copies live
in. Nothing here knows what is inside a file, or keeps a record of it: that is the ledger's.
"""

from x12retro.deliver.config import Config, load_config
from x12retro.deliver.errors import HostKeyChanged, LoginRefused, MailboxFailure, MailboxRefused, MailboxUnreachable
from x12retro.deliver.exchange import Exchange, load_exchange
from x12retro.deliver.house import House
from x12retro.deliver.mailbox import Entry, Mailbox, is_safe
from x12retro.deliver.opening import open_mailbox
from x12retro.deliver.pgp import Keys, Unopened, open_keys
from x12retro.deliver.retry import Retrying
from x12retro.deliver.sending import Arrived, finish, put, reserved, tells_whole, what_arrived

__all__ = [
    "Arrived",
    "Config",
    "Entry",
    "Exchange",
    "HostKeyChanged",
    "House",
    "Keys",
    "LoginRefused",
    "Mailbox",
    "MailboxFailure",
    "MailboxRefused",
    "MailboxUnreachable",
    "Retrying",
    "Unopened",
    "finish",
    "is_safe",
    "load_config",
    "load_exchange",
    "open_keys",
    "open_mailbox",
    "put",
    "reserved",
    "tells_whole",
    "what_arrived",
]
