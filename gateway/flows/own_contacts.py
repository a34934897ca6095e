"""How a client wants to be reached, as she said it at a desk, and whether a link to her own page may go by mail.

A mail goes to an address only that two workers of the desk agreed with her at her side, by a document; that is the way
she likes best; and when neither "no messages" stands there nor anything that is held says that she may be in danger
(DM-27).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.audit import newest
from gateway.clock import new_id
from gateway.disclosure.contact_safety import may_be_in_danger
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.errors import NotAllowed, NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.desk_workers import words_of
from gateway.flows.desk_written import Writing, own_patient, said_again, written_down
from gateway.flows.link_letters import Letter, keep
from gateway.flows.own_page_doors import RIGHT, document_said
from gateway.flows.own_page_ends import ISSUER
from gateway.flows.own_records import own_records
from gateway.flows.own_silence import is_silent, lift_silence, silence
from gateway.flows.passkeys import Index
from gateway.flows.phones import is_doubtful, of_client
from gateway.store import AuditFilter, Reading, Record, Transaction, records, same_person, tokens

AGREED, MAILED, NOT_MAILED = "contacts_agreed", "own_page_mailed", "own_page_not_mailed"
NO_MESSAGES = "urn:handoff:no-messages"
"""Extension (valueBoolean) on a Patient: nothing is to be left or sent there, whatever number or address stands."""

WAYS = ("phone", "email")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}")
_FOR_GOOD = "9999-12-31T00:00:00.000000Z"
_LAST = 2**31
_ALL = "doubt-all-"
_TWO = 2
"""Workers of the desk who agree an address with her before the first mail: one alone, with an address of her own, would
learn by a mail that does not come what is held about a client.
"""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Phone and address of a client, which of both she likes best (`phone`, `email`), and that nothing may be sent.

    `allowed_again`: she has said so herself, now; nothing else ends that nothing may be sent.
    """

    phone: str = field(default="", repr=False)
    mail: str = field(default="", repr=False)
    preferred: str = "phone"
    no_messages: bool = False
    allowed_again: bool = False


async def contacts_of(premises: Premises, worker: Worker, patient_id: str) -> Contacts:
    """What the worker's organization has on file, and whether nothing may be sent, wherever she said so.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
        own = _described(reading, worker.partner, patient_id)
        silent = is_silent(premises, reading, patient_id)
    name = "" if own is None else own.id
    seen = await own_records(premises, worker, "contacts", patient_id, "Patient", lambda one: one.id == name)
    known = contacts_in(seen[0]) if seen else Contacts()
    return replace(known, no_messages=known.no_messages or silent)


def contacts_in(patient: Mapping[str, Any]) -> Contacts:
    """How a Patient says that she is reached; the way of the lowest rank is the one she likes best."""
    found: dict[str, tuple[int, str]] = {}
    for one in patient.get("telecom", ()):
        way, rank = one.get("system"), int(one.get("rank", _LAST))
        if way in WAYS and one.get("use") != "old" and (way not in found or rank < found[way][0]):
            found[way] = (rank, str(one.get("value", "")))
    ranks = {way: rank for way, (rank, _) in found.items() if rank < _LAST}
    return Contacts(
        phone=found.get("phone", (0, ""))[1],
        mail=found.get("email", (0, ""))[1],
        preferred=min(ranks, key=lambda way: ranks[way]) if ranks else "phone",
        no_messages=any(
            one.get("url") == NO_MESSAGES and one.get("valueBoolean") for one in patient.get("extension", ())
        ),
    )


async def contacts_agreed(
    premises: Premises, worker: Worker, patient_id: str, said: Contacts, document: str
) -> None:
    """A client has said at her side how she is to be reached; `document`: by what the worker knows that it is she.

    Where nothing may be sent that stays so, whatever else is said, unless she allows it again.
    Raises NotAllowed `RIGHT_MISSING`, NotUnderstood `ADDRESS_INVALID`, `IDENTITY_UNCHECKED`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, RIGHT)
    checked_by = document_said(document)
    _check(said)
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
        own = _described(reading, worker.partner, patient_id)
        silent = is_silent(premises, reading, patient_id)
    if own is None or not own.resource.get("identifier"):
        raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")
    was_silent = silent or contacts_in(own.resource).no_messages
    is_now = said.no_messages or (was_silent and not said.allowed_again)
    resource = _reached(said_again(own.resource), replace(said, no_messages=is_now))
    if is_now:  # first of all: cut off after this, nothing is sent
        await premises.store.write(lambda tx: silence(premises, tx, patient_id, "said at a desk"))
    await written_down(premises, worker, patient_id, Writing(new_id(), (resource,)))

    def work(tx: Transaction) -> None:
        her = same_person.stays(tx, patient_id)
        if said.mail:
            mark = _agreed_at(premises, tx, worker, her, said.mail)
            tokens.remember(tx, ISSUER, mark + _who(premises, worker), _FOR_GOOD)
        if said.allowed_again and not is_now:
            lift_silence(premises, tx, her)
        log_worker(tx, worker, premises.clock.now(), AGREED, her, "", f"checked by: {checked_by}")

    await premises.store.write(work)


