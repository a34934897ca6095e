"""What was signed at a desk before: the form as it was signed, and how it is taken back."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.clock import new_id
from gateway.disclosure.consent_standing import permits_at_root
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.errors import NotFound
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_record import take_back
from gateway.flows.consent_taking import FORM_SYSTEM
from gateway.flows.decided_here import carry_out
from gateway.flows.desk_clients import desk_caller, log_worker, require_client, require_right
from gateway.flows.own_records import own_records
from gateway.store import Record, Transaction, records

BY_VOICE, IN_WRITING = "withdrawn_by_voice", "withdrawal_in_writing"
WITHDRAWAL = "urn:gateway:consent:withdrawal"
"""Extension of a Consent that was taken back at a desk: `by-voice` until it is there in writing (`valueCode`)."""


@dataclass(frozen=True, slots=True)
class Given:
    """A Consent of hers that is in force and that this organization recorded."""

    consent_id: str
    recipients: tuple[tuple[str, str], ...] = field(repr=False)
    """Reference and display of each."""

    resource: Mapping[str, Any] = field(repr=False)
    has_paper: bool
    """Whether the form that was signed for it is kept here."""


def given_here(
    premises: Premises, worker: Worker, patient_id: str
) -> tuple[tuple[Given, ...], tuple[Given, ...]]:
    """Her permissions that this organization recorded: those in force, and those taken back by word alone so far. What
    denies is none of them.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, "consents")
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
        found = records.of_patient(reading, patient_id, ("Consent", "DocumentReference"))
    papers = {_number_of(one) for one in found if one.resource_type == "DocumentReference"} - {""}
    consents = [one for one in found if one.resource_type == "Consent"]
    ours = [one for one in consents if one.source_partner == worker.partner and permits_at_root(one.resource)]
    given = [one for one in ours if one.resource.get("status") == "active"]
    pending = [one for one in ours if one.resource.get("status") == "inactive" and is_by_voice(one.resource)]
    return tuple(_given(one, papers) for one in given), tuple(_given(one, papers) for one in pending)


async def paper_of(premises: Premises, worker: Worker, patient_id: str, consent_id: str) -> str:
    """The form that was signed here for a Consent, as it was signed. Raises NotFound `NO_SUCH_CONSENT`."""
    require_right(premises, worker, "consents")

    with premises.store.read() as reading:
        found = records.get(reading, "Consent", consent_id)
    is_hers = found is not None and found.patient_id == patient_id and is_own(found, worker.partner)
    named = {row.get("value") for row in found.resource.get("identifier", ())} if found is not None else set()
    papers = await own_records(
        premises,
        worker,
        "signed form",
        patient_id if is_hers else None,
        "DocumentReference",
        lambda one: _number_of(one) in named,
    )
    if not papers:
        raise NotFound("NO_SUCH_CONSENT", "no such consent of hers was recorded here")
    return base64.b64decode(papers[0]["content"][0]["attachment"]["data"]).decode()


def _number_of(paper: Record) -> str:
    """The number of the form that a document is the signed copy of; empty for any other."""
    rows = paper.resource.get("identifier", ())
    return next((str(row.get("value", "")) for row in rows if row.get("system") == FORM_SYSTEM), "")


def _given(record: Record, papers: Collection[str]) -> Given:
    named = (str(row.get("value", "")) for row in record.resource.get("identifier", ()))
    has_paper = any(one in papers for one in named)
    return Given(record.id, recipients_of(record.resource), record.resource, has_paper)


async def withdrawn_by_voice(premises: Premises, worker: Worker, patient_id: str, consent_id: str) -> None:
    """She takes a permission back by her word: it ends at once, and is written down later (P2-31-12).

    Raises NotFound `NO_SUCH_CONSENT`, NotAllowed `RIGHT_MISSING`.
    """
    await _ended(premises, worker, patient_id, consent_id, "by-voice", BY_VOICE)


async def withdrawal_written(premises: Premises, worker: Worker, patient_id: str, consent_id: str) -> None:
    """What she took back by her word is there in writing now. Raises NotFound `NO_SUCH_CONSENT`."""
    await _ended(premises, worker, patient_id, consent_id, "in-writing", IN_WRITING)


def recipients_of(resource: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Reference and display of whom a Consent lets see something, at its root; not of who discloses."""
    actors = resource.get("provision", {}).get("actor", ())
    named = [one.get("reference", {}) for one in actors if _receives(one.get("role", {}))]
    return tuple((str(one.get("reference", "")), str(one.get("display", ""))) for one in named)


def _receives(role: Mapping[str, Any]) -> bool:
    """Whether an actor's role is the recipient's, or is not stated (consent-semantics 4)."""
    codes = {row.get("code") for row in role.get("coding", ())}
    return not codes or "IRCP" in codes


def is_by_voice(resource: Mapping[str, Any]) -> bool:
    """Whether a Consent was taken back by word alone so far."""
    said = [row.get("valueCode") for row in resource.get("extension", ()) if row.get("url") == WITHDRAWAL]
    return said == ["by-voice"]


async def _ended(
    premises: Premises, worker: Worker, patient_id: str, consent_id: str, how: str, outcome: str
) -> None:
    require_right(premises, worker, "consents")
    at = premises.clock.now()

    def work(tx: Transaction) -> dict[str, Any]:
        before = records.get(tx, "Consent", consent_id)
        wanted = "active" if how == "by-voice" else "inactive"
        if (
            before is None
            or before.patient_id != patient_id
            or before.source_partner != worker.partner
            or before.resource.get("status") != wanted
            or not permits_at_root(before.resource)
        ):
            raise NotFound("NO_SUCH_CONSENT", "no such consent of hers was recorded here")
        stated = [row for row in before.resource.get("extension", ()) if row.get("url") != WITHDRAWAL]
        changed = {
            **before.resource,
            "status": "inactive",
            "extension": [*stated, {"url": WITHDRAWAL, "valueCode": how}],
        }
        take_back(premises, tx, desk_caller(worker), before, changed, at, new_id())
        log_worker(tx, worker, at, outcome, patient_id, before.reference, how)
        return {}

    await carry_out(premises, work)
