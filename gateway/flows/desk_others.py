"""Referrals of a client that did not come from the desk: other agencies' and systems', as far as her case manager's
organization may see them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.flows.addressee import looking_in_directory, partner_meant
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_cases import REFERRALS, RIGHT, focus_of, show_tasks
from gateway.flows.desk_clients import require_client, require_right
from gateway.flows.desk_crisis import plan_purpose
from gateway.store import Record

MOST = 20


@dataclass(frozen=True, slots=True)
class Other:
    """A referral as it may be seen; who asks and who is asked are partners, empty where that may not be told."""

    task: Mapping[str, Any] = field(repr=False)
    request: Mapping[str, Any] = field(repr=False)
    sender: str
    agency: str


async def others_of(premises: Premises, worker: Worker, patient_id: str) -> tuple[Other, ...]:
    """The newest `MOST`, newest first, as a release to the organization for the purpose of plans; none where it may see
    none. Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
    purpose = plan_purpose(premises, worker.partner)

    def chosen(held: Sequence[Record]) -> Sequence[Record]:
        asked = {one.reference for one in held if one.resource_type == "ServiceRequest"}
        tasks = (one for one in held if focus_of(one.resource) in asked and not _is_of_desk(one, worker))
        return sorted(tasks, key=lambda one: str(one.resource.get("authoredOn", "")))[-MOST:]

    shown = await show_tasks(premises, worker, patient_id, purpose, chosen, "other referrals")
    look = looking_in_directory(premises)
    found = []
    for task, request in shown:
        sender, agency = (
            partner_meant(premises.network, task.get(part, {}), look) or "" for part in ("requester", "owner")
        )
        found.append(Other(task, request, sender, agency))
    return tuple(sorted(found, key=lambda one: str(one.task.get("authoredOn", "")), reverse=True))


def _is_of_desk(record: Record, worker: Worker) -> bool:
    """Whether the desk has sent it itself: those stand on its page with what can be done about them."""
    system = f"{REFERRALS}:{worker.partner}"
    return any(one.get("system") == system for one in record.resource.get("identifier", ()))
