"""Before any consent is read: what is barred for everybody, and what needs no consent (semantics 2, steps 0, 1)."""

from __future__ import annotations

from dataclasses import dataclass

from consent.matching import Asking
from consent.model import Facts, Reason, Recipient
from consent.resource_facts import ResourceFacts
from consent.rules.case import agreements_with, in_force

BARRED_STANDING = frozenset({"law_enforcement", "court"})
KNOWN_STANDING = BARRED_STANDING | {
    "covered_entity", "business_associate", "part2_program", "qso", "treating_provider", "community", "crisis_line",
    "patient", "health_plan", "payer", "intermediary", "medical_personnel", "monitor", "representative",
    "program_operation",
}  # fmt: skip
PROCEEDINGS = frozenset({"HLEGAL"})
OWN_REQUEST = frozenset({"PATRQT", "FAMRQT", "PWATRNY", "SUPNWK"})


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; `lifts` says that a proceedings-only consent naming the recipient, or an order, lifts it."""

    reason: Reason
    lifts: bool = False


def bar(asking: Asking, recipient: Recipient, unknown_packs: tuple[str, ...], with_packs: bool) -> Bar | None:
    """The bar that holds for the whole question, if any."""
    if not asking.purposes:
        return Bar(Reason("PURPOSE_MISSING", "42 CFR §2.13(a), §2.31(a)(5)"))
    if not with_packs:
        return None
    if unknown_packs:
        return Bar(Reason("PACK_UNKNOWN", "ST-01"))
    if not recipient.references and not recipient.identifiers:
        return Bar(Reason("RECIPIENT_UNKNOWN", "42 CFR §2.31(a)(4)"))
    if not asking.standing <= KNOWN_STANDING:
        return Bar(Reason("STANDING_UNKNOWN", "42 CFR §2.13(a)"))
    if asking.standing & BARRED_STANDING:
        return Bar(Reason("PROCEEDINGS_BARRED", "42 CFR §2.12(d)(1), §2.61; DM-12"), lifts=True)
    if any(purpose.code in PROCEEDINGS for purpose in asking.purposes):
        return Bar(Reason("PROCEEDINGS_BARRED", "42 CFR §2.12(d)(1), §2.31(d)"), lifts=True)
    return None


def basis_without_consent(
    asking: Asking, recipient: Recipient, recorded: Facts, patient: str, packs: frozenset[str]
) -> tuple[str, str] | None:
    """(basis, citation) by which no consent is needed, if one of them holds for the whole question."""
    codes = {purpose.code for purpose in asking.purposes}
    if not codes or codes & PROCEEDINGS or asking.standing & BARRED_STANDING:
        return None
    if not asking.standing <= KNOWN_STANDING:
        return None
    if codes <= OWN_REQUEST and _is_own_request(asking, recorded, patient):
        return "PATIENT_ACCESS", "42 CFR §2.23; 45 CFR 164.524"
    if "part2" not in packs:
        return None
    if _is_inside(asking):
        return "INSIDE_PROGRAM", "42 CFR §2.12(c)(3)"
    if "qso" in asking.standing and _is_its_service(asking, recorded, codes):
        return "QSO_SERVICE", "42 CFR §2.11, §2.12(c)(4)"
    return None


def _is_own_request(asking: Asking, recorded: Facts, patient: str) -> bool:
    """The patient, or a representative with a recorded authority in force."""
    if patient in asking.recipient.own and "patient" in asking.standing:
        return True
    return "representative" in asking.standing and any(
        authority.person in asking.recipient.own and in_force(authority.starts, authority.ends, asking.at)
        for authority in recorded.authorities
    )


def _is_inside(asking: Asking) -> bool:
    """A member of the disclosing program itself, for its treatment and operations."""
    if "part2_program" not in asking.standing or not asking.discloser.own:
        return False
    if asking.recipient.certain.isdisjoint(asking.discloser.own):
        return False
    tables = asking.tables
    inside = (
        tables.permit_reaches("TREAT") | tables.permit_reaches("HPAYMT") | tables.permit_reaches("HOPERAT")
    )
    return all(purpose.code in inside for purpose in asking.purposes)


def _is_its_service(asking: Asking, recorded: Facts, codes: set[str]) -> bool:
    """A stored agreement of the discloser that covers the purpose. An agreement without scope covers none."""
    return any(
        codes <= set(agreement.scope)
        for agreement in agreements_with(recorded, "qso", asking.recipient, asking.at)
    )


def order_covers(asking: Asking, recorded: Facts, subject: ResourceFacts) -> bool:
    """Whether a recorded court order names this resource or its type. Subpart E; ends in a human release step."""
    return any(
        subject.reference in agreement.scope
        or (subject.type in agreement.scope and not subject.labelling.note)
        for agreement in agreements_with(recorded, "order", asking.recipient, asking.at)
    )
