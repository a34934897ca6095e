"""A partner reads of the log what it asked itself; nothing in it tells what was withheld, or what others asked."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from gateway.disclosure.audit_events import PATIENT_QUERY, QUERY
from gateway.resources import check_resource
from gateway.resources.xml_reading import from_xml
from gateway.store import AuditFilter, audit_rows
from tests.gateway.county import OTP, County, matches
from tests.gateway.disclosure.twins import Api
from tests.gateway.fhir_api.conftest import Door

pytestmark = pytest.mark.requirement("AU-03", "P2-13-02")


@pytest.fixture
def api(county: County, tmp_path: Path) -> Api:
    county.share_plan()
    return Api(county)


def test_what_is_sent_to_a_partner_is_not_gone_through_for_what_it_asked(county: County) -> None:
    """Nor opened: a hospital that gets thousands and asks once has its answer as soon as one that gets nothing."""
    county.refer()
    county.consent()
    county.deliver()
    api = Api(county)
    asked = api.ask("otp TREAT", "GET", "/fhir/Goal?patient=none").headers["x-request-id"]
    sent, wanted = AuditFilter(partner="otp"), AuditFilter(partner="otp", asked_by_partner=True)
    rows = county.look(lambda reading: audit_rows.newest(reading, 9, wanted))
    assert [row.request_id for row in rows] == [asked]
    assert len(county.look(lambda reading: audit_rows.newest(reading, 9, sent))) > 1
    assert [one["id"] for one in asks(api, "otp TREAT")] == [asked]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def long_question(patient: str) -> str:
    """One whose values, and a name that no search knows, are too long to be kept."""
    long = f"patient={patient}&zz={'é' * 2100}&{'status.' * 700}=x&status=active&category=a,b"
    return "&".join((long, *(f"status={one}" for one in range(8))))


def asks(api: Api, who: str, query: str = "") -> list[dict[str, Any]]:
    answer = api.ask(who, "GET", f"/fhir/AuditEvent{query}")
    assert answer.status_code == 200, answer.text
    found = matches(answer.json())
    assert not [fault for one in found for fault in check_resource(one)]
    return found


def test_a_partner_reads_what_it_asked_and_was_shown(api: Api, county: County) -> None:
    her, (plan,) = county.patient_id, county.records("CarePlan")
    searched = api.ask("otp TREAT", "GET", f"/fhir/CarePlan?patient={her}&status=active")
    read = api.ask("otp TREAT", "GET", f"/fhir/{plan.reference}")
    api.ask("housing COC", "GET", f"/fhir/CarePlan?patient={her}")
    before = len(county.look(lambda reading: reading.rows("audit_rows.page", {"from_seq": 0, "limit": 99})))

    latest, first = asks(api, "otp TREAT")

    assert (first["id"], latest["id"]) == (searched.headers["x-request-id"], read.headers["x-request-id"])
    assert first["meta"]["profile"] == [PATIENT_QUERY] and latest["subtype"][0]["code"] == "read"
    entities = [one["what"]["reference"] for one in first["entity"] if "what" in one]
    assert entities == [f"Patient/{her}", plan.reference]
    (query,) = [base64.b64decode(one["query"]).decode() for one in first["entity"] if "query" in one]
    assert query == "CarePlan?patient=*&status=*", "the values are its own, and stand in no log that leaves"
    after = county.look(lambda reading: reading.rows("audit_rows.page", {"from_seq": 0, "limit": 99}))
    assert len(after) == before + 1 and after[-1]["partner"] == "otp", "the look is in the log"
    assert asks(api, "otp TREAT") == [latest, first], "and is none of the events itself"
    one = api.ask("otp COC", "GET", f"/fhir/AuditEvent/{first['id']}", accept="application/fhir+xml")
    assert from_xml(one.content) == first
    for query, expected in {
        f"?patient={her}": [latest, first],
        f"?entity={plan.reference}&type=rest": [latest, first],
        "?subtype=read": [latest],
        f"?_id={first['id']}": [first],
        "?date=lt2026-01-01": [],
        "?outcome=8": [],
    }.items():
        assert asks(api, "otp TREAT", query) == expected, query
    page = api.ask("otp TREAT", "GET", "/fhir/AuditEvent?_count=1").json()
    further = next(one["url"] for one in page["link"] if one["relation"] == "next")
    assert (matches(page), asks(api, "otp TREAT", further.partition("AuditEvent")[2])) == ([latest], [first])
    foreign = api.ask("housing COC", "GET", f"/fhir/AuditEvent?_page={first['id']}")
    assert foreign.status_code == 400


def test_what_was_withheld_and_what_never_was_look_alike_in_it(api: Api, county: County) -> None:
    """Nor does it tell what others asked, what was decided to be sent, or why nothing was shown."""
    county.refer()
    county.consent()
    county.deliver()
    held, (plan,) = county.patient_id, county.records("CarePlan")
    unknown = "00000000-0000-8000-8000-000000000000"
    told = []
    for patient, record in ((held, plan.id), (unknown, unknown)):
        api.ask("employment COC", "GET", f"/fhir/CarePlan?patient={patient}")
        api.ask("employment COC", "GET", f"/fhir/CarePlan/{record}")
        api.ask("employment COC", "PUT", f"/fhir/Task/{record}", {"resourceType": "Task"})
        api.send("employment COC", "POST", "/fhir/CarePlan/_search", long_question(patient).encode(), FORM)
        told.append([{**one, "id": ""} for one in asks(api, "employment COC")[:3]])
    assert told[0] == told[1] and told[0][2]["meta"]["profile"] == [QUERY]
    (query,) = [base64.b64decode(one["query"]).decode() for one in told[0][0]["entity"] if "query" in one]
    assert query.startswith("CarePlan?patient=*&*=*&*=*&status=*&category=*&"), "too long to be kept whole"
    assert all("entity" not in one or len(one["entity"]) == 1 for one in told[0])
    assert asks(api, "psychiatry TREAT") == []
    ours = api.ask("otp TREAT", "GET", f"/fhir/{plan.reference}").headers["x-request-id"]
    assert {one["id"] for one in asks(api, "otp TREAT")} == {ours}, "what was sent to it is no ask of its own"
    for who in ("employment COC", "psychiatry TREAT"):
        assert api.ask(who, "GET", f"/fhir/AuditEvent/{ours}").status_code == 404
    sent = [
        one.row.request_id for one in county.audit() if one.row.partner == "otp" and one.row.kind != "read"
    ]
    assert sent and all(
        api.ask("otp TREAT", "GET", f"/fhir/AuditEvent/{one}").status_code == 404 for one in sent
    )
    county.consent("psychiatry", discloser="otp", identifier=OTP)


def test_it_needs_its_own_scope(door: Door) -> None:
    for scope, path in (("system/AuditEvent.r", ""), ("system/AuditEvent.s", "/x"), ("system/Task.rs", "")):
        refused = door.call("GET", f"/fhir/AuditEvent{path}", token=door.token(scope))
        assert refused.status_code == 403
    assert door.call("POST", "/fhir/AuditEvent", content=b"{}").status_code == 405
    strict = {"Prefer": "handling=strict"}
    assert door.call("GET", "/fhir/AuditEvent?colour=red", headers=strict).status_code == 400