def require_mail(premises: Premises, worker: Worker, patient_id: str) -> str:
    """The address to which a link may be mailed, as far as her own organization's file says.

    Raises NotAllowed `RIGHT_MISSING`, `MAIL_NOT_AGREED`, `ADDRESS_UNCONFIRMED`, `OTHER_WAY_PREFERRED`,
    `NO_MESSAGES`, NotFound `NO_SUCH_CLIENT`.
    """
    with premises.store.read() as reading:
        return _required(premises, reading, worker, patient_id)


async def stop_messages(premises: Premises, patient_id: str) -> None:
    """She has said on her own page that nothing is to be sent to her: from now on nothing is, until she says at a desk
    that it may again.
    """
    await premises.store.write(lambda tx: silence(premises, tx, patient_id, "said on her own page"))


async def mail_link(premises: Premises, letter: Letter) -> None:
    """A mail to a client waits to be sent; not where she may be in danger, nor where anything that `require_mail` asks
    has changed meanwhile. The log says which, and no page does.
    """
    worker, patient_id = letter.worker, str(letter.patient_id)

    def work(tx: Transaction) -> None:
        against = against_mail(premises, tx, letter)
        if not against:
            keep(premises, tx, letter)
        her = same_person.stays(tx, patient_id)
        outcome, said = (NOT_MAILED, against) if against else (MAILED, "to the agreed address")
        log_worker(tx, worker, premises.clock.now(), outcome, her, "", said)

    await premises.store.write(work)


def against_mail(premises: Premises, reading: Reading, letter: Letter) -> str:
    """What speaks against a mail to a client, for the log; empty where nothing does. Asked before each try as well."""
    patient_id = str(letter.patient_id)
    try:
        if _required(premises, reading, letter.worker, patient_id) != letter.address:
            return "another address"
    except (NotAllowed, NotFound) as error:
        return error.code
    her = same_person.stays(reading, patient_id)
    if is_doubtful(premises, reading, of_client(her)):
        return "her phone or passkey is older than a restore"
    if _is_denied(premises, reading, letter, her):
        return "an address she has left"
    return "safety" if may_be_in_danger(premises, reading, her) else ""


def _is_denied(premises: Premises, reading: Reading, letter: Letter, her: str) -> bool:
    """Whether any system has said since the address was agreed that it is hers no more (45 CFR 164.522(b))."""
    agreed = AuditFilter(patient_id=her, partner=letter.worker.partner, kind="outcome", outcome=AGREED)
    since = max((one.row.at for one in newest(reading, 1, agreed)), default="")
    today = premises.clock.now().date().isoformat()
    everyone = (her, *same_person.joined_to(reading, her))
    return any(
        _has_left(point, letter.address, today)
        for known in everyone
        for one in records.of_patient(reading, known, ("Patient",))
        if not one.deleted and one.updated_at > since
        for point in one.resource.get("telecom", ())
    )


def _has_left(point: Mapping[str, Any], address: str, today: str) -> bool:
    """Whether a ContactPoint is that address and is over, by its `use` or its `period`."""
    is_it = str(point.get("value", "")).casefold() == address.casefold()
    ended = str(point.get("period", {}).get("end", "")) or today
    return is_it and (point.get("use") == "old" or ended[: len("YYYY-MM-DD")] < today[: len(ended)])


