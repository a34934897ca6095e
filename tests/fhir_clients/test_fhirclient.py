"""`fhirclient` (the SMART client for Python) finds the token endpoint by itself and reads, searches and answers."""

from __future__ import annotations

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.careplan import CarePlan
from fhirclient.models.consent import Consent
from fhirclient.models.goal import Goal
from fhirclient.models.patient import Patient
from fhirclient.models.task import Task
from fhirclient.server import FHIRNotFoundException, FHIRUnauthorizedException

from gateway.demo import person
from tests.fhir_clients.conftest import OTP, County

pytestmark = [pytest.mark.unmeasured, pytest.mark.slow]


def signed_in(county: County, partner: str = "otp") -> FHIRClient:
    """A client that was given a signed statement and has fetched its token with it."""
    settings = {
        "app_id": f"{partner}-client",
        "api_base": county.base,
        "scope": "system/*.cruds",
        "jwt_token": county.statement(partner),
    }
    client = FHIRClient(settings)
    client.wants_patient = False
    client.prepare()
    client.authorize()
    assert client.ready
    return client


@pytest.fixture(scope="module")
def program(county: County) -> FHIRClient:
    """The program's client."""
    return signed_in(county)


@pytest.fixture(scope="module")
def her(program: FHIRClient) -> str:
    """Her id, from the answer to a transaction."""
    bundle = Bundle(person.treatment_plan())
    answer = program.server.post_json("", bundle.as_json()).json()
    told = Bundle(answer)
    return next(
        str(e.response.location).split("/")[1] for e in told.entry if "Patient/" in e.response.location
    )


def test_the_capability_statement_is_one_that_it_understands(program: FHIRClient) -> None:
    statement = program.server.capabilityStatement
    served = {one.type for one in statement.rest[0].resource}

    assert statement.fhirVersion == "4.0.1"
    assert {"CarePlan", "Consent", "Patient", "Task"} <= served


def test_it_reads_and_searches_page_by_page(program: FHIRClient, her: str) -> None:
    patient = Patient.read(her, program.server)
    assert program.human_name(patient.name[0]) == " ".join(reversed(person.NAME))

    search = Goal.where({"patient": her, "_count": "1"})
    goals = {goal.id for goal in search.perform_resources_iter(program.server)}
    assert len(goals) == 2
    (plan,) = CarePlan.where({"patient": her}).perform_resources_iter(program.server)
    assert len(plan.goal) == 2
    with pytest.raises(FHIRNotFoundException):
        CarePlan.read("nobody", program.server)


def test_it_records_a_consent_and_takes_it_back(program: FHIRClient) -> None:
    consent = Consent(person.consent("otp", "employment", "COC", identifier=OTP, classes=("Goal",)))
    answer = consent.create(program.server)
    made = Consent(answer)

    assert made.id
    made._server = program.server
    made.status = "inactive"
    made.update(program.server)
    assert Consent.read(made.id, program.server).status == "inactive"


def test_it_answers_a_referral(county: County, program: FHIRClient) -> None:
    told = county.referral()
    task = Task.read(told["Task"], program.server)
    for step in ("accepted", "in-progress", "completed"):
        task.status = step
        task.update(program.server)
        assert Task.read(told["Task"], program.server).status == step


def test_without_a_token_it_hears_that_it_needs_one(county: County) -> None:
    stranger = FHIRClient({"app_id": "nobody", "api_base": county.base})
    with pytest.raises(FHIRUnauthorizedException):
        Patient.read("x", stranger.server)
