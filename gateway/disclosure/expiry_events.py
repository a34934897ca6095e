"""Consents that end with an event: who watches for it, until when somebody has looked, and the next look (P2-31-09)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import consent

REVIEWED = "expiry_reviewed"
"""As what the log has it that a day of review was set."""


@dataclass(frozen=True, slots=True)
class Watched:
    """`owner` watches for the event (a reference or words; empty: nobody is named); `until` is the last day for which
    somebody has looked, in the network's zone; None: no day is set.
    """

    owner: str
    until: date | None


def watched(resource: Mapping[str, Any], zone: str) -> Watched | None:
    """Who watches for the event by which a Consent ends; None for one that does not end with an event."""
    event = consent.expiry_event_of(resource, zone)
    if event is None:
        return None
    if event.watched is None:
        return Watched(event.owner, None)
    return Watched(event.owner, (event.watched.end - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date())


def days_of_review(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """When somebody last looked and looks next, as a Consent says both; empty for one that says neither."""
    said = []
    for row in resource.get("extension", ()):
        if row.get("url") == consent.EXPIRY_EVENT:
            for part in row.get("extension", ()):
                if part.get("url") in ("reviewed", "review"):
                    said.append(f"{part['url']} {part.get('valueDate', '')}".strip())
    return tuple(sorted(said))


def ends_with_one_event(resource: Mapping[str, Any]) -> bool:
    """Whether a Consent names one event, and not several."""
    rows = [row for row in resource.get("extension", ()) if row.get("url") == consent.EXPIRY_EVENT]
    return len(rows) == 1


def looked_again(resource: Mapping[str, Any], today: date, review: date, owner: str) -> dict[str, Any]:
    """The Consent after somebody looked today and set the day of the next review; an empty `owner` changes none."""
    rows = [row for row in resource.get("extension", ()) if row.get("url") != consent.EXPIRY_EVENT]
    (event,) = [row for row in resource["extension"] if row.get("url") == consent.EXPIRY_EVENT]
    stood = {str(part.get("url")): part for part in event.get("extension", ())}
    if "valueString" in event:
        stood["event"] = {"url": "event", "valueString": event["valueString"]}
    if owner:
        stood["owner"] = {"url": "owner", "valueString": owner}
    stood["reviewed"] = {"url": "reviewed", "valueDate": today.isoformat()}
    stood["review"] = {"url": "review", "valueDate": review.isoformat()}
    parts = [stood[name] for name in ("event", "owner", "reviewed", "review") if name in stood]
    return {**resource, "extension": [*rows, {"url": consent.EXPIRY_EVENT, "extension": parts}]}
