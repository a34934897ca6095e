"""That nothing may be sent to a client stands until she allows it again, and is asked before each try to send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import HandoffError
from gateway.flows import own_contacts, own_silence, same_person
from gateway.flows.agency_desk import Worker
from gateway.flows.own_contacts import Contacts
from gateway.identity import IDENTIFIER
from gateway.store import patients
from gateway.wiring import own_page_links
from gateway.wiring.link_post import LinkPost
from tests.gateway.agency_desk.test_links_by_mail import HERS, submit
from tests.gateway.county import MRN, County

pytestmark = pytest.mark.requirement("DM-27")
ROSA, ANA, KIM = (
    Worker("hospital", "Rosa Medina"),
    Worker("hospital", "Ana Ruiz"),
    Worker("housing", "Kim Lee"),
)


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    made = County(tmp_path / "net")
    for partner in ("hospital", "housing"):
        made.change_partner(partner, desk=("consents", "own_pages"))
    made.refer()
    yield made
    made.close()


def agree(county: County, *workers: Worker, **said: str | bool) -> None:
    """What she says, at the side of each."""
    contacts = Contacts(**{"mail": HERS, "preferred": "email", **said})  # type: ignore[arg-type]
    for worker in workers or (ROSA, ANA):
        county.run(
            own_contacts.contacts_agreed(county.premises, worker, county.patient_id, contacts, "passport")
        )
    county.clock.advance(timedelta(minutes=1))


def silence(county: County, patient_id: str = "") -> None:
    county.run(own_contacts.stop_messages(county.premises, patient_id or county.patient_id))


def mail(
    county: County, send: Callable[..., None] | None = None, waits: tuple[float, ...] = (0.0,)
) -> object:
    """Where a link was mailed to, or why it was refused."""
    sent: list[str] = []
    post = LinkPost(county.premises, send or (lambda address, *_: sent.append(address)), waits)
    try:
        county.run(own_page_links.own_page_mailed(county.premises, ROSA, county.patient_id))
        county.run(post.send_due())
    except HandoffError as error:
        return error.code
    return sent


def outcomes(county: County) -> list[str]:
    return [one.row.outcome for one in county.audit("outcome")]


def known_to_housing(county: County) -> None:
    """Housing describes her too, by her number at the hospital."""
    token, her = county.premises.keys.index(IDENTIFIER, *MRN), county.patient_id
    county.write(lambda tx: patients.link(tx, "housing", token, her))
    submit(county, "housing", {"resourceType": "Patient"})


@pytest.mark.requirement("HI-522-01")
def test_it_holds_until_she_allows_it_again_and_the_desk_sees_it(county: County) -> None:
    agree(county, phone="520-555-0100")
    assert mail(county) == [HERS]
    silence(county)
    silence(county)
    assert outcomes(county).count("own_page_no_messages") == 1, "said once"
    seen = county.run(own_contacts.contacts_of(county.premises, ROSA, county.patient_id))
    assert seen.no_messages
    agree(county, phone="520-555-0199")
    assert mail(county) == "NO_MESSAGES"
    agree(county, no_messages=True, allowed_again=True)
    assert mail(county) == "NO_MESSAGES", "both ticked: nothing is sent"
    agree(county, allowed_again=True)
    assert mail(county) == [HERS]
    assert outcomes(county).count("messages_allowed") == 1


@pytest.mark.parametrize("said", [{"no_messages": True}, {"phone": "520-555-0107", "preferred": "phone"}])
def test_what_she_says_at_another_desk_does_not_end_it(county: County, said: dict[str, str | bool]) -> None:
    agree(county)
    silence(county)
    known_to_housing(county)
    agree(county, KIM, **said)
    assert mail(county) == "NO_MESSAGES"


def test_said_at_a_desk_no_later_description_by_a_system_ends_it(county: County) -> None:
    agree(county, no_messages=True)
    telecom = [{"system": "email", "value": HERS, "rank": 1}]
    submit(county, "hospital", {"resourceType": "Patient", "telecom": telecom})
    assert mail(county) == "NO_MESSAGES"


def test_it_holds_for_whom_she_is_found_to_be_and_for_both_when_they_are_parted(county: County) -> None:
    agree(county)
    her, other = county.patient_id, another(county)
    silence(county, other)
    county.run(same_person.join(county.premises, other, her, "two documents, one person"))
    assert mail(county) == "NO_MESSAGES"
    county.run(same_person.part(county.premises, other, "two people after all"))
    for one in (her, other):
        assert county.look(lambda r, one=one: own_silence.is_silent(county.premises, r, one))


def test_allowed_again_under_one_id_it_is_allowed_under_all(county: County) -> None:
    agree(county)
    her, other = county.patient_id, another(county)
    silence(county, other)
    county.run(same_person.join(county.premises, other, her, "two documents, one person"))
    agree(county, allowed_again=True)
    county.run(same_person.part(county.premises, other, "two people after all"))
    for one in (her, other):
        assert not county.look(lambda r, one=one: own_silence.is_silent(county.premises, r, one))


def another(county: County) -> str:
    """Somebody whom housing alone describes."""
    number = {"system": "urn:h:no", "value": "H-9"}
    patient = {
        "resourceType": "Patient",
        "identifier": [number],
        "birthDate": "1980-01-02",
        "name": [{"family": "Else", "given": ["Some"]}],
    }
    entry = {"fullUrl": "urn:uuid:0", "resource": patient, "request": {"method": "POST", "url": "Patient"}}
    county.submit("housing", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    token = county.premises.keys.index(IDENTIFIER, "urn:h:no", "H-9")
    ((_, found),) = county.look(lambda r: patients.find_by_token(r, None, token))
    return found


# ------------------------------------------------------------------------------- between asking and sending


def meanwhile(county: County, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """`change` comes after the first look and before the mail."""
    real = own_page_links.own_page_link

    async def slow(*args: object) -> tuple[str, bool]:
        made = await real(*args)  # type: ignore[arg-type]
        await asyncio.to_thread(change)
        return made

    monkeypatch.setattr(own_page_links, "own_page_link", slow)


def test_said_after_the_first_look_nothing_leaves(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(county)
    meanwhile(county, monkeypatch, lambda: asyncio.run(quiet(county)))
    assert mail(county) == []
    assert outcomes(county).count("own_page_not_mailed") == 1


def test_another_address_after_the_first_look_nothing_leaves(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(county, mail="other@mail.example")
    agree(county)
    real = own_contacts.require_mail
    monkeypatch.setattr(own_contacts, "require_mail", lambda *a: real(*a) and "other@mail.example")
    assert mail(county) == []
    assert outcomes(county).count("own_page_not_mailed") == 1


def test_said_between_two_tries_the_second_is_not_made(county: County) -> None:
    agree(county)
    tries: list[str] = []

    def busy(address: str, *_: object) -> None:
        tries.append(address)
        if len(tries) == 1:
            asyncio.run(quiet(county))
            raise ConnectionRefusedError

    mail(county, busy, waits=(0.0,))
    assert tries == [HERS]


async def quiet(county: County) -> None:
    """She says on her page that nothing is to be sent."""
    await own_contacts.stop_messages(county.premises, county.patient_id)
