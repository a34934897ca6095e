"""How a referral that nobody has answered stands, for the desk that sent it.

It says what the sender could know by itself: what it has written and what it may disclose. Whether the referral has
left is no part of it. A referral also waits while it is in doubt who somebody is (`IDENTITY_PENDING`), so who has
written down a client with her permission in hand would learn by "waiting" that somebody else knows her.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gateway.disclosure.outlook import would_be_held
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own, last_own_version
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_cases import RIGHT, Sent, agencies_for
from gateway.flows.desk_clients import require_client, require_right
from gateway.flows.desk_written import own_patient
from gateway.flows.waiting_text import has_ended
from gateway.store import Record, Transaction, records

UNANSWERED, PERMISSION, ENDED = "unanswered", "permission", "ended"
_UNANSWERED = "requested"


async def standings(
    premises: Premises, worker: Worker, patient_id: str, sent: Sequence[Sent]
) -> dict[str, str]:
    """Task id to `unanswered`, `permission` (her permission may be lacking) or `ended` (given up before it left), of
    those of `sent` that nobody has answered. That it was asked is in the log.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, RIGHT)
    open_ones = [one for one in sent if one.state == _UNANSWERED]
    if not open_ones:
        return {}
    return await premises.store.write(partial(_standings, premises, worker, patient_id, open_ones))


def _standings(
    premises: Premises, worker: Worker, patient_id: str, sent: Sequence[Sent], tx: Transaction
) -> dict[str, str]:
    require_client(tx, worker, patient_id)
    return {str(one.task["id"]): _standing(premises, tx, worker.partner, patient_id, one) for one in sent}


def _standing(premises: Premises, tx: Transaction, partner: str, patient_id: str, sent: Sent) -> str:
    if has_ended(tx, partner, str(sent.task["id"])):
        return ENDED
    purposes = {
        route.purpose
        for route in agencies_for(premises, Worker(partner, ""))
        if route.addressee == sent.agency
    }
    said = [
        _own(tx, partner, kind, one) for kind, one in (("Task", sent.task), ("ServiceRequest", sent.request))
    ]
    own = [one for one in (own_patient(tx, partner, patient_id), *said) if one is not None]
    goes = bool(purposes) and not any(
        would_be_held(
            premises,
            tx,
            patient_id=patient_id,
            discloser=partner,
            recipient=sent.agency,
            purpose=purpose,
            own=own,
        )
        for purpose in purposes
    )
    return UNANSWERED if goes else PERMISSION


def _own(tx: Transaction, partner: str, kind: str, shown: object) -> Record | None:
    """The record as the organization itself has sent it last."""
    held = records.get(tx, kind, str(shown.get("id", ""))) if isinstance(shown, dict) else None
    if held is None:
        return None
    return held if is_own(held, partner) else last_own_version(tx, held, partner)
