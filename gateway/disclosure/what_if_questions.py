"""`handoff consent what-if`: a draft Consent in, plain sentences out. Nothing is disclosed, stored or logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import consent
from gateway.clock import instant_text
from gateway.disclosure.consent_tables import consent_tables
from gateway.errors import NotUnderstood
from gateway.resources import parse_json

MOST_AGENCIES = 100
"""Each is a decision of its own about every class of record."""
PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def outlook_sentences(text: bytes, now: datetime) -> tuple[str, ...]:
    """Who would see what under the draft in `text`, in plain sentences.

    `text` is a question of `handoff decide` without resources, with `draft` (the Consent) and, instead of recipient
    and purposes, `agencies` (a list of name, recipient, purposes); `language` is `en` unless stated. Or it is a bare
    Consent: then the agencies are those it names, it is read from the consents alone, at `now`, told in its language.

    Raises HandoffError naming what is wrong.
    """
    fields = parse_json(text)
    if fields.get("resourceType") == "Consent":
        spoken = fields.get("language", "en")
        fields = {**_question_of(fields, now), "language": spoken}
    language = fields.pop("language", "en")
    if language not in consent.LANGUAGES:
        raise NotUnderstood("LANGUAGE_UNKNOWN", "no words for this language", "language")
    draft, agencies = fields.pop("draft", None), fields.pop("agencies", None)
    if not isinstance(draft, dict) or draft.get("resourceType") != "Consent":
        raise NotUnderstood("DRAFT_MISSING", "expected a FHIR Consent", "draft")
    if not isinstance(agencies, list) or not agencies:
        raise NotUnderstood("AGENCIES_MISSING", "expected a list of agencies", "agencies")
    _refuse_many(len(agencies))
    asked = [_asked(fields, agency, f"agencies[{number}]") for number, agency in enumerate(agencies)]
    tables = consent_tables()
    outlooks = consent.what_if(asked[0][1], draft, [agency for agency, _ in asked], tables)
    return consent.what_if_sentences(outlooks, tables, str(language))


def _refuse_many(agencies: int) -> None:
    if agencies > MOST_AGENCIES:
        raise NotUnderstood("AGENCIES_TOO_MANY", f"at most {MOST_AGENCIES}, each for one purpose", "agencies")


def _asked(
    fields: Mapping[str, object], entry: object, place: str
) -> tuple[consent.Agency, consent.DisclosureRequest]:
    """One agency, read as the recipient of a question about nothing."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise NotUnderstood("AGENCY_INVALID", "expected name, recipient and purposes", place)
    question = {
        **fields,
        "recipient": entry.get("recipient"),
        "purposes": entry.get("purposes", []),
        "resources": [],
        "action": "disclose",
    }
    try:
        request = consent.read_question(question)
    except consent.QuestionError as fault:
        raise NotUnderstood(fault.code, fault.message, f"{place}.{fault.place}") from None
    return consent.Agency(entry["name"], request.recipient, request.purposes), request


def _question_of(draft: dict[str, Any], now: datetime) -> dict[str, object]:
    """The question that a bare Consent asks of itself: every agency it names, for every purpose it names."""
    nodes = list(_provisions(draft.get("provision")))
    named = {
        reference: str(display or reference)
        for node in nodes
        for actor in _objects(node.get("actor"))
        for reference, display in [_reference(actor.get("reference"))]
        if reference
    }
    purposes = dict.fromkeys(
        str(purpose["code"])
        for node in nodes
        for purpose in _objects(node.get("purpose"))
        if "code" in purpose
    )
    organizations = [_reference(one)[0] for one in _objects(draft.get("organization"))]
    disclosers = dict.fromkeys(reference for reference in organizations if reference)
    asked = {reference: name for reference, name in named.items() if reference not in disclosers}
    # Before a question is made of each: a short draft can name very many.
    _refuse_many(len(asked) * len(purposes))
    return {
        "at": instant_text(now),
        "patient": _reference(draft.get("patient"))[0],
        "discloser": {"references": list(disclosers)},
        "directory": [_entry(reference) for reference in dict.fromkeys([*named, *disclosers])],
        "consents": [],
        "policy": {"packs": [], "part2_sources": [], "zone": "UTC"},
        "draft": draft,
        "agencies": [
            {
                "name": f"{name} ({purpose})",
                "recipient": {"references": [reference], "roles": ["IRCP"]},
                "purposes": [{"system": PURPOSE_SYSTEM, "code": purpose}],
            }
            for reference, name in asked.items()
            for purpose in purposes
        ],
    }


def _entry(reference: str) -> dict[str, str]:
    kind, name = reference.split("/")[-2:]
    return {"resourceType": kind, "id": name}


def _provisions(node: object) -> Iterator[Mapping[str, Any]]:
    for provision in _objects(node):
        yield provision
        yield from _provisions(provision.get("provision"))


def _reference(value: object) -> tuple[str, object]:
    """`Type/id` of a reference (empty for anything else), and its display."""
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("reference"), str)
        or "/" not in value["reference"]
    ):
        return "", None
    return "/".join(value["reference"].split("/")[-2:]), value.get("display")


def _objects(value: object) -> Sequence[Mapping[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]
