"""Before any consent is read: what is barred for everybody, and what needs no consent (semantics 2, steps 0, 1)."""

from __future__ import annotations

from dataclasses import dataclass

from consent.matching import Asking
from consent.model import DisclosureRequest, Facts, Reason, Recipient
from consent.resource_facts import ResourceFacts
from consent.rules.case import agreements_with, has_authority
from consent.rules.minors import Patient

BARRED_STANDING = frozenset({"law_enforcement", "court"})
KNOWN_STANDING = BARRED_STANDING | {
    "prescription_monitoring", "central_registry",
    "covered_entity", "business_associate", "part2_program", "qso", "treating_provider", "community", "crisis_line",
    "patient", "health_plan", "payer", "intermediary", "medical_personnel", "monitor", "representative",
    "program_operation",
}  # fmt: skip
UNDER_OWN_RULES = frozenset({"prescription_monitoring", "central_registry"})
"""Recipients to whom reporting has rules of its own, for which there is no pack. 42 CFR §2.34, §2.36 (P2-36-01)."""

PROCEEDINGS = frozenset({"HLEGAL"})
OWN_REQUEST = frozenset({"PATRQT", "FAMRQT", "PWATRNY", "SUPNWK"})


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; `lifts` says that a proceedings-only consent naming the recipient, or an order, lifts it."""

    reason: Reason
    lifts: bool = False


@dataclass(frozen=True, slots=True)
class Basis:
    """A basis by which no consent is needed.

    `hears`: whether the patient's denials bind; not where she asks for her own record. `part2`: whether it reaches Part
    2 records.
    """

    code: str
    citation: str
    hears: bool = True
    part2: bool = True


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
    if asking.standing & UNDER_OWN_RULES:
        return Bar(Reason("REPORTING_NEEDS_PACK", "42 CFR §2.34, §2.36"))
    if any(purpose.code in PROCEEDINGS for purpose in asking.purposes):
        return Bar(Reason("PROCEEDINGS_BARRED", "42 CFR §2.12(d)(1), §2.31(d)"), lifts=True)
    return None


def basis_without_consent(
    asking: Asking, recorded: Facts, request: DisclosureRequest, patient: Patient
) -> Basis | None:
    """The basis by which no consent is needed, if one of them holds for the whole question."""
    codes = {purpose.code for purpose in asking.purposes}
    if not codes or codes & PROCEEDINGS or asking.standing & BARRED_STANDING:
        return None
    if not asking.standing <= KNOWN_STANDING or asking.standing & UNDER_OWN_RULES:
        return None
    if codes <= OWN_REQUEST and (own := _own_request(asking, recorded, patient)) is not None:
        return own
    if "part2" not in request.policy.packs:
        return None
    if _is_inside(asking):
        return Basis("INSIDE_PROGRAM", "42 CFR §2.12(c)(3)")
    if "qso" in asking.standing and _is_its_service(asking, recorded, codes, request.policy.part2_sources):
        return Basis("QSO_SERVICE", "42 CFR §2.11, §2.12(c)(4)")
    return None


def _own_request(asking: Asking, recorded: Facts, patient: Patient) -> Basis | None:
    """The patient, or a representative with a recorded authority in force.

    Nobody reads in the name of a minor who may consent alone; of another minor, Part 2 records go to nobody without
    her own consent, and nothing that tells of a program (42 CFR §2.14, P2-14-01).
    """
    citation = "42 CFR §2.23; 45 CFR 164.524"
    if patient.reference in asking.recipient.own and "patient" in asking.standing:
        return Basis("PATIENT_ACCESS", citation, hears=False)
    is_minor = patient.ages.is_minor(patient.birth, asking.at)
    if "representative" not in asking.standing or (
        is_minor and patient.ages.signs_alone(patient.birth, asking.at)
    ):
        return None
    if any(has_authority(person, recorded, asking.at, is_minor) for person in asking.recipient.own):
        return (
            Basis("PARENT_ACCESS", citation, part2=False) if is_minor else Basis("PATIENT_ACCESS", citation)
        )
    return None


def _is_inside(asking: Asking) -> bool:
    """A member of the disclosing program itself, for its treatment and operations."""
    if "part2_program" not in asking.standing or not (asking.discloser.own and asking.recipient.own):
        return False
    if asking.recipient.certain.isdisjoint(asking.discloser.own):
        return False
    tables = asking.tables
    inside = (
        tables.permit_reaches("TREAT") | tables.permit_reaches("HPAYMT") | tables.permit_reaches("HOPERAT")
    )
    return all(purpose.code in inside for purpose in asking.purposes)


def _is_its_service(asking: Asking, recorded: Facts, codes: set[str], programs: tuple[str, ...]) -> bool:
    """A stored agreement of the discloser, a program, that covers the purpose. One without scope covers none.

    An agreement that does not say with whom it was made is the disclosing program's; nobody else may use it, least of
    all another service organization (42 CFR §2.11, P2-11-04).
    """
    disclosers = asking.discloser.certain
    return not disclosers.isdisjoint(programs) and any(
        codes <= set(agreement.scope) and (not agreement.principal or agreement.principal in disclosers)
        for agreement in agreements_with(recorded, "qso", asking.recipient, asking.at)
    )


def order_covers(asking: Asking, recorded: Facts, subject: ResourceFacts) -> bool:
    """Whether a recorded court order names this resource or its type. Subpart E; ends in a human release step."""
    return any(
        subject.reference in agreement.scope
        or (subject.type in agreement.scope and not subject.labelling.note)
        for agreement in agreements_with(recorded, "order", asking.recipient, asking.at)
    )
