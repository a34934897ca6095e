"""A referral that came as FHIR: a Task that asks a partner of the network to fulfil a ServiceRequest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.clock import new_id
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.referral import format_for
from gateway.flows.submitted_ids import Submitted
from gateway.partners import partner_of
from gateway.security.callers import Caller
from gateway.store import Intent, Transaction, intents, records

_NOT_SENT = ("Consent", "Organization")


def add_referral_intents(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    entries: Sequence[Submitted],
    patient_id: str,
    at: str,
) -> None:
    """An intent for each Task with an owner in this network; the whole transaction but its Consents is the focus.

    Raises NotUnderstood `ADDRESSEE_UNKNOWN` at `Task.owner` when no route leads there.
    """
    tasks = [e.resource for e in entries if e.resource["resourceType"] == "Task" and _is_referral(e.resource)]
    if not tasks:
        return
    focus = []
    for entry in entries:
        if entry.resource["resourceType"] in _NOT_SENT:
            continue
        record = records.get(tx, str(entry.resource["resourceType"]), str(entry.resource["id"]))
        if record is not None:
            focus.append(f"{record.resource_type}/{record.id}/{record.version}")
    for task in tasks:
        addressee = _owner(premises, task)
        routes = premises.network.routes_from(caller.partner, "referral")
        direct = [r for r in routes if r.addressee == addressee and r.with_addressee is None]
        if not direct:
            message = "names no addressee this sender has a route to"
            raise NotUnderstood("ADDRESSEE_UNKNOWN", message, "Task.owner")
        key = premises.keys.index("business-key", caller.partner, str(task["id"]))
        known = intents.of_key(tx, patient_id, direct[0].addressee, key)
        if any(intent.focus == tuple(focus) for intent in known):
            continue
        for route in (direct[0], *(r for r in routes if r.with_addressee == addressee)):
            intent = Intent(
                id=new_id(),
                patient_id=patient_id,
                partner=route.addressee,
                source_partner=caller.partner,
                business_key=key,
                purpose=route.purpose,
                kind="referral",
                format=format_for(premises.network, route.addressee),
                message_id=None,
                focus=tuple(focus),
                state="due",
                due_at=at,
                attempts=0,
                reason="",
                created_at=at,
                updated_at=at,
            )
            intents.add(tx, intent)


def _is_referral(task: Mapping[str, Any]) -> bool:
    focus = str(task.get("focus", {}).get("reference", ""))
    return (
        task.get("status") == "requested" and bool(task.get("owner")) and focus.startswith("ServiceRequest/")
    )


def _owner(premises: Premises, task: Mapping[str, Any]) -> str | None:
    """The partner that a Task's owner names, by reference or by an identifier of its organisation."""
    owner = task.get("owner", {})
    partner = partner_of(str(owner.get("reference", "")))
    if partner in premises.network.partners:
        return partner
    identifier = owner.get("identifier", {})
    for partner_id, candidate in premises.network.partners.items():
        for known in candidate.organization.identifiers:
            if (known.system, known.value) == (identifier.get("system"), identifier.get("value")):
                return partner_id
    return None
