"""Mails with a link that wait: one that cannot be read, or asked about, goes with a code and holds up none after it."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import Internal, NotNow
from gateway.flows.agency_desk import Worker
from gateway.flows.link_letters import Claimed, Letter, claim, keep
from gateway.store import Reading, Transaction, mailed_links
from gateway.wiring.link_post import LinkPost
from tests.gateway.county import County

pytestmark = pytest.mark.requirement("DM-27")


def test_what_cannot_be_read_is_dropped_and_the_next_one_goes(county: County) -> None:
    now = county.clock.now()
    at, until = instant_text(now), instant_text(now + timedelta(hours=1))

    def kept(tx: Transaction) -> None:
        mailed_links.add(tx, "-1 of another version", None, b'{"worker":1}', at, until)
        sealed = tx.cipher.seal(tx, "network", "mailed-link/another", b"{}")
        row = {"id": "-2 altered", "patient_id": None, "due_at": at, "expires_at": until, "sealed": sealed}
        tx.execute("mailed_links.add", row)
        mailed_links.add(tx, "-3 unreadable and over", None, b"", at, at)
        made_at = instant_text(county.clock.now())
        keep(county.premises, tx, Letter(Worker("otp", "Rosa"), None, "r@otp.example", "/me", made_at))

    county.write(kept)
    claimed = [county.run(claim(county.premises, lambda *_: "")) for _ in range(4)]

    assert claimed[:3] == ["LETTER_UNREADABLE", "SEAL_BROKEN", "EXPIRED"]
    assert isinstance(claimed[3], Claimed) and claimed[3].letter.address == "r@otp.example"


def test_what_cannot_be_asked_about_is_not_sent(county: County) -> None:
    def broken(premises: Premises, reading: Reading, letter: Letter) -> str:
        raise Internal("SEAL_BROKEN", "a record of hers was altered")

    def busy(premises: Premises, reading: Reading, letter: Letter) -> str:
        raise NotNow("STORE_BUSY", "later")

    made_at = instant_text(county.clock.now())
    letter = Letter(Worker("otp", "Rosa"), None, "r@otp.example", "/me", made_at)
    county.write(lambda tx: keep(county.premises, tx, letter))

    with pytest.raises(NotNow):
        county.run(claim(county.premises, busy))
    assert county.run(claim(county.premises, broken)) == "SEAL_BROKEN"
    sent: list[str] = []
    county.run(LinkPost(county.premises, lambda *told: sent.extend(told)).send_due())
    assert not sent and county.run(claim(county.premises, lambda *_: "")) is None


@pytest.mark.parametrize(("code", "tries"), [(451, 3), (550, 1), (-1, 1), (252, 1)])
def test_only_after_a_no_for_now_is_a_mail_tried_again(
    county: County, monkeypatch: pytest.MonkeyPatch, code: int, tries: int
) -> None:
    """RFC 5321, section 4.2.1. A link that may have left never leaves twice."""
    monkeypatch.setattr("gateway.wiring.worker_links.against_mail", lambda *_: "")
    letter = Letter(Worker("otp", "Rosa"), None, "r@otp.example", "/me", instant_text(county.clock.now()))
    county.write(lambda tx: keep(county.premises, tx, letter))
    tried: list[str] = []

    def answers(address: str, *_: str) -> None:
        tried.append(address)
        raise smtplib.SMTPDataError(code, b"")

    county.run(LinkPost(county.premises, answers, waits=(0.0, 0.0)).send_due())

    assert len(tried) == tries
