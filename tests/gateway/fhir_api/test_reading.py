"""Reading and searching through the door."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from gateway.errors import NotFound, NotNow
from gateway.flows.answers import SearchCriteria
from gateway.resources.searching import Filter
from tests.gateway.fhir_api.conftest import BASE

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_a_read_gives_the_flows_bytes_with_version_and_date(door: Any) -> None:
    answer = door.call("GET", "/fhir/CarePlan/c1")

    assert answer.status_code == 200
    assert answer.content == b'{"resourceType":"CarePlan","id":"c1"}'
    assert answer.headers["etag"] == 'W/"3"'
    assert answer.headers["last-modified"] == "Sat, 21 Nov 2026 10:00:00 GMT"
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.headers["cache-control"] == "no-store"


def test_head_is_asked_and_answered_as_get_without_the_body(door: Any) -> None:
    for path, status in (
        ("/fhir/CarePlan/c1", 200),
        ("/fhir/CarePlan/withheld", 404),
        ("/fhir/metadata", 200),
    ):
        whole, head = door.call("GET", path), door.call("HEAD", path)
        assert (head.status_code, whole.status_code, head.content) == (status, status, b"")
        assert whole.content
        same = [name for name in whole.headers if name not in ("x-request-id", "date")]
        assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]
    assert [asked[0] for asked in door.flows.asked] == ["read"] * 4
    refused = door.call("HEAD", "/fhir/CarePlan/c1", token=None)
    assert (refused.status_code, refused.content) == (401, b"")
    assert door.call("HEAD", "/oauth/token").status_code == 405


def test_the_flows_request_id_is_the_answers(door: Any) -> None:
    assert (
        door.call("GET", "/fhir/CarePlan/c1").headers["x-request-id"]
        == "11111111-1111-4111-8111-111111111111"
    )


def test_a_known_version_is_not_sent_again_but_was_asked_for(door: Any) -> None:
    answer = door.call("GET", "/fhir/CarePlan/c1", headers={"If-None-Match": 'W/"3"'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert len(door.flows.asked) == 1


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_unknown_withheld_and_impossible_ids_answer_alike_but_for_the_request_id(door: Any) -> None:
    def answer(path: str) -> tuple[Any, ...]:
        got = door.call("GET", path)
        told = got.headers["x-request-id"]
        assert UUID.fullmatch(told)
        headers = [(name, value) for name, value in got.headers.items() if name != "x-request-id"]
        return got.status_code, got.content.replace(told.encode(), b"ID"), headers

    unknown = answer("/fhir/CarePlan/unknown")

    assert unknown[0] == 404
    assert b"This does not mean that nothing exists. Reference ID. Urgent: +1 555 0100." in unknown[1]
    assert answer("/fhir/CarePlan/withheld") == unknown
    assert answer("/fhir/CarePlan/not%20an%20id") == unknown
    assert answer("/fhir/Goal/c1") == unknown
    told = answer("/fhir/Nonsense/c1")
    assert told[0] == 404 and b"TYPE_NOT_SERVED" in told[1], "which types there are is public"


@pytest.mark.requirement("P2-13-02")
def test_an_empty_answer_leaves_on_a_tick(slow_door: Any) -> None:
    began = time.perf_counter()
    slow_door.call("GET", "/fhir/CarePlan/unknown")

    assert time.perf_counter() - began >= 0.05


def test_the_reference_of_a_refused_read_is_the_one_support_finds(door: Any) -> None:
    error = NotFound("NO_SUCH_RECORD", "x")
    error.request_id = "22222222-2222-4222-8222-222222222222"  # type: ignore[attr-defined]
    door.flows.raises = error
    answer = door.call("GET", "/fhir/CarePlan/c1")

    assert answer.headers["x-request-id"] == "22222222-2222-4222-8222-222222222222"
    assert "22222222-2222-4222-8222-222222222222" in answer.text


@pytest.mark.parametrize("query", ["patient=p1", "patient=Patient/p1", "subject=p1", "patient:Patient=p1"])
def test_a_search_by_our_id_reaches_the_flow(door: Any, query: str) -> None:
    answer = door.call("GET", f"/fhir/CarePlan?{query}")

    assert answer.status_code == 200
    assert door.flows.asked[0][2:] == ("CarePlan", SearchCriteria(patient="p1"))


def test_a_patient_is_searched_by_its_own_id(door: Any) -> None:
    door.call("GET", "/fhir/Patient?_id=p1")

    assert door.flows.asked[0][2:] == ("Patient", SearchCriteria(patient="p1"))


def test_a_search_by_identifier_goes_by_form(door: Any) -> None:
    answer = door.call("POST", "/fhir/CarePlan/_search", data={"patient.identifier": "urn:otp|MRN 7"})

    assert answer.status_code == 200
    assert door.flows.asked[0][2:] == ("CarePlan", SearchCriteria(identifier=("urn:otp", "MRN 7")))


@pytest.mark.parametrize(
    "query",
    [
        "identifier=urn:otp|7",
        "patient.identifier=urn:otp|7",
        "patient:Patient.identifier=7",
        "patient.name=Ana",
        "family=Ana",
        "birthdate=1990-01-01",
        "address-city=Mesa",
        "patient=urn:otp|7",
        "_has:Observation:patient:identifier=7",
        "_content=Ana",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_identifies_a_person_is_refused_in_an_address(door: Any, method: str, query: str) -> None:
    path = "/fhir/CarePlan" + ("/_search" if method == "POST" else "")
    more = {"data": {"patient": "p1"}} if method == "POST" else {}
    answer = door.call(method, f"{path}?{query}", **more)

    assert answer.status_code == 400
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "SEARCH_BY_POST"
    assert "POST" in answer.json()["issue"][0]["details"]["text"]
    assert door.flows.asked == []


def test_an_unknown_parameter_is_ignored_unless_handling_is_strict(door: Any) -> None:
    lenient = door.call("GET", "/fhir/CarePlan?patient=p1&colour=red", headers={"Prefer": "handling=lenient"})
    strict = door.call("GET", "/fhir/CarePlan?patient=p1&colour=red", headers={"Prefer": "handling=strict"})

    assert (lenient.status_code, strict.status_code) == (200, 400)
    assert "colour" not in strict.text and "red" not in strict.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "PARAMETER_MISSING"),
        ("category=x", "PARAMETER_MISSING"),
        ("patient=p1&patient=p2", "PARAMETER_TWICE"),
        ("patient=not%20an%20id", "PARAMETER_INVALID"),
        ("patient=p1&x=%ff", "PARAMETER_INVALID"),
    ],
)
def test_a_search_must_name_one_patient(door: Any, query: str, code: str) -> None:
    answer = door.call("GET", f"/fhir/CarePlan?{query}")

    assert answer.status_code == 400
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == code


@pytest.mark.parametrize(
    "asked",
    [
        {"headers": {"Accept": "application/fhir+turtle"}},
        {"headers": {"Accept": "application/json;q=0"}},
        {"params": {"_format": "turtle"}},
    ],
)
def test_only_json_and_xml_are_written(door: Any, asked: dict[str, Any]) -> None:
    params = {"patient": "p1", **asked.pop("params", {})}

    assert door.call("GET", "/fhir/CarePlan", params=params, **asked).status_code == 406


@pytest.mark.parametrize("accept", ["*/*", "application/fhir+json", "text/html, application/json;q=0.9"])
def test_json_in_its_many_names_is_accepted(door: Any, accept: str) -> None:
    assert door.call("GET", "/fhir/CarePlan/c1", headers={"Accept": accept}).status_code == 200


@pytest.mark.requirement("SM-02")
def test_a_scope_for_another_type_or_interaction_does_not_open_the_door(door: Any) -> None:
    token = door.token("system/CarePlan.s system/Goal.r")

    assert door.call("GET", "/fhir/CarePlan/c1", token=token).status_code == 403
    assert door.call("GET", "/fhir/CarePlan?patient=p1", token=token).status_code == 200
    assert door.call("GET", "/fhir/Goal?patient=p1", token=token).status_code == 403


@pytest.mark.requirement("SM-03")
def test_another_purpose_than_the_tokens_is_refused(door: Any) -> None:
    refused = door.call("GET", "/fhir/CarePlan/c1", headers={"Purpose-Of-Use": "HPAYMT"})

    assert refused.status_code == 403
    assert door.call("GET", "/fhir/CarePlan/c1", headers={"Purpose-Of-Use": "TREAT"}).status_code == 200


def test_a_passing_trouble_says_when_to_come_back(door: Any) -> None:
    door.flows.raises = NotNow("STORE_BUSY", "the store is busy", retry_after_seconds=7)
    answer = door.call("GET", "/fhir/CarePlan/c1")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json()["issue"][0]["code"] == "transient"


@pytest.mark.requirement("P2-13-02")
def test_a_fault_of_ours_tells_nothing_but_its_reference(door: Any, capfd: Any) -> None:
    door.flows.raises = RuntimeError("CANARY Ana Lopez")
    answer = door.call("GET", "/fhir/CarePlan/c1")
    written = capfd.readouterr()

    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "CANARY" not in answer.text + written.out + written.err


def test_methods_and_interactions_that_are_not_served_are_405_or_422(door: Any) -> None:
    refused = door.call("DELETE", "/fhir/CarePlan/c1")

    assert refused.status_code == 405
    assert {"GET", "PUT"} <= set(refused.headers["allow"].replace(" ", "").split(","))
    assert door.post_resource("PUT", "/fhir/Location/c1", {"resourceType": "Location"}).status_code == 405
    told = door.post_resource("POST", "/fhir/Task", {"resourceType": "Task"})
    assert told.status_code == 405 and "transaction" in told.text


@pytest.mark.requirement("P2-13-02")
def test_neither_address_nor_query_nor_form_is_logged(door: Any, capfd: Any) -> None:
    door.call("GET", "/fhir/CarePlan?patient=CANARY1&x=CANARY2")
    door.call("GET", "/fhir/CarePlan/CANARY3", headers={"X-Note": "CANARY4"})
    door.call("POST", "/fhir/CarePlan/_search", data={"patient.identifier": "s|CANARY5"})
    written = capfd.readouterr()

    assert "request_answered" in written.err
    assert "CANARY" not in written.out + written.err


def test_the_shared_plan_is_asked_for_with_what_the_token_covers(door: Any) -> None:
    answer = door.call(
        "GET", "/fhir/Patient/p1/$shared-plan", token=door.token("system/CarePlan.rs system/Goal.s")
    )

    assert (answer.status_code, answer.json()["type"]) == (200, "collection")
    assert answer.headers["x-request-id"] == "11111111-1111-4111-8111-111111111111"
    ((what, caller, patient, types),) = door.flows.asked
    assert (what, caller.partner, patient, types) == ("shared-plan", "otp", "p1", ("CarePlan", "Goal"))


def test_an_operation_that_reads_is_called_by_post_as_well(door: Any) -> None:
    """As HAPI's client calls each that it is not told to ask by an address. FHIR R4, operations.html."""

    def ask(name: str, *listed: Any, **more: Any) -> Any:
        sent = {"resourceType": "Parameters", "parameter": list(listed), **more}
        return door.post_resource("POST", f"/fhir/Patient/p1/${name}", sent)

    of_goals, few = {"name": "_type", "valueCode": "Goal"}, {"name": "_count", "valueInteger": 7}
    assert ask("everything", of_goals, few).status_code == 200
    what, _, types, criteria = door.flows.asked[-1]
    assert (what, tuple(types), criteria.count, criteria.patient) == ("everything", ("Goal",), 7, "p1")
    assert criteria.asked == "Patient/p1/$everything?_type=Goal&_count=7"
    assert ask("shared-plan").status_code == 200
    assert door.call("POST", "/fhir/Patient/p1/$everything").status_code == 200
    before = len(door.flows.asked)
    assert ask("everything", {"name": "_type"}).status_code == 400
    assert ask("everything", {"name": "_type", "part": []}).status_code == 400
    assert ask("everything", {"name": "end", "valueDate": "2026-01-01"}).status_code == 400
    assert ask("shared-plan", resourceType="Patient").status_code == 422
    assert len(door.flows.asked) == before


