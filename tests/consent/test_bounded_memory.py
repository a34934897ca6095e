"""What the engine remembers to be fast is bounded, and never changes an answer."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

import consent
from consent.compiled import compile_consents
from consent.context import REMEMBERED_CONTEXTS, REMEMBERED_DECISIONS, REMEMBERED_RULINGS
from consent.labels import REMEMBERED_LABELLINGS, label_resource
from consent.outline import REMEMBERED_CODINGS
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import tables
from tests.consent.question_pools import label
from tests.consent.releases import HOSPITAL, SUD_SCOPE, asked, decided, resource
from tests.consent.test_odd_shapes import files

Json = dict[str, Any]


def read(question: Json) -> consent.DisclosureRequest:
    return consent.read_question(question)


def test_of_many_recipients_the_last_are_remembered_and_each_gets_its_own_answer() -> None:
    question = a_question(2)
    compiled = compile_consents(read(question), tables())
    asked = []
    for number in range(REMEMBERED_CONTEXTS + 2):
        recipient = {**question["recipient"], "references": [f"Organization/org-{number}"]}
        asked.append(read({**question, "recipient": recipient}))

    for request in (read(question), *asked, *asked[:3], read(question)):
        assert consent.decide(request, tables(), compiled) == consent.decide(request, tables())
        assert len(compiled.contexts) <= REMEMBERED_CONTEXTS


@pytest.mark.requirement("P2-12-01")
def test_of_many_sources_each_record_gets_the_label_of_its_own() -> None:
    question = a_question(1, ("part2",), REMEMBERED_CONTEXTS + 2)
    question["discloser"] = {"references": ["Organization/org-1"], "identifiers": []}
    for number, record in enumerate(question["resources"]):
        record["meta"] = {"source": f"Organization/{'otp-1' if number == 0 else number}"}
    request = read(question)
    compiled = compile_consents(request, tables())

    for _ in range(2):
        rows = consent.decide(request, tables(), compiled).resources
        assert ["42CFRPart2" in row.labels for row in rows] == [True, *[False] * (len(rows) - 1)]
        assert len(compiled.programs_of) <= REMEMBERED_CONTEXTS


def test_of_many_kinds_of_records_each_is_decided_as_if_alone() -> None:
    question = a_question(0, (), REMEMBERED_RULINGS + 2)
    permit = a_consent(0, "Organization/hosp-1")
    permit["provision"]["code"] = [{"coding": [{"system": "http://loinc.org", "code": "1-1"}]}]
    question["consents"] = [permit]
    for number, record in enumerate(question["resources"]):
        record["code"]["coding"][0]["code"] = f"{number % 3}-{1 if number % 3 == 1 else number}"
    request = read(question)
    compiled = compile_consents(request, tables())

    for _ in range(2):
        rows = consent.decide(request, tables(), compiled).resources
        assert [row.outcome == "disclose" for row in rows] == [n % 3 == 1 for n in range(len(rows))]


def test_of_many_sets_of_records_each_is_decided_as_if_alone() -> None:
    question = a_question(1, (), 12)
    for number, record in enumerate(question["resources"]):
        record["meta"]["security"] = [label("SUD"), {"system": "urn:x", "code": f"L{number}"}][: number + 1]
    compiled = compile_consents(read(question), tables())
    pairs = list(itertools.permutations(question["resources"], 2))
    assert len(pairs) > REMEMBERED_DECISIONS

    for pair in (*pairs, *pairs[:3]):
        request = read({**question, "resources": list(pair)})
        assert consent.decide(request, tables(), compiled) == consent.decide(request, tables())


@pytest.mark.requirement("FH-LBL-05")
def test_of_many_sets_of_labels_each_is_read_for_itself() -> None:
    fresh = consent.read_tables(files())
    records = [
        resource("Observation", "o", meta={"security": [{"system": "urn:x", "code": f"L{number}"}]})
        for number in range(REMEMBERED_LABELLINGS + 2)
    ]

    for _ in range(2):
        found = [label_resource(record, False, fresh).codes for record in records]
        assert [f"L{number}" in codes for number, codes in enumerate(found)] == [True] * len(records)
        assert len(fresh.seen_labellings) <= REMEMBERED_LABELLINGS


def test_of_many_codes_each_is_read_for_itself() -> None:
    fresh = consent.read_tables(files())
    system = "http://hl7.org/fhir/sid/icd-10-cm"
    parts = [
        {"code": {"coding": [{"system": system, "code": f"J{number}"}]}}
        for number in range(REMEMBERED_CODINGS + 2)
    ]
    plain = resource("Observation", "o", component=parts)
    sick = resource("Condition", "c", code={"coding": [{"system": system, "code": "F11.20"}]})

    for record, codes in ((sick, {"R", "SUD", "OPIOIDUD"}), (plain, set()), (sick, {"R", "SUD", "OPIOIDUD"})):
        assert label_resource(record, False, fresh).codes == codes
        assert len(fresh.seen_codings) <= REMEMBERED_CODINGS


@pytest.mark.requirement("FH-LBL-05")
def test_of_many_sets_of_labels_each_record_goes_out_with_its_own() -> None:
    fresh = consent.read_tables(files())
    request = asked([resource("Task", f"t{number}") for number in range(REMEMBERED_LABELLINGS + 2)], HOSPITAL)
    decision = decided(request, scopes=(SUD_SCOPE,))
    kinds = sorted(fresh.labels.kinds)
    sets = list(itertools.islice(itertools.combinations(kinds, 2), len(decision.resources)))
    sets[0] = (*kinds, *(f"urn:{number}" for number in range(REMEMBERED_LABELLINGS)))
    rows = tuple(
        replace(row, labels=("N", *labels)) for row, labels in zip(decision.resources, sets, strict=True)
    )
    decision = replace(decision, resources=rows)

    for _ in range(2):
        shown = consent.redact(request, decision, fresh)
        found = consent.present(shown, decision, request=request, alias_key=b"key", tables=fresh)
        for record, labels in zip(found, sets, strict=True):
            assert {one["code"] for one in record["meta"]["security"]} >= {"N", *labels[:2]}


@pytest.mark.requirement("FH-LBL-05")
def test_a_label_longer_than_any_code_is_kept_and_not_remembered() -> None:
    fresh = consent.read_tables(files())
    record = resource("Observation", "o", meta={"security": [{"system": "urn:x", "code": "L" * 1_000}]})

    assert "L" * 1_000 in label_resource(record, False, fresh).codes
    assert not fresh.seen_labellings
