"""What a worker writes down about a client at a desk, taken in by the path of everything that is submitted as FHIR.

Each writing is a transaction of her organization, with a Provenance that names her; sent twice it counts once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from gateway.audit import append
from gateway.clock import instant_text, new_id
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.answers import TransactionOutcome
from gateway.flows.decided_here import act_entry
from gateway.flows.desk_clients import number_system
from gateway.flows.desk_sought import seen_descriptions
from gateway.flows.submissions import accept_transaction
from gateway.identity import IDENTIFIER
from gateway.partners import reference_of
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, patients, records

RECOGNISED = "desk_recognised"
MENTAL_HEALTH = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "MH"}]}
"""What is written down of a crisis is mental health information, whatever words it uses."""

_NOT_SAID = ("id", "meta", "text", "statusReason", "businessStatus", "output")
_SPACE = uuid.UUID("6f1f8d53-3a4a-5f0e-9b0e-0c7c8f5c2f11")


@dataclass(frozen=True, slots=True)
class Writing:
    """Resources to be taken in together, in order; each refers to another by `name_of(key, place)`.

    `key` names the writing: the same key is the same writing. `kept_here`: the places of what nobody else is ever shown.
    """

    key: str
    resources: Sequence[Mapping[str, Any]]
    purpose: str = ""
    kept_here: tuple[int, ...] = ()


def name_of(key: str, place: int) -> str:
    """The name of the resource at that place of a writing, good inside it."""
    return f"urn:uuid:{uuid.uuid5(_SPACE, f'{key}/{place}')}"


def text_of(words: str, longest: int) -> str:
    """Words on one or several lines, without blanks around. Raises NotUnderstood `WORDS_TOO_LONG`."""
    said = "\n".join(" ".join(line.split()) for line in words.strip().splitlines())
    if len(said) > longest or any(not line.isprintable() for line in said.splitlines()):
        raise NotUnderstood("WORDS_TOO_LONG", f"at most {longest} letters", "words")
    return said


async def recognised(
    premises: Premises, worker: Worker, patient_id: str, purpose: str
) -> Mapping[str, str] | None:
    """The worker's organization knows that person from now on: what it may see of her tells it who she is.

    The identifier it has of her from now on; None where it knew her. That something was shown once is not enough: it is
    decided again. Raises NotFound `NO_SUCH_CLIENT`.
    """
    return await premises.store.write(partial(_recognise, premises, worker, patient_id, purpose))


def _recognise(
    premises: Premises, worker: Worker, patient_id: str, purpose: str, tx: Transaction
) -> Mapping[str, str] | None:
    if not patients.exists(tx, patient_id):
        raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")
    if patients.knows(tx, worker.partner, patient_id):
        return None
    if not seen_descriptions(premises, worker.partner, purpose)(tx, patient_id):
        raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")
    number = f"D-{new_id().replace('-', '')[-10:].upper()}"
    token = premises.keys.index(IDENTIFIER, number_system(worker.partner), number)
    patients.link(tx, worker.partner, token, patient_id)
    at = instant_text(premises.clock.now())
    append(tx, act_entry(RECOGNISED, at, worker.name, patient_id=patient_id, partner=worker.partner))
    return {"system": number_system(worker.partner), "value": number}


def own_patient(reading: Reading, partner: str, patient_id: str) -> Record | None:
    """The Patient as that organization itself has described her last."""
    own = (
        one
        for one in records.of_patient(reading, patient_id, ("Patient",))
        if is_own(one, partner) and not one.deleted
    )
    return max(own, key=lambda one: one.updated_at, default=None)


def said_again(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A record of the organization's own as it is submitted again: by its identifier it is the same."""
    return {name: value for name, value in resource.items() if name not in _NOT_SAID}


def own_patients(reading: Reading, partner: str, patient_id: str) -> tuple[dict[str, Any], ...]:
    """The Patient that goes along with a referral, where the organization has described her under a number."""
    own = own_patient(reading, partner, patient_id)
    return () if own is None or not own.resource.get("identifier") else (said_again(own.resource),)


async def written_down(
    premises: Premises, worker: Worker, patient_id: str, writing: Writing
) -> TransactionOutcome:
    """Take in what was written about a person whom the organization knows. Raises what `accept_transaction` raises, so
    AlreadyReceived `IDEMPOTENCY_KEY_REUSED` for a key that came before with other words.
    """
    if not 8 <= len(writing.key) <= 64 or not writing.key.isascii():
        raise NotUnderstood("CHOICE_UNKNOWN", "load the page again", "key")
    said = (*writing.resources, _provenance(premises, worker, writing))
    entries = [
        {
            "fullUrl": name_of(writing.key, place),
            "resource": _about(resource, patient_id),
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for place, resource in enumerate(said)
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    caller = Caller(worker.partner, f"desk:{worker.partner}", writing.purpose, frozenset(), "")
    raw, kept_here = msgspec.json.encode(bundle), [name_of(writing.key, place) for place in writing.kept_here]
    return await accept_transaction(premises, caller, bundle, raw, writing.key, kept_here)


def _about(resource: Mapping[str, Any], patient_id: str) -> dict[str, Any]:
    """The resource with its subject, where its type has one."""
    her = {"reference": f"Patient/{patient_id}"}
    kind = resource["resourceType"]
    if kind in ("Provenance", "Appointment", "Patient"):
        return dict(resource)
    return {**resource, "for" if kind == "Task" else "subject": her}


def _provenance(premises: Premises, worker: Worker, writing: Writing) -> dict[str, Any]:
    """Who wrote it down. FHIR R4 Provenance."""
    ours = {"reference": reference_of(worker.partner)}
    return {
        "resourceType": "Provenance",
        "target": [{"reference": name_of(writing.key, place)} for place in range(len(writing.resources))],
        "recorded": instant_text(premises.clock.now()),
        "agent": [{"who": {"display": worker.name}, "onBehalfOf": ours}],
    }
