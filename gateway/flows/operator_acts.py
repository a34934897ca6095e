"""What a person at the gateway decides where the gateway may not: each act is audited with its reason.

An intent that is `dead` or `unknown` waits for such a word, and so does a patient of whom it is not certain who she is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.handovers import may_have_arrived
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows import console_accounts
from gateway.flows.decided_here import BY_A_PERSON, act_entry, carry_out, why
from gateway.flows.desk_workers import send_away
from gateway.flows.destruction import destroy_patient
from gateway.flows.emergency import reviewed
from gateway.flows.expiry_reviews import goes_on
from gateway.flows.heard_denials import denial_ended
from gateway.flows.held_requests import assign, reminded
from gateway.flows.legal_holds import lift_told, place_told
from gateway.flows.referral import POSSIBLE_DUPLICATE
from gateway.flows.restored import confirm_consents
from gateway.flows.restriction_ends import restriction_ended
from gateway.flows.same_person import join, part, sort, tell_apart
from gateway.flows.stop_notices import told
from gateway.identity import description_keys
from gateway.store import Transaction, consent_requests, intents, patients, records, same_person

Act = Callable[[Premises, str, str], Awaitable[dict[str, Any]]]
SENT_AGAIN, ARRIVED, GIVEN_UP, CONFIRMED = "sent_again", "arrived", "given_up", "identity_confirmed"
_WAITS_FOR_A_PERSON = ("dead", "unknown")
_HAS_NOT_LEFT = ("dead", "unknown", "held", "due", "retry")


async def send_again(premises: Premises, intent_id: str, reason: str) -> dict[str, Any]:
    """Make a dead or unknown intent due; consent is decided again before anything leaves.

    Raises NotFound `NO_SUCH_INTENT`, AlreadyReceived `INTENT_SETTLED` in any other state, NotUnderstood
    `REASON_MISSING`.
    """
    return await _settle(premises, intent_id, reason, _WAITS_FOR_A_PERSON, "due", SENT_AGAIN)


async def arrived(premises: Premises, intent_id: str, reason: str) -> dict[str, Any]:
    """Take the recipient's word that what was sent did arrive. Raises as `send_again`, for `unknown` only."""
    return await _settle(premises, intent_id, reason, ("unknown",), "delivered", ARRIVED)


async def give_up(premises: Premises, intent_id: str, reason: str) -> dict[str, Any]:
    """End an intent that is not to go any more. Raises as `send_again`, for what is settled or being sent."""
    return await _settle(premises, intent_id, reason, _HAS_NOT_LEFT, "cancelled", GIVEN_UP)


async def confirm_identity(premises: Premises, patient_id: str, reason: str) -> dict[str, Any]:
    """Somebody has made sure that this patient is a person of her own, and nobody else whom we know.

    What was held for it is decided again. Raises NotFound `NO_SUCH_PATIENT`, AlreadyReceived `IDENTITY_CERTAIN`,
    NotUnderstood `REASON_MISSING`, `TO_BE_SORTED` while records of hers may be another's.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        if patients.certain(tx, patient_id):
            raise AlreadyReceived("IDENTITY_CERTAIN", "nobody doubts who this patient is", patient_id)
        if waiting := same_person.unsorted_of(tx, patient_id):
            raise NotUnderstood("TO_BE_SORTED", "say first whose these records are", ", ".join(waiting))
        at = instant_text(premises.clock.now())
        patients.settle_doubt(tx, patient_id)
        _accept_description(premises, tx, patient_id)
        append(tx, act_entry(CONFIRMED, at, said, patient_id=patient_id, subject=patient_id))
        return {
            "patient": patient_id,
            "outcome": CONFIRMED,
            "woken": intents.wake_patient(tx, patient_id, at),
        }

    return await carry_out(premises, work)


def _of_two(act: Callable[[Premises, str, str, str], Awaitable[dict[str, Any]]]) -> Act:
    """The act on the two patients that a command names, with a blank between. Raises NotUnderstood `TWO_PATIENTS`."""

    def on(premises: Premises, both: str, reason: str) -> Awaitable[dict[str, Any]]:
        said, (one, _, other) = why(reason), both.partition(" ")
        if not one or not other:
            raise NotUnderstood("TWO_PATIENTS", "give two patients", both)
        return act(premises, one, other, said)

    return on


ACTS: Mapping[str, Act] = {
    "lanes again": send_again,
    "lanes arrived": arrived,
    "lanes drop": give_up,
    "identity confirm": confirm_identity,
    "identity same": _of_two(join),
    "identity apart": _of_two(tell_apart),
    "identity part": part,
    "identity sort": _of_two(sort),
    "requests reminded": reminded,
    "requests assign": assign,
    "requests told": told,
    "requests goes-on": goes_on,
    "requests denial-ended": denial_ended,
    "requests restriction-ended": restriction_ended,
    "agency away": send_away,
    "requests reviewed": reviewed,
    "keys destroy": destroy_patient,
    "hold place": place_told,
    "hold lift": lift_told,
    "users add": console_accounts.add,
    "users disable": console_accounts.disable,
    "db confirm-consents": confirm_consents,
}
"""By the words of the command."""


async def _settle(
    premises: Premises, intent_id: str, reason: str, allowed: tuple[str, ...], state: str, outcome: str
) -> dict[str, Any]:
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        intent = intents.get(tx, intent_id)
        if intent is None:
            raise NotFound("NO_SUCH_INTENT", "no intent has that id", intent_id)
        if intent.state not in allowed:
            message = f"is `{intent.state}`; this can be said only of {', '.join(allowed)}"
            raise AlreadyReceived("INTENT_SETTLED", message, intent_id)
        at = instant_text(premises.clock.now())
        due_at = at if state == "due" else None
        again = state == "due" and may_have_arrived(tx, intent)
        reason_code = POSSIBLE_DUPLICATE if again else BY_A_PERSON
        intents.finish(tx, intent_id, state, at, reason_code, due_at=due_at)
        consent_requests.close(tx, intent_id, at, BY_A_PERSON)
        entry = act_entry(
            outcome,
            at,
            said,
            patient_id=intent.patient_id,
            subject=intent_id,
            partner=intent.partner,
            purpose=intent.purpose,
        )
        append(tx, entry)
        return {"intent": intent_id, "outcome": outcome, "state": state}

    return await carry_out(premises, work)


def _accept_description(premises: Premises, tx: Transaction, patient_id: str) -> None:
    """What she was described as is hers now: the same words must not raise the same doubt again."""
    for record in records.of_patient(tx, patient_id, ("Patient",)):
        for key in description_keys(record.resource, premises.keys.index, patient_id):
            patients.add_match_key(tx, patient_id, key)
