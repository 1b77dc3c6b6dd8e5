"""A document is what its octets say."""

import gzip
import io
import tarfile
import time
import zipfile

import pytest

from x12retro.attach import kind_of


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("record.pdf", "%PDF-1.4")
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("record.pdf"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"\n%PDF-1.4", "pdf"),
        (b"II*\0\x08\0\0\0", "tiff"),
        (b"MM\0*\0\0\0\x08", "tiff"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0", "png"),
        (b'<?xml version="1.0"?>\n<!-- a --><ClinicalDocument xmlns="urn:hl7-org:v3">', "cda"),
        (b'\xef\xbb\xbf<cda:ClinicalDocument xmlns:cda="urn:hl7-org:v3">', "cda"),
        (b'<Bundle xmlns="http://hl7.org/fhir"><id/>', "fhir_xml"),
        (b'{"resourceType": "Bundle"}', "fhir_json"),
        (b"<report><line/></report>", "xml"),
        (b"<!DOCTYPE html><html><script>", "html"),
        (b"<html>", "html"),
        (b'<!DOCTYPE lolz [<!ENTITY a "b">]><ClinicalDocument/>', "unknown"),
        (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n", "mime"),
        (b"content-type:application/pdf\n\n", "mime"),
        (b"MSH|^~\\&|LAB|\rPID|1|", "hl7v2"),
        (b"Progress note, 25 November.\n", "text"),
        ("Überweisung".encode(), "text"),
        (b"\0\1\2\3", "unknown"),
        (b"", "empty"),
        (zipped(), "archive"),
        (gzip.compress(b"x"), "archive"),
        (tarred(), "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"MZ\x90\0", "executable"),
        (b"\x7fELF\2\1", "executable"),
        (b"#!/bin/sh\n", "executable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_kind_is_told_by_the_first_octets(head, kind):
    assert kind_of(head) == kind


@pytest.mark.parametrize("piece", [b"<!---->", b"<?a?>", b" <!-- -- -->", b"<a:", b"<!DOCTYPE ", b"A\r\n"])
def test_no_head_takes_long_to_look_at(piece):
    begin = time.perf_counter()
    kind_of((b"<" * (piece[:1] == b"A") + piece * 4096)[:4096])
    kind_of((piece * 4096)[:4096])
    assert time.perf_counter() - begin < 0.5
