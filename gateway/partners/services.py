"""Services of the region, as a directory (HSDS) names them: found by need, place, language and hours.

No person is in it. It stands in `services.json` beside `network.yaml`, HealthcareServices with their Organizations and
Locations (FHIR R4); it is replaced as a whole. Most services take no part in the network: the gateway
reaches none of those.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway.partners.network import Network
from gateway.resources import to_json

FILE = "services.json"
MOST = 50
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""FHIR days-of-week, Monday first."""

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hours:
    """One line of opening hours: days as `DAYS`, begin and end as `HH:MM`; both empty: all day, or not said."""

    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `partner`: the partner of the network whose it is; empty: the gateway does not reach it."""

    name: str
    organization: str
    about: str
    for_whom: str
    places: tuple[str, ...]
    phones: tuple[str, ...]
    languages: tuple[str, ...]
    hours: tuple[Hours, ...]
    partner: str
    words: str
    where: str
    codes: tuple[str, ...]

    def is_open(self, day: str, at: str) -> bool:
        """Whether it is said to be open on that day, and at that hour (`HH:MM`; empty: at any)."""
        return any(
            day in one.days and (not at or not one.opens or one.opens <= at < (one.closes or "24:00"))
            for one in self.hours
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty does not count. `day` as `DAYS`, `at` as `HH:MM`."""

    need: str = ""
    place: str = ""
    language: str = ""
    day: str = ""
    at: str = ""


def found(services: Iterable[Service], wanted: Wanted) -> tuple[Service, ...]:
    """Up to `MOST` services that all of it fits: partners first, then by name."""
    need, place = _words(wanted.need), _words(wanted.place)
    fitting = (
        one
        for one in services
        if all(word in one.words for word in need)
        and all(word in one.where for word in place)
        and (not wanted.language or _speaks(one, wanted.language))
        and (not wanted.day or one.is_open(wanted.day, wanted.at))
    )
    return tuple(sorted(fitting, key=lambda one: (not one.partner, one.name.casefold())))[:MOST]


def languages_of(services: Iterable[Service]) -> tuple[str, ...]:
    """Every language that a service names, once."""
    return tuple(sorted({one for service in services for one in service.languages}))


def services_in(resources: Sequence[Resource], network: Network) -> tuple[Service, ...]:
    """The services of a directory that are open; whose they are is known by an identifier or the very name."""
    by_reference = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    return tuple(
        _service(one, by_reference, network)
        for one in resources
        if one["resourceType"] == "HealthcareService" and one.get("active", True)
    )


def read_services(folder: Path, network: Network) -> tuple[Service, ...]:
    """The services of the network in `folder`; none where no directory was taken in, or its file is damaged."""
    try:
        resources = json.loads((folder / FILE).read_bytes())
        return services_in(resources, network)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


class ServiceFile:
    """The directory of the network in `folder` as FHIR, read again when it was replaced."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._read: tuple[int, tuple[Resource, ...]] = (0, ())

    def __call__(self) -> tuple[Resource, ...]:
        """All that stands in it; nothing where none was taken in, or its file is damaged."""
        try:
            at = self._file.stat().st_mtime_ns
            if self._read[0] != at:
                self._read = (at, tuple(json.loads(self._file.read_bytes(), parse_float=Decimal)))
        except (OSError, ValueError, TypeError):
            return ()
        return self._read[1]


def write_services(folder: Path, resources: Sequence[Resource]) -> None:
    """Put a directory in the place of what was there, at once and as a whole."""
    whole = folder / f".{FILE}.new"
    whole.write_bytes(b"[" + b",\n".join(map(to_json, resources)) + b"]")
    whole.replace(folder / FILE)


def _service(one: Resource, by_reference: Mapping[str, Resource], network: Network) -> Service:
    organization = by_reference.get(str(one.get("providedBy", {}).get("reference", "")), {})
    places = [by_reference.get(str(each.get("reference", "")), {}) for each in one.get("location", ())]
    addresses = tuple(text for each in places if (text := _address(each.get("address", {}))))
    kinds = _texts((*one.get("type", ()), *one.get("program", ()), *one.get("category", ())))
    named = (one.get("name", ""), one.get("comment", ""), organization.get("name", ""), *kinds)
    areas = (each.get("display", "") for each in one.get("coverageArea", ()))
    spoken = one.get("communication", ())
    return Service(
        name=str(one.get("name", "")),
        organization=str(organization.get("name", "")),
        about=str(one.get("comment", "")),
        for_whom="; ".join(str(each.get("comment", "")) for each in one.get("eligibility", ())),
        places=addresses,
        phones=_phones((one, *places, organization)),
        languages=_texts(spoken),
        hours=tuple(_hours(each) for each in one.get("availableTime", ())),
        partner=_partner(organization, network),
        words=" ".join(str(word) for word in named).casefold(),
        where=" ".join((*addresses, *areas, *(str(each.get("name", "")) for each in places))).casefold(),
        codes=tuple(str(c.get("code", "")).casefold() for each in spoken for c in each.get("coding", ())),
    )


def _partner(organization: Resource, network: Network) -> str:
    said = {(one.get("system"), one.get("value")) for one in organization.get("identifier", ())}
    name = str(organization.get("name", "")).casefold()
    for partner_id, partner in network.partners.items():
        own = {(one.system, one.value) for one in partner.organization.identifiers}
        if partner.state != "live" or partner.kind == "law_enforcement":
            continue
        if own & said or (name and partner.organization.name.casefold() == name):
            return partner_id
    return ""


def _texts(concepts: Iterable[Resource]) -> tuple[str, ...]:
    """What each concept is called: its text, else its display or code."""
    named = (
        one.get("text") or next((c.get("display") or c.get("code") for c in one.get("coding", ())), "")
        for one in concepts
    )
    return tuple(dict.fromkeys(str(one) for one in named if one))


def _phones(holders: Iterable[Resource]) -> tuple[str, ...]:
    """Numbers to call, the service's own first."""
    said = (each for one in holders for each in one.get("telecom", ()))
    return tuple(dict.fromkeys(str(one.get("value", "")) for one in said if one.get("system") == "phone"))


def _address(address: Resource) -> str:
    parts = (
        *address.get("line", ()),
        address.get("city"),
        address.get("district"),
        address.get("postalCode"),
    )
    return address.get("text") or ", ".join(str(one) for one in parts if one)


def _hours(one: Resource) -> Hours:
    opens, closes = (str(one.get(name, ""))[:5] for name in ("availableStartTime", "availableEndTime"))
    return Hours(tuple(one.get("daysOfWeek", ())), opens, closes)


def _speaks(one: Service, language: str) -> bool:
    said = language.casefold()
    return said in {each.casefold() for each in one.languages} or said in one.codes


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.casefold().replace(",", " ").split())
