"""The report on profiles: what is asked and missing, by element, never by value."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from mappings import profile_fits
from mappings.elements import elements_of, is_resource
from mappings.profile_tables import PROFILES, SDOHCC, US_CORE, Profile
from mappings.profiles import Fit

_CATEGORY = "http://terminology.hl7.org/CodeSystem/"
_TASK: dict[str, Any] = {
    "resourceType": "Task",
    "id": "t",
    "status": "requested",
    "intent": "order",
    "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
    "focus": {"reference": "ServiceRequest/s"},
    "for": {"reference": "Patient/p"},
    "authoredOn": "2026-11-22",
    "requester": {"reference": "PractitionerRole/r"},
}


def _fit(resource: dict[str, Any], guide: str = US_CORE) -> Fit:
    [found] = [fit for fit in profile_fits(resource) if fit.guide == guide]
    return found


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_path_of_a_profile_is_one_of_r4(profile: Profile) -> None:
    assert is_resource(profile.type)
    paths = [*profile.required, *profile.wanted, *(one.path for one in profile.coded)]
    paths += [f"{path}.{name}" if path else name for path, names in profile.either for name in names]
    paths += [path for name, _, path in profile.when] + [name for name, _, _ in profile.when]
    for path in paths:
        first = path.partition(".")[0].removesuffix("[x]")
        known = elements_of(profile.type)
        assert first in known or any(name.startswith(first) for name in known), path


@pytest.mark.requirement("SD-01")
@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, ()),
        ({"intent": "plan"}, ("intent = order",)),
        ({"code": {"coding": [{"code": "fulfill"}]}}, ("code = fulfill",)),
        ({"code": None}, ("code",)),
        ({"requester": {}}, ("requester",)),
        ({"statusReason": {"coding": [{"code": "DUP"}]}}, ("statusReason.text",)),
        ({"statusReason": {"text": "twice"}}, ()),
    ],
)
def test_a_task_is_held_against_what_sdohcc_asks(change: dict[str, Any], missing: tuple[str, ...]) -> None:
    fit = _fit({**_TASK, **change}, SDOHCC)
    assert (fit.missing, fit.met) == (missing, not missing)


@pytest.mark.requirement("SD-05")
@pytest.mark.parametrize(
    ("resource", "profile", "missing"),
    [
        ({"resourceType": "Patient"}, "us-core-patient", ("identifier", "name", "gender")),
        (
            {
                "resourceType": "Patient",
                "identifier": [{"system": "s", "value": "1"}, {"value": "2"}],
                "name": [{"family": "A"}, {"text": "B"}],
                "gender": "female",
                "telecom": [{"system": "phone"}],
            },
            "us-core-patient",
            ("identifier.system", "telecom.value", "name: family or given"),
        ),
        (
            {
                "resourceType": "Condition",
                "subject": {"reference": "Patient/p"},
                "code": {"text": "x"},
                "category": [
                    {"coding": [{"system": _CATEGORY + "condition-category", "code": "problem-list-item"}]}
                ],
            },
            "us-core-condition-problems-health-concerns",
            (),
        ),
        (
            {
                "resourceType": "DiagnosticReport",
                "status": "final",
                "code": {"text": "x"},
                "subject": {"reference": "Patient/p"},
                "category": [{"coding": [{"system": _CATEGORY + "v2-0074", "code": "LAB"}]}],
                "effectivePeriod": {"start": "2026"},
            },
            "us-core-diagnosticreport-note",
            (),
        ),
        (
            {"resourceType": "PractitionerRole", "telecom": [{"system": "phone", "value": "1"}]},
            "us-core-practitionerrole",
            ("practitioner or organization or healthcareService or location",),
        ),
        (
            {
                "resourceType": "Observation",
                "status": "final",
                "category": [{"text": "x"}],
                "code": {"text": "x"},
                "subject": {"reference": "Patient/p"},
                "valueBoolean": False,
            },
            "us-core-observation-clinical-result",
            (),
        ),
        ({"resourceType": "RelatedPerson", "active": False, "patient": {"reference": "P/1"}}, "", None),
    ],
)
def test_the_nearest_profile_and_what_it_lacks(
    resource: dict[str, Any], profile: str, missing: tuple[str, ...] | None
) -> None:
    fit = _fit(resource)
    if missing is None:
        assert fit.missing == ("name or relationship",)
    else:
        assert (fit.profile, fit.missing) == (profile, missing)


def test_a_type_without_a_profile_has_no_line_and_hostile_shapes_do_no_harm() -> None:
    assert profile_fits({"resourceType": "Questionnaire"}) == ()
    assert profile_fits({}) == ()
    odd: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": "text",
        "name": [None, 1, {"given": "x"}],
        "telecom": [[]],
    }
    assert _fit(odd).profile == "us-core-patient"


def test_a_referral_of_the_hospital_meets_what_it_is_meant_for() -> None:
    sample = files("mappings") / "formats/hospital/ref_i12/samples/i12_new_mother.fhir.json"
    fits = [fit for resource in json.loads(sample.read_text()) for fit in profile_fits(resource)]
    met = {fit.profile for fit in fits if fit.met}
    assert {"us-core-patient", "us-core-servicerequest", "SDOHCC-TaskForReferralManagement"} <= met
