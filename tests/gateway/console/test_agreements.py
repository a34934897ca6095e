"""The auditor's time box (42 CFR 2.53): she looks between the days of an agreement, and copies what it allows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway import audit
from gateway.errors import HandoffError
from gateway.flows.another_person import login_of
from gateway.store import AuditFilter
from gateway.wiring.checkup import Examined
from gateway.wiring.checkup_store import store_checks
from tests.gateway.console.conftest import ANA, NOW, Browser

HOW = "state audit of the fall, agreement in the file room"


@pytest.fixture
def officer(browser: Browser) -> Browser:
    return browser.log_in()


def recorded(officer: Browser, **changes: str) -> int:
    """What comes of recording an agreement with Ada."""
    fields = {
        "auditor": "Ada Auditor", "from": "2026-11-22", "until": "2026-11-24", "copies": "no", "reason": HOW,
    }  # fmt: skip
    return officer.send(
        "requests/agreements/made", "requests/agreements", **{**fields, **changes}
    ).status_code


def as_ada(browser: Browser) -> Browser:
    browser.cookies.clear()
    assert (
        browser.ask("POST", f"/console/login?link={browser.link('Ada Auditor', 'auditor')}").status_code
        == 303
    )
    return browser


@pytest.mark.requirement("P2-53-01")
def test_an_auditor_without_an_agreement_is_shown_nothing_and_told_whom_to_ask(browser: Browser) -> None:
    as_ada(browser)

    for path in ("", "disclosures", "patients/nobody", "looks", "disclosures?as=csv"):
        answer = browser.get(path)
        assert answer.status_code == 403 and "NO_AGREEMENT" in answer.text, path
        assert "Ada Auditor no agreement" in answer.text and "otp" not in answer.text
    assert not browser.reads(), "nothing was shown"


async def _for_machines(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"resourceType": "OperationOutcome"}, 403)


def test_a_refusal_is_a_page_also_where_the_console_is_part_of_the_gateways_own_application(
    browser: Browser,
) -> None:
    """The FHIR API answers a refusal with an OperationOutcome; a person is shown a page, at any of our pages."""
    browser.app = Starlette(routes=browser.app.routes, exception_handlers={HandoffError: _for_machines})
    as_ada(browser)

    answer = browser.get("disclosures")

    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "Ada Auditor no agreement" in answer.text


@pytest.mark.requirement("P2-53-01")
def test_she_looks_from_the_first_day_to_the_last_and_not_a_moment_longer(officer: Browser) -> None:
    assert recorded(officer, **{"from": "2026-11-23"}) == 303
    ada = as_ada(officer)
    assert ada.get("disclosures").status_code == 403, "it begins tomorrow"

    zone_midnight = datetime(2026, 11, 25, 7, tzinfo=UTC)
    ada.clock.advance(datetime(2026, 11, 23, 7, tzinfo=UTC) - NOW)
    page = as_ada(ada).get("disclosures")
    assert page.status_code == 200 and "until 24 Nov 2026, without copies" in page.text
    ada.clock.advance(zone_midnight - ada.clock.now() - timedelta(minutes=1))
    assert as_ada(ada).get("disclosures").status_code == 200
    ada.clock.advance(timedelta(minutes=1))
    assert ada.get("disclosures").status_code == 403, "in the same session"


@pytest.mark.requirement("P2-53-01")
def test_no_file_and_no_printed_page_unless_the_agreement_allows_copies(officer: Browser) -> None:
    recorded(officer)
    ada = as_ada(officer)
    page = ada.get("disclosures").text
    assert 'class="no-copies"' in page and "Download this view" not in page
    for path in (
        "disclosures?as=csv",
        "decisions/1/proof",
        f"patients/{ANA}/proof",
        "integrity/proof?from=1",
    ):
        assert "ROLE_NOT_ENTITLED" in ada.get(path).text

    officer.log_in()
    assert recorded(officer, copies="yes") == 303
    ada = as_ada(officer)
    page = ada.get("disclosures").text
    assert 'class="no-copies"' not in page and "with copies" in page and "Download this view" in page
    assert ada.get("disclosures?as=csv").text.startswith("entry,")
    sent = ada.send("integrity/verify", "integrity")
    assert sent.status_code == 403, "copies are no other right"


def test_an_agreement_is_ended_at_once_by_an_officer_alone(officer: Browser) -> None:
    recorded(officer)
    (found,) = set(re.findall(r"requests/agreements/([^/]+)/end", officer.get("requests/agreements").text))
    ada = as_ada(officer)
    page = ada.get("requests/agreements").text
    assert "In force" not in page and "Ends soon" in page and "/end" not in page and "signed" not in page
    assert recorded(ada) == 403
    assert ada.send(f"requests/agreements/{found}/end", "looks", reason="I want to").status_code == 403
    kept = ada.cookies

    officer.log_in()
    end = f"requests/agreements/{found}/end"
    assert officer.send(end, "requests/agreements", reason="").status_code == 400
    assert officer.send(end, "requests/agreements", reason="the audit is over").status_code == 303
    assert officer.send(end, "requests/agreements", reason="once more").status_code == 409
    assert (
        officer.send("requests/agreements/none/end", "requests/agreements", reason="typing").status_code
        == 404
    )
    assert "the audit is over" in officer.get("requests/agreements").text
    ada.cookies = kept
    assert ada.get("").status_code == 403
    wanted = AuditFilter(kind="outcome")
    log = officer.county.look(lambda reading: audit.newest(reading, 9, wanted))
    assert [(one.row.outcome, one.row.request_id) for one in log] == [
        ("agreement_ended", found), ("agreement_made", found),
    ]  # fmt: skip


def test_what_an_auditor_opened_names_her_agreement(officer: Browser) -> None:
    made = officer.agree("Ada Auditor")
    as_ada(officer).get("disclosures")

    entry = officer.reads()[-1].entry
    assert entry is not None and entry.recipient_name == "Ada Auditor"
    assert entry.versions == {"agreement": made}


@pytest.mark.parametrize(
    "change",
    [
        {"auditor": ""},
        {"auditor": "x" * 201},
        {"from": "soon"},
        {"until": ""},
        {"until": "2026-11-21", "from": "2026-11-20"},
        {"until": "2026-11-22", "from": "2026-11-23"},
        {"until": "2027-11-24"},
        {"reason": "x"},
    ],
)
def test_what_is_no_agreement_is_not_recorded(officer: Browser, change: dict[str, str]) -> None:
    assert recorded(officer, **change) == 400
    assert "No auditor may look" in officer.get("requests/agreements").text


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("Ada Auditor", "Ada Auditor"),
        (" Ada Person [ada]", "[ada]"),
        ("[ada]", "[ada]"),
        ("Eve [x] [ada]", "[x] [ada]"),
        ("Eve [ada", "Eve [ada"),
    ],
)
def test_a_login_at_a_provider_is_known_by_its_id_alone(name: str, login: str) -> None:
    assert login_of(name) == login


def test_the_end_is_told_beforehand_at_the_console_and_by_the_doctor(officer: Browser) -> None:
    officer.agree("Ada Auditor", days=5)
    officer.agree("[far]", days=60)
    text = officer.get("").text
    assert "The agreement of the auditor Ada Auditor ends on 27 Nov 2026" in text and "[far]" not in text
    check = dict(store_checks())["auditors"]

    def told() -> list[str]:
        url = f"sqlite:///{officer.county.folder.path.absolute()}/handoff.db"
        seen = Examined(officer.county.folder, url, None, True, officer.clock.now())
        return [one.what.partition(" of ")[2] for one in check(seen) if not one.is_wrong]

    assert told() == ["an auditor ends on 2026-11-27"]
    officer.clock.advance(timedelta(days=6))
    assert told() == ["an auditor ended on 2026-11-27"]
    assert "The agreement of the auditor Ada Auditor ended on" in officer.log_in().get("").text
