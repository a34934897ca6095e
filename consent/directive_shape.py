"""The shape of a Consent: what R4 demands and typed model libraries do not check (FH-CON-07).

`is_oversized` comes first and walks without recursion, so that depth, size and count are bounded before anything else
looks at the resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from consent.model import Resource

DEEPEST_PROVISION: Final = 8
MOST_PROVISIONS: Final = 2_000
DEEPEST_JSON: Final = 64
MOST_ITEMS: Final = 100_000

SIMPLE = frozenset({str, int, float, bool, type(None)})
CONTAINERS = (dict, list, tuple, Mapping)

CONSENT_ELEMENTS = frozenset(
    {
        "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension",
        "modifierExtension", "identifier", "status", "scope", "category", "patient", "dateTime",
        "performer", "organization", "sourceAttachment", "sourceReference", "policy", "policyRule",
        "verification", "provision", "_status", "_dateTime", "_language", "_implicitRules",
    }
)  # fmt: skip
R5_ELEMENTS = frozenset(
    {
        "subject", "date", "grantor", "grantee", "manager", "controller", "sourceAttachments",
        "regulatoryBasis", "policyBasis", "policyText", "decision", "period",
    }
)  # fmt: skip
STATUSES = frozenset({"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"})
SCOPES = frozenset({"patient-privacy", "research", "treatment", "adr"})
SCOPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/consentscope"

FAULTS: Mapping[str, str] = {
    "CONSENT_TOO_DEEP": "provisions are nested deeper than 8, or the resource deeper than 64",
    "CONSENT_TOO_LARGE": "more than 2,000 provisions or 100,000 elements",
    "CONSENT_R5_SHAPE": "the resource has the shape of FHIR R5 (FH-CON-09)",
    "CONSENT_RESOURCE_TYPE": "the resource is no Consent",
    "CONSENT_ELEMENT_UNKNOWN": "an element that R4 does not have",
    "CONSENT_ELEMENT_MISSING": "an element that R4 demands is missing",
    "CONSENT_ELEMENT_INVALID": "an element does not have the shape R4 demands",
    "CONSENT_CODE_INVALID": "a code is not one of the required list, or cannot be read",
    "CONSENT_TYPE_MISSING": "a provision without `type`: read as a denial, never as a permit (FH-CON-12)",
    "CONSENT_PERIOD_INVALID": "a period that ends before it starts, or is no period",
    "CONSENT_MODIFIED": "a modifier extension or implicit rules change the meaning",
    "CONSENT_UNVERIFIED": "a verification says that it is not verified",
    "CONSENT_POLICY_MISSING": "neither policy nor policyRule (ppc-1)",
    "CONSENT_PROVISION_MISSING": "no provision",
    "CONSENT_PATIENT_UNCLEAR": "it cannot be told whose consent it is",
    "CONSENT_SCOPE_INVALID": "the scope is missing or no known scope",
}
"""Faults by which a consent permits nothing, with what they mean."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A finding in one Consent: a stable code and the place, never a value."""

    code: str
    place: str


def is_oversized(consent: Resource) -> str | None:
    """The fault code if the resource is too deep or too large to be read, else None. Bounded, without recursion."""
    waiting: list[tuple[object, int, int]] = [(consent, 1, 0)]
    items = provisions = 0
    while waiting:
        value, depth, nested = waiting.pop()
        if depth > DEEPEST_JSON or nested > DEEPEST_PROVISION:
            return "CONSENT_TOO_DEEP"
        items += len(value)  # type: ignore[arg-type]  # only objects and lists wait here
        if value.__class__ is dict or isinstance(value, Mapping):
            for name, entry in value.items():
                if entry.__class__ in SIMPLE or not isinstance(entry, CONTAINERS):
                    continue
                if name == "provision":
                    provisions += len(entry)
                    waiting.append((entry, depth + 1, nested + 1))
                else:
                    waiting.append((entry, depth + 1, nested))
        else:
            for entry in value:  # type: ignore[attr-defined]  # a list
                if entry.__class__ not in SIMPLE and isinstance(entry, CONTAINERS):
                    waiting.append((entry, depth + 1, nested))
        if items > MOST_ITEMS or provisions > MOST_PROVISIONS:
            return "CONSENT_TOO_LARGE"
    return None


