"""What a document is, told from its first octets and never from its name."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal[
    "pdf",
    "tiff",
    "jpeg",
    "png",
    "cda",
    "fhir_json",
    "fhir_xml",
    "xml",
    "hl7v2",
    "text",
    "mime",
    "html",
    "archive",
    "executable",
    "empty",
    "unknown",
]
REACH = 4096
"""Octets that are looked at."""
REFUSED: frozenset[Kind] = frozenset({"archive", "executable"})
"""Neither sent nor taken out of a message: what is in them cannot be told without opening or running them."""
MEDIA: dict[Kind, str] = {
    "pdf": "application/pdf",
    "tiff": "image/tiff",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "cda": "application/xml",
    "fhir_json": "application/fhir+json",
    "fhir_xml": "application/fhir+xml",
    "xml": "application/xml",
    "hl7v2": "text/plain",
    "text": "text/plain",
}
SUFFIX: dict[Kind, str] = {
    "pdf": "pdf",
    "tiff": "tif",
    "jpeg": "jpg",
    "png": "png",
    "cda": "xml",
    "fhir_json": "json",
    "fhir_xml": "xml",
    "xml": "xml",
    "hl7v2": "hl7",
    "text": "txt",
    "mime": "eml",
    "html": "html.txt",  # a browser that is handed it must not run it
}

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"PK\x03\x04", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"PK\x07\x08", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"\x1f\x9d", "archive"),
    (b"\x1f\xa0", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\0", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"\x04\x22\x4d\x18", "archive"),
    (b"MSCF", "archive"),
    (b"!<arch>", "archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "archive"),  # an office document of old: a file system, and perhaps macros
    (b"MZ", "executable"),
    (b"\x7fELF", "executable"),
    (b"\xfe\xed\xfa\xce", "executable"),
    (b"\xfe\xed\xfa\xcf", "executable"),
    (b"\xce\xfa\xed\xfe", "executable"),
    (b"\xcf\xfa\xed\xfe", "executable"),
    (b"\xca\xfe\xba\xbe", "executable"),
    (b"\0asm", "executable"),
    (b"dex\n", "executable"),
    (b"#!", "executable"),
    (b"L\0\0\0\x01\x14\x02\0", "executable"),  # a shortcut of Windows
    (b"MSH|", "hl7v2"),
)
_PDF = re.compile(rb"\s{0,64}%PDF-[0-9]")
_MIME = re.compile(rb"(?:MIME-Version|Content-[A-Za-z-]{1,40})[ \t]*:", re.IGNORECASE)
_ROOT = re.compile(
    rb"(?:\s++|<\?(?:(?!\?>)[^>]){0,500}+\?>|<!--(?:(?!-->).){0,1000}+-->)*+<(?:[A-Za-z_][\w.-]*+:)?([A-Za-z_][\w.-]*+)", re.DOTALL
)
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+([A-Za-z_][\w.:-]*)", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(head: bytes) -> Kind:
    """The kind of the document that begins with `head`; give `REACH` octets unless it is shorter."""
    if not head:
        return "empty"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar":
        return "archive"
    if _PDF.match(head):
        return "pdf"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return _markup(text, head)
    if _MIME.match(text):
        return "mime"
    if text.startswith(b"{") and re.search(rb'"resourceType"\s*:', text):
        return "fhir_json"
    return "text" if is_text(head) else "unknown"


def is_text(octets: bytes) -> bool:
    """True for octets without the control characters that no text holds."""
    return _CONTROL.search(octets) is None


def format_of(kind: Kind) -> str:
    """CAT02 for a document of this kind; who receives it trusts the content.

    Guide: 006020X316 2100A CAT02
    """
    if kind in ("cda", "fhir_json", "fhir_xml", "hl7v2"):
        return "HL"
    return "TX" if kind in ("text", "xml") else "IA"


def _markup(text: bytes, head: bytes) -> Kind:
    if doctype := _DOCTYPE.search(text):  # it may bring entities: not for us to follow
        return "html" if doctype[1].lower() == b"html" else "unknown"
    root = _ROOT.match(text)
    if root is None:
        return "text" if is_text(head) else "unknown"
    name = root[1].lower()
    if name in (b"html", b"script", b"svg", b"body", b"head"):
        return "html"
    if name == b"clinicaldocument":
        return "cda"
    return "fhir_xml" if b"http://hl7.org/fhir" in text else "xml"
