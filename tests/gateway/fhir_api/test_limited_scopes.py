"""Scopes with a search limit (SMART v2): of a limited type nothing else comes, by whatever way it is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.fhir_api.scope_limits import limits_of
from gateway.flows import bulk_export
from gateway.flows.bulk_export import ExportAsked
from tests.gateway.county import OTP, County, caller
from tests.gateway.disclosure.twins import Api

pytestmark = pytest.mark.requirement("SM-02")

SOON = "system/Goal.rs?target-date=lt2026-06-01"
LIMITED = f"{SOON} system/CarePlan.rs system/Patient.rs"
WHOLE = "system/Goal.rs system/CarePlan.rs system/Patient.rs"


@pytest.fixture
def api(county: County) -> Api:
    county.share_plan()
    county.consent("psychiatry", discloser="otp", identifier=OTP)
    return Api(county)


def goals(answer: Any) -> set[str]:
    """The goals in an answer, by what they are due."""
    assert answer.status_code == 200, answer.text
    found = [one["resource"] for one in answer.json().get("entry", ())]
    return {one["target"][0]["dueDate"] for one in found if one["resourceType"] == "Goal"}


@pytest.mark.parametrize("partner", ["psychiatry TREAT", "otp TREAT"])
def test_nothing_of_a_limited_type_comes_but_what_meets_the_limit(
    api: Api, county: County, partner: str
) -> None:
    her, (plan,) = county.patient_id, county.records("CarePlan")
    soon, late = sorted(county.records("Goal"), key=lambda one: str(one.resource["target"][0]["dueDate"]))
    asked = (
        f"Goal?patient={her}",
        f"Goal?patient={her}&target-date=gt2026-01-01&_sort=-target-date",
        f"CarePlan?patient={her}&_include=CarePlan:goal",
        f"Goal/{soon.id}/_history",
        f"Patient/{her}/$everything",
        f"Patient/{her}/$shared-plan",
    )
    for path in asked:
        assert goals(api.ask(f"{partner} {LIMITED}", "GET", f"/fhir/{path}")) == {"2026-05-01"}, path
        whole = goals(api.ask(f"{partner} {WHOLE}", "GET", f"/fhir/{path}"))
        assert whole == {"2026-05-01"} or whole == {"2026-05-01", "2026-06-30"}, path
    count = api.ask(f"{partner} {LIMITED}", "GET", f"/fhir/Goal?patient={her}&_summary=count").json()
    assert count["total"] == 1
    for limit in (f"_has:CarePlan:goal:status=active&_id={late.id}", f"_id={late.id}"):
        assert goals(api.ask(f"{partner} {LIMITED}", "GET", f"/fhir/Goal?patient={her}&{limit}")) == set()
    chained = f"/fhir/CarePlan?patient={her}&goal:Goal.target-date=2026-06-30"
    assert api.ask(f"{partner} {LIMITED}", "GET", chained).json()["total"] == 0
    assert api.ask(f"{partner} {WHOLE}", "GET", chained).json()["total"] == 1
    version = api.ask(f"{partner} {WHOLE}", "GET", f"/fhir/Goal/{late.id}").headers["etag"][3:-1]
    for path in (late.id, f"{late.id}/_history", f"{late.id}/_history/{version}"):
        assert api.ask(f"{partner} {LIMITED}", "GET", f"/fhir/Goal/{path}").status_code == 404, path
        assert api.ask(f"{partner} {WHOLE}", "GET", f"/fhir/Goal/{path}").status_code == 200, path
    assert api.ask(f"{partner} {LIMITED}", "GET", f"/fhir/Goal/{soon.id}").status_code == 200
    assert api.ask(f"{partner} {LIMITED}", "GET", f"/fhir/{plan.reference}").status_code == 200


def test_several_limits_of_a_type_are_joined_and_one_that_is_not_understood_opens_nothing(
    api: Api, county: County
) -> None:
    path = f"/fhir/Goal?patient={county.patient_id}"
    both = f"{SOON} system/Goal.rs?target-date=ge2026-06-01"
    assert goals(api.ask(f"otp TREAT {both}", "GET", path)) == {"2026-05-01", "2026-06-30"}
    anded = "system/Goal.rs?target-date=ge2026-06-01&lifecycle-status=completed"
    assert goals(api.ask(f"otp TREAT {anded}", "GET", path)) == set()
    assert goals(api.ask("otp TREAT system/Goal.rs?colour=red", "GET", path)) == set()


def test_what_cannot_keep_to_a_limit_asks_for_the_whole_scope(api: Api, county: County) -> None:
    """Searching by the content of what is created, changing, subscribing, matching and breaking the glass."""
    limited = "otp TREAT system/Task.rs?status=requested system/Consent.rs?status=active system/Consent.c"
    task = county.patient_id
    patch = {"Content-Type": "application/json-patch+json"}
    refused = [
        api.send(limited, "PATCH", f"/fhir/Task/{task}", b"[]", patch),
        api.ask(limited, "POST", "/fhir/Consent", {"resourceType": "Consent"}, if_none_exist="patient=x"),
        api.ask(limited, "POST", "/fhir/Patient/$match", {"resourceType": "Parameters"}),
        api.ask(limited, "POST", "/fhir/ServiceRequest/x/$handoff", {"resourceType": "Parameters"}),
    ]
    assert [one.status_code for one in refused] == [403] * 4


def test_a_file_of_an_export_holds_what_the_token_that_fetches_it_reaches(api: Api, county: County) -> None:
    asked = ExportAsked(("Goal",), known=True, referred=False, request="x")
    export = county.run(bulk_export.begin_export(county.premises, caller("otp"), asked))
    while county.run(bulk_export.write_waiting(county.premises)):
        pass
    for scopes, expected in ((WHOLE, 2), (SOON, 1), ("system/Goal.rs?colour=red", 0)):
        texts = frozenset(scopes.split())
        who = replace(caller("otp"), scopes=texts, limits=limits_of(texts))
        part = county.run(bulk_export.part_of_file(county.premises, who, export, "Goal", ""))
        lines = [orjson.loads(line) for line in part.content.splitlines()]
        assert len(lines) == expected, scopes
