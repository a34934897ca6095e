"""A FHIR transaction that is refused before anything of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.demo import person
from gateway.errors import HandoffError
from tests.gateway.county import OTP, County

URN = "urn:uuid:44444444-4444-4444-8444-44444444444"


def transaction(*entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def put(resource: dict[str, Any], own_id: str) -> dict[str, Any]:
    """One entry, under the sender's own id."""
    name = f"{resource['resourceType']}/{own_id}"
    return {"fullUrl": f"https://ehr.example/{name}", "resource": resource, "request": _request("PUT", name)}


def post(resource: Any, url: str, number: int = 0) -> dict[str, Any]:
    """One entry without an id."""
    return {"fullUrl": f"{URN}{number}", "resource": resource, "request": _request("POST", url)}


def refusal(work: Callable[[], object]) -> tuple[str, str | None]:
    """Code and place of the error that `work` raises."""
    with pytest.raises(HandoffError) as raised:
        work()
    return raised.value.code, raised.value.place


def _request(method: str, url: str) -> dict[str, str]:
    return {"method": method, "url": url}


HER = person.person(*OTP)
GOAL = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "Sleep"},
    "subject": {"reference": "Patient/p1"},
}


@pytest.mark.requirement("SM-02")
@pytest.mark.parametrize(
    ("method", "url"), [("POST", "Goal"), ("PUT", "Goal/c1"), ("POST", ""), ("PUT", "ConsentX/c1")]
)
def test_an_entry_must_address_the_type_it_holds(county: County, method: str, url: str) -> None:
    made = person.consent("otp", "psychiatry", "TREAT", identifier=OTP)
    entry = {**post(made, url, 1), "request": _request(method, url)}

    said = refusal(lambda: county.submit("otp", transaction(put(HER, "p1"), entry)))

    assert said == ("ENTRY_TYPE_DIFFERS", "Bundle.entry[1].request.url")
    assert county.look(lambda reading: reading.rows("inbox.newest", {"limit": 9, "partner": None})) == []


@pytest.mark.parametrize(
    ("entries", "code", "place"),
    [
        (None, "BUNDLE_SHAPE", "Bundle.entry"),
        ({"a": 1}, "BUNDLE_SHAPE", "Bundle.entry"),
        (5, "BUNDLE_SHAPE", "Bundle.entry"),
        ("abc", "BUNDLE_SHAPE", "Bundle.entry"),
        ([], "ENTRY_COUNT", "Bundle.entry"),
        ([5], "BUNDLE_SHAPE", "Bundle.entry[0]"),
        ([post(None, "Patient")], "BUNDLE_SHAPE", "Bundle.entry[0].resource"),
        ([post([], "Patient")], "BUNDLE_SHAPE", "Bundle.entry[0].resource"),
        ([{**post(HER, "Patient"), "request": 1}], "BUNDLE_SHAPE", "Bundle.entry[0].request"),
        ([{**post(HER, "Patient"), "fullUrl": {}}], "BUNDLE_SHAPE", "Bundle.entry[0].fullUrl"),
        ([{"resource": HER, "request": {"method": [], "url": "Patient"}}], "BUNDLE_SHAPE", None),
        ([{}], "RESOURCE_TYPE_UNKNOWN", "Bundle.entry[0].resource.resourceType"),
    ],
)
def test_a_bundle_of_the_wrong_shape_is_refused_at_its_place(
    county: County, entries: Any, code: str, place: str | None
) -> None:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}

    said = refusal(lambda: county.submit("otp", bundle))

    assert said == (code, place or "Bundle.entry[0].request.method")
