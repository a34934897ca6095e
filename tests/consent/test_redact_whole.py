"""The short way of redaction says nothing that the long way would not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.places import SensitiveSources
from consent.redact_names import NO_SOURCES
from consent.redact_rules import Rules, Walk, near_references
from consent.redact_tree import _node
from consent.redact_whole import stays_whole
from tests.consent.releases import resource, tables
from tests.consent.test_redact import redacted
from tests.strategies import examples

NAMES = (
    "code", "coding", "display", "reference", "subject", "performer", "identifier", "value", "system", "extension",
    "modifierExtension", "note", "text", "div", "participant", "member", "assigner", "type", "url", "_status", "title",
)  # fmt: skip
WORDS = (
    "Sunrise Methadone Clinic", "opioid use disorder", "Heart rate", "withheld title", "F11.20", "8867-4",
    "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm", "",
)  # fmt: skip
REFERENCES = (
    "Patient/p", "Condition/shown", "Condition/withheld", "Organization/sunrise", "Organization/other", "#", "#inside",
    "http://far.example/Condition/shown/_history/2", "urn:uuid:shown",
)  # fmt: skip
LEAVES = st.one_of(st.sampled_from(WORDS), st.booleans(), st.integers(0, 9), st.none())
NODES = st.recursive(
    LEAVES | st.sampled_from(REFERENCES).map(lambda reference: {"reference": reference}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
        | st.builds(lambda r, more: {**more, "reference": r}, st.sampled_from(REFERENCES),
                    st.dictionaries(st.sampled_from(("display", "type", "identifier", "note")), inner, max_size=2))
    ),
    max_leaves=12,
)  # fmt: skip


def walk(kind: str, *, knows: bool, withheld: bool) -> Walk:
    shown = frozenset({"Condition/shown", "Task/t"})
    codes = frozenset({("http://loinc.org", "8867-4")}) if withheld else frozenset()
    texts = frozenset({"withheld title"}) if withheld else frozenset()
    sources = SensitiveSources(frozenset({"Organization/sunrise"}), frozenset({"sunrise methadone clinic"}))
    rules = Rules(
        patient="Patient/p",
        asked=shown | {"Condition/withheld"},
        shown=shown,
        sources=NO_SOURCES if knows else sources,
        codes=codes,
        texts=texts,
        classes=frozenset(),
        knows=knows,
        readable=False,
        treats=False,
        tables=tables(),
        near=near_references(shown, "Patient/p"),
        sweeps=not knows or withheld,
    )
    return Walk(rules, kind, frozenset({"SUD"}), inside=frozenset({"inside"}))


@pytest.mark.requirement("FH-RED-01", "FH-RED-04")
@settings(max_examples=examples(300, 3000))
@given(
    key=st.sampled_from(NAMES), value=NODES, kind=st.sampled_from(("CareTeam", "Observation", "Patient")),
    knows=st.booleans(), withheld=st.booleans(),
)  # fmt: skip
def test_what_stays_whole_would_be_left_as_it_is(
    key: str, value: Any, kind: str, knows: bool, withheld: bool
) -> None:
    asked = walk(kind, knows=knows, withheld=withheld)
    if stays_whole({key: value}, asked):
        assert _node(key, value, f"/{key}", asked, 1) == value


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize(
    "element",
    [
        {"note": [{"text": "x"}]},
        {"subject": {"reference": "Condition/withheld"}},
        {"performer": [{"display": "opioid use disorder treatment", "reference": "Condition/shown"}]},
        {"code": {"extension": [{"url": "u", "valueString": "x"}]}},
        {"value": {"deep": [{"deeper": {"modifierExtension": []}}]}},
        {"value": {}},
        {"value": {"deep": ("x",)}},
    ],
)
def test_what_may_have_to_go_takes_the_long_way(element: dict[str, Any]) -> None:
    assert not stays_whole(element, walk("Observation", knows=True, withheld=False))


@pytest.mark.requirement("FH-RED-04")
@pytest.mark.parametrize(
    ("element", "whole"),
    [
        ({"alias": ["Sunrise Methadone Clinic"]}, False),
        ({"alias": "Sunrise Methadone Clinic"}, False),
        ({"title": ["withheld title"]}, False),
        ({"alias": ["Harbor House"]}, True),
    ],
)
def test_names_that_may_not_be_known_take_the_long_way(element: dict[str, Any], whole: bool) -> None:
    assert stays_whole(element, walk("Organization", knows=False, withheld=True)) is whole


def test_what_everybody_may_read_takes_the_short_way() -> None:
    element = {
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
    }
    assert stays_whole(element, walk("Observation", knows=True, withheld=False))


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize(
    ("owner", "stays"),
    [
        ({"reference": "Organization/o"}, True),
        ({"reference": "Practitioner/w", "display": "Wen Li"}, True),
        ({"reference": "Observation/elsewhere"}, False),
        ({"reference": "Practitioner/w", "display": "opioid use disorder team"}, False),
        ({"reference": "Condition/c", "display": "asthma"}, False),
    ],
)
def test_a_record_goes_whole_where_all_it_names_may_be_named(owner: dict[str, str], stays: bool) -> None:
    record = resource("Task", "t", owner=owner, code={"coding": [{"system": "s", "code": "c"}]})

    (found,) = redacted([record])

    assert (found.get("owner") == owner) is stays
    assert {**found, "owner": owner} == record
