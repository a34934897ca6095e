"""A denial by somebody who had nothing to do with the person binds from when its recorder has to do with her: a refusal
is often told first, at registration, and not said again (consent-semantics 11, "Who may record a consent").
"""

from __future__ import annotations

import json
from datetime import datetime

from gateway.disclosure.consent_standing import TOLD
from gateway.disclosure.premises import Premises
from gateway.flows.consent_record import keep_consent
from gateway.flows.people import related
from gateway.security.callers import Caller
from gateway.store import Transaction, consents, records


def hear_denials(premises: Premises, tx: Transaction, patient_id: str, at: datetime, request_id: str) -> None:
    """Have those of her Consents bind whose recorders have come to have to do with her, in the transaction by which they
    have; each has its entry in the log, under `request_id`.
    """
    for state in consents.of_patient(tx, patient_id):
        if state.standing != "unrelated" or not related(tx, state.recorded_by, patient_id):
            continue
        record = records.get(tx, "Consent", state.consent_id)
        if record is None or record.resource.get("status") != "active":
            continue
        recorder, is_told = (
            Caller(state.recorded_by, "", "", frozenset(), ""),
            TOLD in json.loads(state.reasons),
        )
        keep_consent(premises, tx, recorder, record.resource, patient_id, at, request_id, is_told=is_told)
