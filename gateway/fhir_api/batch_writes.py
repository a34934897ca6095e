"""A batch that writes and cannot be taken in together: each entry by itself, or its refusal. HL7 FHIR 4.0.1, http.html.

Together is tried first, so that entries of one batch may name one another, which FHIR leaves open. Those stay together:
whose a record is may stand in its Provenance or in the Organization beside it (consent-semantics 11, P2-12-01).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotSupported, NotUnderstood
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.operation_outcome import refusal_of
from gateway.flows.answers import EntryOutcome
from gateway.flows.whose import references_in
from gateway.resources import parse_json, to_json
from gateway.security.callers import Caller

_OF_AN_ENTRY = (NotUnderstood, NotSupported, AlreadyReceived, NotAllowed)


def goes_apart(bundle: Mapping[str, Any], error: HandoffError) -> bool:
    """Whether what is wrong with one entry leaves the others as they are. Never where somebody is referred, as a Task is
    not taken in without what it asks for, nor where one names another that is no Patient.
    """
    entries = bundle.get("entry")
    if bundle.get("type") != "batch" or not isinstance(entries, list) or len(entries) < 2:
        return False
    if not isinstance(error, _OF_AN_ENTRY) or not str(error.place).startswith("Bundle.entry"):
        return False
    whole = [one for one in entries if isinstance(one, dict) and isinstance(one.get("resource"), dict)]
    kinds = {str(one["resource"].get("resourceType")) for one in whole}
    return error.code != "ENTRY_COUNT" and "Task" not in kinds and not _name_one_another(whole)


def _name_one_another(entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a resource refers to another entry than a Patient, by its `fullUrl`, address or id."""
    names = set[str]()
    for one in entries:
        resource, request = one["resource"], one.get("request")
        kind = str(resource.get("resourceType"))
        if kind != "Patient":
            url = request.get("url") if isinstance(request, dict) else None
            names |= {_tail(one.get("fullUrl")), _tail(url), f"{kind}/{resource.get('id')}"} - {"", kind}
    found = (each.get("reference") for one in entries for each in references_in(one["resource"]))
    return any(_tail(reference) in names for reference in found)


def _tail(address: object) -> str:
    """`Type/id` at the end of an address, or all of one that has no parts."""
    return "/".join(str(address or "").partition("/_history/")[0].rsplit("/", 2)[-2:])


async def each_alone(desk: Desk, caller: Caller, bundle: Mapping[str, Any], request_id: str) -> bytes:
    """A batch-response with what became of each entry. One that comes again is known again by its own bytes."""
    told = []
    for number, entry in enumerate(bundle["entry"]):
        alone = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
        try:
            outcome = await desk.doors.submit(caller, alone, to_json(alone), None)
        except _OF_AN_ENTRY as error:
            told.append(_refused(error, number, request_id))
        else:
            told.append(entry_response(outcome.entries[0]))
    return to_json({"resourceType": "Bundle", "type": "batch-response", "entry": told})


def entry_response(entry: EntryOutcome) -> dict[str, object]:
    """An entry of the response: where its record is, and its version where that tells nothing of others."""
    response = {"status": entry.status, "location": entry.reference}
    if entry.tag:  # without one the time is not told either: it would be that of another's word
        response["location"] = f"{entry.reference}/_history/{entry.tag}"
        response["etag"] = f'W/"{entry.tag}"'
        response["lastModified"] = entry.last_modified
    return {"response": response}


def _refused(error: HandoffError, number: int, request_id: str) -> dict[str, object]:
    """The refusal of one entry, with its place in the whole."""
    place = error.place and error.place.replace("Bundle.entry[0]", f"Bundle.entry[{number}]", 1)
    refusal = refusal_of(type(error)(error.code, error.message, place), request_id)
    status = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
    return {"response": {"status": status, "outcome": parse_json(refusal.content)}}
