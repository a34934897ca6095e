"""The flows behind the operations of the FHIR API, with the premises bound."""

from __future__ import annotations

from functools import partial

from gateway.disclosure.premises import Premises
from gateway.fhir_api.operation_doors import BulkDoors, OperationDoors
from gateway.flows import account_asked, asks_asked, bulk_export, certain_match, handoff, patched
from gateway.wiring.standstill import Standstill


def operation_doors(premises: Premises, standstill: Standstill) -> OperationDoors:
    """All of them; what gives anything out is shut while the gateway stands still after a restore."""
    return OperationDoors(
        bulk=BulkDoors(
            begin=partial(bulk_export.begin_export, premises),
            state=partial(bulk_export.state_of_export, premises),
            cancel=partial(bulk_export.cancel_export, premises),
            part=standstill.guard(partial(bulk_export.part_of_file, premises)),
            notices=standstill.guard(partial(bulk_export.notices_of_export, premises)),
        ),
        account=standstill.guard(partial(account_asked.account_asked, premises)),
        ask=standstill.guard(partial(asks_asked.ask, premises)),
        asks=standstill.guard(partial(asks_asked.asks, premises)),
        match=standstill.guard(partial(certain_match.certain_match, premises)),
        patch=standstill.guard(partial(patched.patch, premises)),
        handoff=standstill.guard(partial(handoff.handoff, premises)),
    )
