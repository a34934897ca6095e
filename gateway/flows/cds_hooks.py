"""What a clinician is told while she or he orders: that a referral would wait for the patient's written permission.

CDS Hooks 2.0. The card is one and the same, whatever the cause: no consent, one that was refused, has ended or covers
other things, or a person nobody here knows. It tells nothing of what others hold of her.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.clock import instant_text, new_id
from gateway.disclosure.asked import question
from gateway.disclosure.outlook import would_be_held
from gateway.disclosure.premises import Premises
from gateway.errors import NotAllowed, NotUnderstood
from gateway.flows.addressee import looking_in_directory, partner_meant
from gateway.flows.people import patient_meant
from gateway.flows.questions import log_question
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, intents, records

ORDER_SIGN, DISCHARGE, CONSULT = "order-sign", "encounter-discharge", "patient-consent-consult"
MOST_ORDERS = 20
MOST_PERFORMERS = 20
"""Of one order; each other partner among them is a decision of its own."""
_NOT_LOOKED_AT = ("Consent", "Patient")
_NOT_LEFT = ("due", "held")
SERVICES: Sequence[Mapping[str, Any]] = (
    {
        "hook": ORDER_SIGN,
        "id": ORDER_SIGN,
        "title": "Written permission for a referral",
        "description": "Says when a referral would wait for the patient's written permission",
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
    },
    {
        "hook": DISCHARGE,
        "id": DISCHARGE,
        "title": "Referrals that wait as a patient leaves",
        "description": "Says which of your own referrals would wait for the patient's written permission",
        "prefetch": {
            "patient": "Patient/{{context.patientId}}",
            "orders": "ServiceRequest?encounter={{context.encounterId}}&status=active",
        },
    },
    {
        "hook": CONSULT,
        "id": CONSULT,
        "title": "May this be disclosed?",
        "description": "Whether what you hold of a patient may go to an organization now, with her permission",
    },
)

Json = dict[str, Any]


async def answer_hook(premises: Premises, caller: Caller, service: str, asked: Mapping[str, Any]) -> Json:
    """The cards for one call of a service (a key `id` of `SERVICES`).

    Raises NotUnderstood `HOOK_INVALID` with the place, NotAllowed `PURPOSE_NOT_REGISTERED`.
    """
    if asked.get("hook") != service or not isinstance(asked.get("hookInstance"), str):
        raise NotUnderstood("HOOK_INVALID", "must name this service's hook and an instance", "hook")
    context = asked.get("context")
    if not isinstance(context, dict):
        raise NotUnderstood("HOOK_INVALID", "is missing", "context")
    work = {ORDER_SIGN: _order_sign, DISCHARGE: _discharge, CONSULT: _consult}[service]
    return await premises.store.write(partial(work, premises, caller, asked, context))


def _order_sign(
    premises: Premises, caller: Caller, asked: Mapping[str, Any], context: Json, tx: Transaction
) -> Json:
    patient_id = _patient(premises, tx, caller.partner, asked, context)
    orders = tuple(_orders(context.get("draftOrders"), "context.draftOrders"))
    found = _ordered(premises, caller, patient_id, orders)
    return _waiting(premises, caller, patient_id, found, _question(asked), tx)


def _discharge(
    premises: Premises, caller: Caller, asked: Mapping[str, Any], context: Json, tx: Transaction
) -> Json:
    """Of the orders that came along, and of the caller's own referrals that are here already."""
    if not isinstance(context.get("encounterId"), str):
        raise NotUnderstood("HOOK_INVALID", "is missing", "context.encounterId")
    patient_id = _patient(premises, tx, caller.partner, asked, context)
    brought = _prefetched(asked, "orders")
    orders = () if brought is None else tuple(_orders(brought, "prefetch.orders"))
    found = _ordered(premises, caller, patient_id, orders)
    if patient_id:
        found += _sent_before(premises, tx, caller.partner, patient_id)
    return _waiting(premises, caller, patient_id, found, _question(asked), tx)


@dataclass(frozen=True, slots=True)
class _Meant:
    """Something that is to go to a partner for a purpose; `own`: what of it is asked about."""

    addressee: str
    purpose: str
    own: tuple[Record, ...]


