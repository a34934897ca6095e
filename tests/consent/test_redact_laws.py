"""Laws of redaction (consent-semantics section 9), over generated records that refer to and repeat one another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.model import Decision, DisclosureRequest, Resource, Scope, SubjectResource
from consent.present import present
from consent.redact import redact
from consent.redact_places import MANDATORY, is_complete
from tests.consent.releases import (
    CLASS_SCOPE,
    HOSPITAL,
    HOUSING,
    SUD_SCOPE,
    Json,
    asked,
    decided,
    resource,
    tables,
)
from tests.strategies import examples

pytestmark = pytest.mark.unmeasured  # measuring it would triple its time; other tests reach the same lines

KINDS = ("CarePlan", "Condition", "Goal", "Observation", "ServiceRequest", "Task")
TOKEN = "zqsecret"


def secret(number: int, leaf: str) -> str:
    return f"{TOKEN}{number}x{leaf}"


def withheld_record(kind: str, number: int) -> Json:
    """A record in which every leaf but codes of state carries the token."""
    concept = {
        "coding": [
            {
                "system": secret(number, "sys"),
                "code": secret(number, "code"),
                "display": secret(number, "disp"),
            }
        ],
        "text": secret(number, "text"),
    }
    return resource(
        kind,
        secret(number, "id"),
        identifier=[{"system": secret(number, "isys"), "value": secret(number, "ival")}],
        code=concept,
        description=concept if kind == "Goal" else secret(number, "description"),
        note=[{"text": secret(number, "note")}],
        title=secret(number, "title"),
        text={"status": "generated", "div": f"<div>{secret(number, 'div')}</div>"},
        extension=[{"url": secret(number, "url"), "valueString": secret(number, "ext")}],
        contained=[{"resourceType": "Organization", "id": "c", "name": secret(number, "inner")}],
        subject={"reference": "Patient/p1", "display": secret(number, "subject")},
        performer=[{"display": secret(number, "performer")}],
        valueString=secret(number, "value"),
    )


def repeats(kind: str, number: int) -> st.SearchStrategy[tuple[str, object]]:
    """One element of a released record that repeats something of a withheld one, in a way real records do."""
    record = withheld_record(kind, number)
    reference = f"{kind}/{record['id']}"
    targets = st.sampled_from(
        [
            {"reference": reference, "display": record["title"]},
            {"reference": f"https://ehr.example/fhir/{reference}", "display": record["title"]},
            {"reference": f"{reference}/_history/2"},
            {"reference": f"urn:uuid:{record['id']}"},
            {"display": record["title"]},
            {"identifier": record["identifier"][0], "display": record["code"]["text"]},
            {"reference": f"#{record['id']}"},
        ]
    )
    elements = st.sampled_from(
        ["addresses", "supportingInfo", "focus", "reasonReference", "basedOn", "performer"]
    )
    texts = st.sampled_from([record["code"]["text"], record["title"], record["code"]["coding"][0]["display"]])
    return st.one_of(
        st.tuples(elements, targets.map(lambda target: [target])),
        st.just(("identifier", record["identifier"])),
        st.just(("reasonCode", [record["code"]])),
        st.just(("contained", [record, {"resourceType": "Condition", "id": "k", "code": record["code"]}])),
        st.just(("note", record["note"])),
        st.just(("text", record["text"])),
        st.just(("extension", record["extension"])),
        texts.map(lambda text: ("orderDetail", [{"text": text}])),
        texts.map(lambda text: ("title", text)),
        targets.map(
            lambda target: ("activity", [{"reference": target}, {"detail": {"status": "scheduled"}}])
        ),
        st.just(("valueCoding", record["code"]["coding"][0])),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[DisclosureRequest, Decision]:
    """Records, some withheld and some repeating them, with a decision that may remove elements as well."""
    withheld = [
        withheld_record(draw(st.sampled_from(KINDS)), number) for number in range(draw(st.integers(1, 3)))
    ]
    shown: list[Json] = []
    for number in range(draw(st.integers(1, 4))):
        record = resource(draw(st.sampled_from(KINDS)), f"shown-{number}")
        for _ in range(draw(st.integers(0, 5))):
            index = draw(st.integers(0, len(withheld) - 1))
            key, value = draw(repeats(withheld[index]["resourceType"], index))
            record[key] = value
        if draw(st.booleans()):
            record["addresses"] = [{"reference": f"{one['resourceType']}/{one['id']}"} for one in shown]
        shown.append(record)
    resources = draw(st.permutations([*withheld, *shown]))
    recipient = draw(st.sampled_from([HOSPITAL, HOUSING]))
    removals = draw(st.dictionaries(st.sampled_from([_name(one) for one in shown]), _places, max_size=2))
    scope: Scope = draw(st.sampled_from([CLASS_SCOPE, SUD_SCOPE]))
    request = asked(resources, recipient)
    return request, decided(request, [_name(one) for one in withheld], removals, scopes=(scope,))


_places = st.sets(
    st.sampled_from(["/status", "/intent", "/addresses/0", "/activity/1/detail", "/reasonCode", "/subject"]),
    max_size=3,
).map(lambda places: tuple(sorted(places)))


def _name(one: Mapping[str, Any]) -> str:
    return f"{one['resourceType']}/{one['id']}"


def without_removals(decision: Decision) -> Decision:
    return replace(decision, resources=tuple(replace(row, removals=()) for row in decision.resources))


def again(
    request: DisclosureRequest, decision: Decision, shown: tuple[Resource, ...]
) -> tuple[Resource, ...]:
    """Redact what was shown once more, under the rows of the same decision."""
    names = [_name(one) for one in shown]
    subjects = tuple(SubjectResource(one, _name(one), str(one["resourceType"])) for one in shown)
    rows = {row.reference: row for row in without_removals(decision).resources}
    return redact(
        replace(request, resources=subjects),
        replace(decision, resources=tuple(rows[name] for name in names)),
        tables(),
    )


@settings(max_examples=examples(80, 5000))
@given(questions())
@pytest.mark.requirement("FH-RED-01", "P2-13-02")
def test_withheld_token_never_in_output_bytes(case: tuple[DisclosureRequest, Decision]) -> None:
    request, decision = case
    shown = present(
        redact(request, decision, tables()), decision, request=request, alias_key=b"k", tables=tables()
    )
    assert TOKEN not in json.dumps(shown)


@settings(max_examples=examples(60, 5000))
@given(questions())
@pytest.mark.requirement("FH-RED-01")
def test_redaction_only_removes(case: tuple[DisclosureRequest, Decision]) -> None:
    request, decision = case
    before = {row.reference: row.resource for row in request.resources}
    shown = redact(request, decision, tables())
    order = [row.reference for row in request.resources]
    assert [order.index(_name(one)) for one in shown] == sorted(order.index(_name(one)) for one in shown)
    for one in shown:
        assert is_part_of(one, before[_name(one)])


@settings(max_examples=examples(60, 5000))
@given(questions())
@pytest.mark.requirement("FH-RED-01")
def test_redaction_is_idempotent(case: tuple[DisclosureRequest, Decision]) -> None:
    request, decision = case
    once = redact(request, decision, tables())
    assert again(request, decision, once) == once


@settings(max_examples=examples(60, 5000))
@given(questions())
@pytest.mark.requirement("FH-RED-05")
def test_what_is_shown_keeps_its_mandatory_elements(case: tuple[DisclosureRequest, Decision]) -> None:
    request, decision = case
    for one in redact(request, decision, tables()):
        assert is_complete(one, MANDATORY[str(one["resourceType"])])
        assert empty_nodes(one) == []


def is_part_of(less: object, more: object) -> bool:
    """Whether `less` is `more` with things taken out: keys of objects, entries of lists in their order."""
    if isinstance(less, Mapping) and isinstance(more, Mapping):
        return all(key in more and is_part_of(value, more[key]) for key, value in less.items())
    if isinstance(less, list) and isinstance(more, list):
        rest: Iterator[object] = iter(more)
        return all(any(is_part_of(entry, other) for other in rest) for entry in less)
    return less == more


def empty_nodes(node: object, place: str = "") -> list[str]:
    """Places of empty objects and lists, which FHIR forbids."""
    if isinstance(node, Mapping | list):
        inner = node.items() if isinstance(node, Mapping) else enumerate(node)
        found = [deeper for key, value in inner for deeper in empty_nodes(value, f"{place}/{key}")]
        return found if node else [place]
    return []


KEYS = (
    "code", "coding", "system", "display", "reference", "identifier", "value", "extension", "url", "text", "contained",
    "id", "meta", "security", "assigner", "valueCoding", "name", "given", "_given", "type",
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["F11.20", "heroin", "#x", "Goal/a", ""])
)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(120, 10000))
@given(
    st.dictionaries(
        st.sampled_from(["meta", "code", "contained", "identifier", "extension", "name", "note", "x"]), SHAPES
    )
)
def test_no_shape_of_a_record_makes_redaction_fail(elements: Json) -> None:
    odd = {"resourceType": "Basic", "id": "odd", "code": {"text": "x"}, **elements}
    place = {"resourceType": "Organization", "id": "place", **elements}
    request = asked([odd, place, resource("Condition", "a", **{"code": {}, **elements})], HOUSING, (place,))
    decision = decided(request, ["Condition/a"], scopes=(CLASS_SCOPE,))
    shown = redact(request, decision, tables())
    assert len(present(shown, decision, request=request, alias_key=b"k", tables=tables())) == len(shown) <= 2
