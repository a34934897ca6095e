"""Requests to the privacy officer and pauses of partners, in both kinds of store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.store import partner_pauses, privacy_requests
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
