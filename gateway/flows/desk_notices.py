"""A worker says at the consent desk that a client was given her program's notice (42 CFR 2.22), or sees it is due."""

from __future__ import annotations

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.patient_notices import GIVEN, WAYS, Standing, day_given, owes, said_of, standing
from gateway.store import Transaction, patient_notices, same_person
from gateway.store.patient_notices import PatientNotice


def notice_here(premises: Premises, worker: Worker, patient_id: str) -> Standing | None:
    """How a client stands with the notice of the worker's organization; None where that is no program.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, "consents")
    if not owes(premises.network, worker.partner):
        return None
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
        return standing(premises.network, reading, worker.partner, patient_id)


async def notice_given(premises: Premises, worker: Worker, patient_id: str, day: str, way: str) -> None:
    """A worker has given a client the notice that is in force, that day (`YYYY-MM-DD`), in one of `WAYS`.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`, NotUnderstood `DAY_INVALID`, `CHOICE_UNKNOWN`.
    """
    require_right(premises, worker, "consents")
    if way not in WAYS or not owes(premises.network, worker.partner):
        raise NotUnderstood("CHOICE_UNKNOWN", f"expected one of {', '.join(WAYS)}", "way")
    now = premises.clock.now()
    given_on = day_given(premises, day, now, "day")
    version = premises.network.partners[worker.partner].patient_notice

    def work(tx: Transaction) -> None:
        require_client(tx, worker, patient_id)
        her = same_person.stays(tx, patient_id)
        made = PatientNotice(her, worker.partner, version, given_on, way, instant_text(now))
        patient_notices.keep(tx, made)
        log_worker(tx, worker, now, GIVEN, her, "", said_of(made))

    await premises.store.write(work)