@pytest.mark.parametrize(
    ("path", "scope", "status"),
    [
        ("/fhir/Patient/p1/$shared-plan", "system/Goal.rs", 403),
        ("/fhir/Patient/p1/$shared-plan", "system/CarePlan.r", 403),
        ("/fhir/Patient/a%20b/$shared-plan", "system/CarePlan.rs", 400),
        ("/fhir/Goal/p1/$shared-plan", "system/CarePlan.rs", 404),
    ],
)
def test_the_shared_plan_is_refused(door: Any, path: str, scope: str, status: int) -> None:
    assert door.call("GET", path, token=door.token(scope)).status_code == status
    assert door.flows.asked == []


def test_the_shared_plan_is_declared_as_an_operation(door: Any) -> None:
    models = pytest.importorskip("fhir.resources.R4B.operationdefinition")
    statement = door.call("GET", "/fhir/metadata", token=None).json()
    (declared,) = (
        operation
        for item in statement["rest"][0]["resource"]
        for operation in item.get("operation", ())
        if operation["name"] == "shared-plan"
    )
    definition = door.call("GET", declared["definition"].removeprefix("https://gateway.test"), token=None)

    assert definition.json()["code"] == declared["name"] == "shared-plan"
    models.OperationDefinition.model_validate(definition.json())


