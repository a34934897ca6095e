"""What a message or a document tells of consents (CON of HL7 v2, authorization of C-CDA): a denial binds at once, by the
door of every Consent (`keep_consent`); nothing of it ever permits (consent-semantics 11, "Who may record a consent").

A denial counts from whoever has to do with the person. No later message or document lifts it: a person does, and what a
person has ended the same words do not begin again. What is older than the last word of its sender changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from gateway.clock import instant_text, read_instant
from gateway.disclosure.consent_standing import TOLD, could_deny
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived
from gateway.flows.consent_record import ENDED, keep_consent
from gateway.flows.messages import Fault
from gateway.flows.own_ids import own_id
from gateway.flows.people import related
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, consents, message_times, records

_STANDS = Fault(
    "DENIAL_STANDS",
    "a refusal told before stands; the network's consent desk ends it when the patient says so",
    None,
    severity="W",
)
_HAS_ENDED = Fault(
    "DENIAL_HAS_ENDED",
    "a person has ended this very refusal; if the patient refuses again, record that as a new one",
    None,
    severity="W",
)


class Telling(Protocol):
    """What a partner's message or document says of one person; `said_at` is when it was made, empty where unknown."""

    @property
    def partner(self) -> str: ...
    @property
    def said_at(self) -> str: ...
    @property
    def resources(self) -> Sequence[Mapping[str, Any]]: ...


def consents_in(resources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The Consents among what a message says."""
    return [one for one in resources if one["resourceType"] == "Consent"]


def without_consents(resources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All that a message says but its Consents, which go by a door of their own and along with nothing."""
    return [one for one in resources if one["resourceType"] != "Consent"]


def keep_told_consents(
    premises: Premises, tx: Transaction, said: Telling, patient_id: str, message_id: str, at: str
) -> None:
    """Take in what is told of consents, after all else of the message: that tells who has to do with her.

    Raises AlreadyReceived `RECORD_OF_ANOTHER_PATIENT`.
    """
    caller, made_at = Caller(said.partner, "", "", frozenset(), ""), _made_at(said, at)
    for told, held in _told_and_held(premises, tx, said):
        if held is not None and held.patient_id != patient_id:
            message = "was sent for another patient; it cannot become this one's"
            raise AlreadyReceived("RECORD_OF_ANOTHER_PATIENT", message, "Patient.identifier")
        name = "Consent", str(told["id"])
        if made_at and message_times.latest(tx, *name) > made_at:
            continue
        if _is_news(tx, told, held):
            keep_consent(
                premises, tx, caller, told, patient_id, read_instant(at), message_id, only_denies=TOLD
            )
        if made_at:
            message_times.keep(tx, [name], made_at)


def denial_warnings(premises: Premises, reading: Reading, said: Sequence[Telling]) -> tuple[Fault, ...]:
    """What the sender is told when it takes back a refusal that it told before: that it stands; and when it tells one
    again that a person has ended: that it has. Each once.
    """
    held_so = [
        (told, held)
        for one in said
        for told, held in _told_and_held(premises, reading, one)
        if held is not None
    ]
    stands = any(could_deny(held.resource) and not could_deny(told) for told, held in held_so)
    has_ended = any(could_deny(told) and _ended_as_told(told, held) for told, held in held_so)
    return (*((_STANDS,) if stands else ()), *((_HAS_ENDED,) if has_ended else ()))


def _told_and_held(
    premises: Premises, reading: Reading, said: Telling
) -> Iterator[tuple[Mapping[str, Any], Record | None]]:
    """Each Consent that is told, with what is held of it. A denial of something else than the one that is held under its
    number stands beside that, so that neither narrows the other.
    """
    for told in consents_in(said.resources):
        held = records.get(reading, "Consent", str(told["id"]))
        if held is not None and could_deny(told) and could_deny(held.resource):
            denied = to_json(told["provision"]) if "provision" in told else b""
            if denied != to_json(held.resource.get("provision", {})):
                beside = own_id(premises.keys.id_key, said.partner, str(told["id"]), denied.decode())
                told, held = {**told, "id": beside}, records.get(reading, "Consent", beside)
        yield told, held


def _is_news(tx: Transaction, told: Mapping[str, Any], held: Record | None) -> bool:
    """Whether what is told takes the place of what is held."""
    if held is None:
        return True
    status, state = held.resource.get("status"), consents.get(tx, held.id)
    if status in ENDED:
        return could_deny(told) and not _ended_as_told(told, held)
    if status == "active" and not could_deny(told):
        return False
    counts_now = (
        state is not None
        and state.standing == "unrelated"
        and related(tx, state.recorded_by, state.patient_id)
    )
    return counts_now or state is None or not _same(told, held.resource)


def _ended_as_told(told: Mapping[str, Any], held: Record) -> bool:
    """Whether what is held ended, and was of these very words."""
    has_ended = held.resource.get("status") in ENDED
    return has_ended and _same(told, {**held.resource, "status": told["status"]})


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return to_json(one) == to_json(other)


def _made_at(said: Telling, at: str) -> str:
    """When it was made: as the message says, else by the date of the document; never later than now. Empty: unknown."""
    if said.said_at:
        return said.said_at
    for resource in said.resources:
        written = str(resource.get("date", "")) if resource["resourceType"] == "Composition" else ""
        made = datetime.fromisoformat(written) if "T" in written else None
        if made is not None and made.tzinfo is not None:
            return min(instant_text(made.astimezone(UTC)), at)
    return ""
