"""Subscriptions as their owners make, read, change and end them, and ask what they have missed.

Nobody sees another partner's. A Subscription says nothing about anybody, so no consent is asked for it; what it tells is
decided when it is told (`subscription_events`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from gateway.clock import instant_text, new_id
from gateway.disclosure.content import in_media
from gateway.disclosure.notices import prepare_notice, seen_by
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotAllowed, NotNow, NotSupported, NotUnderstood
from gateway.flows.answers import Pulled, Saved
from gateway.flows.nothing import NothingToShow
from gateway.flows.subscription_headers import authorization_asked, sealed
from gateway.flows.subscription_topics import (
    CONTENT,
    FILTER,
    HEARTBEAT,
    MAIL_PAYLOAD,
    MAILTO,
    PAYLOAD,
    TOPICS,
    notice,
    resource_of,
    status_parameters,
    topic_of,
)
from gateway.resources import to_json
from gateway.resources.searching import Filter, meets
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes
from gateway.store import Reading, Transaction, records, subscriptions
from gateway.store.subscriptions import Subscription, SubscriptionEvent

MOST_OF_A_PARTNER = 20
MOST_EVENTS = 100
_LEAST_HEARTBEAT, _LONGEST_HEARTBEAT = 30, 86_400
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_KNOWN = frozenset(
    {
        "resourceType",
        "id",
        "meta",
        "text",
        "status",
        "end",
        "reason",
        "criteria",
        "_criteria",
        "channel",
        "error",
    }
)
_CHANNELS = ("rest-hook", "email")
_KNOWN_CHANNEL = frozenset({"type", "endpoint", "payload", "_payload", "header", "extension"})


async def create_subscription(premises: Premises, caller: Caller, resource: Mapping[str, Any]) -> Saved:
    """A new Subscription, `requested` until its endpoint has answered the handshake.

    Raises NotUnderstood, NotSupported with the place, NotAllowed `SCOPE_MISSING`, NotNow `SUBSCRIPTIONS_TOO_MANY`.
    """
    now = instant_text(premises.clock.now())
    asked = _asked(premises, caller, resource, now)
    authorization = authorization_asked(resource["channel"])
    if resource["status"] != "requested":
        raise NotUnderstood("SUBSCRIPTION_STATUS", "must be `requested`", "Subscription.status")

    def work(tx: Transaction) -> Subscription:
        if len(subscriptions.of_partner(tx, caller.partner)) >= MOST_OF_A_PARTNER:
            raise NotNow("SUBSCRIPTIONS_TOO_MANY", f"at most {MOST_OF_A_PARTNER}; delete one first")
        header = sealed(tx, asked.id, authorization)
        made = replace(asked, seen_set=subscriptions.newest_set(tx), header=header)
        subscriptions.add(tx, made)
        return made

    made = await premises.store.write(work)
    return Saved(resource_of(made), str(made.version), now, new_id(), created=True)


async def replace_subscription(
    premises: Premises,
    caller: Caller,
    subscription_id: str,
    resource: Mapping[str, Any],
    if_match: str | None,
) -> Saved:
    """The Subscription as it is now: `off`, or `requested` anew with another handshake; its numbers go on.

    What waits to be told is told no more where topic, patient or purpose are others: it was found for those before. Who
    names no `Authorization` keeps the one it had, as no read shows it; for another endpoint it has none then.
    Raises as `create_subscription`, AlreadyReceived `VERSION_CONFLICT`, NotFound for another's.
    """
    now = instant_text(premises.clock.now())
    asked = _asked(premises, caller, resource, now)
    authorization = authorization_asked(resource["channel"])

    def work(tx: Transaction) -> Subscription:
        held = _own(tx, caller, subscription_id)
        if if_match not in (None, str(held.version)):
            raise AlreadyReceived("VERSION_CONFLICT", "is not the present version", "http.If-Match")
        was_off = held.status == "off"
        kept = held.header if held.endpoint == asked.endpoint else b""
        made = replace(
            asked,
            id=held.id,
            version=held.version + 1,
            created_at=held.created_at,
            seen_set=subscriptions.newest_set(tx) if was_off else held.seen_set,
            positions=held.positions,
            numbered=held.numbered,
            header=sealed(tx, held.id, authorization) or kept,
        )
        if (made.topic, made.about, made.purpose) != (held.topic, held.about, held.purpose):
            subscriptions.withhold_open(tx, held.id)
        subscriptions.change(tx, made)
        return made

    made = await premises.store.write(work)
    return Saved(resource_of(made), str(made.version), now, new_id())


async def read_subscription(premises: Premises, caller: Caller, subscription_id: str) -> Pulled:
    """The Subscription. Raises NotFound for another's."""
    with premises.store.read() as reading:
        made = _own(reading, caller, subscription_id)
    return Pulled(to_json(resource_of(made)), new_id(), str(made.version), made.updated_at)


