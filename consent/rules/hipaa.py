"""Pack `hipaa`: 45 CFR part 164. Each rule turns a permit into a refusal, or says nothing."""

from __future__ import annotations

from consent.model import Reason
from consent.rules.case import Case, Rule, agreements_with, review_is_due
from consent.rules.part2 import document_is_covered, veterans_records_need_their_pack
from consent.validity import has_end, is_described


def authorization_names_agency(case: Case) -> Reason | None:
    """Who is no covered entity or business associate needs an authorization that names it (HI-508-02)."""
    if case.reaches_tpo() or case.names_recipient():
        return None
    return Reason("RECIPIENT_NOT_NAMED", "45 CFR 164.508(c)(1)(iii)", case.directive.version)


def authorization_ends(case: Case) -> Reason | None:
    """An authorization needs an end, except for research. 45 CFR 164.508(c)(1)(v) (HI-508-01)."""
    research = case.purposes() <= case.asking.tables.deny_reaches("HRESCH")
    if case.reaches_tpo() or has_end(case.directive) or research:
        return None
    return Reason("EXPIRY_MISSING", "45 CFR 164.508(c)(1)(v)", case.directive.version)


def event_is_watched(case: Case) -> Reason | None:
    """An authorization that ends with an event ends when nobody looks for it any more. 45 CFR 164.508(c)(1)(v)."""
    if review_is_due(case):
        return Reason("EXPIRY_EVENT_REVIEW_DUE", "45 CFR 164.508(c)(1)(v)", case.directive.version)
    return None


def research_needs_agreement(case: Case) -> Reason | None:
    """Research only with a recorded agreement or authorization path. 45 CFR 164.512(i) (HI-512-01)."""
    research = not case.purposes().isdisjoint(case.asking.tables.deny_reaches("HRESCH"))
    if research and not any(
        agreements_with(case.recorded, "research", case.asking.recipient, case.asking.at)
    ):
        return Reason("RESEARCH_AGREEMENT_MISSING", "45 CFR 164.512(i)", case.directive.version)
    return None


def authorization_describes(case: Case) -> Reason | None:
    """For who is reached by name only, an authorization says what may go. 45 CFR 164.508(c)(1)(i) (HI-508-01)."""
    if case.reaches_tpo() or is_described(case.directive):
        return None
    return Reason("DESCRIPTION_MISSING", "45 CFR 164.508(c)(1)(i)", case.directive.version)


def authorization_is_signed_before(case: Case) -> Reason | None:
    """A signature and its date, not after the disclosure. 45 CFR 164.508(c)(1)(vi)."""
    signed = case.directive.signed_at
    if signed is None or signed > case.asking.at:
        return Reason("CONSENT_SIGNED_LATER", "45 CFR 164.508(c)(1)(vi)", case.directive.version)
    return None


def signer_has_authority(case: Case) -> Reason | None:
    """Who signs for the patient needs a recorded authority in force. 45 CFR 164.508(c)(1)(vi), 164.502(g)."""
    others = [one for one in case.directive.performers if one != case.patient.reference]
    if case.signed_alone() or all(map(case.has_authority, others)):
        return None
    return Reason("SIGNER_AUTHORITY_MISSING", "45 CFR 164.508(c)(1)(vi), 164.502(g)", case.directive.version)


RULES: tuple[Rule, ...] = (
    authorization_names_agency,
    authorization_ends,
    event_is_watched,
    research_needs_agreement,
    authorization_describes,
    authorization_is_signed_before,
    veterans_records_need_their_pack,
    signer_has_authority,
    document_is_covered,
)
