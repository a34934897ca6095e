"""The client's turn: the tablet is handed to her, or a link is made for her own phone while a worker talks with her.

What she holds then opens one draft and nothing else. The worker's own session has ended before the tablet leaves her
hands; she takes the tablet back by her phone's app, or by a code that she has chosen for it.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from starlette.responses import Response

from gateway.agency_desk import consent_fields, phones
from gateway.agency_desk.desk import Desk
from gateway.agency_desk.records_in_words import name_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.agency_desk.second_factor import picture_of
from gateway.agency_desk.sites import SIGNING_PATH, Signer, desk_site, signing_site, turn_of
from gateway.disclosure.desk_forms import Wanted
from gateway.errors import NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_drafts import PHONE, TABLET
from gateway.flows.desk_clients import Client
from gateway.flows.draft_witnesses import PRESENT_MINUTES
from gateway.pages import Frame, Link, make_link, said_by
from gateway.security.signed_texts import digits, token

RIGHT = "consents"
LENT, TAKEN_BACK, NOT_TAKEN_BACK = "desk_tablet_lent", "desk_tablet_taken_back", "desk_tablet_refused"
LINK_MINUTES, CODE_DIGITS, LEAST_DIGITS, MOST_DIGITS = 15, 8, 6, 12
PIN_DAYS = 90
_LINK, _CODE, _PIN = b"signing link 2", b"signing code", b"tablet code"


def wanted_of(visit: Visit, client: Client) -> Wanted:
    """What the form of the choices says. Raises as `consent_fields.wanted`."""
    allowed = consent_fields.purposes_of(visit.desk.network)
    own, person = visit.worker.partner, name_of(client.patient)
    return consent_fields.wanted(visit.form, client.patient_id, person, own, allowed)


def proof_of(desk: Desk, draft: str, pin: str) -> str:
    """What a worker's own code for a tablet comes to; only the key tells."""
    return token(desk.key, _PIN, f"{draft} {pin}")


def is_proof(desk: Desk, signer: Signer, pin: str) -> bool:
    """Whether that is the code the worker has chosen for the tablet."""
    said = proof_of(desk, signer.id, pin.strip())
    return bool(signer.proof) and hmac.compare_digest(said, signer.proof)


def link_for(desk: Desk, draft_id: str) -> tuple[str, str]:
    """The secret part of a link to sign one draft by, and its code."""
    now, good_for = desk.clock.now(), timedelta(minutes=LINK_MINUTES)
    link, link_id = make_link(desk.key, _LINK, turn_of(draft_id), now, good_for)
    return link, digits(desk.key, _CODE, link_id, CODE_DIGITS)


def link_of(desk: Desk, text: str) -> Link:
    """What such a link says, also one that is over. Raises NotAllowed `LINK_INVALID`."""
    return said_by(desk.key, _LINK, text)


def is_code(desk: Desk, link: Link, code: str) -> bool:
    """Whether that is the code of the link; blanks do not count."""
    said = "".join(code.split()).replace("-", "")
    return hmac.compare_digest(said.encode(), digits(desk.key, _CODE, link.id, CODE_DIGITS).encode())


async def _hand_over(visit: Visit) -> Answer:
    """Her turn at the tablet: the worker's session has ended when the page is there."""
    desk, worker = visit.desk, visit.worker
    by = takes_back_by(desk, worker)
    pin = "" if by == "phone" or (by and not visit.form.get("pin", "")) else _pin(visit)
    draft = await _kept(visit, TABLET)
    if pin:
        await _require_new(visit, pin)
    proof = proof_of(desk, draft, pin) if pin else ""
    began = visit.login_began or desk.clock.now()
    turn = turn_of(draft, int(began.timestamp()), proof)
    answer: Response = Frame(signing_site(desk)).begin(turn, f"../../..{SIGNING_PATH}/")
    await Frame(desk_site(desk)).end_in(answer, visit.login_id)
    answer.headers["Clear-Site-Data"] = '"cache"'
    await desk.tell(worker, LENT, "")
    return answer


def takes_back_by(desk: Desk, worker: Worker) -> str:
    """What a worker takes the tablet back by, so that she need not choose digits: `phone`, `passkey`, or empty."""
    if desk.phones.asked(phones.about(worker)):
        return "phone"
    offer = phones.asking(desk, phones.about(worker), "").to_show()
    return "" if offer is None else "passkey"


def _pin(visit: Visit) -> str:
    pin = visit.form.get("pin", "").strip()
    if not (pin.isascii() and pin.isdigit() and LEAST_DIGITS <= len(pin) <= MOST_DIGITS):
        raise NotUnderstood("PIN_INVALID", f"choose {LEAST_DIGITS} to {MOST_DIGITS} digits", "pin")
    return pin


async def _require_new(visit: Visit, pin: str) -> None:
    """Whoever has watched her type her digits once takes no other tablet back. Raises NotUnderstood `PIN_USED`."""
    desk = visit.desk
    name = token(desk.key, _PIN, "\n".join((*phones.about(visit.worker), pin)))
    if not await desk.use_once(f"pin-{name}", desk.clock.now() + timedelta(days=PIN_DAYS)):
        raise NotUnderstood("PIN_USED", f"choose digits that were not chosen within {PIN_DAYS} days", "pin")


async def _link(visit: Visit) -> Answer:
    """Her turn at her own phone: link and code, shown once."""
    patient_id = visit.path["id"]
    draft = await _kept(visit, PHONE)
    link, code = link_for(visit.desk, draft)
    address = f"{visit.desk.consents.signing.address}{SIGNING_PATH}/login?link={link}"
    facts = {
        "client_id": patient_id,
        "draft": draft,
        "link": address,
        "picture": picture_of(address),
        "code": f"{code[:4]} {code[4:]}",
        "minutes": LINK_MINUTES,
        "present": PRESENT_MINUTES,
    }
    return Page("consents_sign_link.html", facts)


async def _kept(visit: Visit, way: str) -> str:
    client = await visit.desk.consents.client(visit.worker, visit.path["id"], "consents")
    ids, seal = tuple(visit.form.get("ids", "").split()), visit.form.get("seal", "")
    return await visit.desk.consents.signing.keep(visit.worker, wanted_of(visit, client), ids, seal, way)


async def _state(visit: Visit) -> Answer:
    """Whether she has signed by now."""
    patient_id, draft = visit.path["id"], visit.path["draft"]
    client = await visit.desk.consents.client(visit.worker, patient_id, "consents")
    state = await visit.desk.consents.signing.state(visit.worker, patient_id, draft)
    facts = {"client_id": patient_id, "draft": draft, "person": name_of(client.patient), "state": state}
    facts["present"] = str(PRESENT_MINUTES)
    return Page("consents_sign_state.html", facts)


async def _call_off(visit: Visit) -> Answer:
    await visit.desk.consents.signing.call_off(visit.worker, visit.path["id"], visit.path["draft"])
    return GoTo(f"../{visit.path['draft']}")


SCREENS = (
    Screen("/consents/{id}/hand-over", RIGHT, None, _hand_over),
    Screen("/consents/{id}/sign-link", RIGHT, None, _link),
    Screen("/consents/{id}/drafts/{draft}", RIGHT, _state),
    Screen("/consents/{id}/drafts/{draft}/call-off", RIGHT, None, _call_off),
)
