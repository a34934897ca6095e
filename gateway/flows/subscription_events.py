"""What subscriptions tell, and when: changes are found, authorised, told in order, and settled. Durable at each step.

An event gets its number in the transaction after which its notice may leave, and only then: what was withheld has none,
so that numbers tell nothing of it. One that may have left keeps its number at every further try.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from gateway.clock import instant_text, read_instant
from gateway.disclosure.notices import PreparedNotice, account, hand_over, is_news, prepare_notice
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError
from gateway.flows.subscription_headers import opened
from gateway.flows.subscription_topics import TOPICS, notice
from gateway.security.scopes import read_scopes
from gateway.store import Reading, Record, Transaction, partner_pauses, subscriptions
from gateway.store.subscriptions import Subscription, SubscriptionEvent

GAVE_UP, NOT_REGISTERED, ENDED = "ENDPOINT_DOES_NOT_ANSWER", "NOT_REGISTERED", "ENDED"
_SETS_AT_ONCE = 16
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)
_GIVE_UP_AFTER = timedelta(days=1)
_HANDSHAKES = 8
_REFUSALS = 8


@dataclass(frozen=True, slots=True)
class ToTell:
    """One notice on its way. Without `event` it is a handshake or a heartbeat and about nobody."""

    made: Subscription
    kind: str
    content: bytes
    event: SubscriptionEvent | None = None
    number: int = 0
    prepared: PreparedNotice | None = None
    authorization: str = field(default="", repr=False)
    """The subscriber's own secret, by which it knows us; empty without."""

    @property
    def key(self) -> str:
        """The same for the same event, so that a receiver knows it again."""
        return f"{self.made.id}.{self.number or self.kind}"


async def collect(premises: Premises) -> bool:
    """Look at what was saved since last time, and keep what subscriptions may tell of it; whether there may be more."""
    with premises.store.read() as reading:
        active = _served(premises, reading)
        newest = subscriptions.newest_set(reading) if active else 0
    if not any(made.seen_set < newest for made in active):
        return False
    return await premises.store.write(partial(_collect, premises))


def _collect(premises: Premises, tx: Transaction) -> bool:
    active = _served(premises, tx)
    if not active:
        return False
    after, seen = min(made.seen_set for made in active), 0
    counted = {made.id: made for made in active}
    at = premises.clock.now()
    for number, saved in subscriptions.saved_after(tx, after, _SETS_AT_ONCE):
        seen = number
        for made in active:
            if made.seen_set < number:
                counted[made.id] = _take(premises, tx, counted[made.id], saved, at)
    for made in counted.values():
        if made.seen_set < seen:
            subscriptions.change(tx, replace(made, seen_set=seen))
    return seen < subscriptions.newest_set(tx)


def _served(premises: Premises, reading: Reading) -> tuple[Subscription, ...]:
    """Those to whom notices may go. What the others miss meanwhile is looked at when they may have it again."""
    return tuple(
        made for made in subscriptions.of_status(reading, "active") if _is_registered(premises, made)
    )


def _take(
    premises: Premises, tx: Transaction, made: Subscription, saved: Iterable[Record], at: datetime
) -> Subscription:
    """The subscription with an event for each record of a set that is news to it."""
    topic = TOPICS[made.topic]
    for record in saved:
        if record.resource_type != topic.resource_type or made.about not in ("", record.patient_id):
            continue
        if not _is_news(premises, tx, made, record, at):
            continue
        made = replace(made, positions=made.positions + 1)
        event = SubscriptionEvent(
            subscription_id=made.id,
            position=made.positions,
            number=0,
            at=record.updated_at,
            patient_id=record.patient_id or "",
            resource_type=record.resource_type,
            resource_id=record.id,
            version=record.version,
            state="waiting",
        )
        subscriptions.add_event(tx, event)
    return made


