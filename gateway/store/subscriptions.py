"""Subscriptions of partners, and what each of them may tell: rows of ids, codes, numbers and times, nothing clinical."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal

import msgspec

from gateway.errors import NotFound
from gateway.store.model import Reading, Record, Transaction
from gateway.store.records import set_name

_DECODER = msgspec.json.Decoder(list[Record], float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription. `status`: requested, active, error, off. `about`: our id of the one patient, or empty.

    `seen_set`: up to which record set changes were looked at. `positions` counts its events, `numbered` those whose
    notice may have left. Not before `due_at` anything is tried; `failing_since` is empty while all goes well.
    `header`: what stands in `Authorization` of its notices, sealed; empty without.
    """

    id: str
    partner: str
    client_id: str
    purpose: str
    topic: str
    about: str
    endpoint: str
    payload: str
    heartbeat_seconds: int
    ends_at: str
    status: str
    version: int
    created_at: str
    updated_at: str
    seen_set: int
    positions: int = 0
    numbered: int = 0
    due_at: str = ""
    attempts: int = 0
    failing_since: str = ""
    reason: str = ""
    header: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """A change that a subscription may tell. `number` is 0 until its notice may have left.

    `state`: waiting, handed_over (it may have left, what came of it is not known), delivered, withheld.
    """

    subscription_id: str
    position: int
    number: int
    at: str
    patient_id: str
    resource_type: str
    resource_id: str
    version: int
    state: str


def add(tx: Transaction, made: Subscription) -> None:
    """Keep a new subscription."""
    tx.execute("subscriptions.add", asdict(made))


def change(tx: Transaction, made: Subscription) -> None:
    """Keep `made` in the place of what is there by its id; whose it is never changes."""
    tx.execute("subscriptions.change", asdict(made))


def remove(tx: Transaction, subscription_id: str) -> None:
    """Take it away with its events."""
    tx.execute("subscriptions.remove_events", {"subscription_id": subscription_id})
    tx.execute("subscriptions.remove", {"id": subscription_id})


def get(reading: Reading, subscription_id: str) -> Subscription | None:
    """The subscription of that id, or None."""
    row = reading.row("subscriptions.get", {"id": subscription_id})
    return None if row is None else Subscription(*row)


def of_partner(reading: Reading, partner: str) -> tuple[Subscription, ...]:
    """All of the partner, by id."""
    return tuple(Subscription(*row) for row in reading.rows("subscriptions.of_partner", {"partner": partner}))


def of_status(reading: Reading, status: str) -> tuple[Subscription, ...]:
    """All of that status, by id."""
    return tuple(Subscription(*row) for row in reading.rows("subscriptions.of_status", {"status": status}))


def newest_set(reading: Reading) -> int:
    """The number of the record set that was saved last; 0 without any."""
    row = reading.row("subscriptions.newest_set")
    return 0 if row is None else int(row["number"] or 0)


def saved_after(reading: Reading, after: int, limit: int) -> Iterator[tuple[int, tuple[Record, ...]]]:
    """Record sets saved after that one, in order, up to `limit`, each with its records; none of a destroyed key."""
    for number, patient_id, sealed in reading.rows(
        "subscriptions.sets_after", {"after": after, "limit": limit}
    ):
        scope = "network" if patient_id is None else f"patient:{patient_id}"
        try:
            yield (
                number,
                tuple(_DECODER.decode(reading.cipher.open(reading, scope, set_name(number), sealed))),
            )
        except NotFound:  # KEY_GONE
            yield number, ()


def add_event(tx: Transaction, event: SubscriptionEvent) -> None:
    """Keep an event that waits to be told."""
    tx.execute("subscriptions.add_event", asdict(event))


def first_open(reading: Reading, subscription_id: str) -> SubscriptionEvent | None:
    """The first event of which it is not settled what became of it, or None."""
    row = reading.row("subscriptions.first_open", {"subscription_id": subscription_id})
    return None if row is None else SubscriptionEvent(*row)


def withhold_open(tx: Transaction, subscription_id: str) -> None:
    """Tell none of the events that are not settled; one that may have left keeps its number."""
    tx.execute("subscriptions.withhold_open", {"subscription_id": subscription_id})


def event(reading: Reading, subscription_id: str, position: int) -> SubscriptionEvent | None:
    """The event at that position, or None."""
    row = reading.row("subscriptions.event", {"subscription_id": subscription_id, "position": position})
    return None if row is None else SubscriptionEvent(*row)


def numbered(
    reading: Reading, subscription_id: str, first: int, last: int, limit: int
) -> tuple[SubscriptionEvent, ...]:
    """The events of those numbers, both included, in order."""
    asked = {"subscription_id": subscription_id, "first": first, "last": last, "limit": limit}
    return tuple(SubscriptionEvent(*row) for row in reading.rows("subscriptions.numbered", asked))


def settle_event(tx: Transaction, subscription_id: str, position: int, number: int, state: str) -> None:
    """Say how far the event got, and by which number it is told."""
    asked = {"subscription_id": subscription_id, "position": position, "number": number, "state": state}
    tx.execute("subscriptions.settle_event", asked)
