"""A referral that came as FHIR: a Task that asks a partner of the network to fulfil a ServiceRequest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.new_intents import Content, new_intent
from gateway.flows.submitted_ids import Submitted
from gateway.partners import Route, partner_of
from gateway.security.callers import Caller
from gateway.store import Transaction, intents, records

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
    focus = _focus(tx, entries) if tasks else ()
    for task in tasks:
        key = premises.keys.index("business-key", caller.partner, str(task["id"]))
        for route in _routes(premises, caller.partner, _owner(premises, task)):
            known = intents.of_key(tx, patient_id, route.addressee, key)
            if not any(intent.focus == focus for intent in known):
                content = Content(caller.partner, key, focus, None)
                intents.add(tx, new_intent(premises, route, patient_id, content, "referral", at))


def _focus(tx: Transaction, entries: Sequence[Submitted]) -> tuple[str, ...]:
    found = []
    for entry in entries:
        record = records.get(tx, str(entry.resource["resourceType"]), str(entry.resource["id"]))
        if record is not None and record.resource_type not in _NOT_SENT:
            found.append(f"{record.resource_type}/{record.id}/{record.version}")
    return tuple(found)


def _routes(premises: Premises, source: str, addressee: str | None) -> tuple[Route, ...]:
    routes = premises.network.routes_from(source, "referral")
    direct = [route for route in routes if route.addressee == addressee and route.with_addressee is None]
    if not direct:
        raise NotUnderstood(
            "ADDRESSEE_UNKNOWN", "names no addressee this sender has a route to", "Task.owner"
        )
    return (direct[0], *(route for route in routes if route.with_addressee == addressee))


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
