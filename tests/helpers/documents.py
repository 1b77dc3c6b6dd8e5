"""What the tests of attachments share."""

from datetime import datetime

NOW = datetime(2026, 11, 25, 9, 15)  # noqa: DTZ001 - local time, as X12 has it
PDF = b"%PDF-1.4\n~ a * made-up : record\n%%EOF\n"
CDA = b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><code code="28011-5"/></ClinicalDocument>'
