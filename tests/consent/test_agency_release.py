"""A release under a data set: what is remembered of rulings and sources changes no answer, and limits stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import consent
from consent.compiled import compile_consents
from consent.redact_names import sensitive_sources, sources_for
from consent.resource_facts import MOST_ITEMS
from tests.bench.bench_consent import a_consent, a_question
from tests.bench.bench_labels import bundle
from tests.consent.asking import tables
from tests.consent.releases import HOUSING, asked, decided, resource
from tests.consent.releases import tables as label_tables

Json = dict[str, Any]
BOTH = ("part2", "hipaa")


def to_agency(*records: Json) -> consent.DisclosureRequest:
    """A community agency that a consent names asks for the records."""
    question = a_question(0, BOTH)
    question["consents"] = [a_consent(0, "Organization/hosp-1"), a_consent(2, "Organization/hosp-1")]
    question["consents"][1]["provision"]["securityLabel"] = [{"system": "", "code": "HIV"}]
    question["recipient"]["standing"] = ["community"]
    question["resources"] = list(records)
    return consent.read_question(question)


@pytest.mark.requirement("P2-13-01", "DM-08")
def test_a_record_is_cut_the_same_the_first_and_every_later_time() -> None:
    request = to_agency(*bundle(), *bundle())
    compiled = compile_consents(request, tables())
    alone = [
        consent.decide(replace(request, resources=(subject,)), tables()).resources[0]
        for subject in request.resources
    ]
    assert {row.outcome for row in alone} >= {"withhold", "redact"}

    for _ in range(2):
        assert list(consent.decide(request, tables(), compiled).resources) == alone


def codes_for(record: Json) -> set[str]:
    return {reason.code for reason in consent.decide(to_agency(record), tables()).resources[0].reasons}


@pytest.mark.slow
@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize("more", [{}, {"contained": [{"resourceType": "Basic", "id": "b"}]}])
def test_a_record_of_too_many_elements_is_refused_under_a_data_set(more: Json) -> None:
    task = {**resource("Task", "t"), **more}
    reference = {"reference": "Patient/p1"}
    coding = {"system": "urn:x", "code": "x"}

    for entries in (
        {"focus": [reference]},
        {"reasonCode": {"coding": [coding]}},
        {"focus": [[reference]]},
        {"_focus": [{"given": ["x"]}]},
    ):
        ((name, value),) = entries.items()
        holder = value if isinstance(value, list) else value["coding"]
        within = {name: holder * 1000} if isinstance(value, list) else {name: {"coding": holder * 1000}}
        beyond = holder * (MOST_ITEMS + 1)
        too_many = {name: beyond} if isinstance(value, list) else {name: {"coding": beyond}}

        assert "RULE_FAILED" not in codes_for({**task, **within})
        assert codes_for({**task, **too_many}) == {"RULE_FAILED"}


@pytest.mark.requirement("FH-RED-04", "P2-13-02")
def test_sources_are_found_once_for_a_decision_and_only_for_its_own_question() -> None:
    clinic = {"resourceType": "Organization", "id": "x-1", "name": "Sunrise Methadone Clinic"}
    request = asked([resource("Task", "t")], recipient=HOUSING, directory=[clinic])
    decision = decided(request)
    found = sources_for(request, decision, label_tables())

    assert found == sensitive_sources(request, label_tables())
    assert sources_for(request, decision, label_tables()) is found
    other = replace(request, directory=())
    assert sources_for(other, decision, label_tables()) == sensitive_sources(other, label_tables()) != found
    assert len(decision.sources) == 1


@pytest.mark.requirement("P2-13-02")
def test_no_source_is_remembered_beyond_its_decision() -> None:
    request = to_agency(*bundle())
    compiled = compile_consents(request, tables())
    provider = replace(
        request, recipient=replace(request.recipient, standing=("covered_entity", "treating_provider"))
    )
    for asking in (request, provider, provider):
        decision = consent.decide(asking, tables(), compiled)
        assert decision.sources == []
        consent.redact(asking, decision, tables())