def _required(premises: Premises, reading: Reading, worker: Worker, patient_id: str) -> str:
    """What `require_mail` tells, and raises."""
    require_right(premises, worker, RIGHT)
    require_client(reading, worker, patient_id)
    own = _described(reading, worker.partner, patient_id)
    said = Contacts() if own is None else contacts_in(own.resource)
    her = same_person.stays(reading, patient_id)
    if said.no_messages or is_silent(premises, reading, her):
        raise NotAllowed("NO_MESSAGES", "nothing is to be sent or left")
    agreed_at = _agreed_at(premises, reading, worker, her, said.mail)
    with_whom = tokens.that_begin(reading, ISSUER, agreed_at) if said.mail else ()
    if not with_whom:
        raise NotAllowed("MAIL_NOT_AGREED", "no address was agreed with her")
    if len(with_whom) < _TWO:
        raise NotAllowed("ADDRESS_UNCONFIRMED", "another worker has to agree this address with her too")
    if said.preferred != "email":
        raise NotAllowed("OTHER_WAY_PREFERRED", "she wants to be reached in another way")
    return said.mail


def _described(reading: Reading, partner: str, patient_id: str) -> Record | None:
    """The Patient of the organization's own that says last in which order she is to be reached; else the last of all.

    Its other systems describe her too, and know nothing of what was agreed.
    """
    own = (
        one
        for one in records.of_patient(reading, patient_id, ("Patient",))
        if is_own(one, partner) and not one.deleted and _is_agreed(one.resource)
    )
    return max(own, key=lambda one: one.updated_at, default=own_patient(reading, partner, patient_id))


def _is_agreed(patient: Mapping[str, Any]) -> bool:
    says = any(one.get("url") == NO_MESSAGES for one in patient.get("extension", ()))
    return says or any("rank" in one for one in patient.get("telecom", ()))


def _reached(patient: dict[str, Any], said: Contacts) -> dict[str, Any]:
    """The Patient with these ways alone; whatever else stood there (fax, pager) stays."""
    others = [one for one in patient.pop("telecom", ()) if one.get("system") not in WAYS]
    told = {"phone": said.phone, "email": said.mail}
    ways = sorted((way for way in WAYS if told[way]), key=lambda way: way != said.preferred)
    ranked = [{"system": way, "value": told[way], "rank": place} for place, way in enumerate(ways, 1)]
    kept = [one for one in patient.pop("extension", ()) if one.get("url") != NO_MESSAGES]
    flags = [*kept, *([{"url": NO_MESSAGES, "valueBoolean": True}] if said.no_messages else [])]
    return {
        **patient,
        **({"telecom": [*ranked, *others]} if ranked or others else {}),
        **({"extension": flags} if flags else {}),
    }


def _check(said: Contacts) -> None:
    told = {"phone": said.phone, "email": said.mail}
    is_phone = not said.phone or (len(said.phone) <= 40 and any(one.isdigit() for one in said.phone))
    if (
        (said.mail and not _ADDRESS.fullmatch(said.mail))
        or not is_phone
        or not said.phone.isprintable()
        or said.preferred not in WAYS
        or (any(told.values()) and not told[said.preferred])
    ):
        raise NotUnderstood(
            "ADDRESS_INVALID", "say phone and e-mail, and which of both is better", "contacts"
        )


def doubt_agreed(index: Index, tx: Transaction, at: str, patient_id: str | None = None) -> None:
    """What was agreed until that instant, with her or (None) with anybody, counts no more: it may have changed in what
    is lost.
    """
    name = _ALL if patient_id is None else _doubted(index, patient_id)
    tokens.remember(tx, ISSUER, name + at, _FOR_GOOD)


def _agreed_at(premises: Premises, reading: Reading, worker: Worker, patient_id: str, address: str) -> str:
    """How the names of what was agreed at that desk begin, with each worker once; otherwise after each doubt."""
    index = premises.keys.index
    starts = (_ALL, _doubted(index, patient_id))
    since = (at for start in starts for at in tokens.that_begin(reading, ISSUER, start))
    about = "|".join((worker.partner, patient_id, *since))
    return "agreed-" + index("own-page-mail", about, address.casefold()) + "-"


def _who(premises: Premises, worker: Worker) -> str:
    return premises.keys.index("own-page-agreed", worker.partner, " ".join(sorted(words_of(worker.name))))


def _doubted(index: Index, patient_id: str) -> str:
    return "doubt-" + index("own-page-doubt", "", patient_id) + "-"
