"""What the network may do with each consent. The Consent resource itself is a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.store.model import ConsentState, Params, Reading, Transaction

_PAGE = 500
_GIVEN_AWAY = "given_away"
"""In the history alone: the consent was found to be another patient's."""


def save(tx: Transaction, state: ConsentState) -> None:
    """Keep `state` as the present one of its consent, and in the history as the one from the present epoch on.

    Raise the patient's epoch first, so that the history tells which decision knew what.
    """
    params = _params(state)
    tx.execute("consents.save", params)
    tx.execute("consents.keep_history", params)


def give_away(tx: Transaction, state: ConsentState) -> None:
    """From the patient's present epoch on the consent is another patient's; save it for that one."""
    tx.execute("consents.keep_history", _params(replace(state, standing=_GIVEN_AWAY)))


def get(reading: Reading, consent_id: str) -> ConsentState | None:
    """The state of that consent, or None."""
    row = reading.row("consents.get", {"consent_id": consent_id})
    return None if row is None else ConsentState(*row)


def of_patient(reading: Reading, patient_id: str) -> tuple[ConsentState, ...]:
    """The states of all consents of the patient, by consent id."""
    return tuple(
        ConsentState(*row) for row in reading.rows("consents.of_patient", {"patient_id": patient_id})
    )


def of_patient_at(reading: Reading, patient_id: str, epoch: int) -> tuple[ConsentState, ...]:
    """The states that the patient's consents had at that epoch of hers, by consent id."""
    asked = {"patient_id": patient_id, "epoch": epoch}
    found = (ConsentState(*row) for row in reading.rows("consents.of_patient_at", asked))
    return tuple(state for state in found if state.standing != _GIVEN_AWAY)


def of_standing(reading: Reading, standing: str) -> Iterator[ConsentState]:
    """The states of all consents of that standing, by consent id; only `usable` ones may permit something."""
    after = ""
    while page := of_standing_after(reading, standing, after, _PAGE):
        yield from page
        after = page[-1].consent_id


def of_standing_after(reading: Reading, standing: str, after: str, limit: int) -> tuple[ConsentState, ...]:
    """A part of these, after one id."""
    asked = {"standing": standing, "after": after, "limit": limit}
    return tuple(ConsentState(*row) for row in reading.rows("consents.of_standing_after", asked))


def of_recorder_after(
    reading: Reading, recorder: str, standing: str, after: str, limit: int
) -> tuple[ConsentState, ...]:
    """Consents of that standing that partner `recorder` has recorded, by consent id, after one id."""
    asked = {"recorded_by": recorder, "standing": standing, "after": after, "limit": limit}
    return tuple(ConsentState(*row) for row in reading.rows("consents.of_recorder_after", asked))


def _params(state: ConsentState) -> Params:
    return {
        "consent_id": state.consent_id,
        "patient_id": state.patient_id,
        "version": state.version,
        "standing": state.standing,
        "recorded_by": state.recorded_by,
        "recorded_at": state.recorded_at,
        "reasons": state.reasons,
    }
