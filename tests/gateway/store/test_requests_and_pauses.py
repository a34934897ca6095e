"""Requests to the privacy officer, pauses of partners, agreements of auditors and feeds, in both kinds of store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.store import audit_agreements, audit_feeds, partner_pauses, privacy_requests
from gateway.store.audit_agreements import AuditAgreement
from gateway.store.partner_pauses import PartnerPause
from gateway.store.privacy_requests import PrivacyRequest

MADE = PrivacyRequest("q1", "accounting", None, "2026-04-11", "2026-06-10")
AT = "2026-04-11T15:00:00.000000Z"


def test_a_request_goes_step_by_step_and_is_extended_once(write: Any, store: Any) -> None:
    write(lambda tx: privacy_requests.add(tx, MADE))
    write(lambda tx: privacy_requests.add(tx, replace(MADE, id="q2", due_on="2026-05-11")))
    with store.read() as reading:
        assert [one.id for one in privacy_requests.not_answered(reading)] == ["q2", "q1"]
    assert write(lambda tx: privacy_requests.extend(tx, "q1", "2026-07-10"))
    assert not write(lambda tx: privacy_requests.extend(tx, "q1", "2026-08-10"))
    assert write(lambda tx: privacy_requests.move(tx, MADE, "checked"))
    assert not write(lambda tx: privacy_requests.move(tx, MADE, "checked")), "it is another state now"
    checked = replace(MADE, state="checked")
    assert write(lambda tx: privacy_requests.move(tx, checked, "answered", "granted"))
    with store.read() as reading:
        assert [one.id for one in privacy_requests.not_answered(reading)] == ["q2"]
        kept = privacy_requests.get(reading, "q1")
        assert kept == replace(MADE, state="answered", due_on="2026-07-10", extended=1, decision="granted")
        assert {one.id for one in privacy_requests.newest(reading)} == {"q1", "q2"}
        assert privacy_requests.get(reading, "q3") is None


def test_a_partner_is_paused_once_and_goes_on(write: Any, store: Any) -> None:
    assert write(lambda tx: partner_pauses.begin(tx, PartnerPause("otp", AT, 7)))
    assert not write(lambda tx: partner_pauses.begin(tx, PartnerPause("otp", AT, 8)))
    with store.read() as reading:
        assert partner_pauses.every(reading) == (PartnerPause("otp", AT, 7),)
        assert partner_pauses.is_paused(reading, "otp") and not partner_pauses.is_paused(reading, "housing")
    assert write(lambda tx: partner_pauses.end(tx, "otp"))
    assert not write(lambda tx: partner_pauses.end(tx, "otp"))


def test_an_agreement_holds_between_its_days_until_somebody_ends_it(write: Any, store: Any) -> None:
    looks = AuditAgreement("a1", "[ada]", "2026-04-11", "2026-04-20", False, AT)
    copies = replace(looks, id="a2", first_day="2026-04-15", last_day="2026-04-16", copies=True)
    for one in (looks, copies, replace(looks, id="a3", auditor="[bea]")):
        write(lambda tx, one=one: audit_agreements.add(tx, one))
    with store.read() as reading:
        held = {
            day: [one.id for one in audit_agreements.of_auditor(reading, "[ada]", day)]
            for day in ("2026-04-10", "2026-04-11", "2026-04-16", "2026-04-20", "2026-04-21")
        }
        assert [one.id for one in audit_agreements.ending_from(reading, "2026-04-17")] == ["a1", "a3"]
    assert held == {
        "2026-04-10": [], "2026-04-11": ["a1"], "2026-04-16": ["a2", "a1"], "2026-04-20": ["a1"], "2026-04-21": [],
    }  # fmt: skip
    assert write(lambda tx: audit_agreements.end(tx, "a2", AT))
    assert not write(lambda tx: audit_agreements.end(tx, "a2", "later"))
    with store.read() as reading:
        assert audit_agreements.of_auditor(reading, "[ada]", "2026-04-16") == (looks,)
        assert audit_agreements.get(reading, "a2") == replace(copies, ended_at=AT)
        assert audit_agreements.get(reading, "a4") is None
        assert [one.id for one in audit_agreements.newest(reading)] == ["a3", "a1", "a2"]


def test_a_feed_remembers_how_far_it_came_and_never_goes_back(write: Any, store: Any) -> None:
    with store.read() as reading:
        assert audit_feeds.told_to(reading, "atna") is None
    for seq in (7, 12, 9):
        write(lambda tx, seq=seq: audit_feeds.keep(tx, "atna", seq))
    with store.read() as reading:
        assert audit_feeds.told_to(reading, "atna") == 12
