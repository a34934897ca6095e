"""The consent desk: a client and a counselor together find her, choose, read, and sign; and what she takes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.agency_desk import consent_choices, consent_fields, signing
from gateway.agency_desk.consent_choices import OWN_PAGES, RIGHT, TO_MEND, choices, refusals_of
from gateway.agency_desk.records_in_words import name_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.agency_desk.second_factor import picture_of
from gateway.agency_desk.signing import wanted_of
from gateway.disclosure.desk_forms import kinds_in_words, purpose_in_words
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.consent_taking import NOT_ASKED_DAYS, new_ids

_FROM_READ = ("/hand-over", "/sign-link")
"""Forms on the page that is read before signing."""


async def _find(visit: Visit) -> Answer:
    return Page(
        "consents_find.html", {"asked_for": visit.query.get("request", ""), "said": None, "found": None}
    )


async def _found(visit: Visit) -> Answer:
    said = consent_fields.described(visit.form)
    client = await visit.desk.consents.find(visit.worker, said)
    facts = {
        "asked_for": visit.form.get("request", ""),
        "said": said,
        "found": client,
        "person": "" if client is None else name_of(client.patient),
    }
    return Page("consents_find.html", facts)


async def _find_again(visit: Visit) -> Answer:
    return Page(
        "consents_find.html", {"asked_for": visit.form.get("request", ""), "said": None, "found": None}
    )


async def _register_again(visit: Visit) -> Answer:
    said = consent_fields.described(visit.form)
    return Page(
        "consents_find.html", {"asked_for": visit.form.get("request", ""), "said": said, "found": None}
    )


async def _register(visit: Visit) -> Answer:
    made = await visit.desk.consents.register(visit.worker, consent_fields.described(visit.form))
    return GoTo(f"{made}{_asking(visit.form)}")


async def _request(visit: Visit) -> Answer:
    """From the list of what is to do: on to the client, where she is this organization's own."""
    intent_id = visit.path["id"]
    intent, lines = await visit.desk.consents.from_request(visit.worker, intent_id)
    try:
        client = await visit.desk.consents.client(visit.worker, intent.patient_id, "consent request")
    except NotFound:
        return GoTo(f"../?request={intent_id}")
    words = kinds_in_words(visit.language)
    facts = {
        "intent": intent_id,
        "agency_id": intent.partner,
        "client": client,
        "days": NOT_ASKED_DAYS,
        "kinds": [words[kind] for kind in lines[0].kinds],
        "purpose": purpose_in_words(intent.purpose, visit.language),
        "person": name_of(client.patient),
        "refusals": await refusals_of(visit, client.patient_id),
    }
    return Page("consents_request.html", facts)


async def _said_no(visit: Visit) -> Answer:
    days = visit.form.get("days", "")
    number = int(days) if days.isascii() and days.isdigit() and len(days) < len("1000") else 0
    await visit.desk.consents.said_no(visit.worker, visit.path["id"], number)
    return GoTo("../../../?saved=1")


async def _read(visit: Visit) -> Answer:
    client = await visit.desk.consents.client(visit.worker, visit.path["id"], "consents")
    person = name_of(client.patient)
    try:
        chosen = wanted_of(visit, client)
        read = await visit.desk.consents.preview(visit.worker, chosen, new_ids(len(chosen.lines)))
    except NotUnderstood as refused:
        if refused.code not in TO_MEND:
            raise
        return await choices(visit, client, consent_fields.kept(visit.form), refused.code)
    facts: Mapping[str, Any] = {
        "client": client,
        "person": person,
        "read": read,
        "chosen": chosen,
        "text_of": visit.desk.consents.text,
        "kept": consent_fields.kept(visit.form),
        "ids": " ".join(read.ids),
        "takes_back": signing.takes_back_by(visit.desk, visit.worker),
        "refusals": await refusals_of(visit, client.patient_id),
        "unseeing": [one.choices.agency_name for one in read.forms if not one.sees_something],
        "desk_contact": visit.desk.network.content.operator.consent_desk,
    }
    return Page("consents_read.html", facts)