def _ordered(
    premises: Premises, caller: Caller, patient_id: str | None, orders: Sequence[Json]
) -> list[_Meant]:
    """Each order to each partner; nothing is asked about for somebody nobody here knows."""
    found = []
    for order in orders:
        own = (_draft(premises, caller, patient_id, order),) if patient_id else ()
        found += [
            _Meant(addressee, purpose, own)
            for addressee, purpose in dict.fromkeys(_addressees(premises, caller, order))
        ]
    return found


def _sent_before(premises: Premises, tx: Transaction, partner: str, patient_id: str) -> list[_Meant]:
    """The partner's own referrals of her that have not left."""
    own = {f"{one.reference}/{one.version}": one for one in _own(tx, partner, patient_id)}
    return [
        _Meant(intent.partner, intent.purpose, tuple(own[name] for name in intent.focus if name in own))
        for intent in intents.of_patient(tx, patient_id)
        if (intent.kind, intent.source_partner) == ("referral", partner) and intent.state in _NOT_LEFT
    ]


def _question(asked: Mapping[str, Any]) -> str:
    """What was asked, for the log: which service, and what came along."""
    told = [(name, to_json(asked[name]).decode()) for name in ("context", "prefetch") if name in asked]
    return question(f"cds-services/{asked['hook']}", told)


def _waiting(
    premises: Premises,
    caller: Caller,
    patient_id: str | None,
    meant: Sequence[_Meant],
    asked: str,
    tx: Transaction,
) -> Json:
    """A card for each addressee to whom something would wait. The question is kept once, with the first of them."""
    if not meant:
        log_question(premises, tx, caller, asked, request_id=new_id(), patient_id=patient_id)
    held = {
        one.addressee
        for number, one in enumerate(meant)
        if would_be_held(
            premises,
            tx,
            patient_id=patient_id,
            discloser=caller.partner,
            recipient=one.addressee,
            purpose=one.purpose,
            own=one.own,
            asked="" if number else asked,
        )
    }
    return {"cards": [_card(premises, caller.partner, addressee) for addressee in sorted(held)]}


def _patient(
    premises: Premises, tx: Transaction, partner: str, asked: Mapping[str, Any], context: Json
) -> str | None:
    """The one patient meant by what came along and by the id in the context; None where that is nobody, or several."""
    patient = _prefetched(asked, "patient")
    named = patient.get("identifier") if isinstance(patient, dict) else None
    found = _known(premises, tx, partner, named) | _known_as(premises, tx, partner, context.get("patientId"))
    return next(iter(found)) if len(found) == 1 else None


def _prefetched(asked: Mapping[str, Any], name: str) -> object:
    prefetched = asked.get("prefetch")
    return prefetched.get(name) if isinstance(prefetched, dict) else None


def _orders(bundle: object, place: str) -> Iterator[Json]:
    """The service requests in a Bundle; a searchset may be empty."""
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    if entries is None and isinstance(bundle, dict) and bundle.get("type") == "searchset":
        return
    if not isinstance(entries, list) or len(entries) > MOST_ORDERS:
        raise NotUnderstood("HOOK_INVALID", f"must be a Bundle of 1 to {MOST_ORDERS}", place)
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "ServiceRequest":
            yield resource


def _addressees(premises: Premises, caller: Caller, order: Json) -> Iterator[tuple[str, str]]:
    """Partners to whom the order would go as a referral, each with the purpose of its route."""
    routes = {r.addressee: r.purpose for r in premises.network.routes_from(caller.partner, "referral")}
    performers = order.get("performer")
    if not isinstance(performers, list):
        return
    if len(performers) > MOST_PERFORMERS:
        place = "ServiceRequest.performer"
        raise NotUnderstood("HOOK_INVALID", f"must be at most {MOST_PERFORMERS}", place)
    look = looking_in_directory(premises)
    for performer in performers:
        partner = partner_meant(premises.network, performer, look) if isinstance(performer, dict) else None
        if partner is not None and partner in routes:
            yield partner, routes[partner]


def _draft(premises: Premises, caller: Caller, patient_id: str, order: Json) -> Record:
    """The order as the referral it would become."""
    resource = {**order, "id": "draft", "subject": {"reference": f"Patient/{patient_id}"}}
    program = premises.network.partners[caller.partner].is_part2_program
    at = instant_text(premises.clock.now())
    sources = (caller.partner,)
    return Record(
        "ServiceRequest", "draft", 0, patient_id, caller.partner, sources, program, at, False, resource
    )