async def search_subscriptions(
    premises: Premises, caller: Caller, limits: Sequence[Filter], base: str
) -> Pulled:
    """The caller's own that meet all `limits`, as a searchset."""
    with premises.store.read() as reading:
        own = subscriptions.of_partner(reading, caller.partner)
    made = [resource_of(one) for one in own if one.client_id == caller.client_id]
    found = [one for one in made if all(meets(one, limit, UTC) for limit in limits)]
    return _searchset((f"{base}/fhir/Subscription/{one['id']}", one) for one in found)


def _searchset(found: Iterable[tuple[str, Mapping[str, Any]]]) -> Pulled:
    """Resources by their addresses."""
    entries = [{"fullUrl": url, "resource": one, "search": {"mode": "match"}} for url, one in found]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return Pulled(to_json({**bundle, "entry": entries} if entries else bundle), new_id())


async def remove_subscription(premises: Premises, caller: Caller, subscription_id: str) -> None:
    """Take it away; nothing more is told by it. Raises NotFound for another's."""

    def work(tx: Transaction) -> None:
        subscriptions.remove(tx, _own(tx, caller, subscription_id).id)

    await premises.store.write(work)


async def subscription_status(
    premises: Premises, caller: Caller, subscription_id: str | None, base: str
) -> Pulled:
    """How one Subscription stands, or each of the caller's, as a searchset. Raises NotFound for another's."""
    with premises.store.read() as reading:
        if subscription_id is not None:
            found: tuple[Subscription, ...] = (_own(reading, caller, subscription_id),)
        else:
            found = subscriptions.of_partner(reading, caller.partner)
    return _searchset(
        (f"{base}/fhir/Subscription/{made.id}/$status", status_parameters(made, "query-status", base))
        for made in found
    )


async def subscription_events(
    premises: Premises, caller: Caller, subscription_id: str, first: int, last: int, base: str
) -> Pulled:
    """The events of these numbers again (at most 100), each named only where the caller may see it now; logged.

    Raises NotFound for another's, NotAllowed `SCOPE_MISSING` for a token that may not read what the topic is about.
    """
    work = partial(_events_again, premises, caller, subscription_id, first, last, base)
    return Pulled(await premises.store.write(work), new_id())


def _events_again(
    premises: Premises,
    caller: Caller,
    subscription_id: str,
    first: int,
    last: int,
    base: str,
    tx: Transaction,
) -> bytes:
    made = _own(tx, caller, subscription_id)
    _refuse_other_scopes(caller, made.topic)
    now = premises.clock.now()
    told: list[tuple[SubscriptionEvent, bool]] = []
    for event in subscriptions.numbered(tx, made.id, first, last, MOST_EVENTS):
        told.append((event, made.payload == "id-only" and _may_see(premises, tx, made, event, now)))
    content = in_media(notice(made, "query-event", instant_text(now), base, told), caller.media)
    for event in {(e.resource_type, e.resource_id): e for e, named in told if named}.values():
        key = (event.resource_type, event.resource_id)
        subject = f"Subscription/{made.id}"
        logged = prepare_notice(
            premises,
            tx,
            partner=made.partner,
            purpose=made.purpose,
            key=key,
            subject=subject,
            write=lambda _: content,
            pulled=True,
        )
        if logged is None:
            raise NotNow("CONSENT_KEEPS_CHANGING", "what may be shown has changed; ask again")
    return content


