"""A 275 that was read, as lines of text: numbers of requests and documents. Whose they are stands in the records (JSON lines) alone."""

from __future__ import annotations

from x12retro.attach import Received
from x12retro.guide.codes import meaning


def received_text(name: str, one: Received) -> str:
    """One 275."""
    purpose = meaning("BGN01", one.purpose) or "purpose unknown"
    lines = [f"{name}: 275 {one.transaction} {one.guide}, {purpose}, reference {one.reference or '-'}"]
    lines.append(f"  trace of the request {one.event_trace or '-'}")
    if not one.complete:
        lines.append("  the set breaks off")
    for carried in one.carried:
        asked = f", answers {carried.loinc}" if carried.loinc else ""
        lines.append(f"  {carried.number or '-'}. number {carried.control_number or '-'}, format {carried.format or '-'}{asked}")
        for document in carried.documents:
            around = f" in {', '.join(document.layers)}" if document.layers else ""
            where = f" -> {document.file}" if document.file else ""
            why = f"; not taken out: {document.why}" if document.why else ""
            lines.append(f"     {document.kind}{around}, {document.size:,} octets, sha256 {document.sha256[:16] or '-'}{where}{why}")
        if not carried.documents:
            lines.append("     no data")
    return "\n".join(lines) + "\n"
