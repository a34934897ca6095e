"""Lists for people who look after the gateway: what is stuck, what came, how consents stand. Ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import ConsentState, InboxMessage, Reading

END = "9999"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Intents in one final or unknown state toward one partner, with one cause (the code of the last try)."""

    state: str
    partner: str
    kind: str
    reason: str
    number: int
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class Trying:
    """What is tried again toward one partner; `since`: when the first of them was first tried."""

    partner: str
    number: int
    attempts: int
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class ConsentStep:
    """One state that a consent has had, from the patient's epoch on."""

    consent_id: str
    epoch: int
    version: int
    standing: str
    recorded_by: str
    recorded_at: str
    reasons: str


def stuck(reading: Reading) -> tuple[Stuck, ...]:
    """What is dead or unknown, by state, partner, kind and cause."""
    return tuple(Stuck(*row) for row in reading.rows("desk_lists.stuck"))


def trying(reading: Reading) -> tuple[Trying, ...]:
    """What is tried again, by partner."""
    return tuple(Trying(*row) for row in reading.rows("desk_lists.trying"))


def messages_before(
    reading: Reading, *, state: str, partner: str, since: str, before: str, limit: int, before_id: str = ""
) -> tuple[InboxMessage, ...]:
    """Messages received before an instant, or at it with an id before `before_id`, the newest first; empty texts mean
    any.
    """
    asked: dict[str, object] = {
        "partner": partner or None,
        "since": since,
        "before": before or END,
        "before_id": before_id,
        "limit": limit,
    }
    if not state:
        return tuple(InboxMessage(*row) for row in reading.rows("desk_lists.messages_before", asked))
    found = reading.rows("desk_lists.messages_in_state_before", asked | {"state": state})
    return tuple(InboxMessage(*row) for row in found)


def consents_after(reading: Reading, after: str, limit: int) -> tuple[ConsentState, ...]:
    """Consents as they stand, in the order of their ids, after one id."""
    asked = {"after": after, "limit": limit}
    return tuple(ConsentState(*row) for row in reading.rows("desk_lists.consents_after", asked))


def consent_steps(reading: Reading, patient_id: str) -> tuple[ConsentStep, ...]:
    """Every state that each consent of a patient has had, in order."""
    return tuple(
        ConsentStep(*row) for row in reading.rows("desk_lists.consent_steps", {"patient_id": patient_id})
    )
