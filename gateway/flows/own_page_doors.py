"""How a person comes to her own page: a link that a worker at her side makes, and a second thing that she has chosen."""

from __future__ import annotations

from datetime import datetime

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotAllowed, NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.decided_here import act_entry
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.desk_workers import is_another_here, words_of
from gateway.flows.own_page import BASIS, kept_under
from gateway.flows.own_page_ends import ISSUER, end_all, has_ended, mark_of
from gateway.flows.phones import give_up, of_client
from gateway.store import Transaction, same_person, tokens

RIGHT = "own_pages"
_SHORTEST, _LONGEST = 4, 80
LINKED, CODE_TOLD, PHONE_LOST = "own_page_link", "own_page_code", "own_page_phone_lost"
CAME, REFUSED, LEFT = "own_page_login", "own_page_refused", "own_page_logout"


def document_said(checked_by: str) -> str:
    """By what a worker knows that it is she, on one line. Raises NotUnderstood `IDENTITY_UNCHECKED`."""
    said = " ".join(checked_by.split())
    if not _SHORTEST <= len(said) <= _LONGEST or not said.isprintable():
        raise NotUnderstood(
            "IDENTITY_UNCHECKED", "say by which document it was checked who she is", "document"
        )
    return said


async def linked(
    premises: Premises, worker: Worker, patient_id: str, checked_by: str
) -> tuple[str, datetime]:
    """The id to put into a link for a client of the worker's organization, and from when on the link is one; every link
    and session from before ends.

    `checked_by`: by what the worker knows that it is she, say a driver's license; the log has it. Her page shows what
    every agency was permitted and told: a name, a birth date and a phone are not enough.
    Raises NotAllowed `RIGHT_MISSING`, NotUnderstood `IDENTITY_UNCHECKED`, NotFound `NO_SUCH_CLIENT`, `NOTHING_TO_SHOW`.
    """
    require_right(premises, worker, RIGHT)
    said = document_said(checked_by)
    now = premises.clock.now()

    def work(tx: Transaction) -> tuple[str, datetime]:
        require_client(tx, worker, patient_id)
        # whether anything can be shown is for her page to say: a link is made in any case, and tells the worker nothing
        her = same_person.stays(tx, patient_id)
        begins = end_all(premises, tx, her)
        tokens.remember(tx, ISSUER, _maker(premises, her, worker), mark_of(premises, tx, her))
        log_worker(tx, worker, now, LINKED, her, "", f"a link to her own page; checked by: {said}")
        return her, begins

    return await premises.store.write(work)


def require_second(premises: Premises, worker: Worker, second: str) -> None:
    """Nothing, when another worker of the same desk agrees, who was here within a day.

    Raises NotAllowed `RIGHT_MISSING`, `SECOND_PERSON_NEEDED`.
    """
    require_right(premises, worker, RIGHT)
    if not is_another_here(premises, worker, second):
        raise NotAllowed("SECOND_PERSON_NEEDED", "another worker of this desk has to agree")


async def phone_lost(premises: Premises, worker: Worker, patient_id: str, second: str) -> None:
    """A client of the worker's has lost her phone, as two workers say: the next link asks for a code again, and what was
    opened with the phone ends.

    Raises NotAllowed `RIGHT_MISSING`, `SECOND_PERSON_NEEDED`, NotFound `NO_SUCH_CLIENT`.
    """
    require_second(premises, worker, second)
    agreed = " ".join(second.split())
    now = premises.clock.now()

    def work(tx: Transaction) -> None:
        require_client(tx, worker, patient_id)
        her = same_person.stays(tx, patient_id)
        end_all(premises, tx, her)
        give_up(premises, tx, of_client(her), "lost, as two workers say")
        log_worker(tx, worker, now, PHONE_LOST, her, "", f"her phone is said to be lost; agreed by: {agreed}")

    await premises.store.write(work)


async def code_for(premises: Premises, worker: Worker, patient_id: str) -> tuple[str, str]:
    """Whose code a worker is about to tell, and the making of the link it belongs to; never to who made the link, so
    that nobody has both alone. The log has it.

    Raises NotAllowed `RIGHT_MISSING`, `SECOND_PERSON_NEEDED`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, RIGHT)
    now = premises.clock.now()

    def work(tx: Transaction) -> tuple[str, str]:
        require_client(tx, worker, patient_id)
        her = same_person.stays(tx, patient_id)
        made = mark_of(premises, tx, her)
        if not made or tokens.remembered_until(tx, ISSUER, _maker(premises, her, worker)) == made:
            raise NotAllowed("SECOND_PERSON_NEEDED", "another worker than who made the link tells the code")
        log_worker(tx, worker, now, CODE_TOLD, her, "", "the code of the link to her own page")
        return her, made

    return await premises.store.write(work)


def making(premises: Premises, patient_id: str) -> str:
    """What names the making of a person's last link; empty where there was none."""
    with premises.store.read() as reading:
        return mark_of(premises, reading, patient_id)


def has_to_go(premises: Premises, patient_id: str, since: datetime) -> bool:
    """Whether what she was given at that instant has ended: all of it ended in that second or since, or there is nothing
    to show.
    """
    with premises.store.read() as reading:
        try:
            kept_under(reading, patient_id)
        except NotFound:
            return True
        return has_ended(premises, reading, patient_id, since)


async def tell(premises: Premises, patient_id: str, outcome: str, code: str = "") -> None:
    """That she came, could not, or left; `code` says why not."""
    at = instant_text(premises.clock.now())
    entry = act_entry(outcome, at, code or BASIS, patient_id=patient_id, purpose="PATRQT")
    await premises.store.write(lambda tx: append(tx, entry))


def _maker(premises: Premises, patient_id: str, worker: Worker) -> str:
    who = "\x1f".join((worker.partner, *sorted(words_of(worker.name)), patient_id))
    return "maker-" + premises.keys.index("own-page-maker", worker.partner, who)