def asked(door: Any, query: str, kind: str = "Goal") -> SearchCriteria:
    """What the flow is asked for."""
    answer = door.call("GET", f"/fhir/{kind}?patient=p1&{query}")
    assert answer.status_code == 200, answer.text
    criteria: SearchCriteria = door.flows.asked[-1][3]
    return criteria


def test_filters_reach_the_flow_with_the_places_they_look_at(door: Any) -> None:
    query = (
        "lifecycle-status=active,on-hold&target-date=ge2026-05&target-date=lt2026-08&description:not=a%5C,b"
    )

    assert asked(door, query).filters == (
        Filter("token", ("lifecycleStatus",), ("active", "on-hold")),
        Filter("date", ("target.dueDate",), ("ge2026-05",)),
        Filter("date", ("target.dueDate",), ("lt2026-08",)),
        Filter("token", ("description",), ("a,b",), negated=True),
    )
    assert asked(door, "start-date:missing=true").filters == (
        Filter("date", ("startDate",), (), missing=True),
    )


def test_order_and_length_of_a_page_reach_the_flow(door: Any) -> None:
    assert (asked(door, "").sort, asked(door, "").count) == ((), 250)
    last = asked(door, "_sort=-target-date&_count=10")
    assert (last.sort, last.descending, last.count) == (("target.dueDate",), True, 10)
    assert asked(door, "_count=100000").count == 250
    assert asked(door, "_sort=_lastUpdated").sort == ("meta.lastUpdated",)