def _may_see(
    premises: Premises, tx: Transaction, made: Subscription, event: SubscriptionEvent, now: datetime
) -> bool:
    if event.resource_type != TOPICS[made.topic].resource_type:
        return False  # of a topic it had before
    record = records.get(tx, event.resource_type, event.resource_id)
    return record is not None and seen_by(premises, tx, made.partner, made.purpose, record, now) is not None


def _own(reading: Reading, caller: Caller, subscription_id: str) -> Subscription:
    made = subscriptions.get(reading, subscription_id) if _ID.fullmatch(subscription_id) else None
    if made is None or (made.partner, made.client_id) != (caller.partner, caller.client_id):
        raise NothingToShow(new_id())
    return made


def _refuse_other_scopes(caller: Caller, topic: str) -> None:
    """Raises NotAllowed `SCOPE_MISSING` unless the token may read what the topic is about."""
    if not read_scopes(caller.scopes).permits(TOPICS[topic].resource_type, "r"):
        raise NotAllowed("SCOPE_MISSING", "the token's scopes do not cover what the topic is about")


def _asked(premises: Premises, caller: Caller, resource: Mapping[str, Any], now: str) -> Subscription:
    """What the resource asks for, as `requested` or `off`; the rest as for a new one."""
    _refuse_unknown(resource, _KNOWN, "Subscription")
    topic = topic_of(resource.get("criteria"))
    if topic is None:
        raise NotSupported("SUBSCRIPTION_TOPIC", "names no topic of this gateway", "Subscription.criteria")
    _refuse_other_scopes(caller, topic)
    if resource.get("status") not in ("requested", "off", "active"):
        raise NotUnderstood("SUBSCRIPTION_STATUS", "must be `requested` or `off`", "Subscription.status")
    channel = resource.get("channel")
    if not isinstance(channel, dict):
        raise NotUnderstood("SUBSCRIPTION_CHANNEL", "is missing", "Subscription.channel")
    return Subscription(
        id=new_id(),
        partner=caller.partner,
        client_id=caller.client_id,
        purpose=caller.purpose,
        topic=topic,
        about=_about(resource, topic),
        endpoint=_endpoint(premises, caller, channel),
        payload=_payload(premises, caller, channel),
        heartbeat_seconds=_heartbeat(channel),
        ends_at=_end(resource, now),
        status="off" if resource["status"] == "off" else "requested",
        version=1,
        created_at=now,
        updated_at=now,
        seen_set=0,
        due_at=now,
    )


