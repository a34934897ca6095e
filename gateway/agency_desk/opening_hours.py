"""A partner's opening hours as a worker reads them before she sends somebody there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from gateway.agency_desk.days import hour_in_words
from gateway.agency_desk.phrases import CATALOGUE
from gateway.agency_desk.screens import Visit
from gateway.partners import Partner
from gateway.partners.opening_hours import stands


def hours_of(visit: Visit, agencies: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """What is known of when each of these agencies is there; nothing of one that has not said it."""
    found = ((name, visit.desk.network.partners.get(name)) for name in agencies)
    return tuple(
        _hours(visit, name, partner) for name, partner in found if partner is not None and _says(partner)
    )


def _says(partner: Partner) -> bool:
    return partner.hours is not None or partner.after_hours is not None or partner.fallback is not None


def _hours(visit: Visit, name: str, partner: Partner) -> Mapping[str, Any]:
    say, week, now, is_open = CATALOGUE[visit.language], [], "", True
    if partner.hours is not None:
        zone, at = visit.desk.network.zone_of(name), visit.desk.clock.now()
        found = stands(partner.hours, zone, at)
        is_open = found.is_open
        there = at.astimezone(ZoneInfo(zone))
        when = "" if found.changes_at is None else _when(found.changes_at, there, visit.language)
        now = say[("oh_open" if is_open else "oh_closed") + ("" if when else "_long")].format(when=when)
        now = now.replace("..", ".")  # one dot ends both an hour of the afternoon in Spanish and the sentence
        week = [
            (say[f"day_{day}"], ", ".join(_span(one, visit.language) for one in spans) or say["oh_shut"])
            for day, spans in partner.hours.week().items()
        ]
    instead = partner.fallback if partner.fallback in _reached(visit) else None
    call = partner.after_hours
    return {"agency": name, "now": now, "is_open": is_open, "week": week, "call": call, "instead": instead}


def _reached(visit: Visit) -> frozenset[str]:
    """The agencies that the worker's may refer to."""
    routes = visit.desk.network.routes_from(visit.worker.partner, "referral")
    return frozenset(one.addressee for one in routes)


def _when(at: datetime, now: datetime, language: str) -> str:
    """An instant in the partner's zone: the time alone where it is today there."""
    hour = hour_in_words(at, language)
    if at.date() == now.date():
        return hour
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[at.weekday()]
    return f"{CATALOGUE[language][f'day_{day}']} {at:%Y-%m-%d} {hour}"


def _span(span: str, language: str) -> str:
    """`09:00-17:00` of `network.yaml` for a reader. `24:00` is midnight."""
    hours = [time(int(one[:2]) % 24, int(one[3:])) for one in span.split("-")]
    return " – ".join(hour_in_words(one, language) for one in hours)
