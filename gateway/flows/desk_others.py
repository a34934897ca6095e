"""Referrals of a client that did not come from the desk: other agencies' and systems', as far as her case manager's
organization may see them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gateway.disclosure.content import collection_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.show import show
from gateway.flows.addressee import looking_in_directory, partner_meant
from gateway.flows.agency_desk import Worker, say_who
from gateway.flows.desk_cases import REFERRALS, RIGHT
from gateway.flows.desk_clients import require_client, require_right
from gateway.flows.desk_crisis import plan_purpose
from gateway.store import Reading, Record, records

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

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        held = records.of_patient(reading, patient_id, ("ServiceRequest", "Task"))
        asked = {one.reference for one in held if one.resource_type == "ServiceRequest"}
        tasks = sorted(
            (one for one in held if _focus(one.resource) in asked and not _is_of_desk(one, worker)),
            key=lambda one: str(one.resource.get("authoredOn", "")),
        )[-MOST:]
        about = {_focus(one.resource) for one in tasks}
        return patient_id, [*tasks, *(one for one in held if one.reference in about)]

    shown = await show(
        premises,
        partner=worker.partner,
        purpose=purpose,
        select=select,
        write=lambda resources, notices, at: collection_bundle(resources, notices, at),
        kind="read",
        also=partial(say_who, premises, worker, patient_id, purpose, "other referrals"),
    )
    requests = {f"ServiceRequest/{one['id']}": one for one in shown.resources}
    look = looking_in_directory(premises)
    named = [
        [partner_meant(premises.network, one.get(part, {}), look) or "" for part in ("requester", "owner")]
        for one in shown.resources
    ]
    found = [
        Other(one, requests.get(_focus(one), {}), sender, agency)
        for one, (sender, agency) in zip(shown.resources, named, strict=True)
        if one["resourceType"] == "Task"
    ]
    return tuple(sorted(found, key=lambda one: str(one.task.get("authoredOn", "")), reverse=True))


def _focus(resource: Mapping[str, Any]) -> str:
    return str(resource.get("focus", {}).get("reference", ""))


def _is_of_desk(record: Record, worker: Worker) -> bool:
    """Whether the desk has sent it itself: those stand on its page with what can be done about them."""
    system = f"{REFERRALS}:{worker.partner}"
    return any(one.get("system") == system for one in record.resource.get("identifier", ()))
