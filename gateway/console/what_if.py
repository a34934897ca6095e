"""What if: what of one patient's records would go to a recipient for a purpose now, and why. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.console import words
from gateway.console.look import Look, Sheet, Shown
from gateway.disclosure.would_go import FromOne, Outlook, would_go
from gateway.errors import NotFound
from gateway.store import patients

FILTERS = frozenset({"patient", "partner", "purpose", "as"})
_HEADS = (
    "record",
    "disclosed by",
    "outcome",
    "labels",
    "reasons",
    "citations",
    "values",
    "values that would go",
)
_EMERGENCY = "BTG"


def what_if(look: Look) -> Shown:
    """The screen: the form, and the answer once it is filled in."""
    address, network = look.address, look.office.network
    patient_id, partner, purpose = address["patient"], address["partner"], address["purpose"]
    routes = {route.purpose for route in network.content.routes}
    known = sorted({*words.PURPOSES, *routes} - {_EMERGENCY}, key=words.purpose_words)
    exists = bool(patient_id) and patients.exists(look.reading, patient_id)
    outlook = None
    if exists and partner in network.partners and purpose in known:
        outlook = _outlook(look, patient_id, partner, purpose)
    shown = {
        "outlook": outlook,
        "exists": exists,
        "purposes": known,
        "is_gone": exists and outlook is None and bool(partner and purpose),
    }
    rows = tuple(_rows(outlook)) if outlook is not None else ()
    about = frozenset({patient_id} if exists else ())
    return Shown("what_if.html", shown, about, Sheet("what-if", _HEADS, rows))


def _outlook(look: Look, patient_id: str, partner: str, purpose: str) -> Outlook | None:
    """None where the key of what is held was destroyed."""
    try:
        return would_go(
            look.office.premises,
            look.reading,
            patient_id=patient_id,
            recipient=partner,
            purpose=purpose,
            at=look.now,
        )
    except NotFound:
        return None


def _rows(outlook: Outlook) -> Iterator[tuple[object, ...]]:
    for one in outlook.asked:
        yield from _rows_of(one)
    for reference in outlook.own:
        yield (reference, "", "disclose", "", "OWN_RECORD", "", "", "")


def _rows_of(one: FromOne) -> Iterator[tuple[object, ...]]:
    for row in one.entry.resources:
        part = one.parts.get(row.reference)
        counts = (len(part.elements), len(part.elements) - part.withheld) if part else ("", "")
        codes = " ".join(reason.code for reason in row.reasons)
        cited = "; ".join(dict.fromkeys(reason.citation for reason in row.reasons if reason.citation))
        yield (row.reference, one.discloser, row.outcome, " ".join(row.labels), codes, cited, *counts)
