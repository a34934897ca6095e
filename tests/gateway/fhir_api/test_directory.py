"""Who stands behind her records (workers, agencies, who wrote what, papers) by the gate; the directory is open."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.audit import find_by_request
from gateway.cli.services_command import import_services
from gateway.demo import person
from gateway.disclosure.content import sha256_of
from gateway.fhir_api.served import PROFILES
from gateway.partners.directory import NPI_SYSTEM
from gateway.partners.network import ListedPractitioner
from gateway.partners.services import write_services
from gateway.resources import check_resource
from gateway.store import records
from mappings.profile_tables import US_CORE
from mappings.profiles import profile_fits
from tests.gateway.county import OTP, County, _starting_network, matches
from tests.gateway.disclosure.hidden_county import PAPER, behind
from tests.gateway.disclosure.twins import Api, said
from tests.gateway.flows.test_submissions_again import put, referral

SAMPLE = Path("mappings/formats/directory/hsds/samples/pantry.json")
KINDS = ("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Provenance")
CLINIC, SUITE, FOOD = ("Organization/hs-org", "Location/hs-place", "HealthcareService/hs-food")


@pytest.fixture
def api(county: County) -> Api:
    county.submit("otp", behind(person.treatment_plan()))
    county.submit("housing", person.housing_client(), purpose="COC")
    return Api(county)


def found(api: Api, who: str, path: str) -> list[dict[str, Any]]:
    answer = api.ask(who, "GET", path)
    assert answer.status_code == 200, answer.text
    return [one["resource"] for one in answer.json().get("entry", ()) if one["search"]["mode"] != "outcome"]


def names(resources: list[dict[str, Any]]) -> set[str]:
    return {f"{one['resourceType']}/{one['id']}" for one in resources}


@pytest.mark.requirement("FH-RED-01", "FH-RED-02", "P2-13-02")
def test_who_stands_behind_her_records_is_told_to_who_may_see_them_alone(api: Api, county: County) -> None:
    her = county.patient_id
    held = list(county.records(*KINDS, "Binary", "DocumentReference"))
    for record in held:
        assert api.ask("otp TREAT", "GET", f"/fhir/{record.reference}").status_code == 200
        for path in (record.reference, f"{record.reference}/_history"):
            unknown = path.replace(record.id, "00000000-0000-8000-8000-000000000000")
            told = [said(api.ask("employment COC", "GET", f"/fhir/{one}")) for one in (path, unknown)]
            assert told[0] == told[1] and told[0][0] == 404, path
        if record.resource_type in KINDS:
            for limit in (f"_id={record.id}", f"patient={her}"):
                assert found(api, "employment COC", f"/fhir/{record.resource_type}?{limit}") == []
    worker = next(one for one in held if one.resource_type == "Practitioner")
    county.consent("psychiatry", discloser="otp", identifier=OTP)
    path = f"/fhir/Practitioner?patient={her}"
    assert names(found(api, "psychiatry TREAT", f"{path}&name=ort")) == {worker.reference}
    assert found(api, "psychiatry TREAT", f"{path}&name:exact=ort") == []
    assert names(found(api, "psychiatry TREAT", f"/fhir/Practitioner?_id={worker.id}")) == {worker.reference}
    role = f"/fhir/PractitionerRole?practitioner={worker.reference}&_include=PractitionerRole:practitioner"
    assert {one["resourceType"] for one in found(api, "psychiatry TREAT", role)} == {
        "Practitioner",
        "PractitionerRole",
    }
    history = api.ask("psychiatry TREAT", "GET", f"/fhir/{worker.reference}/_history").json()
    assert history["total"] == 1
    assert found(api, "psychiatry TREAT", "/fhir/Practitioner?name=ort") == [], (
        "without her nobody is found by a name"
    )


@pytest.mark.requirement("FH-RED-01", "FH-RED-02")
def test_who_wrote_something_is_told_of_what_may_be_seen_alone(api: Api, county: County) -> None:
    her, plan = county.patient_id, county.records("CarePlan")[0].reference
    of_goal = next(one for one in county.records("Provenance") if len(one.resource["target"]) == 1)
    classes = ("CarePlan", "Patient", "Practitioner", "Provenance")
    county.consent("psychiatry", discloser="otp", identifier=OTP, classes=classes)
    told = found(api, "psychiatry TREAT", f"/fhir/Provenance?patient={her}")
    assert [one["target"] for one in told] == [[{"reference": plan}]], "the goal that is withheld is unnamed"
    assert found(api, "psychiatry TREAT", f"/fhir/Provenance?target={plan}") == told
    assert found(api, "psychiatry TREAT", f"/fhir/Provenance?target:CarePlan={plan[9:]}") == told
    goal = of_goal.resource["target"][0]["reference"]
    assert found(api, "psychiatry TREAT", f"/fhir/Provenance?target={goal}") == []
    assert api.ask("psychiatry TREAT", "GET", f"/fhir/{of_goal.reference}").status_code == 404
    name = f"Provenance/{told[0]['id']}"
    of_hidden = {**of_goal.resource, "id": "x"}
    own = replace(of_goal, id="x", source_partner="psychiatry", sources=("psychiatry",), resource=of_hidden)
    county.write(lambda tx: records.save(tx, own))
    assert found(api, "psychiatry TREAT", f"/fhir/Provenance?target={goal}") == [], "or it would be there"
    for path in (name, f"{name}/_history/{told[0]['meta']['versionId']}"):
        assert api.ask("psychiatry TREAT", "GET", f"/fhir/{path}").json()["target"] == [{"reference": plan}]
    along = f"/fhir/CarePlan?patient={her}&_revinclude=Provenance:target&_include:iterate=Provenance:agent"
    assert {one["resourceType"] for one in found(api, "psychiatry TREAT", along)} == {
        "CarePlan",
        "Practitioner",
        "Provenance",
    }
    entry = county.audit("disclose")[-1].entry
    assert entry is not None
    left = {row.reference for row in entry.resources if row.outcome != "withhold"}
    assert plan in left and name in left, "what was shown is in the log, and nothing else as shown"
    assert goal not in left and of_goal.reference not in left


@pytest.mark.requirement("FH-RED-01")
def test_a_paper_is_shown_with_its_document_and_never_without(api: Api, county: County) -> None:
    (binary,), (document,) = county.records("Binary"), county.records("DocumentReference")
    url = document.resource["content"][0]["attachment"]["url"]
    assert url == binary.reference, "its address is resolved as a reference is"
    shown = api.ask("otp TREAT", "GET", f"/fhir/{binary.reference}").json()
    assert base64.b64decode(shown["data"]) == PAPER
    asked = ("psychiatry TREAT", "GET", f"/fhir/{binary.reference}")
    county.consent("psychiatry", discloser="otp", identifier=OTP, classes=("Binary", "Patient"))
    assert api.ask(*asked).status_code == 404, "the document is withheld"
    everything = f"/fhir/Patient/{county.patient_id}/$everything"
    assert binary.reference not in names(found(api, "psychiatry TREAT", everything))
    theirs = {**document.resource, "id": "x", "subject": {"reference": f"Patient/{county.patient_id}"}}
    own = replace(document, id="x", source_partner="psychiatry", sources=("psychiatry",), resource=theirs)
    county.write(lambda tx: records.save(tx, own))
    assert api.ask(*asked).status_code == 404, "nor does a document of one's own open it"
    its = county.consent("psychiatry", discloser="otp", identifier=OTP, classes=("DocumentReference",))
    assert base64.b64decode(api.ask(*asked).json()["data"]) == PAPER
    as_it_is = api.ask(*asked, Accept="text/plain, application/pdf;q=0.5")
    assert (as_it_is.content, as_it_is.headers["content-type"]) == (PAPER, "text/plain")
    assert as_it_is.headers["content-disposition"] == "attachment" and "etag" in as_it_is.headers
    assert "42 CFR part 2" in as_it_is.headers["warning"]
    (logged,) = county.look(lambda r: find_by_request(r, as_it_is.headers["x-request-id"]))
    assert logged.entry is not None and logged.entry.bytes_sha256 == sha256_of(PAPER)
    assert binary.reference in {row.reference for row in logged.entry.resources}
    nothing = said(api.ask(asked[0], "GET", "/fhir/Binary/none", Accept="text/plain"))
    assert said(api.ask(*asked, Accept="application/pdf")) == nothing, "another type is nothing"
    assert said(api.ask(asked[0], "GET", "/fhir/Binary/x%20y", Accept="text/plain")) == nothing
    assert api.ask("psychiatry TREAT system/Goal.r", *asked[1:], Accept="text/plain").status_code == 403
    county.withdraw(its, by="otp")
    assert api.ask(*asked).status_code == 404
    assert said(api.ask(*asked, Accept="text/plain")) == nothing


def test_the_directory_of_services_is_open_to_every_partner(api: Api, county: County) -> None:
    """It names agencies and services, and no patient: who asks is logged, and nobody is refused."""
    services = [
        {"resourceType": "Organization", "id": "hs-org", "name": "Clínica del Río", "active": True},
        {
            "resourceType": "Location",
            "id": "hs-place",
            "name": "Suite 4",
            "address": {"city": "Mesa"},
            "managingOrganization": {"reference": CLINIC},
        },
        {
            "resourceType": "HealthcareService",
            "id": "hs-food",
            "name": "Groceries",
            "providedBy": {"reference": CLINIC},
            "location": [{"reference": SUITE}],
        },
    ]
    write_services(Path(county.folder.path), services)
    who = "employment COC"
    for query, expected in {
        "Organization?name=clinica": {CLINIC},
        "Organization?name:contains=HOUSING": {"Organization/housing"},
        "Organization?identifier=urn:warm-handoff:agency%7Cdesert-housing": {"Organization/housing"},
        "Location?address-city=mes": {SUITE},
        "HealthcareService?organization=Organization/hs-org": {FOOD},
        "HealthcareService?name=gro&_include=HealthcareService:organization": {FOOD, CLINIC},
        "Location?organization:Organization.name=clinica": {SUITE},
        f"Organization?patient={county.patient_id}": set(),
    }.items():
        assert names(found(api, who, f"/fhir/{query}")) == expected, query
    page = api.ask(who, "GET", "/fhir/Organization?_count=1").json()
    further = next(one["url"] for one in page["link"] if one["relation"] == "next")
    assert names(found(api, who, further.partition("gateway.test")[2])).isdisjoint(names(matches(page)))
    one = api.ask(who, "GET", f"/fhir/{CLINIC}")
    assert one.json()["name"] == "Clínica del Río"
    tag = one.headers["etag"]
    assert api.ask(who, "GET", f"/fhir/{CLINIC}", if_none_match=tag).status_code == 304
    assert api.ask(who, "GET", f"/fhir/{CLINIC}/_history").json()["total"] == 1
    assert api.ask(who, "GET", f"/fhir/{CLINIC}/_history/{tag[3:-1]}").json() == one.json()
    assert api.ask(who, "GET", f"/fhir/{CLINIC}/_history/1").status_code == 404
    county.change_partner("housing", state="test")
    assert Api(county).ask(who, "GET", "/fhir/Organization/housing").status_code == 404


def test_an_address_may_name_a_worker_or_agency_and_never_a_patient(api: Api) -> None:
    for path in (
        "Patient?name=Reyes",
        "Organization?patient.identifier=a%7Cb",
        "Practitioner?patient=a%7Cb",
        "Provenance?_id=x&target:Patient.name=Reyes",
        "Provenance?_id=x&agent:Patient.birthdate=1990-01-01",
        "Provenance?_id=x&agent.name=Reyes",
        "PractitionerRole?practitioner:Practitioner.link:Patient.name=Reyes",
        "CarePlan?patient=x&subject:Patient.name=Reyes",
    ):
        refused = api.ask("otp TREAT", "GET", f"/fhir/{path}")
        assert json.loads(refused.text)["issue"][0]["details"]["coding"][0]["code"] == "SEARCH_BY_POST"
    for path in (
        "Organization?name=nobody",
        "Location?organization.name=nobody",
        "PractitionerRole?_id=x&practitioner:Practitioner.family=nobody",
        "Practitioner?_id=x&name:exact=nobody",
    ):
        assert found(api, "otp TREAT", f"/fhir/{path}") == []


def listed(county: County, *partners: str) -> None:
    """One doctor whom these agencies let be found."""
    doctor = ListedPractitioner("Ortíz", "Ana", "1234567893", "+1-602-555-0130", "207RA0401X")
    for name in partners:
        organization = county.premises.network.partners[name].organization
        county.change_partner(name, organization=replace(organization, practitioners=(doctor,)))


@pytest.mark.requirement("FH-RED-01", "P2-13-02")
def test_who_is_listed_is_found_by_name_and_npi_and_nobody_else(api: Api, county: County) -> None:
    """US Core: Practitioner by name and identifier, PractitionerRole by specialty. A worker who came with
    somebody's records has the same family name here, and is not found.
    """
    listed(county, "otp", "housing")
    api, who = Api(county), "employment COC"
    name = "Practitioner/npi-1234567893"
    for query in (
        "name=ort",
        "family=ortiz&given=ana",
        "identifier=1234567893",
        f"identifier={NPI_SYSTEM}%7C1234567893",
    ):
        assert names(found(api, who, f"/fhir/Practitioner?{query}")) == {name}, query
    assert found(api, who, f"/fhir/Practitioner?patient={county.patient_id}&name=ort") == []
    roles = found(
        api, who, f"/fhir/PractitionerRole?practitioner={name}&_include=PractitionerRole:practitioner"
    )
    at = {one["organization"]["reference"] for one in roles if one["resourceType"] == "PractitionerRole"}
    assert at == {"Organization/otp", "Organization/housing"} and name in names(roles)
    by_chain = (
        "PractitionerRole?specialty=207RA0401X&practitioner.name=ort&_include=PractitionerRole:organization"
    )
    assert len(found(api, who, f"/fhir/{by_chain}")) == 4
    assert api.ask(who, "GET", f"/fhir/{name}").json()["identifier"][0]["value"] == "1234567893"
    county.change_partner("housing", state="test")
    assert len(found(Api(county), who, f"/fhir/PractitionerRole?practitioner={name}")) == 1


@pytest.mark.requirement("FH-RED-04", "P2-13-02")
def test_a_worker_whom_a_program_lists_is_not_named_to_who_may_not_know_of_the_program(
    county: County,
) -> None:
    """By name or number anybody in the network finds in the directory whom she works for."""
    listed(county, "otp")
    county.consent("psychiatry", without=("SUD",))
    sent = referral("b1", owner="psychiatry")
    number = {"system": NPI_SYSTEM, "value": "1234567893"}
    worker = {"resourceType": "Practitioner", "identifier": [number], "name": [{"family": "Ortíz"}]}
    wish = next(
        one["resource"] for one in sent["entry"] if one["resource"]["resourceType"] == "ServiceRequest"
    )
    wish["requester"] = {"reference": "Practitioner/d1", "display": "Ana Ortíz"}
    wish["performer"] = [{"identifier": number, "display": "Ana Ortíz"}]
    sent["entry"].insert(1, put(worker, "d1"))
    county.submit("hospital", sent)

    text = county.deliver().content.decode()

    assert [word for word in ("Ort", "1234567893") if word in text] == []


def test_what_is_claimed_of_the_directory_holds(county: County) -> None:
    """Whatever the gateway itself says of agencies and places meets the US Core profiles that it claims."""
    shutil.copy(_starting_network().path / "network.yaml", county.folder.path)
    assert import_services(Path(county.folder.path), SAMPLE) == 0
    listed(county, "otp", "housing")
    api = Api(county)
    statement = api.ask("otp TREAT", "GET", "/fhir/metadata").json()
    claimed = {one["type"]: one.get("supportedProfile", []) for one in statement["rest"][0]["resource"]}
    assert {name for name, urls in claimed.items() if any("us-core" in url for url in urls)} == {*PROFILES}
    for kind in PROFILES:
        told = found(api, "employment COC", f"/fhir/{kind}")
        assert told
        for one in told:
            (fit,) = [fit for fit in profile_fits(one) if fit.guide == US_CORE]
            assert fit.met and claimed[kind][0].endswith(fit.profile), fit
            assert not check_resource(one)
