"""The report on one Consent file: the body of `handoff consent validate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import consent
from gateway.disclosure.decide_questions import read_json


def findings_of(resource: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Code, citation and place (FHIRPath) of everything that a Consent lacks or that cannot be read in it."""
    report = consent.validate_consent(_with_patient(resource))
    missing = [(one.code, one.citation, one.place or "") for one in report.elements if not one.present]
    unclear = [(one.code, "FHIR R4 Consent", one.place) for one in report.faults]
    return tuple((code, citation, _path(place)) for code, citation, place in (*missing, *unclear))


def _with_patient(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Consent as it is taken in: a patient who is named by an identifier is somebody, also where she signed it."""
    named = resource.get("patient", {})
    if named.get("reference") or not (named.get("identifier", {}).get("value")):
        return resource
    known = {"reference": "Patient/-"}
    performers = [known if one == named else one for one in resource.get("performer", ())]
    return {**resource, "patient": known, **({"performer": performers} if performers else {})}


def _path(place: str) -> str:
    """A place within the Consent, from its root."""
    return place if not place or place.startswith("Consent") else f"Consent.{place}"


def report_on(content: bytes) -> tuple[dict[str, object], bool]:
    """The report as JSON, and whether the Consent is valid under 42 CFR §2.31 and computable."""
    try:
        resource = read_json(content)
    except consent.QuestionError as fault:
        return {"error": {"code": fault.code, "message": fault.message, "place": fault.place}}, False
    if not isinstance(resource, dict):
        return {"error": {"code": "SHAPE_INVALID", "message": "expected a Consent", "place": None}}, False
    report = consent.validate_consent(resource)
    return consent.report_answer(report), report.valid and report.computable
