"""Pack `part2`: 42 CFR Part 2 as amended in 2024. Each rule turns a permit into a refusal, or says nothing."""

from __future__ import annotations

from consent.matching import names_as_discloser
from consent.memberships import NO_INTERMEDIARY
from consent.model import Reason
from consent.rules.case import Case, Rule, agreements_with, review_is_due
from consent.validity import has_end, is_described, is_for_notes, permits_of

AUDIT_PURPOSES = frozenset({"FRAUD", "GOV", "HACCRED", "HCOMPL"})
EVALUATION_PURPOSES = frozenset({"HPRGRP", "HQUALIMP", "HSYSADMIN", "PERFMSR"})
"""Operations of one's own, for which a consent for treatment, payment and operations serves; of others an evaluation."""

MONITOR_PURPOSES = frozenset({"CJ-MONITOR"})


def consent_is_in_writing_before(case: Case) -> Reason | None:
    """A consent signed later than the disclosure, or on a date nobody can read, permits nothing. §2.31(a)(9)."""
    signed = case.directive.signed_at
    if signed is None or signed > case.asking.at:
        return _reason("CONSENT_SIGNED_LATER", "42 CFR §2.31(a)(9)", case)
    return None


def agency_is_named(case: Case) -> Reason | None:
    """Who is no treating provider, plan, payer or helper of the program has to be named (P2-31-04, P2-33-04)."""
    if case.reaches_tpo() or case.names_recipient():
        return None
    return _reason("RECIPIENT_NOT_NAMED", "42 CFR §2.31(a)(4)(i), §2.33(b)", case)


def agency_consent_ends(case: Case) -> Reason | None:
    """Without an end a consent reaches only those that a TPO consent reaches. 42 CFR §2.31(a)(7) (P2-31-09)."""
    if case.reaches_tpo() or has_end(case.directive):
        return None
    return _reason("EXPIRY_MISSING", "42 CFR §2.31(a)(7)", case)


def event_is_watched(case: Case) -> Reason | None:
    """One that ends with an event permits while somebody has looked whether it has come. §2.31(a)(7) (P2-31-09)."""
    if review_is_due(case):
        return _reason("EXPIRY_EVENT_REVIEW_DUE", "42 CFR §2.31(a)(7)", case)
    return None


def research_needs_agreement(case: Case) -> Reason | None:
    """Research only under a recorded agreement. 42 CFR §2.52 (P2-52-01)."""
    if _purposes_below("HRESCH", case) and not any(_agreements("research", case)):
        return _reason("RESEARCH_AGREEMENT_MISSING", "42 CFR §2.52", case)
    return None


def audit_needs_agreement(case: Case) -> Reason | None:
    """Audit and evaluation only under a recorded agreement to their limits. 42 CFR §2.53 (P2-53-01)."""
    own_operations = case.directive.is_tpo and case.reaches_tpo()
    asked = AUDIT_PURPOSES if own_operations else AUDIT_PURPOSES | EVALUATION_PURPOSES
    if case.is_part2() and case.purposes() & asked and not any(_agreements("audit", case)):
        return _reason("AUDIT_AGREEMENT_MISSING", "42 CFR §2.53", case)
    return None


def passed_on_was_received(case: Case) -> Reason | None:
    """Who is not named as discloser passes on what came from one who is, never its own records. §2.33(b)(1)."""
    asking = case.asking
    if not asking.onward or names_as_discloser(case.directive, asking, asking.discloser):
        return None
    others = [one for one in case.subject.sources if one not in asking.discloser.own]
    source = asking.directory.party(others, (), (), asking.at)
    if case.subject.part2_source and others and names_as_discloser(case.directive, asking, source):
        return None
    return _reason("DISCLOSER_NOT_COVERED", "42 CFR §2.31(a)(2), §2.33(b)(1)", case)


def intermediary_has_participants(case: Case) -> Reason | None:
    """An intermediary is named together with its participants, or their class. §2.31(a)(4)(ii) (P2-31-05)."""
    own, standing = case.asking.recipient, case.asking.standing
    if "intermediary" not in standing or not standing.isdisjoint(NO_INTERMEDIARY):
        return None
    for chain in permits_of(case.directive.root):
        actors = [actor for node in chain for actor in node.actors]
        through = any(
            actor.part == "delegatee"
            and (actor.reference in own.certain or actor.identifier in own.identifiers)
            for actor in actors
        )
        if through and any(
            actor.part == "recipient" and actor.reference not in own.certain for actor in actors
        ):
            return None
    return _reason("INTERMEDIARY_INCOMPLETE", "42 CFR §2.31(a)(4)(ii)", case)


