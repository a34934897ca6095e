"""Finding a service by need, place, language and hours. What is looked for is kept nowhere; no person is in it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gateway.agency_desk.screens import Answer, Page, Screen, Visit
from gateway.partners.services import DAYS, Wanted, found, languages_of

_LONGEST = 80


async def _look(visit: Visit) -> Answer:
    services = visit.desk.services()
    wanted = _wanted(visit)
    is_asked = wanted != Wanted()
    facts = {
        "wanted": wanted,
        "is_now": visit.query.get("day") == "now",
        "days": DAYS,
        "languages": languages_of(services),
        "is_asked": is_asked,
        "found": found(services, wanted) if is_asked else (),
        "is_empty": not services,
    }
    return Page("services.html", facts)


def _wanted(visit: Visit) -> Wanted:
    said = {
        name: visit.query.get(name, "").strip()[:_LONGEST] for name in ("need", "place", "language", "day")
    }
    if said["day"] == "now":
        now = visit.desk.clock.now().astimezone(ZoneInfo(visit.desk.network.zone))
        return Wanted(said["need"], said["place"], said["language"], DAYS[now.weekday()], f"{now:%H:%M}")
    day = said["day"] if said["day"] in DAYS else ""
    return Wanted(said["need"], said["place"], said["language"], day)


SCREENS = (Screen("/services", "", _look, menu="services"),)
