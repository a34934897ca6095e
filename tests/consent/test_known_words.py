"""Every word and list of codes that a provision may use is known, each under every name it goes by."""

from __future__ import annotations

from typing import Any

import pytest

import consent
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask
from tests.consent.question_pools import ref

Json = dict[str, Any]
THO = "http://terminology.hl7.org/CodeSystem/"


def outcome(form: Json | None = None, **limits: Any) -> str:
    """What a permit with these limits releases."""
    one = {**a_consent(0, "Organization/hosp-1"), **(form or {})}
    one["provision"] = {**one["provision"], **limits}
    return str(ask({**a_question(1), "consents": [one]})["outcome"])


def named(reference: str, system: str, code: str) -> Json:
    return {"role": {"coding": [{"system": system, "code": code}]}, "reference": ref(reference)}


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(
    "system",
    [
        f"{THO}v3-ParticipationType",
        f"{THO}v3-RoleClass",
        f"{THO}v3-RoleCode",
        "http://hl7.org/fhir/v3/ParticipationType",
        "http://hl7.org/fhir/v3/RoleClass",
        "http://hl7.org/fhir/v3/RoleCode",
    ],
)
@pytest.mark.parametrize("discloser", ["PROV", "CST", "INF"])
def test_roles_are_known_under_each_name_of_their_list(system: str, discloser: str) -> None:
    recipient = named("Organization/hosp-1", system, "IRCP")

    assert outcome(actor=[recipient, named("Organization/otp-1", system, discloser)]) == "disclose"
    assert outcome(actor=[recipient, named("Organization/org-1", system, discloser)]) == "withhold"
    assert outcome(actor=[recipient, named("Organization/otp-1", "urn:x", discloser)]) == "withhold"


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize("system", [f"{THO}consentaction", "http://hl7.org/fhir/consentaction"])
def test_actions_are_known_under_each_name_of_their_list(system: str) -> None:
    assert outcome(action=[{"coding": [{"system": system, "code": "disclose"}]}]) == "disclose"
    assert outcome(action=[{"coding": [{"system": "urn:x", "code": "disclose"}]}]) == "withhold"


@pytest.mark.requirement("FH-CON-07")
@pytest.mark.parametrize(
    "more", [{"id": "a"}, {"extension": [{"url": "urn:x"}]}, {"_type": {"extension": [{"url": "urn:x"}]}}]
)
def test_what_fhir_allows_beside_the_limits_is_allowed(more: Json) -> None:
    assert outcome(**more) == "disclose"
    assert outcome(unknown=[1]) == "withhold"


@pytest.mark.requirement("P2-31-11", "FH-CON-07")
@pytest.mark.parametrize("status", ["draft", "proposed", "rejected", "inactive", "entered-in-error"])
def test_a_consent_out_of_force_neither_permits_nor_denies(status: str) -> None:
    denial = {**a_consent(2, "Organization/hosp-1"), "status": status}
    denial["provision"] = {"type": "deny"}
    question = a_question(1)

    assert outcome({"status": status}) == "withhold"
    assert ask({**question, "consents": [*question["consents"], denial]})["outcome"] == "disclose"


@pytest.mark.requirement("FH-CON-04")
@pytest.mark.parametrize("meaning", ["instance", "related", "dependents", "authoredby"])
def test_every_meaning_of_data_is_known(meaning: str) -> None:
    one = a_consent(0, "Organization/hosp-1")
    one["provision"]["data"] = [{"meaning": meaning, "reference": ref("Observation/r0")}]

    assert consent.validate_consent(one).computable


@pytest.mark.requirement("P2-31-04")
def test_a_reference_may_name_a_version() -> None:
    assert outcome(actor=[{"reference": ref("Organization/hosp-1/_history/3")}]) == "disclose"
    assert outcome(actor=[{"reference": ref("Organization/hosp-1/_history/")}]) == "withhold"
