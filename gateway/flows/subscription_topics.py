"""What can be subscribed to; how Subscriptions and their notices are written. FHIR R4, Subscriptions R5 Backport 1.1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.resources import to_json
from gateway.store.subscriptions import Subscription, SubscriptionEvent

_IG = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PROFILE = f"{_IG}backport-subscription"
FILTER, CONTENT = f"{_IG}backport-filter-criteria", f"{_IG}backport-payload-content"
HEARTBEAT = f"{_IG}backport-heartbeat-period"
OFFERED = f"{_IG}capabilitystatement-subscriptiontopic-canonical"
OPERATION = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/"
_NOTICE, _STATUS = f"{_IG}backport-subscription-notification-r4", f"{_IG}backport-subscription-status-r4"
_TOPIC = "urn:warm-handoff:subscription-topic:"
PAYLOAD = "application/fhir+json"
MAILTO, MAIL_PAYLOAD, MAIL_SUBJECT = "mailto:", "text/plain", "Something waits for you"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: changes of which type, and of which of its elements (empty: of any)."""

    resource_type: str
    elements: tuple[str, ...] = ()
    filter: str = "patient"


TOPICS: Mapping[str, Topic] = {
    "referral-status": Topic("Task", ("status", "businessStatus", "statusReason")),
    "care-plan": Topic("CarePlan"),
    "consent": Topic("Consent"),
    "message": Topic("Communication", filter="subject"),
}


def canonical_of(topic: str) -> str:
    """The URL by which a Subscription names the topic."""
    return f"{_TOPIC}{topic}"


def topic_of(canonical: object) -> str | None:
    """The topic of that URL, or None."""
    name = canonical.removeprefix(_TOPIC) if isinstance(canonical, str) else ""
    return name if name in TOPICS and canonical == canonical_of(name) else None


def resource_of(made: Subscription) -> dict[str, Any]:
    """The Subscription as its owner sees it."""
    topic = TOPICS[made.topic]
    meta = {"versionId": str(made.version), "lastUpdated": made.updated_at, "profile": [PROFILE]}
    kind, payload = ("email", MAIL_PAYLOAD) if by_mail(made) else ("rest-hook", PAYLOAD)
    channel: dict[str, Any] = {"type": kind, "endpoint": made.endpoint, "payload": payload}
    channel["_payload"] = {"extension": [{"url": CONTENT, "valueCode": made.payload}]}
    if made.heartbeat_seconds:
        channel["extension"] = [{"url": HEARTBEAT, "valueUnsignedInt": made.heartbeat_seconds}]
    resource: dict[str, Any] = {
        "resourceType": "Subscription",
        "id": made.id,
        "meta": meta,
        "status": made.status,
        **({"end": made.ends_at} if made.ends_at else {}),
        "reason": "Notices of this gateway",
        "criteria": canonical_of(made.topic),
    }
    if made.about:
        told = f"{topic.resource_type}?{topic.filter}=Patient/{made.about}"
        resource["_criteria"] = {"extension": [{"url": FILTER, "valueString": told}]}
    if made.status == "error":
        resource["error"] = made.reason
    return {**resource, "channel": channel}


def by_mail(made: Subscription) -> bool:
    """Whether its notices are e-mails."""
    return made.endpoint.startswith(MAILTO)


_LOOK = "at {base}.\nPlease look in the system in which you work. This mail says no more, on purpose.\n"
_MAIL_WORDS = {
    "handshake": f"From now on this address is told when something waits for you {_LOOK}",
    "event-notification": f"Something waits for you {_LOOK}",
}


def notice(
    made: Subscription,
    kind: str,
    at: str,
    base: str,
    events: Iterable[tuple[SubscriptionEvent, bool]] = (),
    *,
    number: int | None = None,
) -> bytes:
    """A notification Bundle: `handshake`, `heartbeat`, `event-notification` or `query-event`.

    `events` with whether each may be named; `number`: of the newest event that counts, else the subscription's own. By
    e-mail, which is no secure line, the same few words whatever it is about.
    """
    if by_mail(made) and kind in _MAIL_WORDS:
        return _MAIL_WORDS[kind].format(base=base).encode()
    status = status_parameters(made, kind, base, events, number=number)
    entry = {
        "fullUrl": f"urn:uuid:{made.id}",
        "resource": status,
        "request": {"method": "GET", "url": f"{base}/fhir/Subscription/{made.id}/$status"},
        "response": {"status": "200"},
    }
    bundle = {"resourceType": "Bundle", "meta": {"profile": [_NOTICE]}, "type": "history", "timestamp": at}
    return to_json({**bundle, "entry": [entry]})


def status_parameters(
    made: Subscription,
    kind: str,
    base: str,
    events: Iterable[tuple[SubscriptionEvent, bool]] = (),
    *,
    number: int | None = None,
) -> dict[str, Any]:
    """The Parameters that say how a subscription stands, with the events told by them."""
    newest = made.numbered if number is None else number
    told: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/fhir/Subscription/{made.id}"}},
        {"name": "topic", "valueCanonical": canonical_of(made.topic)},
        {"name": "status", "valueCode": made.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(newest)},
    ]
    told += [_event(made, event, event.number or newest, named, base) for event, named in events]
    return {
        "resourceType": "Parameters",
        "id": made.id,
        "meta": {"profile": [_STATUS]},
        "parameter": told,
    }


def _event(
    made: Subscription, event: SubscriptionEvent, number: int, named: bool, base: str
) -> dict[str, Any]:
    part: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(number)},
        {"name": "timestamp", "valueInstant": event.at},
    ]
    if named and made.payload == "id-only":
        focus = f"{base}/fhir/{event.resource_type}/{event.resource_id}"
        part.append({"name": "focus", "valueReference": {"reference": focus}})
    return {"name": "notification-event", "part": part}