def _is_news(premises: Premises, tx: Transaction, made: Subscription, record: Record, at: datetime) -> bool:
    elements = TOPICS[made.topic].elements
    try:
        return is_news(premises, tx, made.partner, made.purpose, record, elements, at)
    except HandoffError:  # what cannot be decided about is told to nobody, and holds nothing else back
        return False


def _is_registered(premises: Premises, made: Subscription) -> bool:
    """Whether the network file still lets this client have notices of this kind, there."""
    partner = premises.network.partners.get(made.partner)
    client = partner.client if partner is not None else None
    if partner is None or client is None or client.client_id != made.client_id or partner.state != "live":
        return False
    covered = read_scopes(" ".join(client.scopes)).permits(TOPICS[made.topic].resource_type, "r")
    return covered and made.purpose in client.purposes and made.endpoint in client.subscription_endpoints


async def due(
    premises: Premises, told_at: dict[str, datetime], base: str, busy: frozenset[str] | None
) -> tuple[ToTell, ...]:
    """What is to be told now, one notice for each subscription that is not `busy` (None: all are).

    `told_at`: when each was last told something.
    """
    if busy is None:
        return ()
    with premises.store.read() as reading:
        paused = {one.partner for one in partner_pauses.every(reading)}
        waiting = [
            made.id
            for status in ("requested", "active")
            for made in subscriptions.of_status(reading, status)
            if made.id not in busy
            and made.partner not in paused
            and _may_try(premises, made)
            and (
                status == "requested"
                or subscriptions.first_open(reading, made.id) is not None
                or _silent(premises, made, told_at)
                or _has_ended(premises, made)
            )
        ]
    found = []
    for subscription_id in waiting:
        to_tell = await premises.store.write(partial(_known, premises, subscription_id, told_at, base))
        if to_tell is not None:
            found.append(to_tell)
    return tuple(found)


def _may_try(premises: Premises, made: Subscription) -> bool:
    now = instant_text(premises.clock.now())
    return made.due_at <= now and _is_registered(premises, made)


def _silent(premises: Premises, made: Subscription, told_at: dict[str, datetime]) -> bool:
    """Whether a heartbeat is due: nothing was told for as long as the subscriber wants to hear something."""
    now = premises.clock.now()
    last = told_at.setdefault(made.id, now)
    return bool(made.heartbeat_seconds) and now - last >= timedelta(seconds=made.heartbeat_seconds)


def _has_ended(premises: Premises, made: Subscription) -> bool:
    return bool(made.ends_at) and made.ends_at <= instant_text(premises.clock.now())


def _known(
    premises: Premises, subscription_id: str, told_at: dict[str, datetime], base: str, tx: Transaction
) -> ToTell | None:
    """What is to be told next, with what its receiver knows us by."""
    found = _next(premises, subscription_id, told_at, base, tx)
    return None if found is None else replace(found, authorization=opened(tx, found.made))


def _next(
    premises: Premises, subscription_id: str, told_at: dict[str, datetime], base: str, tx: Transaction
) -> ToTell | None:
    made = subscriptions.get(tx, subscription_id)
    if made is None or made.status not in ("requested", "active") or not _may_try(premises, made):
        return None
    now = instant_text(premises.clock.now())
    if _has_ended(premises, made):
        subscriptions.change(tx, replace(made, status="off", version=made.version + 1, reason=ENDED))
        return None
    if made.status == "requested":
        return ToTell(made, "handshake", notice(made, "handshake", now, base))
    while (event := subscriptions.first_open(tx, made.id)) is not None:
        to_tell = _event_to_tell(premises, tx, made, event, base)
        if to_tell is not None:
            return to_tell
        subscriptions.settle_event(tx, made.id, event.position, event.number, "withheld")
    if _silent(premises, made, told_at):
        return ToTell(made, "heartbeat", notice(made, "heartbeat", now, base))
    return None


