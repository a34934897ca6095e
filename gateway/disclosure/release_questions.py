"""The bytes a recipient would get, for one question asked offline (design section 9, `handoff release`).

Nothing is stored or sent and no partner is named in a log; the same rooms decide, redact and present as in
the gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import consent
import mappings
from gateway.disclosure.consent_tables import consent_tables
from gateway.disclosure.local_format import in_local_format
from gateway.errors import HandoffError, NotSupported, NotUnderstood
from gateway.resources import parse_json, to_json

FHIR_JSON = "fhir+json"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
LEVELS = "ULMNRV"

_SENDER_FACTS = ("sending_application", "sending_facility", "receiving_application", "receiving_facility")

OFFLINE_ALIAS_KEY = b"aliases of questions asked offline: no deployment uses this key"
"""A deployment has its own secret; here equal questions shall give equal bytes."""


FindMapping = Callable[[str], mappings.Mapping_ | None]
"""The mapping of an id, or None. Handed in, because a library is read from files."""


def released_bytes(text: bytes, find_mapping: FindMapping) -> bytes | None:
    """The bytes of the release that the question in `text` asks for; None when nothing may be released.

    Raises HandoffError with the code, message and place of what is wrong with the question: no JSON object,
    a field missing or unknown, a value that cannot be read (`consent.QuestionError`), `FORMAT_UNKNOWN`, or
    `FORMAT_NOT_WRITTEN`, whatever might be released.
    """
    fields = parse_json(text)
    wanted = fields.pop("format", None)
    if wanted is None:
        raise NotUnderstood("FORMAT_MISSING", "the question names no format", "format")
    mapping = find_mapping(wanted) if isinstance(wanted, str) and wanted != FHIR_JSON else None
    if mapping is None and wanted != FHIR_JSON:
        raise NotSupported("FORMAT_UNKNOWN", "no such format to release in", "format")
    if mapping is not None and not _is_written(mapping):
        raise NotSupported("FORMAT_NOT_WRITTEN", "is read, and not written; name another", "format")
    try:
        request = consent.read_question(fields)
    except consent.QuestionError as fault:
        raise NotUnderstood(fault.code, fault.message, fault.place) from None
    shown, decision = _shown(request)
    if not shown:
        return None
    if mapping is not None:
        return _in_format(mapping, shown, decision, request)
    return to_json(_collection([*shown, *_notices(shown, decision, request)], shown, str(fields["at"])))


def _is_written(mapping: mappings.Mapping_) -> bool:
    """Whether the format is written, and in one way."""
    try:
        return mapping.writing().direction != "in"
    except mappings.RenderRefused:
        return False


def _in_format(
    mapping: mappings.Mapping_,
    shown: Sequence[Mapping[str, Any]],
    decision: consent.Decision,
    request: consent.DisclosureRequest,
) -> bytes:
    """The release in a partner's format; the control id comes from the content: equal questions, equal bytes."""
    control_id = hashlib.sha256(to_json({"of": list(shown)})).hexdigest()[:20].upper()
    sender = dict.fromkeys(_SENDER_FACTS, "WARM-HANDOFF")
    made = in_local_format(
        mapping,
        shown,
        consent.notice_for(decision),
        at=request.at,
        control_id=control_id,
        zone=request.policy.zone,
        settings=sender,
    )
    return made.content


def _shown(request: consent.DisclosureRequest) -> tuple[Sequence[Mapping[str, Any]], consent.Decision]:
    tables = consent_tables()
    decision = consent.decide(request, tables)
    redacted = consent.redact(request, decision, tables)
    shown = consent.present(redacted, decision, request=request, alias_key=OFFLINE_ALIAS_KEY, tables=tables)
    return shown, decision


def _notices(
    shown: Sequence[Mapping[str, Any]], decision: consent.Decision, request: consent.DisclosureRequest
) -> list[Mapping[str, Any]]:
    notice = consent.notice_for(decision)
    if not (notice.statement or notice.scope_text):
        return []
    digest = hashlib.sha256(
        to_json({"notice": [notice.statement, notice.scope_text], "of": shown})
    ).hexdigest()
    return [consent.notice_document(notice, request.at, request.patient, f"notice-{digest[:32]}")]


def _collection(
    entries: Sequence[Mapping[str, Any]], shown: Sequence[Mapping[str, Any]], timestamp: str
) -> dict[str, Any]:
    """A `collection` Bundle; outside only the highest confidentiality of what is within (DS4P, FH-LBL-06)."""
    levels = [
        label["code"]
        for resource in shown
        for label in resource["meta"]["security"]
        if label.get("system") == CONFIDENTIALITY
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"security": [{"system": CONFIDENTIALITY, "code": max(levels, key=LEVELS.index)}]},
        "type": "collection",
        "timestamp": timestamp,
        "entry": [{"resource": resource} for resource in entries],
    }


def error_text(fault: HandoffError) -> str:
    """The fault as the JSON line that scripts read: code, message and place, without any value of the
    question.
    """
    return to_json({"error": {"code": fault.code, "message": fault.message, "place": fault.place}}).decode()
