"""The report on one Consent file: the body of `handoff consent validate`."""

from __future__ import annotations

import consent
from gateway.disclosure.decide_questions import read_json


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
