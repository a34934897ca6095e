"""`fhirpy`, asynchronous and synchronous, does a program's day: what it calls, it gets, without knowing us."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, ForbiddenError, OperationOutcome, ResourceNotFound

from gateway.demo import person
from gateway.flows.subscription_topics import CONTENT, canonical_of
from tests.fhir_clients.conftest import OTP, County

pytestmark = [pytest.mark.unmeasured, pytest.mark.slow]


@pytest.fixture(scope="module")
def shared(county: County) -> str:
    """The id under which the program may ask for her, from the answer to its own transaction."""
    client = SyncFHIRClient(county.base, authorization=f"Bearer {county.token('otp')}")
    answer = client.execute("", data=person.treatment_plan())
    assert answer["type"] == "transaction-response"
    places = [entry["response"]["location"] for entry in answer["entry"]]
    assert all(entry["response"]["status"].startswith("20") for entry in answer["entry"])
    (patient,) = (place.split("/")[1] for place in places if place.startswith("Patient/"))
    return str(patient)


def sync(county: County, partner: str = "otp", purpose: str = "TREAT") -> SyncFHIRClient:
    return SyncFHIRClient(county.base, authorization=f"Bearer {county.token(partner, purpose)}")


def subscription(county: County) -> dict[str, Any]:
    return {
        "status": "requested",
        "reason": "to know at once",
        "criteria": canonical_of("care-plan"),
        "channel": {
            "type": "rest-hook",
            "endpoint": county.endpoint,
            "payload": "application/fhir+json",
            "_payload": {"extension": [{"url": CONTENT, "valueCode": "id-only"}]},
        },
    }


def test_discovery_needs_no_token(county: County) -> None:
    client = SyncFHIRClient(county.base)
    statement = client.execute("metadata", method="get")
    smart = client.execute(".well-known/smart-configuration", method="get")

    assert (statement["resourceType"], statement["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert statement["implementation"]["url"] == county.base
    assert smart["token_endpoint"].startswith(county.gateway.base)


def test_searching_goes_through_every_page(county: County, shared: str) -> None:
    client = sync(county)
    goals = client.resources("Goal").search(patient=shared)
    everyone = {goal["id"] for goal in goals.limit(1).fetch_all()}

    assert len(everyone) == 2
    assert {goal["id"] for goal in goals.fetch()} == everyone
    assert len(goals.search(target_date__ge="2026-06-01").fetch()) == 1
    assert goals.search(lifecycle_status__not="active").fetch() == []
    assert goals.limit(1).first()["id"] in everyone
    with pytest.raises(ResourceNotFound):
        goals.search(target_date__ge="2031-01-01").get()


def test_the_directory_is_searched_and_who_wrote_something_is_read(county: County, shared: str) -> None:
    client = sync(county)
    (agency,) = client.resources("Organization").search(name="desert").fetch()
    assert agency.to_reference().to_resource()["name"] == "Desert Housing"
    assert client.resources("Provenance").search(patient=shared).fetch() == []
    asks = client.resources("AuditEvent").search(subtype="search-type").limit(5).fetch()
    assert asks[0]["outcome"] == "0" and asks[0]["agent"]


def test_what_a_plan_refers_to_comes_along_and_references_can_be_followed(
    county: County, shared: str
) -> None:
    client = sync(county)
    plans = client.resources("CarePlan").search(patient=shared)
    bundle = plans.include("CarePlan", "goal").fetch_raw()
    kinds = [(entry.search["mode"], entry.resource.resource_type) for entry in bundle.entry]

    assert kinds.count(("match", "CarePlan")) == 1
    assert kinds.count(("include", "Goal")) == 2
    plan = plans.get()
    goal = plan["goal"][0].to_resource()
    assert (goal.resource_type, goal["lifecycleStatus"]) == ("Goal", "active")
    assert plan["subject"].to_resource()["name"][0]["family"] == person.NAME[0]
    assert len(plans.revinclude("Goal", "patient").fetch()) == 1


def test_a_client_that_has_read_asks_again_only_for_what_has_changed(county: County, shared: str) -> None:
    plan = sync(county).resources("CarePlan").search(patient=shared).get()
    before = plan.serialize()

    assert plan.refresh().serialize() == before


def test_a_record_is_made_and_changed_under_its_id(county: County, shared: str) -> None:
    client = sync(county)
    worry = client.resource("Condition", subject={"reference": f"Patient/{shared}"}, code={"text": "no home"})
    worry.create()
    worry["code"] = {"text": "a room"}
    worry.update()
    again = client.reference("Condition", worry.id).to_resource()
    assert again["code"]["text"] == "a room"


def test_everything_and_history(county: County, shared: str) -> None:
    client = sync(county)
    bundle = client.reference("Patient", shared).execute("$everything", method="get")
    assert {"Patient", "CarePlan", "Goal"} <= {e["resource"]["resourceType"] for e in bundle["entry"]}

    plan = client.resources("CarePlan").search(patient=shared).get()
    history = plan.execute("_history", method="get")
    assert history["type"] == "history"
    version = history["entry"][0]["resource"]["meta"]["versionId"]
    assert plan.execute(f"_history/{version}", method="get")["id"] == plan["id"]


def test_a_consent_is_checked_recorded_and_withdrawn(county: County) -> None:
    client = sync(county)
    made = person.consent("otp", "psychiatry", "TREAT", identifier=OTP, classes=("Goal",))
    consent = client.resource("Consent", **{k: v for k, v in made.items() if k != "resourceType"})
    assert consent.is_valid(raise_exception=True)

    consent.save()
    assert consent["meta"]["versionId"]
    assert client.reference("Consent", consent["id"]).to_resource()["status"] == "active"
    consent["status"] = "inactive"
    consent.save()
    assert client.get("Consent", consent["id"])["status"] == "inactive"


def test_a_consent_that_is_there_already_is_not_recorded_twice(county: County, shared: str) -> None:
    condition = {"If-None-Exist": f"patient={shared}&date=2026-05-01"}
    client = SyncFHIRClient(
        county.base, authorization=f"Bearer {county.token('otp')}", extra_headers=condition
    )
    made = person.consent("otp", "benefits", "COC", identifier=OTP, classes=("Goal",))
    given = {**made, "dateTime": "2026-05-01T10:00:00-07:00"}
    del given["resourceType"]
    first, again = (client.resource("Consent", **given, language=one).create() for one in ("en", "es"))

    assert first["id"] == again["id"]
    assert again["language"] == "en"


def test_the_task_of_a_referral_goes_round(county: County) -> None:
    told = county.referral()
    client = sync(county)
    task = client.reference("Task", told["Task"]).to_resource()
    assert task["status"] == "requested"

    for step in ("accepted", "in-progress", "completed"):
        task["status"] = step
        task.save()
        assert client.get("Task", told["Task"])["status"] == step
    task["status"] = "requested"
    with pytest.raises(OperationOutcome) as refused:
        task.save()
    assert refused.value.resource["issue"][0]["details"]["coding"][0]["code"] == "STATUS_JUMP"


def test_a_subscription_is_made_told_and_ended(county: County) -> None:
    client = sync(county)
    made = client.resource("Subscription", **subscription(county)).create()
    assert county.heard("handshake", made["id"])

    bundle = person.treatment_plan()
    bundle["entry"][-1]["resource"]["title"] = "Another plan"
    assert client.execute("", data=bundle)["entry"]
    (event,) = county.heard("event-notification", made["id"])["events"]
    focus = next(part["valueReference"]["reference"] for part in event if part["name"] == "focus")
    assert client.execute(focus, method="get")["title"] == "Another plan"
    status = made.execute("$status", method="get")["entry"][0]["resource"]["parameter"]
    assert next(one["valueCode"] for one in status if one["name"] == "status") == "active"
    made.delete()
    with pytest.raises(ResourceNotFound):
        made.refresh()


def test_what_goes_wrong_is_an_error_of_its_own_kind(county: County, shared: str) -> None:
    with pytest.raises(AuthorizationError):
        SyncFHIRClient(county.base).resources("Goal").search(patient=shared).fetch()
    with pytest.raises(ResourceNotFound):
        sync(county).get("CarePlan", "nobody")
    with pytest.raises(OperationOutcome):
        sync(county).resources("Goal").fetch()
    with pytest.raises(ForbiddenError):
        SyncFHIRClient(
            county.base,
            authorization=f"Bearer {county.token('otp')}",
            extra_headers={"Purpose-Of-Use": "HPAYMT"},
        ).get("Patient", shared)


def test_the_asynchronous_client_does_the_same(county: County, shared: str) -> None:
    async def day() -> tuple[int, str, str]:
        client = AsyncFHIRClient(county.base, authorization=f"Bearer {county.token('otp')}")
        goals = client.resources("Goal").search(patient=shared).limit(1)
        found = [goal async for goal in goals]
        plan = await client.resources("CarePlan").search(patient=shared).first()
        same = await plan.refresh()
        made = await client.resource("Subscription", **subscription(county)).create()
        status = made["status"]
        await made.delete()
        return len({goal["id"] for goal in found}), same["id"], status

    found, plan, status = asyncio.run(asyncio.wait_for(day(), 90))

    assert (found, status) == (2, "requested")
    assert plan