def _refuse_unknown(given: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    """Nothing asked for is silently left out: not a header, a filter, or a channel of another kind."""
    for name in given:
        if name not in known:
            raise NotSupported("SUBSCRIPTION_ELEMENT", "is not supported", f"{place}.{name.lstrip('_')}")


def _endpoint(premises: Premises, caller: Caller, channel: Mapping[str, Any]) -> str:
    """One that the partner's own entry in the network file names, and no other: nobody points us anywhere else."""
    _refuse_unknown(channel, _KNOWN_CHANNEL, "Subscription.channel")
    if channel.get("type") not in _CHANNELS:
        text = "only `rest-hook` and `email` are supported"
        raise NotSupported("SUBSCRIPTION_CHANNEL", text, "Subscription.channel.type")
    client = premises.network.partners[caller.partner].client
    endpoint = channel.get("endpoint")
    fits = isinstance(endpoint, str) and endpoint.startswith(MAILTO) == (channel["type"] == "email")
    if not fits or client is None or endpoint not in client.subscription_endpoints:
        text = "is not registered for this client"
        raise NotAllowed("SUBSCRIPTION_ENDPOINT", text, "Subscription.channel.endpoint")
    return str(endpoint)


def _payload(premises: Premises, caller: Caller, channel: Mapping[str, Any]) -> str:
    """What a notice holds: as asked, else `id-only` for a covered entity and `empty` for others (SB-01).

    An e-mail holds nothing, whoever gets it.
    """
    mailed = channel.get("type") == "email"
    media = MAIL_PAYLOAD if mailed else PAYLOAD
    if channel.get("payload", media) != media:
        raise NotSupported("SUBSCRIPTION_PAYLOAD", f"must be `{media}`", "Subscription.channel.payload")
    found = _extension(channel.get("_payload"), CONTENT, "valueCode", "Subscription.channel.payload")
    if mailed:
        if found not in (None, "empty"):
            text = "must be `empty`: an e-mail holds nothing"
            raise NotSupported("SUBSCRIPTION_PAYLOAD", text, "Subscription.channel.payload")
        return "empty"
    if found is None:
        standing = premises.network.partners[caller.partner].standing
        return "id-only" if "covered_entity" in standing else "empty"
    if found not in ("empty", "id-only"):
        text = "must be `empty` or `id-only`; records are not put into notices"
        raise NotSupported("SUBSCRIPTION_PAYLOAD", text, "Subscription.channel.payload")
    return str(found)


def _heartbeat(channel: Mapping[str, Any]) -> int:
    found = _extension(channel, HEARTBEAT, "valueUnsignedInt", "Subscription.channel")
    if found is None:
        return 0
    if channel.get("type") == "email":
        text = "is not sent by e-mail"
        raise NotSupported("SUBSCRIPTION_HEARTBEAT", text, "Subscription.channel")
    if isinstance(found, bool) or not isinstance(found, int) or not _in_range(found):
        text = f"must be {_LEAST_HEARTBEAT} to {_LONGEST_HEARTBEAT} seconds"
        raise NotUnderstood("SUBSCRIPTION_HEARTBEAT", text, "Subscription.channel")
    return found


def _in_range(seconds: int) -> bool:
    return _LEAST_HEARTBEAT <= seconds <= _LONGEST_HEARTBEAT


def _about(resource: Mapping[str, Any], topic: str) -> str:
    """Our id of the one patient that the filter names; empty without a filter. Whether there is one is not looked at."""
    found = _extension(resource.get("_criteria"), FILTER, "valueString", "Subscription.criteria")
    if found is None:
        return ""
    subject = TOPICS[topic]
    begins = f"{subject.resource_type}?{subject.filter}="
    about = found.removeprefix(begins).removeprefix("Patient/") if isinstance(found, str) else ""
    if not isinstance(found, str) or not found.startswith(begins) or not _ID.fullmatch(about):
        text = f"must be `{begins}Patient/[our id]`"
        raise NotSupported("SUBSCRIPTION_FILTER", text, "Subscription.criteria")
    return about


def _end(resource: Mapping[str, Any], now: str) -> str:
    found = resource.get("end")
    if found is None:
        return ""
    try:
        at = datetime.fromisoformat(found)
        text = instant_text(at)
    except (TypeError, ValueError):
        raise NotUnderstood(
            "SUBSCRIPTION_END", "must be an instant with its zone", "Subscription.end"
        ) from None
    if at.utcoffset() is None or text <= now or at - datetime.fromisoformat(now) > timedelta(days=3660):
        raise NotUnderstood(
            "SUBSCRIPTION_END", "must be an instant to come, with its zone", "Subscription.end"
        )
    return text


def _extension(held: object, url: str, value: str, place: str) -> object:
    """The value of the one extension of `held`; None without any. Raises NotSupported for another."""
    listed = held.get("extension", []) if isinstance(held, dict) else [] if held is None else None
    if not isinstance(listed, list) or len(listed) > 1:
        raise NotSupported("SUBSCRIPTION_ELEMENT", "holds an extension that is not supported", place)
    for one in listed:
        if not isinstance(one, dict) or one.get("url") != url or set(one) != {"url", value}:
            raise NotSupported("SUBSCRIPTION_ELEMENT", "holds an extension that is not supported", place)
        return one[value]
    return None