def agency_consent_describes(case: Case) -> Reason | None:
    """For who is reached by name only, what may go is described: by labels, kinds, codes or records. §2.31(a)(3)."""
    if case.reaches_tpo() or is_described(case.directive):
        return None
    return _reason("DESCRIPTION_MISSING", "42 CFR §2.31(a)(3)", case)


def monitoring_goes_to_monitors(case: Case) -> Reason | None:
    """What is asked for monitoring a patient goes to nobody who does not monitor her. 42 CFR §2.35(a) (P2-35-01)."""
    if "monitor" not in case.asking.standing and case.purposes() & MONITOR_PURPOSES:
        return _reason("MONITOR_PURPOSE_ONLY", "42 CFR §2.35(a)", case)
    return None


def public_health_is_deidentified(case: Case) -> Reason | None:
    """Public health authorities get no identifiable Part 2 record. 42 CFR §2.54 (P2-54-01)."""
    if case.is_part2() and _purposes_below("PUBHLTH", case):
        return _reason("PUBLIC_HEALTH_DEIDENTIFIED_ONLY", "42 CFR §2.54", case)
    return None


def monitor_only_monitors(case: Case) -> Reason | None:
    """Those who monitor a patient for the courts get what that duty needs, for that duty. 42 CFR §2.35 (P2-35-01)."""
    if "monitor" in case.asking.standing and not case.purposes() <= MONITOR_PURPOSES:
        return _reason("MONITOR_PURPOSE_ONLY", "42 CFR §2.35", case)
    return None


def signer_has_authority(case: Case) -> Reason | None:
    """Who signs for the patient needs a recorded authority in force. 42 CFR §§2.15, 2.31(a)(8) (P2-15-01)."""
    others = [signer for signer in case.directive.performers if signer != case.patient.reference]
    if case.signed_alone() or all(map(case.has_authority, others)):
        return None
    return _reason("SIGNER_AUTHORITY_MISSING", "42 CFR §2.15, §2.31(a)(8)", case)


def veterans_records_need_their_pack(case: Case) -> Reason | None:
    """Records under 38 U.S.C. 7332 are not decided by Part 2 rules. 42 CFR §2.12(c)(1) (P2-12-08)."""
    if "Title38Section7332" in case.subject.labelling.codes:
        return _reason("VETERANS_PACK_MISSING", "42 CFR §2.12(c)(1), 38 U.S.C. 7332", case)
    return None


def document_is_covered(case: Case) -> Reason | None:
    """Free text nobody scanned goes only where the consent means the whole document (FH-RED-01)."""
    if not case.subject.labelling.unstructured or means_document(case):
        return None
    return _reason("UNSTRUCTURED_NOT_COVERED", "FH-RED-01; 42 CFR §2.13(a)", case)


def means_document(case: Case) -> bool:
    """Whether a permit of the consent names the document, its class, or notes alone."""
    for chain in permits_of(case.directive.root):
        for node in chain:
            if any(rule.reference == case.subject.reference for rule in node.data):
                return True
            if any(coding.code == case.subject.type for coding in node.classes):
                return True
    return is_for_notes(case.directive) and case.subject.labelling.note


def _purposes_below(root: str, case: Case) -> bool:
    return not case.purposes().isdisjoint(case.asking.tables.deny_reaches(root))


def _agreements(kind: str, case: Case) -> list[object]:
    return list(agreements_with(case.recorded, kind, case.asking.recipient, case.asking.at))


def _reason(code: str, citation: str, case: Case) -> Reason:
    return Reason(code, citation, case.directive.version)


RULES: tuple[Rule, ...] = (
    consent_is_in_writing_before,
    agency_is_named,
    agency_consent_ends,
    event_is_watched,
    research_needs_agreement,
    audit_needs_agreement,
    public_health_is_deidentified,
    monitor_only_monitors,
    monitoring_goes_to_monitors,
    passed_on_was_received,
    intermediary_has_participants,
    agency_consent_describes,
    signer_has_authority,
    veterans_records_need_their_pack,
    document_is_covered,
)
