"""Which screens there are, at which path, with which filters, and in which order the navigation names them."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.console import (
    agreements,
    consents,
    decision,
    disclosures,
    emergency,
    holds,
    identity,
    integrity,
    ledger,
    looks,
    mapping_desk,
    message_acts,
    messages,
    overview,
    partners,
    patient_notices,
    privacy_desk,
    proofs,
    requests,
    what_if,
)
from gateway.console.doing import Deed
from gateway.console.look import Screen
from gateway.console.window import DEFAULT_DAYS

NAVIGATION = (
    ("", "Overview"),
    ("disclosures", "Disclosures"),
    ("patients", "Patients"),
    ("consents", "Consents"),
    ("what-if", "What if"),
    ("emergency", "Emergency"),
    ("identity", "Identity"),
    ("messages", "Messages"),
    ("mappings", "Mappings"),
    ("partners", "Partners"),
    ("requests", "Requests"),
    ("integrity", "Integrity"),
    ("looks", "Who looked"),
)
"""Path and name of each entry."""


@dataclass(frozen=True, slots=True)
class Place:
    """One screen. `under` is the entry of the navigation that it belongs to; `days` its window without a filter."""

    path: str
    screen: Screen
    under: str
    filters: frozenset[str] = frozenset()
    days: int = DEFAULT_DAYS
    tells: bool = False
    """Whether it says who must be told of a withdrawal."""
    right: str = ""
    """What a visitor must have beside looking."""


PLACES: tuple[Place, ...] = (
    Place("/", overview.overview, "", tells=True),
    Place("/disclosures", disclosures.disclosures, "disclosures", disclosures.FILTERS),
    Place("/decisions/{seq}", decision.decision, "disclosures"),
    Place("/decisions/{seq}/proof", proofs.of_entry, "disclosures", proofs.FACTS, right="export"),
    Place("/patients", ledger.choose, "patients", frozenset({"patient"})),
    Place("/patients/{id}", ledger.ledger, "patients", ledger.FILTERS, days=366 * 6),
    Place("/patients/{id}/proof", proofs.of_patient, "patients", proofs.OF_PATIENT, 366 * 6, right="export"),
    Place("/consents", consents.consents, "consents", consents.FILTERS),
    Place("/consents/{id}", consents.of_patient, "consents"),
    Place("/what-if", what_if.what_if, "what-if", what_if.FILTERS),
    Place("/emergency", emergency.emergency, "emergency", emergency.FILTERS),
    Place("/emergency/{id}", emergency.one_use, "emergency"),
    Place("/identity", identity.identity, "identity", identity.FILTERS),
    Place("/identity/{id}", identity.one_patient, "identity"),
    Place("/messages", messages.messages, "messages", messages.FILTERS),
    Place("/messages/{id}", messages.message, "messages"),
    Place("/mappings", mapping_desk.mappings, "mappings", mapping_desk.FILTERS),
    Place("/partners", partners.partners, "partners", partners.FILTERS),
    Place("/partners/{id}", partners.one_partner, "partners"),
    Place("/requests", requests.requests, "requests", requests.FILTERS, tells=True),
    Place("/requests/privacy", privacy_desk.privacy, "requests", privacy_desk.FILTERS),
    Place("/requests/privacy/{id}", privacy_desk.one_request, "requests"),
    Place("/requests/privacy/{id}/letter", privacy_desk.letter, "requests", privacy_desk.LETTER),
    Place("/requests/outside", privacy_desk.outside, "requests"),
    Place("/requests/patient-notices", patient_notices.patient_notices, "requests", patient_notices.FILTERS),
    Place("/requests/agreements", agreements.agreements, "requests", agreements.FILTERS),
    Place("/requests/holds", holds.holds, "requests", holds.FILTERS),
    Place("/integrity", integrity.integrity, "integrity", integrity.FILTERS),
    Place("/integrity/proof", proofs.of_log, "integrity", proofs.SINCE, right="export"),
    Place("/looks", looks.looks, "looks", looks.FILTERS),
)

DEEDS: tuple[Deed, ...] = (
    *agreements.DEEDS,
    *emergency.DEEDS,
    *holds.DEEDS,
    *identity.DEEDS,
    *mapping_desk.DEEDS,
    *message_acts.DEEDS,
    *partners.DEEDS,
    *privacy_desk.DEEDS,
)
"""What can be done from a page."""
