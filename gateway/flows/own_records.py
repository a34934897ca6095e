"""What a worker's organization has itself sent here, shown back to it: a release like any other, on its own records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from gateway.disclosure.content import collection_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.disclosure.show import show
from gateway.flows.agency_desk import Worker, say_who
from gateway.store import Reading, Record, records

Wanted = Callable[[Record], bool]


async def own_records(
    premises: Premises,
    worker: Worker,
    page: str,
    patient_id: str | None,
    kind: str,
    wanted: Wanted = lambda _: True,
) -> tuple[Mapping[str, Any], ...]:
    """The records of that type of the patient's that came from the worker's organization alone, and are `wanted`.

    That somebody looked is in the log, also when there is nobody or nothing. Raises NotNow `CONSENT_KEEPS_CHANGING`.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        if patient_id is None:
            return None, ()
        found = records.of_patient(reading, patient_id, (kind,))
        return patient_id, [one for one in found if is_own(one, worker.partner) and wanted(one)]

    def write(resources: Sequence[Any], notices: Sequence[Any], at: datetime) -> bytes:
        return collection_bundle(resources, notices, at)

    shown = await show(
        premises,
        partner=worker.partner,
        purpose="",
        select=select,
        write=write,
        kind="read",
        also=partial(say_who, premises, worker, patient_id, "", page),
    )
    return shown.resources


def fullest(patients: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Of an organization's own Patients of one person the one that says who she is: it may have sent another by number
    alone. The same whatever their order.
    """
    return max(
        patients, key=lambda one: (bool(one.get("name")), bool(one.get("birthDate")), str(one.get("id", "")))
    )
