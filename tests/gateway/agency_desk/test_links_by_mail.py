"""Links by mail, over a real mail server: to an agreed address alone, of nobody and nothing, and never enough alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from starlette.types import ASGIApp

from gateway.audit import newest
from gateway.cli.network_commands import agency_link
from gateway.delivery.notice_mail import SendMail
from gateway.demo import person
from gateway.flows import link_letters
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_workers import send_away
from gateway.settings import SettingsRefused, read_settings
from gateway.store.model import AuditFilter
from gateway.wiring.agency_desk_door import desk_mounts
from gateway.wiring.alert_mail import mail_of
from gateway.wiring.link_post import LinkPost
from gateway.wiring.network_folder import make_network_folder
from gateway.wiring.own_page_links import own_page_mailed
from tests.gateway.agency_desk.conftest import ROSA
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.agency_desk.test_own_page import Phone
from tests.gateway.county import MRN, County
from tests.gateway.wiring.mail_server import MailServer, serving

pytestmark = pytest.mark.requirement("DM-27")
HERS, ROSAS = "her.own@mail.example", "rosa@sunrise.example"
MAILED = AuditFilter(kind="outcome", outcome="desk_link_mailed")
SENDS: dict[int, SendMail] = {}
CONTENT = ("Maribel", "Testperson", "Sunrise", "Riverbend", "pioid", "methadone", "770011")


class MailDesk(Counter):
    """A worker's browser at desks that have a mail server."""

    def mounts(self) -> Mapping[str, ASGIApp]:
        """The desk's pages, with the post."""
        return desk_mounts(self.county.folder, self.county.premises, mails=True)

    def _ask(self, method: str, path: str, **how: object) -> httpx.Response:
        """The page; whatever is to be mailed then goes on its way."""
        answer = super()._ask(method, path, **how)
        self.county.run(post_of(self.county).send_due())
        return answer

    def agree(self, patient_id: str, **said: str) -> None:
        """Fill in how she is reached; a colleague does so too."""
        other = MailDesk(self.county)
        path, code = other.link("Kim Lee", "hospital")
        other.post(path, {"code": code})
        other.agree_alone(patient_id, **said)
        self.agree_alone(patient_id, **said)

    def agree_alone(self, patient_id: str, **said: str) -> None:
        """Fill in how she is reached."""
        self.get(f"/agency/consents/{patient_id}/contacts")
        form = {"mail": HERS, "preferred": "email", "document": "passport", **said}
        self.fill("/contacts", **form)

    def mail(self, patient_id: str) -> str:
        """Have a link mailed; the page that comes back."""
        self.get(f"/agency/consents/{patient_id}/contacts")
        self.fill("/own-mail")
        return self.page.text


def post_of(county: County) -> LinkPost:
    """Who mails for a network."""
    return LinkPost(county.premises, SENDS[id(county)], waits=(0.0, 0.0))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with serving(MailServer(None)) as made:
        yield made


@pytest.fixture
def desk(county: County, server: MailServer) -> Iterator[MailDesk]:
    """The hospital's desk gives links; it and the program have workers with addresses."""
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.change_partner("otp", desk=("clients",), workers={ROSA: ROSAS})
    county.refer()
    given = {"alert_smtp": f"127.0.0.1:{server.port}", "alert_from": "handoff@example.org"}
    send = mail_of(read_settings(**given, alert_tls="none"), county.premises.network)
    assert send is not None
    SENDS[id(county)] = send
    made = MailDesk(county)
    made.log_in()
    yield made
    del SENDS[id(county)]


def mailed(server: MailServer) -> tuple[str, str]:
    """The one mail that has come, and the path of its link."""
    assert server.took.wait(90)
    (mail,) = server.mails
    found = re.search(r"/(?:me|agency)/login\?link=\S+", mail.get_content())
    assert found is not None
    for word in CONTENT:
        assert word not in f"{mail['Subject']} {mail.get_content()}"
    return mail.get_content(), found[0]


def nothing_mailed(county: County, server: MailServer) -> None:
    """Whatever was asked for before is done once a later mail has come, which alone is there."""
    SENDS[id(county)]("last@mail.example", "last", "last", "last")
    assert [one["Subject"] for one in server.mails] == ["last"]


