"""A partner asks for the account of its own disclosures about a patient: what left of its records, to whom, what for.

Told are the disclosures of the asker's own records alone: another's would say where else she is a patient. Whom a Part 2
program asked for them is left out unless the asker itself sent them there, as its name alone would tell what she is
treated for; the whole account is the compliance role's (`handoff accounting`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from gateway.audit import AuditEntry, AuditReason, append
from gateway.clock import instant_text, new_id
from gateway.disclosure.account import OVERTAKEN, own_record_entry
from gateway.disclosure.accounting import AccountLine, account_of
from gateway.disclosure.asked import kept_question
from gateway.disclosure.log_about import log_about
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.answers import Pulled
from gateway.flows.pull import patient_named
from gateway.partners import reference_of
from gateway.resources import to_json
from gateway.security.callers import Caller

LAWS = ("all", "hipaa", "part2")
"""Accounts that a partner may ask for; that of an intermediary is the network's own (42 CFR §2.24)."""
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ASKED = AuditReason("ACCOUNT_ASKED", "45 CFR 164.528, 42 CFR 2.25: the asker's own disclosures")


async def account_asked(premises: Premises, caller: Caller, patient: str, law: str) -> Pulled:
    """A collection of AuditEvents, one for each disclosure, the oldest first; empty for an unknown patient as for one of
    whom the caller has disclosed nothing. `patient` is the network's id or that of the caller's own Patient.

    Raises NotUnderstood `LAW_UNKNOWN`.
    """
    if law not in LAWS:
        raise NotUnderstood("LAW_UNKNOWN", f"must be one of {', '.join(LAWS)}", "http.law")
    now, request_id = premises.clock.now(), new_id()
    patient_id, lines = await asyncio.to_thread(_lines, premises, caller.partner, patient, law, now)
    content = to_json(_bundle(premises, caller.partner, patient, lines, now))
    entry = own_record_entry(
        premises,
        kind="query",
        request_id=request_id,
        at=now,
        patient_id=patient_id,
        partner=caller.partner,
        purpose=caller.purpose,
        returned=(),
        content_sha256=None,
    )
    asked = kept_question(f"Patient/{patient}/$accounting?law={law}", patient_id)
    entry = replace(entry, reasons=(_ASKED,), subject="accounting", asked=asked)
    await premises.store.write(lambda tx: append(tx, entry))
    return Pulled(content, request_id)


def _lines(
    premises: Premises, partner: str, patient: str, law: str, now: datetime
) -> tuple[str | None, tuple[AccountLine, ...]]:
    """The network's id of the patient, and what the partner has disclosed about her."""
    with premises.store.read() as reading:
        patient_id = patient_named(reading, partner, patient)
        if patient_id is None:
            return None, ()
        logged = log_about(reading, patient_id)
    told = [one.entry for one in logged if one.entry is not None]
    return patient_id, account_of((one for one in told if _is_told(premises, partner, one)), law, now)


def _is_told(premises: Premises, partner: str, entry: AuditEntry) -> bool:
    """Whether the partner may know of this entry, which is of records of its own alone; or it says that an answer was
    never given, and is no line of an account itself.
    """
    if any(reason.code == OVERTAKEN for reason in entry.reasons):
        return True
    if entry.source != (reference_of(partner),):
        return False
    recipient = premises.network.partners.get(entry.partner)
    hidden = recipient is None or recipient.is_part2_program
    return not hidden or entry.kind == "handover"


def _bundle(
    premises: Premises, partner: str, patient: str, lines: tuple[AccountLine, ...], now: datetime
) -> dict[str, Any]:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "timestamp": instant_text(now)}
    if lines:  # FHIR JSON knows no empty array
        name = premises.network.partners[partner].organization.name
        events = [_event(premises.network.content.network, partner, name, patient, line) for line in lines]
        bundle["entry"] = [{"resource": event} for event in events]
    return bundle


def _event(network: str, partner: str, name: str, patient: str, line: AccountLine) -> dict[str, Any]:
    """One disclosure as 45 CFR 164.528(b)(2) wants it told: when, to whom (with address), what, what for."""
    details = {
        "address": line.address,
        "legal-basis": line.basis,
        "outcome": line.outcome,
        "times": str(line.times),
        "request-id": line.request_id,
    }
    recipient = {"display": line.recipient}
    source = {"reference": reference_of(partner), "display": name}
    return {
        "resourceType": "AuditEvent",
        "type": {"system": _DCM, "code": "110106", "display": "Export"},
        "action": "R",
        "recorded": line.at,
        "outcome": "0",
        "purposeOfEvent": [
            {"coding": [{"system": _ACT_REASON, "code": code}]} for code in line.purpose.split()
        ],
        "agent": [_agent("110153", source), _agent("110152", recipient)],
        "source": {"observer": {"display": network}},
        "entity": [
            {
                "what": {"reference": f"Patient/{patient}"},
                "description": line.description,
                "detail": [{"type": n, "valueString": value} for n, value in details.items() if value],
            }
        ],
    }


def _agent(code: str, who: Mapping[str, str]) -> dict[str, Any]:
    return {"type": {"coding": [{"system": _DCM, "code": code}]}, "who": dict(who), "requestor": False}
