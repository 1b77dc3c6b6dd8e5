"""What a file is that is no X12, as far as its first bytes tell: the words for it in everybody's messages."""

from __future__ import annotations

_KINDS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"-----BEGIN PGP", "PGP-encrypted"),
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"UNA", "EDIFACT, not X12"),
    (b"UNB", "EDIFACT, not X12"),
    (b"MSH|", "HL7 version 2, not X12"),
)


def looks_like(head: bytes) -> str | None:
    """What a file that begins with `head` looks like, to follow "the file looks like"; None where nothing tells."""
    return next((name for magic, name in _KINDS if head.startswith(magic)), None)
