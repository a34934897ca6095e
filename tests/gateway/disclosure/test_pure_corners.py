"""Corners of the gate's pure parts: no store is opened here."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

import consent
from gateway.disclosure.answered import only_answers
from gateway.disclosure.consent_reports import findings_of
from gateway.disclosure.expiry_events import looked_again
from gateway.store import Record
from tests.gateway.disclosure.test_consent_standing import signed

AT = "2026-04-11T15:00:00.000000Z"
TASK = {"resourceType": "Task", "id": "t", "status": "requested", "intent": "order"}
ASKED = Record("Task", "t", 1, "ana", "hospital", ("hospital",), False, AT, False, TASK)
ANSWERED = replace(
    ASKED,
    version=2,
    source_partner="otp",
    sources=("hospital", "otp"),
    resource={**TASK, "status": "accepted"},
)


def test_an_answer_is_another_party_s_and_changes_nothing_but_what_an_answer_may() -> None:
    assert only_answers(ANSWERED, ASKED)

    assert not only_answers(replace(ANSWERED, deleted=True), ASKED)
    assert not only_answers(ANSWERED, replace(ASKED, patient_id="ben"))
    assert not only_answers(replace(ANSWERED, source_partner="hospital"), ASKED)
    assert not only_answers(replace(ANSWERED, resource={**TASK, "intent": "plan"}), ASKED)


def test_a_consent_whose_patient_is_named_by_an_identifier_names_somebody() -> None:
    """42 CFR §2.31(a)(1): the report must not call a patient missing whom the Consent names, nor her signature."""
    named = {"identifier": {"system": "urn:oid:2.999.1", "value": "A-1"}}
    by_number = {**signed(), "patient": named, "performer": [named]}

    assert findings_of(by_number) == ()
    nobody = findings_of({**by_number, "patient": {"identifier": {"system": "urn:oid:2.999.1"}}})
    assert {place for _, _, place in nobody} >= {"Consent.patient"}


def test_who_looked_at_an_event_keeps_its_words_and_may_hand_it_on() -> None:
    """P2-31-09: an event told as mere words is still the same event after somebody looked."""
    words = {**signed(), "extension": [{"url": consent.EXPIRY_EVENT, "valueString": "until discharge"}]}
    words["extension"][0]["extension"] = [{"url": "owner", "valueString": "Ana Ruiz"}]

    after = looked_again(words, date(2026, 4, 11), date(2026, 7, 1), "Ben Cole")

    (event,) = after["extension"]
    assert event["extension"] == [
        {"url": "event", "valueString": "until discharge"},
        {"url": "owner", "valueString": "Ben Cole"},
        {"url": "reviewed", "valueDate": "2026-04-11"},
        {"url": "review", "valueDate": "2026-07-01"},
    ]
    (kept,) = looked_again(words, date(2026, 4, 11), date(2026, 7, 1), "")["extension"]
    assert kept["extension"][1] == {"url": "owner", "valueString": "Ana Ruiz"}
