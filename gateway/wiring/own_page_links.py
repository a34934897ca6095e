"""Links to a client's own page, made for a worker at her side."""

from __future__ import annotations

import hmac

from gateway.agency_desk.own_page_desk import code_of, own_link
from gateway.agency_desk.own_pages import PATH
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.flows import own_contacts, own_page_doors, phones
from gateway.flows.agency_desk import Worker
from gateway.flows.link_letters import Letter

BY_ADDRESS = "the address agreed at her side"
"""By what it is known that it is she, where a link is mailed."""


def own_page_key(premises: Premises) -> bytes:
    """The key of links, sessions and codes of people's own pages."""
    return hmac.digest(premises.keys.id_key, b"own page", "sha256")


async def own_page_link(
    premises: Premises, worker: Worker, patient_id: str, checked_by: str
) -> tuple[str, bool]:
    """The address of a link to a client's own page, and whether her phone is asked there; else another worker tells the
    code.

    Raises NotAllowed `RIGHT_MISSING`, NotUnderstood `IDENTITY_UNCHECKED`, NotFound `NO_SUCH_CLIENT`.
    """
    her, begins = await own_page_doors.linked(premises, worker, patient_id, checked_by)
    link = own_link(own_page_key(premises), her, begins)
    content = premises.network.content
    base = content.public_url or f"http://{content.http}"
    return f"{base}{PATH}/login?link={link}", phones.has_second(premises, phones.of_client(her))


async def own_page_mailed(premises: Premises, worker: Worker, patient_id: str) -> None:
    """A link to a client's own page by mail, to the address that was agreed with her. Whether it left is not told: her
    safety may speak against it.

    Raises what `own_contacts.require_mail` raises.
    """
    address = own_contacts.require_mail(premises, worker, patient_id)
    link, _ = await own_page_link(premises, worker, patient_id, BY_ADDRESS)
    made_at = instant_text(premises.clock.now())
    await own_contacts.mail_link(premises, Letter(worker, patient_id, address, link, made_at))


async def own_page_code(premises: Premises, worker: Worker, patient_id: str) -> str:
    """The code of a client's last link, for another worker than who made it.

    Raises NotAllowed `RIGHT_MISSING`, `SECOND_PERSON_NEEDED`, NotFound `NO_SUCH_CLIENT`.
    """
    her, made = await own_page_doors.code_for(premises, worker, patient_id)
    return code_of(own_page_key(premises), her, made)
