"""Notices of Subscriptions by e-mail, over a real mail server: that something waits, and no word of what or of whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.delivery.notice_mail import SendMail
from gateway.delivery.notifier import Notifier
from gateway.errors import HandoffError
from gateway.flows import subscriptions as flow
from gateway.flows.subscription_topics import CONTENT, HEARTBEAT
from gateway.settings import SettingsRefused, read_settings
from gateway.store import subscriptions as kept
from gateway.wiring.alert_mail import mail_of
from tests.gateway.county import OTP, County, caller
from tests.gateway.flows.test_subscriptions import BASE, Subscribers, notify, plan, wanted
from tests.gateway.wiring.mail_server import MailServer, certified, serving

pytestmark = pytest.mark.requirement("SB-01", "SB-02")
DESK = "mailto:desk@riverbend.example"
CHANNEL = {"type": "email", "endpoint": DESK, "payload": "text/plain"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    context, _ = certified(tmp_path)
    with serving(MailServer(context, starts_tls=True)) as made:
        yield made


@pytest.fixture
def mail(county: County, server: MailServer, tmp_path: Path) -> SendMail:
    """She lets the program tell the hospital of her care plans; the hospital's desk has an address for notices."""
    county.share_plan()
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("CarePlan",))
    county.refer()
    client = county.premises.network.partners["hospital"].client
    assert client is not None
    county.change_partner("hospital", client=msgspec.structs.replace(client, subscription_endpoints=(DESK,)))
    given = {"alert_smtp": f"127.0.0.1:{server.port}", "alert_from": "handoff@example.org"}
    made = mail_of(read_settings(**given, alert_ca=tmp_path / "mail.pem"), county.premises.network)
    assert made is not None
    return made


def subscribe(county: County, **changes: Any) -> str:
    asked = wanted(partner="hospital", channel={**CHANNEL, **changes})
    made = county.run(flow.create_subscription(county.premises, caller("hospital"), asked))
    return str(made.resource["id"])


def look(county: County, mail: SendMail | None) -> None:
    notify(county, Subscribers(), notifier=Notifier(county.premises, Subscribers(), lambda: BASE, mail=mail))


def status(county: County, made: str) -> Any:
    return county.look(lambda reading: kept.get(reading, made))


def test_that_something_waits_is_mailed_and_nothing_of_it(
    county: County, mail: SendMail, server: MailServer
) -> None:
    made = subscribe(county)
    look(county, mail)
    assert status(county, made).status == "active"
    plan(county, "another", "Methadone maintenance")
    look(county, mail)

    handshake, told = server.mails
    assert server.receivers == ["desk@riverbend.example"] * 2
    assert told["Subject"] == "Something waits for you"
    assert told["Message-ID"] == f"<{made}.1@example.org>"
    assert told["Auto-Submitted"] == "auto-generated"
    assert told.get_content_type() == "text/plain" and not list(told.iter_attachments())
    assert "Something waits for you" in told.get_content() and BASE in told.get_content()
    for secret in (
        "Maribel",
        "Testperson",
        "770011",
        county.patient_id,
        "another",
        "ethadone",
        "CarePlan",
        "Sunrise",
    ):
        assert secret not in told.as_string() + handshake.as_string()


def test_two_events_are_mailed_in_the_same_words(county: County, mail: SendMail, server: MailServer) -> None:
    subscribe(county)
    look(county, mail)
    plan(county, "one", "One")
    look(county, mail)
    plan(county, "two", "Two")
    look(county, mail)
    first, second = (one.get_content() for one in server.mails[1:])
    assert first == second


def test_what_she_does_not_permit_is_not_even_said_to_wait(
    county: County, mail: SendMail, server: MailServer
) -> None:
    subscribe(county)
    look(county, mail)
    plan(county, "hidden", "Hidden", source="psychiatry", part2=False)
    look(county, mail)
    assert len(server.mails) == 1


def test_that_it_was_told_is_in_the_log_before_it_leaves(
    county: County, mail: SendMail, server: MailServer
) -> None:
    subscribe(county)
    look(county, mail)
    before = len(county.audit("disclose"))
    server.refuses = True
    plan(county, "another", "Another")
    look(county, mail)
    assert len(county.audit("disclose")) > before


def test_a_server_that_is_busy_is_asked_again_and_the_mail_is_the_same(
    county: County, mail: SendMail, server: MailServer
) -> None:
    made = subscribe(county)
    look(county, mail)
    server.refuses = True
    plan(county, "another", "Another")
    look(county, mail)
    assert len(server.mails) == 1
    server.refuses = False
    county.clock.advance(timedelta(minutes=5))
    look(county, mail)
    assert [one["Message-ID"] for one in server.mails[1:]] == [f"<{made}.1@example.org>"]


def test_without_a_mail_server_it_ends_in_error(county: County, mail: SendMail) -> None:
    made = subscribe(county)
    for _ in range(8):
        look(county, None)
        county.clock.advance(timedelta(hours=1))
    assert status(county, made).status == "error"


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "mailto:somebody@elsewhere.example"},
        {"endpoint": "https://otp.test/notices"},
        {"type": "rest-hook"},
        {"type": "sms"},
        {"payload": "application/fhir+json"},
        {"_payload": {"extension": [{"url": CONTENT, "valueCode": "id-only"}]}},
        {"extension": [{"url": HEARTBEAT, "valueUnsignedInt": 60}]},
    ],
)
def test_only_an_empty_mail_to_a_registered_address_can_be_asked_for(
    county: County, mail: SendMail, changes: dict[str, Any]
) -> None:
    with pytest.raises(HandoffError):
        subscribe(county, **changes)


def test_an_address_in_the_network_needs_a_mail_server(county: County, mail: SendMail) -> None:
    with pytest.raises(SettingsRefused, match="HANDOFF_ALERT_SMTP"):
        mail_of(read_settings(), county.premises.network)
    county.change_partner("hospital", client=None)
    assert mail_of(read_settings(), county.premises.network) is None
