"""A referral goes from one county's gateway to another's, each with its own network, keys and consents, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import person
from gateway.demo.records import referral, transaction
from gateway.partners import FhirDelivery
from tests.gateway.county import MRN, County, resources_of
from tests.gateway.disclosure.twins import Api


@pytest.fixture
def here(tmp_path: Path) -> Iterator[County]:
    """The county of the hospital; its partner `otp` is reached through the other county's gateway."""
    made = County(tmp_path / "here")
    yield made
    made.close()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[County]:
    """The county of the treatment program; to it the first gateway is the partner `hospital`, by FHIR."""
    made = County(tmp_path / "there")
    made.change_partner("hospital", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir"))
    yield made
    made.close()


def hand_on(content: bytes, api: Api, who: str) -> list[dict[str, Any]]:
    """What is pushed by one gateway, taken by the other; its responses."""
    answer = api.send(who, "POST", "/fhir", content, {"Content-Type": "application/fhir+json"})
    assert answer.status_code == 200, answer.text
    return [entry["response"] for entry in answer.json()["entry"]]


def leads_nowhere(value: object, entries: frozenset[str]) -> Iterator[str]:
    """The literal references that a server which checks them finds neither in the Bundle nor inside the resource."""
    if isinstance(value, dict):
        reference = str(value.get("reference", ""))
        if reference and not reference.startswith("#") and reference not in entries:
            yield reference
        for part in value.values():
            yield from leads_nowhere(part, entries)
    elif isinstance(value, list):
        for part in value:
            yield from leads_nowhere(part, entries)


def dangling(content: bytes) -> list[str]:
    """Of a transaction that is pushed."""
    bundle = json.loads(content)
    entries = frozenset(f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"])
    return list(leads_nowhere(bundle, entries))


def allow(*counties: County) -> None:
    """In each she permits the hospital to refer her to the program, and the program to say what became of it."""
    for county in counties:
        county.change_partner("hospital", may_record_consent_for=("otp",))
        county.consent()
        county.consent("hospital", discloser="otp", by="hospital", classes=("Task",))


@pytest.mark.requirement("SD-02", "P2-13-01")
def test_a_referral_is_handed_on_to_another_county_and_its_answer_comes_back(
    here: County, there: County
) -> None:
    here.refer()
    allow(here, there)
    pushed = here.deliver().content
    (task,) = resources_of(pushed)["Task"]
    assert task["owner"]["reference"].startswith("PractitionerRole/"), "as the hospital named whom it asks"
    assert not dangling(pushed)

    hand_on(pushed, Api(there), "hospital TREAT")
    (got,) = resources_of(there.deliver().content)["ServiceRequest"]
    assert got["identifier"][0]["value"] == "R-1"

    for status in ("accepted", "completed"):
        if status == "completed":
            there.answer("otp", "in-progress")
            there.deliver()  # what is lost on its way does not stop what comes after it
        there.answer("otp", status)
        hand_on(there.deliver().content, Api(here), "otp TREAT")
        assert (here.task().resource["status"], here.task().source_partner) == (status, "otp")
        told = here.deliver().content.decode()
        assert told.startswith("MSH|") and "R-1^RIVERBEND" in told
    assert len(here.records("ServiceRequest")) == 1, "the copy that came back is no second order"


@pytest.mark.requirement("SD-01", "SD-02")
def test_a_referral_without_a_number_comes_back_under_our_id_of_it(here: County, there: County) -> None:
    allow(here, there)
    here.change_partner("hospital", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir"))
    her = person.person(*MRN)
    asked = referral(2, "hospital", "otp", "methadone treatment", "", priority="routine")
    unnumbered = [{name: value for name, value in one.items() if name != "identifier"} for one in asked]
    here.submit("hospital", transaction(her, *unnumbered))
    pushed = here.deliver().content
    (task,) = resources_of(pushed)["Task"]
    assert task["owner"]["identifier"]["value"] == "1000000012", "an id of ours means nothing there"
    assert not dangling(pushed), "a server that checks references would refuse it, or mean its own `otp`"
    assert task["requester"]["identifier"]["value"] == "1000000004"

    hand_on(pushed, Api(there), "hospital TREAT")
    assert there.task().resource["requester"]["reference"] == "Organization/hospital", "found as if named so"
    assert not dangling(there.deliver().content)
    there.answer("otp", "rejected", statusReason={"text": "no room this month"})
    hand_on(there.deliver().content, Api(here), "otp TREAT")

    assert here.task().resource["status"] == "rejected"
    assert here.task().resource["statusReason"]["text"]