def _event_to_tell(
    premises: Premises, tx: Transaction, made: Subscription, event: SubscriptionEvent, base: str
) -> ToTell | None:
    """The notice of one event, decided now; None when it may not be told any more, or is of another topic."""
    if event.resource_type != TOPICS[made.topic].resource_type:
        return None
    number = event.number or made.numbered + 1

    def write(at: datetime) -> bytes:
        told = [(event, True)]
        return notice(made, "event-notification", instant_text(at), base, told, number=number)

    prepared = prepare_notice(
        premises,
        tx,
        partner=made.partner,
        purpose=made.purpose,
        key=(event.resource_type, event.resource_id),
        subject=f"Subscription/{made.id}",
        write=write,
    )
    if prepared is None:
        return None
    return ToTell(made, "event-notification", prepared.content, event, number, prepared)


async def may_leave(premises: Premises, to_tell: ToTell) -> bool:
    """Asked just before the first byte: nothing has moved, and from now on the event has its number."""
    return await premises.store.write(partial(_may_leave, premises, to_tell))


def _may_leave(premises: Premises, to_tell: ToTell, tx: Transaction) -> bool:
    made = subscriptions.get(tx, to_tell.made.id)
    if made is None or made.version != to_tell.made.version or not _is_registered(premises, made):
        return False
    event, prepared = to_tell.event, to_tell.prepared
    if event is None or prepared is None:
        return True
    if not hand_over(premises, tx, prepared):
        return False
    subscriptions.settle_event(tx, made.id, event.position, to_tell.number, "handed_over")
    subscriptions.change(tx, replace(made, numbered=max(made.numbered, to_tell.number)))
    return True


async def settle(premises: Premises, to_tell: ToTell, outcome: str, code: str, wish: float = 0.0) -> None:
    """Store what came of it: `delivered`, `refused`, `retry`, `unknown` or `aborted`, with its code.

    `wish`: for how many seconds the receiver wants to be left alone; it holds after a restart as well.
    """
    await premises.store.write(partial(_settle, premises, to_tell, outcome, code, wish))


def _settle(
    premises: Premises, to_tell: ToTell, outcome: str, code: str, wish: float, tx: Transaction
) -> None:
    if to_tell.prepared is not None:
        account(premises, tx, to_tell.prepared, outcome, code)
    made = subscriptions.get(tx, to_tell.made.id)
    if made is None or made.version != to_tell.made.version:
        return  # its owner has changed it meanwhile
    now = premises.clock.now()
    if outcome == "delivered":
        if to_tell.event is not None:
            subscriptions.settle_event(tx, made.id, to_tell.event.position, to_tell.number, "delivered")
        status = "active" if to_tell.kind == "handshake" else made.status
        done = replace(made, status=status, attempts=0, failing_since="", due_at=instant_text(now))
        subscriptions.change(tx, done)
    elif outcome != "aborted":
        subscriptions.change(tx, _failed(made, to_tell, outcome, timedelta(seconds=wish), now))


def _failed(
    made: Subscription, to_tell: ToTell, outcome: str, wish: timedelta, now: datetime
) -> Subscription:
    """Later again, further apart each time; after a day, or as many refusals, in error until its owner asks anew."""
    attempts = made.attempts + 1
    since = made.failing_since or instant_text(now)
    long_enough = now - read_instant(since) >= _GIVE_UP_AFTER
    handshakes = to_tell.kind == "handshake" and attempts >= _HANDSHAKES
    refused = outcome == "refused" and attempts >= _REFUSALS
    if long_enough or handshakes or refused:
        return replace(
            made,
            status="error",
            version=made.version + 1,
            updated_at=instant_text(now),
            attempts=0,
            failing_since="",
            reason=GAVE_UP,
        )
    wait = max(min(_FIRST_WAIT * 2 ** min(attempts - 1, 12), _LONGEST_WAIT), wish)
    return replace(made, attempts=attempts, failing_since=since, due_at=instant_text(now + wait))
