"""A client reads what was chosen with her and signs it at the tablet, as a test needs it done."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.disclosure.desk_forms import Wanted
from gateway.disclosure.premises import Premises
from gateway.flows import consent_drafts
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_taking import Taken


async def sign(
    premises: Premises, worker: Worker, wanted: Wanted, ids: Sequence[str], seal: str, typed_name: str
) -> tuple[Taken, ...]:
    """What becomes of it."""
    draft = await consent_drafts.keep(premises, worker, wanted, tuple(ids), seal, consent_drafts.TABLET)
    return await consent_drafts.sign(premises, draft, typed_name)
