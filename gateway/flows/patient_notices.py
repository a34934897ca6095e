"""A Part 2 program's own notice to its patients (42 CFR 2.22): which version was given, when and how, by whose word, and
to whom it was not. It is no gate: nothing is disclosed or withheld by it.

A worker says so at the desk, or the program's system by a FHIR Communication. Another version that `patient_notice` of
the program names makes it due again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.decided_here import BY_SENDER, act_entry
from gateway.partners import Network
from gateway.store import Reading, Record, Transaction, patient_notices, same_person
from gateway.store.patient_notices import PatientNotice

RULE = "42 CFR 2.22"
GIVEN, TAKEN_BACK = "patient_notice_given", "patient_notice_taken_back"
WAYS = ("WRITTEN", "FACE", "EMAILWRIT", "ONLINEWRIT", "MAILWRIT")
"""v3-ParticipationMode: on paper, read together, by e-mail, on a screen, by post. The first is the usual one."""
TOPIC = ("http://terminology.hl7.org/CodeSystem/consentcategorycodes", "npp")
"""HL7: notice of privacy practices."""
VERSION_URN = "urn:handoff:patient-notice:"
_NEVER = "entered-in-error"
_OLDEST_YEARS = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How a patient stands with a program's notice: the version in force (empty: the program names none), what she was
    given last, and whether it is due.
    """

    version: str
    last: PatientNotice | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class Without:
    """A patient whom a program has not given the version in force; `last`: what she was given before."""

    partner: str
    patient_id: str
    version: str
    last: PatientNotice | None


def programs(network: Network) -> tuple[tuple[str, str], ...]:
    """(partner, version in force) of every program that owes its patients a notice."""
    owing = ((name, one.patient_notice) for name, one in network.partners.items() if owes(network, name))
    return tuple(sorted(owing))


def keep_submitted(
    premises: Premises, tx: Transaction, partner: str, saved: Iterable[Record], at: datetime, request_id: str
) -> None:
    """What a program's system says by Communications whose topic is the notice: given, or (`entered-in-error`) not.

    Raises NotUnderstood `NOTICE_INCOMPLETE`, `DAY_INVALID`, with the place.
    """
    for record in saved:
        said = record.resource
        if record.resource_type != "Communication" or record.patient_id is None or not _is_notice(said):
            continue
        if said.get("status") not in ("completed", _NEVER) or not owes(premises.network, partner):
            continue
        her, version = same_person.stays(tx, record.patient_id), _version(said)
        outcome, words = TAKEN_BACK, f"version {version}"
        if said["status"] == _NEVER:
            is_news = patient_notices.drop(tx, her, partner, version)
        else:
            given_on = day_given(premises, str(said.get("sent", "")), at, "Communication.sent")
            made = PatientNotice(her, partner, version, given_on, _way(said), instant_text(at))
            before = {said_of(one) for one in patient_notices.of_patient(tx, her, partner)}
            outcome, words, is_news = GIVEN, said_of(made), said_of(made) not in before
            patient_notices.keep(tx, made)
        if is_news:
            named = {"subject": record.reference, "partner": partner, "request_id": request_id}
            append(
                tx,
                act_entry(outcome, instant_text(at), words, patient_id=her, by=BY_SENDER, rule=RULE, **named),
            )


def without_notice(
    reading: Reading, network: Network, limit: int, partner: str = "", after: str = ""
) -> tuple[Without, ...]:
    """Patients who have not been given the notice in force of their program, by program and id; of `partner` alone from
    the patient `after` on. Raises NotFound `NO_SUCH_PARTNER` for who is no program.
    """
    found: list[Without] = []
    owing = programs(network)
    if partner and partner not in dict(owing):
        raise NotFound("NO_SUCH_PARTNER", "no Part 2 program of the network has that id")
    for name, version in owing:
        if partner in ("", name) and len(found) < limit:
            ids = patient_notices.without(
                reading, name, version, limit - len(found), after if partner else ""
            )
            given = ((one, patient_notices.of_patient(reading, one, name)) for one in ids)
            found += [Without(name, one, version, had[-1] if had else None) for one, had in given]
    return tuple(found)


def owes(network: Network, partner: str) -> bool:
    """Whether it is a program, and so owes its patients a notice."""
    found = network.partners.get(partner)
    return found is not None and found.is_part2_program


def standing(network: Network, reading: Reading, partner: str, patient_id: str) -> Standing:
    """How a patient stands with the notice of a program of the network."""
    version = network.partners[partner].patient_notice
    given = patient_notices.of_patient(reading, same_person.stays(reading, patient_id), partner)
    is_due = not any(version in ("", one.version) for one in given)
    return Standing(version, given[-1] if given else None, is_due)


def _is_notice(said: Mapping[str, Any]) -> bool:
    codings = said.get("topic", {}).get("coding", ())
    return any((one.get("system"), one.get("code")) == TOPIC for one in codings)


def _version(said: Mapping[str, Any]) -> str:
    uris = said.get("instantiatesUri", ())
    if not uris:
        raise NotUnderstood(
            "NOTICE_INCOMPLETE", "names the version that was given", "Communication.instantiatesUri"
        )
    return str(uris[0]).removeprefix(VERSION_URN)


def _way(said: Mapping[str, Any]) -> str:
    codes = (one.get("code") for medium in said.get("medium", ()) for one in medium.get("coding", ()))
    found = next((str(code) for code in codes if code in WAYS), "")
    if not found:
        text = f"says how it was given, one of {', '.join(WAYS)} (v3-ParticipationMode)"
        raise NotUnderstood("NOTICE_INCOMPLETE", text, "Communication.medium")
    return found


def day_given(premises: Premises, text: str, now: datetime, place: str) -> str:
    """A day that has come, in the network's zone; of an instant the day it was there. Raises NotUnderstood
    `DAY_INVALID`.
    """
    zone = ZoneInfo(premises.network.zone)
    today = now.astimezone(zone).date()
    try:
        day = (
            datetime.fromisoformat(text).astimezone(zone).date() if "T" in text else date.fromisoformat(text)
        )
    except (ValueError, OverflowError):  # a day that is none, or none in the zone
        day = date.max
    if not today.year - _OLDEST_YEARS <= day.year or day > today:
        raise NotUnderstood("DAY_INVALID", "give the day on which it was given, as 2026-11-22", place)
    return day.isoformat()


def said_of(made: PatientNotice) -> str:
    """What the log says of it."""
    return f"version {made.version or 'not named'}, given on {made.given_on}, {made.way}"
