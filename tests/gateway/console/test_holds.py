"""Legal holds in the console: placed by an officer, seen where they matter, lifted by another officer."""

from __future__ import annotations

import re

import pytest

from gateway.store import Transaction, legal_holds, patients
from gateway.store.legal_holds import LegalHold
from tests.gateway.console.conftest import ANA, Browser

MATTER = "Doe v. County, hold letter of 20 November"


@pytest.mark.requirement("P2-16-01")
def test_an_officer_places_a_hold_and_another_one_lifts_it(browser: Browser) -> None:
    def her(tx: Transaction) -> None:
        patients.create(tx, "2026-11-20T00:00:00.000000Z", True, ANA)

    browser.county.write(her)
    browser.log_in()
    assert f"requests/holds?patient={ANA}#new" in browser.get(f"patients/{ANA}").text
    fields = {"patient": ANA, "partner": "", "from": "", "until": "", "code": "LITIGATION", "reason": MATTER}

    assert browser.send("requests/holds/placed", "requests/holds", **fields).status_code == 303

    page = browser.get("requests/holds").text
    assert MATTER in page and "Stands" in page and "by another person" in page
    assert "Litigation, pending or expected" in browser.get(f"patients/{ANA}").text
    (hold,) = browser.county.look(legal_holds.standing)
    lifting = f"requests/holds/{hold.id}/lift"
    both = {"reason": "the case is closed", "confirmed": "yes"}
    refused = browser.send(lifting, "requests/holds", **both)
    assert refused.status_code == 403 and "SECOND_PERSON_NEEDED" in refused.text

    browser.cookies.clear()
    browser.log_in("Lou Officer")
    asked = browser.send(lifting, "requests/holds", reason="the case is closed")
    assert "Lift the legal hold" in asked.text and browser.county.look(legal_holds.standing)
    assert browser.send(lifting, "requests/holds", **both).status_code == 303
    assert not browser.county.look(legal_holds.standing)
    assert "No hold as asked for" in browser.get("requests/holds?state=standing").text
    (line,) = browser.get("requests/holds?state=lifted&as=csv").text.splitlines()[1:]
    assert re.match(rf"{hold.id},LITIGATION,{ANA},.*Kim Officer,2026.*{MATTER}", line)


def test_what_stands_is_listed_however_many_were_lifted_since(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.console.holds._LISTED", 2)

    def several(tx: Transaction) -> None:
        for number in range(5):
            at = f"2026-11-2{number}T00:00:00.000000Z"
            hold = LegalHold(f"hold-{number}", "AUDIT", "", "otp", "", "", at, "Lou Officer")
            legal_holds.add(tx, hold)
            assert number == 0 or legal_holds.lift(tx, hold.id, at)

    browser.county.write(several)
    browser.log_in()
    for state, listed in (("", [0, 4, 3]), ("standing", [0]), ("lifted", [4, 3])):
        rows = browser.get(f"requests/holds?state={state}&as=csv").text.splitlines()[1:]
        assert [row.partition(",")[0] for row in rows] == [f"hold-{number}" for number in listed]
    assert "requests/holds/hold-0/lift" in browser.get("requests/holds?state=standing").text


def test_an_auditor_sees_holds_and_places_none(browser: Browser) -> None:
    browser.log_in("Lee Auditor", "auditor")
    page = browser.get("requests/holds")
    assert page.status_code == 200 and "Place a hold" not in page.text
    answer = browser.send(
        "requests/holds/placed", "requests/holds", code="AUDIT", partner="otp", reason=MATTER
    )
    assert answer.status_code == 403 and "ROLE_NOT_ENTITLED" in answer.text
