"""A store is lost: who wants no messages, whose phone was lost and who was sent away is known all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from gateway.audit import append, look_entries
from gateway.clock import instant_text
from gateway.errors import NotAllowed
from gateway.flows import (
    console_accounts,
    desk_workers,
    own_contacts,
    own_page_doors,
    own_silence,
    passkeys,
    phones,
)
from gateway.flows.agency_desk import Worker
from gateway.flows.link_letters import Letter
from gateway.flows.own_contacts import Contacts
from gateway.flows.same_person import join
from gateway.security.passkeys import Passkey
from gateway.wiring.link_post import LinkPost
from gateway.wiring.worker_links import WorkerLinks
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import OTHER_MRN, id_of, refer_as_other
from tests.gateway.wiring.keeping import back_up, with_own_keys
from tests.gateway.wiring.test_restoring import carry_on, lose, put_back, verified

pytestmark = pytest.mark.requirement("DM-27", "HI-312-02")
ROSA, ANA = Worker("hospital", "Rosa Medina"), Worker("hospital", "Ana Ruiz")
HERS, ROSAS = "her.own@mail.example", "rosa@riverbend.example"
OF_ROSA = phones.of_worker(ROSA.partner, ROSA.name)


@pytest.fixture
def own(county: County) -> Iterator[County]:
    """She and Rosa have what a link by mail asks for; a backup is made of it."""
    with_own_keys(county)
    desks(county)
    county.refer()
    agree(county)
    county.run(phones.phone_set_up(county.premises, OF_ROSA, "001-rosa"))
    of_her = phones.of_client(county.patient_id)
    county.run(phones.phone_set_up(county.premises, of_her, "001-hers"))
    county.run(passkeys.passkey_set_up(county.premises, of_her, Passkey(b"id", b"key", 1)))
    yield county


def desks(county: County) -> None:
    county.change_partner("hospital", desk=("consents", "own_pages"), workers={ROSA.name: ROSAS})


def agree(county: County, **said: bool) -> None:
    for worker in (ROSA, ANA):
        contacts = Contacts(mail=HERS, preferred="email", **said)
        done = own_contacts.contacts_agreed(county.premises, worker, county.patient_id, contacts, "passport")
        county.run(done)
    county.clock.advance(timedelta(minutes=1))


def restored(county: County, *, whole: bool = True) -> None:
    """All is lost but the backup, the journal (where `whole`), the witness."""
    carry_on(county)
    lose(county, journal=whole)
    assert put_back(county).whole is whole
    desks(county)
    assert verified(county).ok


def may_be_mailed(county: County, address: str = HERS) -> bool:
    county.clock.advance(timedelta(minutes=1))
    letter = Letter(ROSA, county.patient_id, address, "link", instant_text(county.clock.now()))
    county.run(own_contacts.mail_link(county.premises, letter))
    return sent_now(county) == [address]


def sent_now(county: County) -> list[str]:
    """To whom goes what waits."""
    sent: list[str] = []
    county.run(LinkPost(county.premises, lambda address, *_: sent.append(address)).send_due())
    return sent


def rosa_gets(county: County) -> list[str]:
    """To whom a link goes that is asked for at the login page."""
    county.run(WorkerLinks(county.premises, b"k" * 32).asked(ROSAS))
    return sent_now(county)


def test_where_nothing_has_changed_links_go_by_mail_as_before(own: County) -> None:
    back_up(own)
    restored(own)
    assert may_be_mailed(own) and rosa_gets(own) == [ROSAS]


def test_who_wanted_no_messages_gets_none(own: County) -> None:
    back_up(own)
    own.run(own_contacts.stop_messages(own.premises, own.patient_id))
    restored(own)
    with pytest.raises(NotAllowed, match="NO_MESSAGES"):
        own_contacts.require_mail(own.premises, ROSA, own.patient_id)


def test_under_the_id_she_was_joined_to_too(own: County) -> None:
    refer_as_other(own)
    her, again = own.patient_id, id_of(own, OTHER_MRN)
    back_up(own)
    own.run(join(own.premises, her, again, "both cards"))
    own.run(own_contacts.stop_messages(own.premises, again))
    restored(own)
    for one in (her, again):
        assert own.look(lambda r, one=one: own_silence.is_silent(own.premises, r, one))


def test_what_was_allowed_again_since_and_then_lost_is_agreed_anew(own: County) -> None:
    """Not silent, and the address of the backup is not the one she agreed to last."""
    back_up(own)
    own.run(own_contacts.stop_messages(own.premises, own.patient_id))
    agree(own, allowed_again=True)
    restored(own)
    with pytest.raises(NotAllowed, match="MAIL_NOT_AGREED"):
        own_contacts.require_mail(own.premises, ROSA, own.patient_id)
    agree(own)
    assert may_be_mailed(own)


def test_a_lost_phone_and_its_passkey_are_not_asked_any_more(own: County) -> None:
    of_her = phones.of_client(own.patient_id)
    back_up(own)
    own.run(desk_workers.tell(own.premises, ANA, desk_workers.CAME))
    own.run(own_page_doors.phone_lost(own.premises, ROSA, own.patient_id, ANA.name))
    restored(own)
    assert not phones.has_second(own.premises, of_her)
    given_up = [one for one in own.audit("outcome") if one.row.outcome == phones.GIVEN_UP]
    assert len(given_up) == 1, "the log has it once"


def test_a_worker_sent_away_gets_no_link_and_is_no_second_person(own: County) -> None:
    own.run(desk_workers.tell(own.premises, ROSA, desk_workers.CAME))
    back_up(own)
    assert desk_workers.is_another_here(own.premises, ANA, ROSA.name)
    own.run(desk_workers.send_away(own.premises, f"hospital {ROSA.name}", "left"))
    restored(own)
    assert rosa_gets(own) == [] and not phones.has_second(own.premises, OF_ROSA)
    assert not desk_workers.is_another_here(own.premises, ANA, ROSA.name)


@pytest.mark.requirement("AU-06")
def test_who_was_shut_out_of_the_console_since_stays_shut_out_though_her_provider_lets_her_in(
    own: County,
) -> None:
    kim, left = "Kim Officer [s-1]", json.dumps({"by": "root", "name": "Kim Officer [s-1]"})
    for one in look_entries("r1", instant_text(own.clock.now()), kim, "compliance_officer", "holds", ()):
        own.run(own.premises.store.write(partial(append, entry=one)))
    back_up(own)
    own.run(console_accounts.disable(own.premises, left, "she left"))
    restored(own)
    now = own.clock.now()
    moment = console_accounts.Moment(now, own.premises.network.zone, now)
    with own.premises.store.read() as view, pytest.raises(NotAllowed, match="ACCOUNT_DISABLED"):
        console_accounts.require_account(view, kim, "compliance_officer", moment)


def test_one_passkey_that_was_removed_gives_up_all_of_hers(own: County) -> None:
    """The log does not say which it was: none that may be in other hands opens anything."""
    own.run(passkeys.passkey_set_up(own.premises, OF_ROSA, Passkey(b"lost", b"key", 1), by_another=True))
    back_up(own)
    name = passkeys.name_of(Passkey(b"lost", b"key", 1))
    own.run(passkeys.passkey_removed(own.premises, OF_ROSA, name, has_phone=True))
    assert phones.has_second(own.premises, OF_ROSA)
    restored(own)
    assert not phones.has_second(own.premises, OF_ROSA)


def test_where_the_log_does_not_reach_nothing_older_sends_a_link(own: County) -> None:
    back_up(own)
    own.run(own_contacts.stop_messages(own.premises, own.patient_id))
    restored(own, whole=False)
    of_her = phones.of_client(own.patient_id)
    assert rosa_gets(own) == [] and phones.has_second(own.premises, OF_ROSA), "asked for, and not enough"
    with pytest.raises(NotAllowed, match="MAIL_NOT_AGREED"):
        own_contacts.require_mail(own.premises, ROSA, own.patient_id)
    agree(own)
    assert not may_be_mailed(own), "her phone is older"
    own.write(lambda tx: phones.give_up(own.premises, tx, of_her, "asked her"))
    assert may_be_mailed(own)
    own.write(lambda tx: phones.give_up(own.premises, tx, OF_ROSA, "asked her"))
    own.run(phones.phone_set_up(own.premises, OF_ROSA, "002-rosa"))
    assert rosa_gets(own) == [ROSAS]


def test_a_passkey_alone_is_in_doubt_too(own: County) -> None:
    own.write(lambda tx: phones.give_up(own.premises, tx, OF_ROSA, "a passkey instead"))
    own.run(passkeys.passkey_set_up(own.premises, OF_ROSA, Passkey(b"rosa", b"key", 1)))
    back_up(own)
    restored(own, whole=False)
    assert rosa_gets(own) == [] and phones.has_second(own.premises, OF_ROSA)


def test_an_earlier_restore_since_the_backup_leaves_its_doubts(own: County) -> None:
    made = back_up(own)
    restored(own)
    carry_on(own)
    lose(own)
    put_back(own, made)
    desks(own)
    assert rosa_gets(own) == []