def code_of(county: County) -> str:
    """The code that a colleague sees."""
    other = MailDesk(county)
    path, code = other.link("Kim Lee", "hospital")
    other.post(path, {"code": code})
    other.get(f"/agency/consents/{county.patient_id}")
    other.fill("/own-code")
    found = re.search(r"<strong>(\d{4}) (\d{4})</strong>", other.page.text)
    assert found is not None
    return found[1] + found[2]


def test_a_client_s_link_goes_to_the_agreed_address_and_opens_with_the_code_alone(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    desk.agree(county.patient_id)
    assert "Saved." in desk.page.text
    assert "nothing speaks against it" in desk.mail(county.patient_id)
    _, path = mailed(server)
    assert server.receivers == [HERS]

    thief = Phone(county)
    assert "Maribel" not in thief.get(path).text
    for guess in ("", "00000000", "12345678"):
        assert thief.post(path, {"code": guess}).status_code == 403
    assert thief.get("/me/").status_code == 401
    assert Phone(county).come((path, code_of(county))).status_code == 200
    kinds = [one.row.outcome for one in county.audit("outcome")]
    assert kinds.count("contacts_agreed") == 2 and kinds.count("own_page_mailed") == 1


def test_who_had_it_mailed_does_not_see_the_code(county: County, desk: MailDesk, server: MailServer) -> None:
    desk.agree(county.patient_id)
    desk.mail(county.patient_id)
    mailed(server)
    desk.get(f"/agency/consents/{county.patient_id}")
    desk.fill("/own-code")
    assert "SECOND_PERSON_NEEDED" in desk.page.text


@pytest.mark.requirement("HI-522-01", "DM-27")
def test_the_page_says_that_nothing_may_be_sent_until_she_allows_it(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    desk.agree(county.patient_id, no_messages="yes")
    assert "send and leave no message" in desk.page.text
    desk.agree(county.patient_id)
    assert "NO_MESSAGES" in desk.mail(county.patient_id)
    desk.agree(county.patient_id, allowed_again="yes")
    assert "send and leave no message" not in desk.page.text
    desk.mail(county.patient_id)
    mailed(server)


@pytest.mark.requirement("HI-522-01", "DM-27")
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"no_messages": "yes"}, "NO_MESSAGES"),
        ({"preferred": "phone", "phone": "520-555-0107"}, "OTHER_WAY_PREFERRED"),
        ({"mail": "", "phone": "520-555-0107", "preferred": "phone"}, "MAIL_NOT_AGREED"),
    ],
)
def test_what_she_has_said_about_messages_holds(
    county: County, desk: MailDesk, server: MailServer, said: dict[str, str], code: str
) -> None:
    desk.agree(county.patient_id, **said)
    assert code in desk.mail(county.patient_id)
    nothing_mailed(county, server)