def test_the_links_of_an_answer_repeat_nothing_that_the_caller_wrote(door: Any) -> None:
    told = asked(door, "category=x&colour=red&_count=5")
    assert told.address == f"{BASE}/fhir/Goal"
    assert told.page_address == f"{BASE}/fhir/Goal?_page="


def test_a_page_is_asked_for_by_its_token_alone(door: Any) -> None:
    door.call("GET", "/fhir/Goal?_page=abc&category=x")
    told = door.flows.asked[-1][3]
    assert (told.page, told.patient, told.filters) == ("abc", None, ())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("target-date=soon", "PARAMETER_INVALID"),
        ("target-date=", "PARAMETER_INVALID"),
        ("category=a,,b", "PARAMETER_INVALID"),
        ("_sort=category", "PARAMETER_INVALID"),
        ("_sort=target-date&_sort=start-date", "PARAMETER_INVALID"),
        ("_count=ten", "PARAMETER_INVALID"),
        ("_count=-1", "PARAMETER_INVALID"),
        ("_count=0&_count=1", "PARAMETER_INVALID"),
        ("_page=", "PARAMETER_INVALID"),
        ("category=" + ",".join("a" * 33), "PARAMETER_INVALID"),
        ("&".join(["category=a"] * 17), "PARAMETER_INVALID"),
        ("category:text=a", "PARAMETER_MODIFIER"),
        ("target-date:not=2026", "PARAMETER_MODIFIER"),
        ("category:missing=perhaps", "PARAMETER_MODIFIER"),
    ],
)
def test_a_filter_that_cannot_be_kept_is_refused_without_its_value(door: Any, query: str, code: str) -> None:
    answer = door.call("GET", f"/fhir/Goal?patient=p1&{query}")

    assert answer.status_code == 400
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == code
    assert door.flows.asked == []