def check_shape(consent: Resource) -> list[Fault]:
    """Faults outside the provisions: elements, codes, cardinality, ppc-1, verification. R4 Consent, FH-CON-07."""
    faults: list[Fault] = []
    if consent.get("resourceType") != "Consent":
        faults.append(Fault("CONSENT_RESOURCE_TYPE", "resourceType"))
    if consent.keys() & R5_ELEMENTS or isinstance(consent.get("provision"), list | tuple):
        faults.append(Fault("CONSENT_R5_SHAPE", "Consent"))
    for name in sorted(consent.keys() - CONSENT_ELEMENTS - R5_ELEMENTS):
        faults.append(
            Fault("CONSENT_ELEMENT_UNKNOWN", f"Consent.{name[:40]}" if name.isidentifier() else "Consent")
        )
    for name in ("modifierExtension", "implicitRules"):
        if name in consent:
            faults.append(Fault("CONSENT_MODIFIED", f"Consent.{name}"))
    if not is_one_of(consent.get("status"), STATUSES):
        faults.append(Fault("CONSENT_CODE_INVALID", "Consent.status"))
    _check_lists(consent, faults)
    _check_scope(consent, faults)
    if not _has_policy(consent):
        faults.append(Fault("CONSENT_POLICY_MISSING", "Consent.policy"))
    if "sourceAttachment" in consent and "sourceReference" in consent:
        faults.append(Fault("CONSENT_ELEMENT_INVALID", "Consent.source[x]"))
    _check_verification(consent, faults)
    return faults


def is_one_of(code: object, codes: frozenset[str]) -> bool:
    """Whether `code` is a text and one of `codes`."""
    return isinstance(code, str) and code in codes


def _check_lists(consent: Resource, faults: list[Fault]) -> None:
    for name in ("category", "performer", "organization", "policy", "verification", "identifier"):
        if name not in consent:
            if name == "category":
                faults.append(Fault("CONSENT_ELEMENT_MISSING", "Consent.category"))
            continue
        value = consent[name]
        if (
            not isinstance(value, list | tuple)
            or not value
            or not all(isinstance(row, Mapping) for row in value)
        ):
            faults.append(Fault("CONSENT_ELEMENT_INVALID", f"Consent.{name}"))
    if "patient" in consent and not isinstance(consent["patient"], Mapping):
        faults.append(Fault("CONSENT_ELEMENT_INVALID", "Consent.patient"))
    if "dateTime" in consent and not isinstance(consent["dateTime"], str):
        faults.append(Fault("CONSENT_ELEMENT_INVALID", "Consent.dateTime"))


def _check_scope(consent: Resource, faults: list[Fault]) -> None:
    scope = consent.get("scope")
    codings = scope.get("coding") if isinstance(scope, Mapping) else None
    rows = [row for row in codings if isinstance(row, Mapping)] if isinstance(codings, list | tuple) else []
    if not rows or not all(
        row.get("system") == SCOPE_SYSTEM and is_one_of(row.get("code"), SCOPES) for row in rows
    ):
        faults.append(Fault("CONSENT_SCOPE_INVALID", "Consent.scope"))


def _has_policy(consent: Resource) -> bool:
    policies = consent.get("policy")
    if isinstance(policies, list | tuple) and any(
        isinstance(row, Mapping) and (row.get("uri") or row.get("authority")) for row in policies
    ):
        return True
    rule = consent.get("policyRule")
    return isinstance(rule, Mapping) and bool(rule.get("coding") or rule.get("text"))


def _check_verification(consent: Resource, faults: list[Fault]) -> None:
    rows = consent.get("verification")
    for row in rows if isinstance(rows, list | tuple) else ():
        verified = row.get("verified") if isinstance(row, Mapping) else None
        if verified is False:
            faults.append(Fault("CONSENT_UNVERIFIED", "Consent.verification.verified"))
        elif verified is not True:
            faults.append(Fault("CONSENT_ELEMENT_INVALID", "Consent.verification.verified"))
