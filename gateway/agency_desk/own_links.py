"""How a client is reached, agreed with her at the desk, and the link to her own page by mail."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.flows.own_contacts import WAYS, Contacts

RIGHT = "own_pages"


def contacts_in_form(form: Mapping[str, str]) -> Contacts:
    """What a form says of how somebody is reached; nothing of it checked."""
    return Contacts(
        phone=" ".join(form.get("phone", "").split()),
        mail=form.get("mail", "").strip(),
        preferred=form.get("preferred", ""),
        no_messages=form.get("no_messages") == "yes",
        allowed_again=form.get("allowed_again") == "yes",
    )


async def _look(visit: Visit) -> Answer:
    known = await visit.desk.own_links.contacts(visit.worker, visit.path["id"])
    facts = {
        "known": known,
        "client_id": visit.path["id"],
        "ways": WAYS,
        "can_mail": visit.desk.own_links.mail_link is not None,
        "done": visit.query.get("done", ""),
    }
    return Page("consents_contacts.html", facts)


async def _agree(visit: Visit) -> Answer:
    said = contacts_in_form(visit.form)
    await visit.desk.own_links.agreed(visit.worker, visit.path["id"], said, visit.form.get("document", ""))
    return GoTo("contacts?done=agreed")


async def _mail(visit: Visit) -> Answer:
    if visit.desk.own_links.mail_link is not None:
        await visit.desk.own_links.mail_link(visit.worker, visit.path["id"])
    return GoTo("contacts?done=mailed")


SCREENS = (
    Screen("/consents/{id}/contacts", RIGHT, _look, _agree, again=_look),
    Screen("/consents/{id}/own-mail", RIGHT, None, _mail),
)
