"""The validity of one Consent for people: every element of 42 CFR §2.31, what R4 demands, and profile levels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from consent.codings import codings_of
from consent.directive_shape import FAULTS, Fault
from consent.directives import Directive, Provision, plain_reference, read_directive
from consent.instants import zone_named
from consent.model import Resource
from consent.validity import Element, authorization_elements, elements, findings, permits_of


@dataclass(frozen=True, slots=True)
class Profile:
    """Whether the Consent fits a published profile, and by which elements it does not (FH-CON-03, -04, -08)."""

    name: str
    unmet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentReport:
    """The report on one Consent: `valid` under §2.31, `computable` as a permit, all elements, faults and profiles."""

    version: str
    valid: bool
    computable: bool
    permits: bool
    elements: tuple[Element, ...]
    authorization: tuple[Element, ...]
    """The elements of a HIPAA authorization: one form may have to meet both rules (HI-508-01)."""
    faults: tuple[Fault, ...]
    profiles: tuple[Profile, ...]


def validate_consent(consent: Resource, zone: str = "UTC") -> ConsentReport:
    """The report; never raises for what a Consent may hold."""
    directive = read_directive(consent, _own_patient(consent), zone_named(zone) or UTC)
    found = elements(consent, directive)
    permits = any(True for _ in permits_of(directive.root))
    return ConsentReport(
        version=directive.version,
        valid=permits and not findings(consent, directive),
        computable=directive.usable,
        permits=permits,
        elements=found,
        authorization=authorization_elements(consent, directive),
        faults=directive.faults,
        profiles=_profiles(consent, directive),
    )


def report_answer(report: ConsentReport) -> dict[str, object]:
    """The report as JSON, with the citation of every element."""
    return {
        "consent": report.version,
        "standing": "valid" if report.valid else ("deficient" if report.permits else "permits nothing"),
        "valid": report.valid,
        "computable": report.computable,
        "permits": report.permits,
        "elements": [_element_answer(element) for element in report.elements],
        "authorization": {
            "valid": report.permits and all(element.present for element in report.authorization),
            "elements": [_element_answer(element) for element in report.authorization],
        },
        "faults": [
            {
                "code": fault.code,
                "place": fault.place,
                "meaning": FAULTS.get(fault.code, "the consent is not in force"),
            }
            for fault in report.faults
        ],
        "profiles": [
            {"profile": profile.name, "fits": not profile.unmet, "unmet": list(profile.unmet)}
            for profile in report.profiles
        ],
    }


def _element_answer(element: Element) -> dict[str, object]:
    return {
        "element": element.name,
        "citation": element.citation,
        "status": "present" if element.present else "missing",
        "code": None if element.present else element.code,
        "place": element.place,
    }


def _own_patient(consent: Resource) -> str:
    """The patient the Consent names itself, so that the report is about its other elements."""
    patient = consent.get("patient")
    reference = patient.get("reference") if isinstance(patient, dict) else None
    return plain_reference(reference) if isinstance(reference, str) else "Patient/-"


def _profiles(consent: Resource, directive: Directive) -> tuple[Profile, ...]:
    """IHE PCF Basic, Intermediate and Advanced, and SDOHCC Consent."""
    nodes = list(_nodes(directive.root)) if directive.root is not None else []
    common = _pcf_common(consent, nodes)
    basic = [
        name for name in ("dataPeriod", "data", "securityLabel") if any(_has(node, name) for node in nodes)
    ]
    advanced_only = ["securityLabel"] if any(_has(node, "securityLabel") for node in nodes) else []
    deep = ["provision.provision.provision"] if _depth(directive.root) > 2 else []
    return (
        Profile("PCF Basic", (*common, *(f"provision.{name}" for name in basic), *deep)),
        Profile("PCF Intermediate", (*common, *(f"provision.{name}" for name in advanced_only), *deep)),
        Profile("PCF Advanced", (*common, *deep)),
        Profile("SDOHCC Consent", tuple(_sdohcc(consent))),
    )


def _pcf_common(consent: Resource, nodes: list[Provision]) -> list[str]:
    unmet = [
        name
        for name in (
            "scope",
            "category",
            "patient",
            "dateTime",
            "performer",
            "organization",
            "policy",
            "provision",
        )
        if name not in consent
    ]
    if "sourceReference" not in consent and "sourceAttachment" not in consent:
        unmet.append("source[x]")
    if "verification" in consent:
        unmet.append("verification")
    for name in ("action", "class", "code"):
        if any(_has(node, name) for node in nodes):
            unmet.append(f"provision.{name}")
    if any(actor.part != "recipient" for node in nodes for actor in node.actors):
        unmet.append("provision.actor.role")
    return unmet


def _sdohcc(consent: Resource) -> list[str]:
    unmet = [name for name in ("patient", "dateTime", "organization") if name not in consent]
    rows = consent.get("organization")
    if isinstance(rows, list) and len(rows) != 1:
        unmet.append("organization 1..1")
    if "sourceReference" not in consent and "sourceAttachment" not in consent:
        unmet.append("source[x]")
    categories = consent.get("category")
    codes = {
        coding.code
        for concept in (categories if isinstance(categories, list) else [])
        for coding in codings_of(concept) or ()
    }
    return unmet if "IDSCL" in codes else [*unmet, "category IDSCL"]


def _has(node: Provision, name: str) -> bool:
    found: dict[str, object] = {
        "dataPeriod": node.data_period,
        "data": node.data,
        "securityLabel": node.labels,
        "action": node.actions,
        "class": node.classes,
        "code": node.codes,
    }
    return bool(found[name])


def _nodes(root: Provision) -> list[Provision]:
    return [root, *(deeper for child in root.children for deeper in _nodes(child))]


def _depth(root: Provision | None) -> int:
    return 0 if root is None else 1 + max((_depth(child) for child in root.children), default=0)
