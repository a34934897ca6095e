"""A consent that ends with an event: somebody watches for it, and looks again by a day. 42 CFR §2.31(a)(7), P2-31-09.

No computer sees that a treatment has ended. So the extension `EXPIRY_EVENT` names the event, its owner (who learns that
it has happened) and the day of the next review; after that day the consent permits nothing until somebody has looked
again. The next review is never more than 12 months away.

Its parts: `event` (`valueString`), `owner` (`valueReference` or `valueString`), `review` (`valueDate`: the last day on
which it still permits) and `reviewed` (`valueDate`: when somebody last looked). A plain `valueString`
names the event alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from consent.codings import clean_text
from consent.instants import LATEST, Span, months_after, read_span, zone_named
from consent.model import Resource

EXPIRY_EVENT = "urn:gateway:consent:expiry-event"
REVIEW_MONTHS = 12
"""The longest time until somebody looks again: the safe default of P2-31-09."""

PARTS = frozenset({"event", "owner", "review", "reviewed"})


@dataclass(frozen=True, slots=True)
class ExpiryEvent:
    """The event that ends a consent. `owner` is empty where nobody is named to watch for it.

    `watched` is the time for which somebody has looked; None where nobody has set a day of review.
    """

    owner: str
    watched: Span | None


def read_expiry_event(consent: Resource, signed: Span | None, zone: tzinfo) -> ExpiryEvent | None:
    """The event by which a Consent ends, or None for one that has none.

    `signed` is when it was signed: the first 12 months count from there, later ones from the last review. What cannot be
    read has no owner and no day. Never raises.
    """
    rows = extensions_of(consent, EXPIRY_EVENT)
    if not rows:
        return None
    parts = _parts(rows[0]) if len(rows) == 1 else {}
    owner, review, reviewed = _owner(parts.get("owner")), parts.get("review"), parts.get("reviewed")
    until = None if review is None else read_span(review.get("valueDate"), zone)
    looked = signed if reviewed is None else read_span(reviewed.get("valueDate"), zone)
    if until is None or looked is None:
        return ExpiryEvent(owner, None)
    since = looked.start
    return ExpiryEvent(owner, _between(since, min(until.end, months_after(since, REVIEW_MONTHS))))


def expiry_event_of(consent: Resource, zone: str) -> ExpiryEvent | None:
    """As `read_expiry_event`, of a Consent alone; `zone` is an IANA name (unknown: UTC)."""
    there = zone_named(zone) or UTC
    return read_expiry_event(consent, read_span(consent.get("dateTime"), there), there)


def extensions_of(consent: Resource, url: str) -> list[Mapping[str, object]]:
    """The extensions of a Consent with that address."""
    rows = consent.get("extension")
    return [
        row
        for row in (rows if isinstance(rows, list | tuple) else ())
        if isinstance(row, Mapping) and row.get("url") == url
    ]


def _parts(row: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """The parts of the extension by name; none at all where one is unknown, comes twice or is no object."""
    below = row.get("extension")
    found: dict[str, Mapping[str, object]] = {}
    for part in below if isinstance(below, list | tuple) else ():
        name = part.get("url") if isinstance(part, Mapping) else None
        if not isinstance(name, str) or name not in PARTS or name in found:
            return {}
        found[name] = part
    return found


def _owner(part: Mapping[str, object] | None) -> str:
    """Who watches: by reference, by the reference's display, or in words."""
    if part is None:
        return ""
    holder = part.get("valueReference")
    if isinstance(holder, Mapping):
        return clean_text(holder.get("reference")) or clean_text(holder.get("display")) or ""
    return clean_text(part.get("valueString")) or ""


def _between(since: datetime, until: datetime) -> Span | None:
    """The span, or None where it would end before it starts or never."""
    return Span(since, until) if since < until < LATEST else None
