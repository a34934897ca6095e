"""What a clinician is told while she or he orders: that a referral would wait for the patient's written permission.

CDS Hooks 2.0. The card is one and the same, whatever the cause: no consent, one that was refused, has ended or covers
other things, or a person nobody here knows. It tells nothing of what others hold of her.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from gateway.clock import instant_text
from gateway.disclosure.outlook import would_be_held
from gateway.disclosure.premises import Premises
from gateway.errors import NotAllowed, NotUnderstood
from gateway.flows.people import patient_meant
from gateway.flows.submitted_referral import partner_meant
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, records

ORDER_SIGN, CONSULT = "order-sign", "patient-consent-consult"
MOST_ORDERS = 20
_NOT_LOOKED_AT = ("Consent", "Patient")
SERVICES: Sequence[Mapping[str, Any]] = (
    {
        "hook": ORDER_SIGN,
        "id": ORDER_SIGN,
        "title": "Written permission for a referral",
        "description": "Says when a referral would wait for the patient's written permission",
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
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
    work = _order_sign if service == ORDER_SIGN else _consult
    return await premises.store.write(partial(work, premises, caller, asked, context))


def _order_sign(
    premises: Premises, caller: Caller, asked: Mapping[str, Any], context: Json, tx: Transaction
) -> Json:
    prefetched = asked.get("prefetch")
    patient = prefetched.get("patient") if isinstance(prefetched, dict) else None
    named = patient.get("identifier") if isinstance(patient, dict) else None
    found = _known(premises, tx, caller.partner, named)
    found |= _known_as(premises, tx, caller.partner, context.get("patientId"))
    patient_id = next(iter(found)) if len(found) == 1 else None
    held = set()
    for order in _orders(context):
        for addressee, purpose in _addressees(premises, caller, order):
            own = [_draft(premises, caller, patient_id, order)] if patient_id else []
            if would_be_held(
                premises,
                tx,
                patient_id=patient_id,
                discloser=caller.partner,
                recipient=addressee,
                purpose=purpose,
                own=own,
            ):
                held.add(addressee)
    return {"cards": [_card(premises, caller.partner, addressee) for addressee in sorted(held)]}


def _orders(context: Json) -> Iterator[Json]:
    """The service requests that are about to be signed."""
    bundle = context.get("draftOrders")
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_ORDERS:
        raise NotUnderstood("HOOK_INVALID", f"must be a Bundle of 1 to {MOST_ORDERS}", "context.draftOrders")
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "ServiceRequest":
            yield resource


def _addressees(premises: Premises, caller: Caller, order: Json) -> Iterator[tuple[str, str]]:
    """Partners to whom the order would go as a referral, each with the purpose of its route."""
    routes = {r.addressee: r.purpose for r in premises.network.routes_from(caller.partner, "referral")}
    performers = order.get("performer")
    for performer in performers if isinstance(performers, list) else ():
        partner = partner_meant(premises, performer) if isinstance(performer, dict) else None
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
    premises: Premises, caller: Caller, _asked: Mapping[str, Any], context: Json, tx: Transaction
) -> Json:
    purpose = _purpose(premises, caller, context.get("purposeOfUse"))
    found = _known(premises, tx, caller.partner, context.get("patientId"))
    patient_id = next(iter(found)) if len(found) == 1 else None
    actors = context.get("actor")
    if not isinstance(actors, list) or not actors:
        raise NotUnderstood("HOOK_INVALID", "must name who would receive it", "context.actor")
    recipients = {partner_meant(premises, {"identifier": a}) for a in actors if isinstance(a, dict)}
    recipient = next(iter(recipients)) if len(recipients) == 1 else None
    own = _own(tx, caller.partner, patient_id) if patient_id else ()
    if recipient is not None and not would_be_held(
        premises,
        tx,
        patient_id=patient_id,
        discloser=caller.partner,
        recipient=recipient,
        purpose=purpose,
        own=own,
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
