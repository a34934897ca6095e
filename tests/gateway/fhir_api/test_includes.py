"""`_include`, `_revinclude`, `$everything` at the door: what is asked reaches the flow, what is declared is served."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.fhir_api.includes import includes_of, revincludes_of
from gateway.fhir_api.served import SERVED
from gateway.flows.answers import Include, SearchCriteria

STRICT = {"Prefer": "handling=strict"}


def asked(door: Any, kind: str, query: str, **more: Any) -> SearchCriteria:
    answer = door.call("GET", f"/fhir/{kind}?patient=p1&{query}", **more)
    assert answer.status_code == 200, answer.text
    criteria: SearchCriteria = door.flows.asked[-1][3]
    return criteria


def test_what_is_to_go_along_reaches_the_flow(door: Any) -> None:
    found = asked(door, "CarePlan", "_include=CarePlan:goal&_revinclude=Task:focus:CarePlan").includes

    assert found == (
        Include("CarePlan", ("goal",), ("Goal",)),
        Include("Task", ("focus",), ("CarePlan",), reverse=True),
    )
    one_type = asked(door, "CarePlan", "_include=CarePlan:activity-reference:Task").includes
    assert one_type == (Include("CarePlan", ("activity.reference",), ("Task",)),)


@pytest.mark.parametrize(
    "query",
    [
        "_include=*", "_include=CarePlan", "_include=CarePlan:colour", "_include=Goal:patient", "_include=Task:focus",
        "_include=CarePlan:goal:Task", "_revinclude=Provenance:agent", "_revinclude=Task:owner", "_include=",
    ],
)  # fmt: skip
def test_what_is_not_served_is_left_out_or_refused(door: Any, query: str) -> None:
    assert asked(door, "CarePlan", query).includes == ()
    refused = door.call("GET", f"/fhir/CarePlan?patient=p1&{query}", headers=STRICT)
    assert (refused.status_code, "PARAMETER_UNKNOWN" in refused.text) == (400, True)


def test_other_modifiers_and_too_many_are_refused(door: Any) -> None:
    for query in ("_include:recurse=CarePlan:goal", "&".join(["_include=CarePlan:goal"] * 17)):
        assert door.call("GET", f"/fhir/CarePlan?patient=p1&{query}").status_code == 400


def test_whatever_is_declared_to_go_along_is_taken(door: Any) -> None:
    statement = door.call("GET", "/fhir/metadata", token=None).json()
    told = {item["type"]: item for item in statement["rest"][0]["resource"]}
    for kind in SERVED:
        assert told[kind].get("searchInclude", []) == list(includes_of(kind))
        assert told[kind].get("searchRevInclude", []) == list(revincludes_of(kind))
        named = "_id" if kind == "Patient" else SERVED[kind].by_patient
        for parameter, values in (("_include", includes_of(kind)), ("_revinclude", revincludes_of(kind))):
            for value in values[:2]:
                answer = door.call("GET", f"/fhir/{kind}?{named}=p1&{parameter}={value}", headers=STRICT)
                assert answer.status_code == 200, (kind, value, answer.text)
                assert len(door.flows.asked[-1][3].includes) == 1
    assert "CarePlan:goal" in told["CarePlan"]["searchInclude"]
    assert "Task:focus" in told["ServiceRequest"]["searchRevInclude"]


# ------------------------------------------------------------------------------------------------- all of a patient


def test_all_of_a_patient_is_asked_for_within_the_scopes(door: Any) -> None:
    answer = door.call(
        "GET",
        "/fhir/Patient/p1/$everything?_since=2026-05-01&_count=10",
        token=door.token("system/Patient.r system/Goal.rs system/Task.s"),
    )

    assert answer.status_code == 200
    ((what, caller, types, criteria),) = door.flows.asked
    assert (what, caller.partner, types) == ("everything", "otp", ("Goal", "Patient"))
    assert (criteria.patient, criteria.count, criteria.filters[0].values) == ("p1", 10, ("ge2026-05-01",))


def test_its_pages_keep_the_types(door: Any) -> None:
    door.call("GET", "/fhir/Patient/p1/$everything?_type=Task,Goal&_type=Patient")
    (_, _, types, criteria) = door.flows.asked[-1]
    assert types == ("Goal", "Patient", "Task")
    assert criteria.page_address == (
        "https://gateway.test/fhir/Patient/p1/$everything?_type=Goal,Patient,Task&_page="
    )
    door.call("GET", "/fhir/Patient/p1/$everything?_type=Goal,Patient,Task&_page=abc")
    assert door.flows.asked[-1][2:][0] == types
    assert door.flows.asked[-1][3].page == "abc"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start=2026-01-01", 400), ("end=2026-01-01", 400), ("_type=Nothing", 400), ("_since=soon", 400),
        ("_since=2026&_since=2027", 400), ("_count=0", 400), ("_format=turtle", 406), ("colour=red", 200),
    ],
)  # fmt: skip
def test_what_it_does_not_serve_is_refused(door: Any, query: str, status: int) -> None:
    answer = door.call("GET", f"/fhir/Patient/p1/$everything?{query}")

    assert answer.status_code == status
    if status == 200:
        assert door.call("GET", f"/fhir/Patient/p1/$everything?{query}", headers=STRICT).status_code == 400


def test_it_needs_the_scope_of_the_person_and_an_id(door: Any) -> None:
    refused = door.call("GET", "/fhir/Patient/p1/$everything", token=door.token("system/Goal.rs"))

    assert refused.status_code == 403
    assert door.call("GET", "/fhir/Patient/a%20b/$everything").status_code == 400
    assert door.flows.asked == []


def test_a_history_takes_no_parameters_when_it_is_to_be_exact(door: Any) -> None:
    assert door.call("GET", "/fhir/CarePlan/c1/_history?_since=2026").status_code == 200
    assert door.call("GET", "/fhir/CarePlan/c1/_history?_format=json", headers=STRICT).status_code == 200
    assert door.call("GET", "/fhir/CarePlan/c1/_history?_since=2026", headers=STRICT).status_code == 400
    assert door.call("GET", "/fhir/CarePlan/c1/_history?_format=turtle").status_code == 406