def _consult(
    premises: Premises, caller: Caller, asked: Mapping[str, Any], context: Json, tx: Transaction
) -> Json:
    purpose = _purpose(premises, caller, context.get("purposeOfUse"))
    found = _known(premises, tx, caller.partner, context.get("patientId"))
    patient_id = next(iter(found)) if len(found) == 1 else None
    actors = context.get("actor")
    if not isinstance(actors, list) or not actors:
        raise NotUnderstood("HOOK_INVALID", "must name who would receive it", "context.actor")
    look = looking_in_directory(premises)
    recipients = {
        partner_meant(premises.network, {"identifier": a}, look) for a in actors if isinstance(a, dict)
    }
    recipient = next(iter(recipients)) if len(recipients) == 1 else None
    own = _own(tx, caller.partner, patient_id) if patient_id else ()
    if recipient is None:
        log_question(premises, tx, caller, _question(asked), request_id=new_id(), patient_id=patient_id)
    elif not would_be_held(
        premises,
        tx,
        patient_id=patient_id,
        discloser=caller.partner,
        recipient=recipient,
        purpose=purpose,
        own=own,
        asked=_question(asked),
    ):
        return {"cards": [_consulted(premises, "CONSENT_PERMIT", "It may be disclosed now.", "info")]}
    said = "It may have to wait. The patient's written permission may be needed."
    return {"cards": [_consulted(premises, "CONSENT_DENY", said, "warning")]}


def _own(tx: Transaction, partner: str, patient_id: str) -> tuple[Record, ...]:
    """What the partner itself has sent here of her, and nobody else has written to."""
    held = records.of_patient(tx, patient_id)
    return tuple(
        one for one in held if set(one.sources) == {partner} and one.resource_type not in _NOT_LOOKED_AT
    )


def _purpose(premises: Premises, caller: Caller, asked: object) -> str:
    one = asked[0] if isinstance(asked, list) and len(asked) == 1 else asked
    if not isinstance(one, str) or not one:
        raise NotUnderstood("HOOK_INVALID", "must be one purpose of use", "context.purposeOfUse")
    client = premises.network.partners[caller.partner].client
    if client is None or one not in client.purposes or caller.purpose not in ("", one):
        raise NotAllowed("PURPOSE_NOT_REGISTERED", "this purpose of use is not registered for this client")
    return one


def _known(premises: Premises, reading: Reading, partner: str, identifiers: object) -> set[str]:
    """Whom the partner means by these identifiers of its own."""
    found = set()
    for one in identifiers if isinstance(identifiers, list) else ():
        if isinstance(one, dict) and isinstance(one.get("system"), str) and isinstance(one.get("value"), str):
            meant = {"identifier": {"system": one["system"], "value": one["value"]}}
            found.add(patient_meant(premises, reading, partner, meant))
    return {patient for patient in found if patient is not None}


def _known_as(premises: Premises, reading: Reading, partner: str, patient_id: object) -> set[str]:
    """Whom it means by our own id for her."""
    if not isinstance(patient_id, str):
        raise NotUnderstood("HOOK_INVALID", "is missing", "context.patientId")
    found = patient_meant(premises, reading, partner, {"reference": f"Patient/{patient_id}"})
    return set() if found is None else {found}


def _card(premises: Premises, partner: str, addressee: str) -> Json:
    contact = premises.network.partners[partner].owner or premises.network.content.operator.consent_desk
    name = premises.network.partners[addressee].organization.name
    return {
        "summary": "This referral may have to wait for the patient's written permission",
        "detail": (
            f"To {name}: it is not sent before the patient has given written permission where that is needed. "
            f"Next step: {contact.name}, {contact.phone}."
        ),
        "indicator": "warning",
        "source": {"label": premises.network.content.operator.name},
    }


def _consulted(premises: Premises, decision: str, said: str, indicator: str) -> Json:
    return {
        "summary": said,
        "indicator": indicator,
        "source": {"label": premises.network.content.operator.name},
        "extension": {"decision": decision, "obligations": []},
    }
