"""An odd value at every place of a Consent, a record or the directory: named or withheld, and nothing else suffers."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

import consent
from consent.expiry_event import EXPIRY_EVENT
from consent.validity import STATEMENT
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import tables
from tests.consent.question_pools import TYPES, label, ref

Json = dict[str, Any]
Place = tuple[str | int, ...]

ODD: tuple[object, ...] = ([], {}, "x", 5, None, [[]], ["x"], {"x": 1}, {"coding": [[]]})
PACKS = ("part2", "hipaa", "state/sample-expiry-12m")
INLINE = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
CODE = {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "weight"}], "text": "weight"}
NUMBER = {"system": "urn:numbers", "value": "7"}

EVENT = [
    {"url": "event", "valueString": "she moves"},
    {"url": "owner", "valueReference": ref("Organization/hosp-1")},
    {"url": "reviewed", "valueDate": "2026-06-01"},
    {"url": "review", "valueDate": "2026-12-01"},
]
FULL_CONSENT: Json = {
    **a_consent(7, "Organization/hosp-1"),
    "identifier": [NUMBER],
    "extension": [{"url": STATEMENT, "valueCode": "redisclosure"}, {"url": EXPIRY_EVENT, "extension": EVENT}],
    "verification": [{"verified": True, "verifiedWith": ref("Patient/p1")}],
    "sourceAttachment": {"hash": "eA==", "url": "urn:uuid:0"},
}
FULL_CONSENT["provision"] |= {
    "class": [{"system": TYPES, "code": "Observation"}],
    "code": [CODE],
    "dataPeriod": {"start": "2026"},
    "data": [{"meaning": "instance", "reference": {**ref("Observation/r0"), "identifier": NUMBER}}],
}
FULL_RECORD: Json = {
    "resourceType": "CarePlan",
    "id": "plan",
    "meta": {"security": [label("SUD")], "source": "Organization/otp-1", "profile": ["urn:p"]},
    "text": {"status": "generated", "div": "<div>words</div>"},
    "contained": [{"resourceType": "Organization", "id": "c", "name": "x", "partOf": ref("#c")}],
    "identifier": [{**NUMBER, "assigner": ref("Organization/otp-1")}],
    "status": "active",
    "_status": {"extension": [{"url": "urn:x"}]},
    "intent": "plan",
    "category": [CODE],
    "subject": {**ref("Patient/p1"), "display": "N"},
    "period": {"start": "2026", "end": "2027"},
    "author": ref("#c"),
    "addresses": [{**ref("Observation/r0"), "type": "Observation"}],
    "activity": [
        {
            "detail": {
                "status": "scheduled",
                "code": {**CODE, "extension": [{"url": INLINE, "valueCoding": label("HIV")}]},
            }
        }
    ],
    "note": [{"text": "words"}],
}
DIRECTORY: list[Json] = [
    {
        "resourceType": "Organization",
        "id": "x",
        "active": True,
        "identifier": [NUMBER],
        "type": [{"coding": [{"system": "urn:warm-handoff:partner-kind", "code": "housing"}]}],
        "partOf": ref("Organization/otp-1"),
    },
    {
        "resourceType": "CareTeam",
        "id": "t",
        "status": "active",
        "participant": [{"member": ref("Organization/hosp-1"), "period": {"start": "2026"}}],
    },
    {"resourceType": "Patient", "id": "p1", "birthDate": "1990-01-01"},
]


def places(value: object, above: Place = ()) -> Iterator[Place]:
    """Every place below `value`."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, below in entries:
        yield (*above, name)
        yield from places(below, (*above, name))


def odd_ones(whole: Json) -> Iterator[tuple[str, Json]]:
    """`whole` with each odd value at each place, and where it stands."""
    for place in places(whole):
        for odd in ODD:
            made: Any = copy.deepcopy(whole)
            node = made
            for name in place[:-1]:
                node = node[name]
            node[place[-1]] = odd
            yield f"{'.'.join(map(str, place))}: {json.dumps(odd)}", made


def is_answered(question: Json) -> bool:
    """Whether the question is decided by its rules, or refused by name, and what is released can be shown."""
    try:
        request = consent.read_question(question)
    except consent.QuestionError:
        return True
    decision = consent.decide(request, tables())
    shown = consent.redact(request, decision, tables())
    consent.present(shown, decision, request=request, alias_key=b"key", tables=tables())
    return "RULE_FAILED" not in {reason.code for row in decision.resources for reason in row.reasons}


@pytest.mark.slow
@pytest.mark.requirement("FH-CON-07")
def test_no_odd_value_in_one_consent_refuses_what_another_permits() -> None:
    question = a_question(1, PACKS)
    permit = question["consents"]

    failed = [
        place
        for place, odd in odd_ones(FULL_CONSENT)
        if not is_answered({**question, "consents": [odd, *permit]})
    ]

    assert failed == []


@pytest.mark.requirement("FH-CON-07", "P2-31-01")
def test_a_consent_with_an_odd_value_is_reported_on() -> None:
    for place, odd in odd_ones(FULL_CONSENT):
        report = consent.report_answer(consent.validate_consent(odd))
        assert set(report) >= {"valid", "standing"}, place
        assert isinstance(consent.disclosers_of(odd), frozenset), place


@pytest.mark.slow
@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize("category", ["clinical", "housing"])
def test_no_odd_value_in_one_record_holds_back_another(category: str) -> None:
    question = a_question(1, ("part2", "hipaa"))
    del question["consents"][0]["provision"]["securityLabel"]
    question["consents"][0]["provision"]["class"] = [
        {"system": TYPES, "code": "CarePlan"},
        {"system": TYPES, "code": "Observation"},
    ]
    question["recipient"]["category"] = category

    failed = [
        place
        for place, odd in odd_ones(FULL_RECORD)
        if not is_answered({**question, "resources": [*question["resources"], odd]})
    ]

    assert failed == []


@pytest.mark.requirement("P2-31-04")
def test_no_odd_value_in_the_directory_refuses_everything() -> None:
    question = a_question(1, PACKS)

    failed = [
        place
        for number, entry in enumerate(DIRECTORY)
        for place, odd in odd_ones(entry)
        if not is_answered(
            {
                **question,
                "directory": [*question["directory"], *DIRECTORY[:number], odd, *DIRECTORY[number + 1 :]],
            }
        )
    ]

    assert failed == []