async def _paper(visit: Visit) -> Answer:
    found = await visit.desk.consents.paper(visit.worker, visit.path["id"], visit.path["consent"])
    return Page("consents_paper.html", {"paper": found, "client_id": visit.path["id"]})


async def _withdraw(visit: Visit) -> Answer:
    await visit.desk.consents.withdrawn(visit.worker, visit.path["id"], visit.form.get("consent", ""))
    return GoTo(f"../{visit.path['id']}?said=withdrawn")


async def _written(visit: Visit) -> Answer:
    await visit.desk.consents.written(visit.worker, visit.path["id"], visit.form.get("consent", ""))
    return GoTo(f"../{visit.path['id']}?said=written")


async def _refusal_ended(visit: Visit) -> Answer:
    patient_id, form = visit.path["id"], visit.form
    said = " ".join(form.get("said", "").split())
    await visit.desk.consents.refusal_ended(visit.worker, patient_id, form.get("refusal", ""), said)
    asked = _asking(form)
    return GoTo(f"../{patient_id}{asked}{'&' if asked else '?'}said=refusal_ended")


async def _notice_given(visit: Visit) -> Answer:
    """A worker has given the client the program's notice (42 CFR 2.22)."""
    patient_id, form = visit.path["id"], visit.form
    await visit.desk.consents.notice_given(visit.worker, patient_id, form.get("day", ""), form.get("way", ""))
    asked = _asking(form)
    return GoTo(f"../{patient_id}{asked}{'&' if asked else '?'}said=notice_given")


async def _own_link(visit: Visit) -> Answer:
    patient_id = visit.path["id"]
    link, by_phone = await visit.desk.consents.own_link(
        visit.worker, patient_id, visit.form.get("document", "")
    )
    facts = {"link": link, "by_phone": by_phone, "picture": picture_of(link), "client_id": patient_id}
    return Page("consents_own_link.html", facts)


async def _own_code(visit: Visit) -> Answer:
    code = await visit.desk.consents.own_code(visit.worker, visit.path["id"])
    return Page("consents_own_code.html", {"code": code, "client_id": visit.path["id"]})


async def _phone_lost(visit: Visit) -> Answer:
    await visit.desk.consents.phone_lost(visit.worker, visit.path["id"], visit.form.get("second", ""))
    return GoTo(f"../{visit.path['id']}?said=written")


def _asking(form: Mapping[str, str]) -> str:
    intent_id = form.get("request", "")
    is_id = intent_id.replace("-", "").isalnum() and intent_id.isascii()
    return f"?request={intent_id}" if is_id else ""


SCREENS = (
    Screen("/consents/", RIGHT, _find, menu="consents"),
    Screen("/consents/find", RIGHT, None, _found, again=_find_again),
    Screen("/consents/register", RIGHT, None, _register, again=_register_again),
    Screen("/consents/requests/{id}", RIGHT, _request),
    Screen("/consents/requests/{id}/no", RIGHT, None, _said_no, again=_request),
    *consent_choices.SCREENS,
    Screen("/consents/{id}/read", RIGHT, None, _read),
    *(replace(one, again=_read) if one.path.endswith(_FROM_READ) else one for one in signing.SCREENS),
    Screen("/consents/{id}/withdraw", RIGHT, None, _withdraw),
    Screen("/consents/{id}/written", RIGHT, None, _written),
    Screen("/consents/{id}/refusal-ended", RIGHT, None, _refusal_ended, again=consent_choices.choose),
    Screen("/consents/{id}/patient-notice", RIGHT, None, _notice_given, again=consent_choices.choose),
    Screen("/consents/{id}/own-link", OWN_PAGES, None, _own_link, again=consent_choices.choose),
    Screen("/consents/{id}/own-code", OWN_PAGES, None, _own_code),
    Screen("/consents/{id}/phone-lost", OWN_PAGES, None, _phone_lost),
    Screen("/consents/{id}/papers/{consent}", RIGHT, _paper),
)
