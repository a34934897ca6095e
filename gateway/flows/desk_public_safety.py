"""A dispatcher or officer refers a person in. Whatever is here about her, nothing comes back (42 CFR 2.12(d); DM-12).

What is written is taken in by the path of every submission, as that organization's own record; its words stay there.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import msgspec

from gateway.clock import instant_text, new_id
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_clients import number_system, require_right
from gateway.flows.desk_ticks import on_a_tick
from gateway.flows.desk_written import name_of, text_of
from gateway.flows.submissions import accept_transaction
from gateway.partners import Route, reference_of
from gateway.security.callers import Caller

RIGHT = "refer_in"
LONGEST_NAME, LONGEST_NOTE = 80, 1000
CONCERNS: Mapping[str, str] = {
    "outreach": "Outreach after a contact",
    "welfare": "Welfare check with a crisis team",
    "transport": "Transport to a crisis center",
    "shelter": "No shelter for the night",
}
URGENCIES = ("stat", "urgent", "routine")
_CONCERN = "urn:warm-handoff:public-safety-concern"
_FULFILL = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}
_NOTE = 4
"""The place of the note in what is taken in."""


@dataclass(frozen=True, slots=True)
class ReferredIn:
    """What an officer fills in. `born` (`YYYY-MM-DD`) and `phone` may be empty; `note` is kept and sent to nobody."""

    family: str = field(repr=False)
    given: str = field(repr=False)
    born: str = field(repr=False)
    phone: str = field(repr=False)
    concern: str
    urgency: str
    note: str = field(repr=False)
    key: str


def referred_to(premises: Premises, worker: Worker) -> tuple[Route, ...]:
    """Where the organization's referrals go: the first of its routes, and those that join it."""
    routes = premises.network.routes_from(worker.partner, "referral")
    return tuple(one for one in routes if one.with_addressee is None)[:1]


async def refer_in(premises: Premises, worker: Worker, said: ReferredIn) -> None:
    """Take it in. Nothing is told of what is known, and each takes the same time.

    Raises NotAllowed `RIGHT_MISSING`, NotUnderstood `NAME_MISSING`, `BIRTH_DATE_INVALID`, `CHOICE_UNKNOWN`,
    `WORDS_TOO_LONG`, NotFound `NO_WAY_IN` where no route leads on; what was taken in before is taken in. The same form
    with other words in it is another referral.
    """
    require_right(premises, worker, RIGHT)
    note, concern = _checked(premises, said)
    said = replace(said, key=_key_of(premises, worker, said))
    bundle = _bundle(premises, worker, said, note, concern)
    caller = Caller(worker.partner, f"desk:{worker.partner}", "", frozenset(), "")
    try:
        raw, kept_here = msgspec.json.encode(bundle), (name_of(said.key, _NOTE),)
        await on_a_tick(accept_transaction(premises, caller, bundle, raw, said.key, kept_here))
    except AlreadyReceived:
        return  # the key is of all that was said: this very referral has come


def _key_of(premises: Premises, worker: Worker, said: ReferredIn) -> str:
    """The same for the same form with the same in it."""
    return premises.keys.index("desk-referred-in", worker.partner, msgspec.json.encode(said).decode())[:40]


def _bundle(premises: Premises, worker: Worker, said: ReferredIn, note: str, concern: str) -> dict[str, Any]:
    ours = {"reference": reference_of(worker.partner)}
    routes = referred_to(premises, worker)
    if not routes:
        raise NotFound("NO_WAY_IN", "network.yaml has no route for this organization's referrals")
    at, her = instant_text(premises.clock.now()), {"reference": name_of(said.key, 0)}
    request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": _CONCERN, "code": said.concern, "display": concern}]},
        "priority": said.urgency,
        "subject": her,
        "authoredOn": at,
        "requester": ours,
    }
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": said.urgency,
        "code": _FULFILL,
        "focus": {"reference": name_of(said.key, 1)},
        "for": her,
        "authoredOn": at,
        "requester": ours,
        "owner": {"reference": reference_of(routes[0].addressee)},
    }
    found = [_patient(worker, said), request, task, _who(worker, said, at), *_document(said, note, at)]
    entries = [
        {
            "fullUrl": name_of(said.key, place),
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for place, one in enumerate(found)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _who(worker: Worker, said: ReferredIn, at: str) -> dict[str, Any]:
    """Who filled it in. FHIR R4 Provenance."""
    return {
        "resourceType": "Provenance",
        "target": [{"reference": name_of(said.key, 1)}],
        "recorded": at,
        "agent": [
            {"who": {"display": worker.name}, "onBehalfOf": {"reference": reference_of(worker.partner)}}
        ],
    }


def _checked(premises: Premises, said: ReferredIn) -> tuple[str, str]:
    """The note and the words of the concern."""
    if said.concern not in CONCERNS or said.urgency not in URGENCIES or not 8 <= len(said.key) <= 64:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "concern")
    for text in (said.family, said.given, said.phone):
        if "\n" in text_of(text, LONGEST_NAME):
            raise NotUnderstood("WORDS_TOO_LONG", "on one line", "words")
    if not said.family.strip() or not said.given.strip():
        raise NotUnderstood("NAME_MISSING", "give first name and last name, or Unknown", "family")
    if said.born:
        try:
            is_past = date.fromisoformat(said.born) <= premises.clock.now().date()
        except ValueError:
            is_past = False
        if not is_past:
            raise NotUnderstood("BIRTH_DATE_INVALID", "give the day of birth, such as 1990-03-31", "born")
    return text_of(said.note, LONGEST_NOTE), CONCERNS[said.concern]


def _patient(worker: Worker, said: ReferredIn) -> dict[str, Any]:
    """The person as the officer describes her, under a number that nobody else has."""
    number = f"L-{new_id().replace('-', '')[-10:].upper()}"
    found: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [{"system": number_system(worker.partner), "value": number}],
        "name": [{"family": said.family.strip(), "given": said.given.split()}],
    }
    if said.born:
        found["birthDate"] = said.born
    if said.phone.strip():
        found["telecom"] = [{"system": "phone", "value": said.phone.strip()}]
    return found


def _document(said: ReferredIn, note: str, at: str) -> tuple[dict[str, Any], ...]:
    if not note:
        return ()
    attachment = {"contentType": "text/plain", "data": base64.b64encode(note.encode()).decode()}
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"text": "Public safety note"},
        "subject": {"reference": name_of(said.key, 0)},
        "date": at,
        "content": [{"attachment": attachment}],
    }
    return (document,)
