"""`/fhir/Subscription`: what the door takes and hands on."""

from __future__ import annotations

import pytest

from gateway.resources.searching import Filter
from tests.gateway.fhir_api.conftest import BASE, FLOW_ID, Door

PATH = "/fhir/Subscription"
ASKED = {"resourceType": "Subscription", "status": "requested"}


@pytest.mark.requirement("SB-01")
def test_it_is_made_read_changed_and_taken_away(door: Door) -> None:
    made = door.post_resource("POST", PATH, ASKED)
    assert made.status_code == 201
    assert made.headers["location"] == f"{BASE}/fhir/Subscription/s1/_history/1"
    read = door.call("GET", f"{PATH}/s1")
    assert (read.status_code, read.headers["etag"]) == (200, 'W/"1"')
    changed = door.post_resource("PUT", f"{PATH}/s1", {**ASKED, "id": "s1"}, headers={"If-Match": 'W/"3"'})
    assert changed.status_code == 200
    gone = door.call("DELETE", f"{PATH}/s1")
    assert (gone.status_code, gone.content) == (204, b"")
    names = [asked[0] for asked in door.flows.asked]
    assert names == ["new-subscription", "subscription", "update", "remove-subscription"]
    assert door.flows.asked[2][-1] == "3"


@pytest.mark.requirement("SB-01")
def test_its_status_and_its_events_are_asked_for(door: Door) -> None:
    assert door.call("GET", f"{PATH}/$status").headers["x-request-id"] == FLOW_ID
    assert door.call("GET", f"{PATH}/s1/$status").status_code == 200
    door.call("GET", f"{PATH}/s1/$events", params={"eventsSinceNumber": "2", "eventsUntilNumber": "7"})
    door.call("GET", f"{PATH}/s1/$events")
    found = [(asked[0], *asked[2:]) for asked in door.flows.asked]
    assert found[:3] == [
        ("subscription-status", None, BASE),
        ("subscription-status", "s1", BASE),
        ("subscription-events", "s1", 2, 7, BASE),
    ]
    assert found[3][2] == 1 and found[3][3] > 1 << 60


@pytest.mark.requirement("SB-01")
def test_it_is_searched_by_address_and_by_form(door: Door) -> None:
    assert door.call("GET", PATH, params={"status": "active", "colour": "red"}).json()["type"] == "searchset"
    by_form = door.call("POST", f"{PATH}/_search", data={"url": "https://a.test", "type": "rest-hook"})
    assert (by_form.status_code, by_form.headers["x-request-id"]) == (200, FLOW_ID)
    strict = door.call("GET", PATH, params={"colour": "red"}, headers={"Prefer": "handling=strict"})
    assert strict.status_code == 400
    status, url, kind = Filter("token", ("status",), ("active",)), ("channel.endpoint",), ("channel.type",)
    assert [asked[0:1] + asked[2:] for asked in door.flows.asked] == [
        ("subscriptions", (status,), BASE),
        (
            "subscriptions",
            (Filter("uri", url, ("https://a.test",)), Filter("token", kind, ("rest-hook",))),
            BASE,
        ),
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"eventsSinceNumber": "x"},
        {"eventsSinceNumber": "-1"},
        {"eventsSinceNumber": "9" * 40},
        {"elsewhere": "1"},
        "eventsSinceNumber=1&eventsSinceNumber=2",
    ],
)
def test_odd_numbers_are_refused(door: Door, params: object) -> None:
    assert door.call("GET", f"{PATH}/s1/$events", params=params).status_code == 400
    assert door.flows.asked == []


@pytest.mark.requirement("SM-02")
@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", PATH, "system/Subscription.ruds"),
        ("GET", f"{PATH}/s1", "system/Subscription.cuds"),
        ("GET", f"{PATH}/s1/$events", "system/Subscription.cuds"),
        ("GET", f"{PATH}/$status", "system/CarePlan.cruds"),
        ("GET", PATH, "system/Subscription.crud"),
        ("POST", f"{PATH}/_search", "system/Subscription.crud"),
        ("PUT", f"{PATH}/s1", "system/Subscription.crds"),
        ("DELETE", f"{PATH}/s1", "system/Subscription.crus"),
    ],
)
def test_each_act_needs_its_scope(door: Door, method: str, path: str, scope: str) -> None:
    answer = door.post_resource(method, path, {**ASKED, "id": "s1"}, token=door.token(scope))
    assert answer.status_code == 403 and door.flows.asked == []
    assert door.post_resource(method, path, {**ASKED, "id": "s1"}, token=None).status_code == 401


@pytest.mark.parametrize("resource", [{"resourceType": "Consent", "id": "s1"}, {**ASKED, "id": "another"}])
def test_what_is_no_subscription_or_another_is_refused(door: Door, resource: object) -> None:
    assert door.post_resource("PUT", f"{PATH}/s1", resource).status_code == 422
    assert door.flows.asked == []


def test_it_is_declared_with_its_topics(door: Door) -> None:
    statement = door.call("GET", "/fhir/metadata").json()
    (declared,) = (one for one in statement["rest"][0]["resource"] if one["type"] == "Subscription")
    assert {one["code"] for one in declared["interaction"]} == {
        "create",
        "read",
        "search-type",
        "update",
        "delete",
    }
    assert {one["valueCanonical"] for one in declared["extension"]} == {
        f"urn:warm-handoff:subscription-topic:{name}"
        for name in ("referral-status", "care-plan", "consent", "message")
    }
    smart = door.call("GET", "/.well-known/smart-configuration").json()
    assert "system/Subscription.cruds" in smart["scopes_supported"]