def test_one_worker_alone_gets_no_mail_to_an_address_and_learns_nothing_by_it(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    """Her own address, written down by herself: the answer is the same whatever is held about the client."""
    desk.agree_alone(county.patient_id)
    desk.agree_alone(county.patient_id, mail=HERS.upper())
    safe = re.sub(r'token" value="[^"]*"', "", desk.mail(county.patient_id))
    assert "ADDRESS_UNCONFIRMED" in safe
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    flagged = {"security": [{"system": system, "code": "SDV"}]}
    submit(county, "hospital", {"resourceType": "Goal", "meta": flagged, **GOAL})
    assert re.sub(r'token" value="[^"]*"', "", desk.mail(county.patient_id)) == safe
    nothing_mailed(county, server)
    assert "own_page_link" not in [one.row.outcome for one in county.audit("outcome")]


def test_an_address_changed_by_one_worker_waits_for_another_again(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    desk.agree(county.patient_id)
    county.clock.advance(timedelta(minutes=1))
    desk.agree_alone(county.patient_id, mail="rosas.own@mail.example")
    assert "ADDRESS_UNCONFIRMED" in desk.mail(county.patient_id)
    nothing_mailed(county, server)


def test_an_address_that_came_with_a_message_is_not_agreed(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    """The hospital's system may send any address as the preferred one; nobody has asked her."""
    telecom = [{"system": "email", "value": HERS, "rank": 1}]
    submit(county, "hospital", {"resourceType": "Patient", "telecom": telecom})
    assert "MAIL_NOT_AGREED" in desk.mail(county.patient_id)
    nothing_mailed(county, server)


def test_another_address_since_is_not_agreed(county: County, desk: MailDesk, server: MailServer) -> None:
    desk.agree(county.patient_id)
    county.clock.advance(timedelta(minutes=1))
    telecom = [{"system": "email", "value": "other@mail.example", "rank": 1}]
    submit(county, "hospital", {"resourceType": "Patient", "telecom": telecom})
    assert "MAIL_NOT_AGREED" in desk.mail(county.patient_id)
    nothing_mailed(county, server)


@pytest.mark.requirement("HI-522-01")
@pytest.mark.parametrize("how", [{"use": "old"}, {"period": {"end": "2026-03"}}])
def test_an_address_that_some_system_says_she_has_left_gets_no_mail_until_it_is_agreed_again(
    county: County, desk: MailDesk, server: MailServer, how: dict[str, Any]
) -> None:
    """The program's system has. Which agency said so is nobody's to learn at another's desk: the page is the same."""
    desk.agree(county.patient_id)
    county.clock.advance(timedelta(minutes=1))
    usual = re.sub(r'token" value="[^"]*"', "", desk.mail(county.patient_id))
    mailed(server)
    server.mails.clear()
    plan = person.treatment_plan()
    (patient,) = (e["resource"] for e in plan["entry"] if e["resource"]["resourceType"] == "Patient")
    patient["telecom"] = [{"system": "email", "value": HERS.upper(), **how}]
    county.submit("otp", plan)
    assert re.sub(r'token" value="[^"]*"', "", desk.mail(county.patient_id)) == usual
    nothing_mailed(county, server)
    assert "an address she has left" in [
        one.entry.description for one in county.audit("outcome") if one.entry
    ]
    server.mails.clear()
    server.took.clear()
    county.clock.advance(timedelta(minutes=1))
    desk.agree(county.patient_id)
    desk.mail(county.patient_id)
    mailed(server)


def test_where_she_may_be_in_danger_nothing_leaves_and_nobody_is_told_why(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    """A record says so, and the worker may not be one who may know: the page is the same."""
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    flagged = {"security": [{"system": system, "code": "SDV"}]}
    desk.agree(county.patient_id)
    usual = re.sub(r'token" value="[^"]*"', "", desk.mail(county.patient_id))
    mailed(server)
    server.mails.clear()
    submit(county, "hospital", {"resourceType": "Goal", "meta": flagged, **GOAL})
    assert re.sub(r'token" value="[^"]*"', "", desk.mail(county.patient_id)) == usual
    nothing_mailed(county, server)
    assert "own_page_not_mailed" in [one.row.outcome for one in county.audit("outcome")]


@pytest.mark.parametrize(
    "said",
    [
        {"mail": "no address"},
        {"mail": "a@b.example, c@d.example"},
        {"mail": "a@b.example\r\nBcc: x@y.example"},
        {"preferred": "fax"},
        {"preferred": "phone", "phone": ""},
        {"phone": "none"},
        {"phone": "5" * 41},
    ],
)
def test_what_is_no_address_is_refused(county: County, desk: MailDesk, said: dict[str, str]) -> None:
    desk.agree(county.patient_id, **said)
    assert "ADDRESS_INVALID" in desk.page.text


def test_without_a_document_nothing_is_agreed(county: County, desk: MailDesk, server: MailServer) -> None:
    desk.agree(county.patient_id, document=" ")
    assert "IDENTITY_UNCHECKED" in desk.page.text
    assert "MAIL_NOT_AGREED" in desk.mail(county.patient_id)


def test_without_a_mail_server_nothing_is_offered(county: County) -> None:
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.refer()
    plain = Counter(county)
    plain.log_in()
    page = plain.get(f"/agency/consents/{county.patient_id}/contacts").text
    assert "own-mail" not in page
    form = {"token": plain.hidden("token")}
    plain.post(f"/agency/consents/{county.patient_id}/own-mail", form)
    assert "own_page_link" not in [one.row.outcome for one in county.audit("outcome")]
    stranger = Counter(county)
    assert "login/mail" not in stranger.get().text
    assert stranger.post("/agency/login/mail", {"mail": ROSAS}).status_code == 404


# ------------------------------------------------------------------------------------------ workers


def set_up_phone(county: County) -> pyotp.TOTP:
    """Rosa has come once by link and code, and uses an app from then on."""
    rosa = MailDesk(county)
    path, code = rosa.link(ROSA, "otp")
    rosa.post(path, {"code": code})
    found = re.search(r'class="secret">([A-Z2-7]+)<', rosa.get("/agency/phone").text)
    assert found is not None
    app = pyotp.TOTP(found[1])
    rosa.post("/agency/phone", {"token": rosa.hidden("token"), "code": app.at(county.clock.now())})
    county.clock.advance(timedelta(minutes=2))
    return app


def test_a_worker_asks_for_a_link_and_needs_her_app_beside_it(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    app = set_up_phone(county)
    stranger = MailDesk(county)
    assert "Your e-mail at work" in stranger.get().text
    answer = stranger.post("/agency/login/mail", {"mail": f" {ROSAS.upper()} "}).text
    assert "If we know this address" in answer
    _, path = mailed(server)
    assert server.receivers == [ROSAS]
    assert "CODE_WRONG" in stranger.post(path, {"code": "000000"}).text
    assert stranger.get().status_code == 401
    assert stranger.post(path, {"code": app.at(county.clock.now())}).status_code == 200
    assert [one.row.partner for one in county.look(lambda r: newest(r, 50, MAILED))] == ["otp"]

    server.mails.clear()
    assert stranger.post("/agency/login/mail", {"mail": ROSAS}).text
    nothing_mailed(county, server)
    county.clock.advance(timedelta(minutes=5))
    server.mails.clear()
    server.took.clear()
    stranger.post("/agency/login/mail", {"mail": ROSAS})
    mailed(server)


def test_who_has_no_second_thing_or_is_unknown_or_was_sent_away_gets_no_mail_and_the_same_answer(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    stranger = MailDesk(county)
    first = stranger.post("/agency/login/mail", {"mail": ROSAS}).text
    set_up_phone(county)
    county.run(send_away(county.premises, f"otp {ROSA}", "left"))
    assert stranger.post("/agency/login/mail", {"mail": ROSAS}).text == first
    for unknown in ("", "nobody@sunrise.example", "x" * 400):
        assert stranger.post("/agency/login/mail", {"mail": unknown}).text == first
    nothing_mailed(county, server)


def test_a_paused_agency_s_workers_get_no_mail(county: County, desk: MailDesk, server: MailServer) -> None:
    set_up_phone(county)
    county.change_partner("otp", state="paused")
    MailDesk(county).post("/agency/login/mail", {"mail": ROSAS})
    nothing_mailed(county, server)


@pytest.mark.parametrize("leaves_badly", [False, True])
def test_a_server_that_is_busy_is_asked_again(
    county: County, desk: MailDesk, server: MailServer, leaves_badly: bool
) -> None:
    """And no more once it has taken the mail, also where it says 421 to QUIT then."""
    desk.agree(county.patient_id)
    server.refuses, server.leaves_badly = True, leaves_badly
    real, tries = SENDS[id(county)], []

    def send(address: str, subject: str, text: str, key: str) -> None:
        tries.append(key)
        server.refuses = len(tries) < 2
        real(address, subject, text, key)

    SENDS[id(county)] = send
    desk.mail(county.patient_id)
    mailed(server)
    assert len(tries) == 2 and tries[0] == tries[1], "the same mail"


@pytest.mark.requirement("DM-27")
def test_what_waits_goes_on_where_a_process_ended_and_what_may_have_left_does_not(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    desk.agree(county.patient_id)
    tries: list[str] = []

    def ends(*_: str) -> None:
        tries.append("")
        raise ConnectionRefusedError

    real, SENDS[id(county)] = SENDS[id(county)], ends
    desk.mail(county.patient_id)
    assert len(tries) == 3, "three times, then she asks for another"
    county.run(own_page_mailed(county.premises, Worker("hospital", "Ana Ruiz"), county.patient_id))
    kept = county.store.path.read_bytes() if hasattr(county.store, "path") else b""
    assert HERS.encode() not in kept
    held = county.run(link_letters.claim(county.premises, lambda *_: ""))
    assert isinstance(held, link_letters.Claimed) and held.letter.address == HERS
    SENDS[id(county)] = real
    county.clock.advance(timedelta(minutes=3))
    county.run(post_of(county).send_due())
    nothing_mailed(county, server)  # cut off while it was handed over: it may have left
    server.mails.clear()
    server.took.clear()
    county.run(own_page_mailed(county.premises, Worker("hospital", "Ana Ruiz"), county.patient_id))
    county.clock.advance(timedelta(minutes=59))
    county.run(post_of(county).send_due())
    mailed(server)  # by the next process
    server.mails.clear()
    county.run(own_page_mailed(county.premises, Worker("hospital", "Ana Ruiz"), county.patient_id))
    county.clock.advance(timedelta(hours=1))
    county.run(post_of(county).send_due())
    nothing_mailed(county, server)  # nobody waits for it any more


def test_a_worker_sent_away_between_two_tries_gets_no_mail(
    county: County, desk: MailDesk, server: MailServer
) -> None:
    set_up_phone(county)
    real, tries = SENDS[id(county)], []

    def send(address: str, *rest: str) -> None:
        tries.append(address)
        county.clock.advance(timedelta(minutes=1))
        asyncio.run(send_away(county.premises, f"otp {ROSA}", "left"))
        raise ConnectionRefusedError

    SENDS[id(county)] = send
    MailDesk(county).post("/agency/login/mail", {"mail": ROSAS})
    assert tries == [ROSAS]
    SENDS[id(county)] = real
    nothing_mailed(county, server)


def test_workers_with_addresses_need_a_mail_server(county: County) -> None:
    county.change_partner("otp", workers={ROSA: ROSAS})
    with pytest.raises(SettingsRefused, match="workers"):
        mail_of(read_settings(), county.premises.network)


GOAL: dict[str, Any] = {
    "lifecycleStatus": "active",
    "description": {"text": "a safe place"},
    "identifier": [{"system": "urn:goal", "value": "g1"}],
}


def submit(county: County, partner: str, resource: dict[str, Any]) -> None:
    """Something about her from a partner's system."""
    kind = resource["resourceType"]
    mrn = {"system": MRN[0], "value": MRN[1]}
    her = {"identifier": [mrn]} if kind == "Patient" else {"subject": {"identifier": mrn}}
    patient = {"resourceType": "Patient", "identifier": [mrn], "birthDate": "1996-04-17"}
    entries = [
        {
            "fullUrl": f"urn:uuid:{place}",
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for place, one in enumerate([{**patient, **resource} if kind == "Patient" else {**resource, **her}])
    ]
    county.submit(partner, {"resourceType": "Bundle", "type": "transaction", "entry": entries})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network folder whose peer support has one worker with an address."""
    made = tmp_path / "own"
    make_network_folder(made, "http://127.0.0.1:9/fhir")
    file = made / "network.yaml"
    workers = f"    delivery: {{kind: desk}}\n    workers: {{{ROSA}: {ROSAS}}}\n"
    file.write_text(file.read_text().replace("    delivery: {kind: desk}\n", workers, 1))
    return made


def test_the_command_mails_the_link_and_prints_the_code_alone(
    folder: Path,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert agency_link(folder, "peer-support", ROSA, by_mail=True) == 1
    assert "HANDOFF_ALERT_SMTP" in capsys.readouterr().err
    monkeypatch.setenv("HANDOFF_ALERT_SMTP", f"127.0.0.1:{server.port}")
    monkeypatch.setenv("HANDOFF_ALERT_FROM", "handoff@example.org")
    monkeypatch.setenv("HANDOFF_ALERT_TLS", "none")
    assert agency_link(folder, "peer-support", "Somebody Else", by_mail=True) == 1
    assert "network.yaml has no address" in capsys.readouterr().err
    assert server.mails == []

    assert agency_link(folder, "peer-support", "rosa  medina", by_mail=True) == 0
    printed = capsys.readouterr().out
    assert "login?link=" not in printed and re.search(r"\d{4} \d{4}", printed)
    mailed(server)
    assert server.receivers == [ROSAS]

    server.refuses = True
    assert agency_link(folder, "peer-support", ROSA, by_mail=True) == 1
    assert capsys.readouterr().out == "", "a code without a link is told to nobody"
