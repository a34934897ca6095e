"""The form of the choices: who may see what, filled in with what was said before; nothing chosen is lost on the way.

A service is looked for in the same form, so that finding one takes no tick away; what was looked for stands in no
address and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from gateway.agency_desk import consent_fields
from gateway.agency_desk.consent_fields import SOUGHT_NEED, SOUGHT_PLACE
from gateway.agency_desk.records_in_words import name_of
from gateway.agency_desk.screens import Answer, Page, Screen, Visit
from gateway.disclosure.desk_forms import (
    APART,
    kinds_in_words,
    purpose_in_words,
    types_in_words,
    types_permitted,
)
from gateway.flows.consent_taking import new_ids
from gateway.flows.consents_given import Given
from gateway.flows.desk_clients import Client
from gateway.flows.desk_refusals import Refused
from gateway.flows.patient_notices import WAYS
from gateway.partners import Partner, partner_of
from gateway.partners.services import Service, Wanted, found

RIGHT, OWN_PAGES = "consents", "own_pages"
TO_MEND = frozenset({
    "BIRTH_DATE_INVALID", "DAY_INVALID", "END_OUT_OF_RANGE", "EVENT_OWNER_MISSING", "KINDS_UNKNOWN", "LINES_MISSING",
    "PURPOSE_MISSING", "WORDS_TOO_LONG",
})  # fmt: skip
"""Refusals of the choices: the form comes back as it was filled in, and says what is missing."""


async def choices(visit: Visit, client: Client, said: Mapping[str, str], error: str = "") -> Page:
    """The form for a client, filled in with the fields of `said`."""
    desk = visit.desk
    today = desk.clock.now().astimezone(ZoneInfo(desk.network.zone)).date()
    given, pending = await desk.consents.given(visit.worker, client.patient_id)
    services = _sought(visit, said)
    purposes, kinds = consent_fields.purposes_of(desk.network), kinds_in_words(visit.language)
    friends = enumerate(new_ids(consent_fields.FRIENDS))
    facts: dict[str, Any] = {
        "client": client,
        "person": name_of(client.patient),
        "filled": said,
        "error": error,
        "agencies": _agencies(visit, said, services),
        "services": services,
        "kinds": {kind: words for kind, words in kinds.items() if kind != APART},
        "apart": (APART, kinds[APART]),
        "purposes": [(code, purpose_in_words(code, visit.language)) for code in purposes],
        "may_tell_back": desk.consents.may_tell_back(visit.worker),
        "friends": [(number, said.get(f"friend.{number}.id", "") or own_id) for number, own_id in friends],
        "today": today.isoformat(),
        "until": said.get("until", "") or consent_fields.usual_end(today).isoformat(),
        "given": [(one, _names(visit, one), _what(visit, one)) for one in given],
        "pending": [(one, _names(visit, one), _what(visit, one)) for one in pending],
        "refusals": await refusals_of(visit, client.patient_id),
        "notice": await desk.consents.notice(visit.worker, client.patient_id),
        "notice_ways": WAYS,
        "asked_for": visit.query.get("request", "") or visit.form.get("request", ""),
        "said": visit.query.get("said", ""),
        "gives_links": desk.may(visit.worker, OWN_PAGES),
        "has_services": bool(desk.services()),
        "manages": desk.may(visit.worker, "clients"),
    }
    return Page("consents_choose.html", facts, 400 if error else 200)


def _sought(visit: Visit, said: Mapping[str, str]) -> tuple[Service, ...] | None:
    """The services that were looked for; None where none was."""
    wanted = Wanted(said.get(SOUGHT_NEED, "").strip(), said.get(SOUGHT_PLACE, "").strip())
    return None if wanted == Wanted() else found(visit.desk.services(), wanted)


def _agencies(
    visit: Visit, said: Mapping[str, str], services: tuple[Service, ...] | None
) -> list[tuple[str, Partner, bool, list[str], bool]]:
    """Every agency that may be chosen, whether it was, which of the services sought are its (those first), and
    whether it may have a safety plan.
    """
    network = visit.desk.network
    chosen = consent_fields.chosen_agencies(said)
    made = [
        (
            name,
            partner,
            name in chosen,
            [one.name for one in services or () if one.partner == name],
            visit.desk.consents.may_have_safety_plan(partner.kind),
        )
        for name, partner in network.partners.items()
        if name != visit.worker.partner and partner.state == "live" and partner.kind != "law_enforcement"
    ]
    return sorted(made, key=lambda one: (not one[3], not one[2], one[1].organization.name))


async def refusals_of(visit: Visit, patient_id: str) -> list[tuple[Refused, str]]:
    """The refusals that this organization has told and that stand, each with the names of whom they keep out."""
    found = await visit.desk.consents.refusals(visit.worker, patient_id)
    return [(one, _names(visit, one)) for one in found]


def _names(visit: Visit, one: Given | Refused) -> str:
    """Whom a Consent lets see something, by name."""
    named = [display or visit.desk.name_of(partner_of(reference)) for reference, display in one.recipients]
    return ", ".join(name for name in named if name)


def _what(visit: Visit, one: Given) -> str:
    """What a Consent lets them see, in words; empty where it names no kinds."""
    return "; ".join(types_in_words(types_permitted(one.resource), visit.language))


async def choose(visit: Visit) -> Answer:
    """The form for a client, as it is opened."""
    client = await visit.desk.consents.client(visit.worker, visit.path["id"], "consents")
    return await choices(visit, client, await _asked_for(visit, client.patient_id))


async def _change(visit: Visit) -> Answer:
    """The same with what was chosen so far."""
    client = await visit.desk.consents.client(visit.worker, visit.path["id"], "consents")
    return await choices(visit, client, consent_fields.kept(visit.form, with_sought=True))


async def _asked_for(visit: Visit, patient_id: str) -> Mapping[str, str]:
    """What would release the referral that waits, as fields, where the page was opened from one of hers."""
    intent_id = visit.query.get("request", "")
    if not intent_id:
        return {}
    intent, lines = await visit.desk.consents.from_request(visit.worker, intent_id)
    if intent.patient_id != patient_id:
        return {}
    return consent_fields.fields_of(lines, visit.worker.partner, intent.purpose)


SCREENS = (
    Screen("/consents/{id}", RIGHT, choose),
    Screen("/consents/{id}/choose", RIGHT, None, _change),
)
