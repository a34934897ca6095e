"""What one walk tells of a record is what walking it again would tell: laws over records of ordinary and odd shapes.

The oracles are naive: labels from a recursive reading that remembers nothing, redaction by the long way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import consent
from consent.labels import Labelling, _inline_labels, _labelling, label_resource, labelling_of
from consent.model import Decision, DisclosureRequest, Resource
from consent.outline import INLINE_LABEL, NO_SCAN, PLAIN_WORDS, Outline, outline_of
from consent.redact import redact
from consent.redact_names import NO_SOURCES
from consent.redact_rules import Rules, Walk, escaped, near_references
from consent.redact_tree import left_whole, pruned
from consent.redact_whole import all_may_stay, is_plain_for_all
from consent.tables import Finding, Tables
from tests.bench.bench_consent import a_consent, a_question
from tests.consent import asking
from tests.consent.releases import CLASS_SCOPE, HOSPITAL, HOUSING, SUD_SCOPE, asked, decided, resource, tables
from tests.strategies import Picks, built, examples

Json = dict[str, Any]

INLINE = {"url": INLINE_LABEL, "valueCoding": {"code": "HIV"}}
KINDS = (
    "Observation", "Condition", "Task", "CarePlan", "Patient", "CareTeam", "Appointment", "DocumentReference",
    "Communication", "List", "Organization", "DiagnosticReport",
)  # fmt: skip
PLAIN_ELEMENTS: tuple[tuple[str, Any], ...] = (
    ("subject", {"reference": "Patient/p1"}),
    ("focus", [{"reference": "Observation/r0"}]),
    ("partOf", {"reference": "Organization/other"}),
    ("basedOn", [{"reference": "ServiceRequest/far"}, {"reference": "Observation/r1"}]),
    ("performer", [{"display": "A. Nurse"}]),
    ("effectiveDateTime", "2026-02-02"),
    ("category", [{"coding": [{"system": "http://example.org", "code": "laboratory"}]}]),
    ("bodySite", {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]}),
    ("valueQuantity", {"value": 1.5, "unit": "mmHg"}),
    ("identifier", [{"system": "urn:x", "value": "123"}]),
    ("telecom", [{"system": "phone", "value": "5551234"}]),
    ("name", [{"family": "Doe", "given": ["Jo"]}]),
    ("meta", {"versionId": "1"}),
    ("meta", {"versionId": "1", "source": "urn:x", "tag": [{"code": "t"}]}),
    ("meta", {"security": [{"code": "N"}]}),
    ("text", {"status": "generated", "div": "<div>x</div>"}),
    ("participant", [{"member": {"reference": "Practitioner/a"}, "status": "accepted"}]),
    ("entry", [{"item": {"reference": "Observation/r0"}}]),
)
ODD_ELEMENTS: tuple[Json, ...] = (
    {"description": "x"},
    {"comment": "x"},
    {"note": "x"},
    {"note": ["x"]},
    {"note": {"reference": "Patient/p1"}},
    {"implicitRules": "http://example.org/rules"},
    {"text": {"status": "generated", "div": "<div>x</div>"}, "_text": {"id": "t"}},
    {"text": "opioid use disorder"},
    {"_meta": {"id": "m"}, "meta": {"source": "urn:x"}},
    {"contained": [{"resourceType": "Organization", "id": "inner", "name": "Sunrise Methadone Clinic"}]},
    {"category": [[]]},
    {"category": []},
    {"category": {"coding": []}},
    {
        "component": [{"valueQuantity": {"value": 1}}],
        "participant": [{"role": "x"}],
        "entry": [{"date": "2026"}],
    },
    {"title": "psychotherapy note"},
    {"extension": [INLINE]},
    {"_status": {"extension": [INLINE]}},
    {"name": [{"extension": [INLINE]}]},
    {"subject": {"reference": "Patient/p1", "extension": [INLINE]}},
    {"meta": {"security": [{"code": "SUD"}, {}]}},
    {"meta": "x"},
    {"modifierExtension": [{"url": "urn:x"}]},
)
NAMES = (
    "category", "code", "coding", "display", "reference", "system", "value", "note", "text", "name", "subject",
    "performer", "participant", "member", "identifier", "assigner", "telecom", "address", "extension", "url",
    "modifierExtension", "implicitRules", "_meta", "_text", "_contained", "_status", "status", "div", "title",
    "description", "valueString", "valueCoding", "valueAttachment", "photo", "comment", "payload", "contained",
    "meta", "security", "entry", "item", "", "a/b~c", "type",
)  # fmt: skip
LEAVES: tuple[Any, ...] = (
    "x", "2026-01-01", "opioid use disorder", "Sunrise Methadone Clinic", "Heart rate", "F11.20", "F32.9", "8867-4",
    "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm", INLINE_LABEL, "SUD", "R", "", True, 3, 1.5, Decimal("2.5"),
    None, (), ("x",),
)  # fmt: skip
REFERENCES = (
    "Patient/p1", "Observation/r0", "Observation/r1", "Condition/elsewhere", "Organization/other",
    "Organization/otp-1", "#", "#inner", "http://far.example/Observation/r0/_history/2", "urn:uuid:r1", "",
)  # fmt: skip
CODES = ("F11.20", "F32.9", "F10.20", "8867-4", "H0020", "B20")


def a_coding(picks: Picks) -> Any:
    made: Json = {"code": picks.one(CODES)}
    if picks.yes():
        made = {"system": picks.one(("http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org", "")), **made}
    if picks.yes(0.3):
        made["display"] = picks.one(LEAVES)
    if picks.yes(0.2):
        made[picks.one(NAMES)] = picks.one(LEAVES)
    return made


def a_value(picks: Picks, depth: int = 0) -> Any:
    kinds = ["leaf", "ref", "shown", "coding", "object", "list", "odd", "inline", "deep"]
    kind = picks.one((*kinds[:6], *kinds)) if depth < 4 else "leaf"
    if kind == "ref":
        return {"reference": picks.one(REFERENCES)}
    if kind == "shown":
        return {
            "reference": picks.one(REFERENCES),
            picks.one(("display", "type", "identifier")): picks.one(LEAVES),
        }
    if kind == "coding":
        return {"coding": [a_coding(picks) for _ in range(picks.one((1, 2, 0)))]}
    if kind == "object":
        return {picks.one(NAMES): a_value(picks, depth + 1) for _ in range(picks.one((1, 2, 3, 0)))}
    if kind == "list":
        return [a_value(picks, depth + 1) for _ in range(picks.one((1, 2, 3, 0)))]
    if kind == "odd":
        inside = a_value(picks, depth + 1)
        return picks.one(([[inside]], (inside,), MappingProxyType({"a": inside}), {"coding": inside}))
    if kind == "inline":
        return {"extension": [INLINE], "value": 1}
    return below(picks.one((22, 66)), picks.one(LEAVES)) if kind == "deep" else picks.one(LEAVES)


def below(levels: int, leaf: Any) -> Any:
    return leaf if levels == 0 else {"part": below(levels - 1, leaf)}


def a_record(picks: Picks, number: int = 0) -> Json:
    """A record of which all may stay, with some elements of any name and shape put in or in place of others."""
    kind = picks.one(KINDS)
    made = resource(kind, f"r{number}")
    for _ in range(picks.one((1, 2, 3, 6))):
        name, value = picks.one(PLAIN_ELEMENTS)
        made[name] = value
    if picks.yes():
        made |= picks.one(ODD_ELEMENTS)
    for _ in range(picks.one((0, 0, 1, 2, 3))):
        made[picks.one(NAMES)] = a_value(picks)
    if picks.yes(0.1):
        made.pop(picks.one(tuple(made)[1:]), None)
    return made


RECORDS = built(a_record, 60)


def forgetful() -> Tables:
    """The tables with nothing remembered."""
    return replace(
        tables(), _seen_codes={}, _seen_words={}, seen_codings={}, seen_labellings={}, seen_securities={}
    )


def findings_in(node: object, known: Tables) -> Iterator[Finding]:
    """What the codes and words of a record say, read one by one."""
    if isinstance(node, list | tuple):
        for entry in node:
            yield from findings_in(entry, known)
    if not isinstance(node, Mapping):
        return
    code, display = node.get("code"), node.get("display")
    if isinstance(code, str):
        yield known.find_code(node.get("system", ""), code)
    if isinstance(display, str) and ("system" in node or isinstance(code, str)):
        yield known.find_words(display)
    for name, value in node.items():
        if name in PLAIN_WORDS and isinstance(value, str):
            yield known.find_words(value)
        elif name not in NO_SCAN:
            yield from findings_in(value, known)


def labels_afresh(record: Resource, part2: bool) -> Labelling:
    """The labels from a reading without any memory, which looks for labels of single elements everywhere."""
    known = forgetful()
    unwalked = Outline(record, str(record.get("resourceType")), known)
    unwalked.findings = [finding for finding in findings_in(record, known) if finding.tier]
    unwalked.may_bear_labels = True
    return _labelling(unwalked, part2, label_resource(record, part2, known).unstructured, known)


def rules(shown: frozenset[str]) -> Rules:
    """What holds for a release to somebody who may know everything in it, with nothing withheld."""
    return Rules(
        patient="Patient/p1",
        asked=shown | {"Condition/elsewhere"},
        shown=shown,
        sources=NO_SOURCES,
        codes=frozenset(),
        texts=frozenset(),
        classes=frozenset(),
        knows=True,
        readable=False,
        treats=True,
        tables=tables(),
        near=near_references(shown, "Patient/p1"),
        sweeps=False,
    )


@pytest.mark.requirement("FH-RED-01", "FH-RED-05")
@settings(max_examples=examples(400, 20000))
@given(record=RECORDS, whole_text=st.booleans(), readable=st.booleans(), sud=st.booleans())
def test_what_the_outline_lets_stay_whole_the_long_way_leaves_whole(
    record: Json, whole_text: bool, readable: bool, sud: bool
) -> None:
    asked_rules = replace(rules(frozenset({"Observation/r0", "Observation/r1"})), readable=readable)
    labels = frozenset({"SUD", "OPIOIDUD"}) if sud else frozenset[str]()
    check_short_way(record, Walk(asked_rules, record.get("resourceType", ""), labels, whole_text=whole_text))


def check_short_way(record: Json, walk: Walk) -> None:
    outline = outline_of(record, walk.kind, tables())
    if "contained" not in record and (all_may_stay(outline, walk) or is_plain_for_all(outline, walk.rules)):
        assert left_whole(record) == pruned(record, walk)


@pytest.mark.requirement("FH-RED-01", "FH-RED-05")
@pytest.mark.parametrize("kind", KINDS)
def test_each_odd_element_alone_goes_the_way_the_long_way_goes(kind: str) -> None:
    walk = Walk(rules(frozenset({"Observation/r0"})), kind, frozenset())
    for odd in ODD_ELEMENTS:
        check_short_way(resource(kind, "r0") | odd, walk)
        check_short_way(resource(kind, "r0") | dict(PLAIN_ELEMENTS) | odd, walk)


@pytest.mark.parametrize("number", range(len(PLAIN_ELEMENTS)))
def test_the_law_is_not_empty_an_ordinary_record_takes_the_short_way(number: int) -> None:
    name, value = PLAIN_ELEMENTS[number]
    record = resource("Observation", "r0", **{name: value})
    walk = Walk(rules(frozenset({"Observation/r0", "Observation/r1"})), "Observation", frozenset())

    assert all_may_stay(outline_of(record, "Observation", tables()), walk)


@pytest.mark.requirement("FH-LBL-05", "FH-VS-01", "P2-12-05")
@settings(max_examples=examples(400, 20000))
@given(record=RECORDS, part2=st.booleans())
def test_labels_from_the_outline_are_those_of_walking_afresh(record: Json, part2: bool) -> None:
    outline = outline_of(record, record.get("resourceType", ""), tables())
    wanted = labels_afresh(record, part2)

    assert labelling_of(outline, part2, tables()) == wanted
    assert label_resource(record, part2, tables()) == wanted, "remembered codings say what they said"
    assert outline.may_bear_labels or not list(_inline_labels(record, tables()))


@pytest.mark.requirement("FH-LBL-05", "P2-12-01")
@settings(max_examples=examples(100, 3000))
@given(records=built(lambda picks: [a_record(picks, number) for number in range(3)], 120))
def test_a_decision_lists_the_labels_of_walking_afresh(records: list[Json]) -> None:
    question = a_question(1)
    question |= {"resources": [r for r in records if isinstance(r.get("resourceType"), str)]}
    question["policy"] = {"packs": [], "part2_sources": [], "zone": "UTC"}
    try:
        request = consent.read_question(question)
    except consent.QuestionError:
        return
    rows = consent.decide(request, asking.tables()).resources
    for row, subject in zip(rows, request.resources, strict=True):
        wanted = labels_afresh(subject.resource, False)
        assert row.reasons[0].code == "RULE_FAILED" or wanted.inline or row.labels == wanted.shown


def a_release(picks: Picks) -> tuple[DisclosureRequest, Decision]:
    """Records of which some are withheld or lose an element, to somebody who may know SUD programs or may not."""
    records = [a_record(picks, number) for number in range(picks.one((1, 2, 3)))]
    kept = [record for record in records if {"resourceType", "id"} <= record.keys()]
    request = asked(kept, recipient=picks.one((HOSPITAL, HOUSING)), directory=[picks.one(PLACES)])
    references = [subject.reference for subject in request.resources]
    withheld = [reference for reference in references if picks.yes(0.2)]
    removals = {
        f"{record['resourceType']}/{record['id']}": (f"/{escaped(picks.one(tuple(record)))}",)
        for record in kept
        if picks.yes(0.15)
    }
    scopes = picks.one(((SUD_SCOPE,), (), (CLASS_SCOPE,)))
    return request, decided(request, withheld, removals, scopes=scopes)


PLACES = (
    {"resourceType": "Organization", "id": "other", "name": "Other Hospital"},
    {"resourceType": "Organization", "id": "otp-1", "name": "Sunrise Methadone Clinic"},
)


def outlines_of(request: DisclosureRequest) -> tuple[Outline, ...]:
    return tuple(outline_of(subject.resource, subject.type, tables()) for subject in request.resources)


def long_way(request: DisclosureRequest, decision: Decision) -> tuple[Resource, ...]:
    """The redaction with outlines that let nothing stay unread."""
    blind = outlines_of(request)
    for outline in blind:
        outline.is_plain = False
    return redact(request, replace(decision, outlines=blind), tables())


@pytest.mark.requirement("FH-RED-01")
@settings(max_examples=examples(200, 8000))
@given(release=built(a_release, 200))
def test_redacting_by_what_the_decision_read_is_redacting_without(
    release: tuple[DisclosureRequest, Decision],
) -> None:
    request, decision = release
    wanted = long_way(request, decision)

    assert redact(request, replace(decision, outlines=outlines_of(request)), tables()) == wanted
    assert redact(request, replace(decision, outlines=()), tables()) == wanted


@pytest.mark.requirement("FH-RED-01")
@settings(max_examples=examples(200, 8000))
@given(release=built(a_release, 200))
def test_an_outline_of_another_record_is_not_believed(release: tuple[DisclosureRequest, Decision]) -> None:
    request, decision = release
    others = [resource(subject.type, f"r{number}") for number, subject in enumerate(request.resources)]
    outlines = tuple(outline_of(other, other["resourceType"], tables()) for other in others)

    found = redact(request, replace(decision, outlines=outlines), tables())
    assert found == long_way(request, decision)


@pytest.mark.requirement("FH-RED-01")
def test_an_outline_is_believed_of_the_very_object_and_type_it_was_made_of() -> None:
    record = resource("Observation", "r0", note=[{"text": "x"}])
    request = asked([record], recipient=HOSPITAL)
    decision = decided(request, scopes=(SUD_SCOPE,))

    def shown(outlined: Json, kind: str) -> Resource:
        outline = outline_of(outlined, kind, tables())
        outline.is_plain = True  # it lies, so that we see who is believed
        return redact(request, replace(decision, outlines=(outline,)), tables())[0]

    assert shown(record, "Observation") is record, "believed, and so the lie is seen"
    assert "note" not in shown(dict(record), "Observation"), "an equal record is another one"
    assert "note" not in shown(record, "Condition"), "the same record read as another type"


def test_a_decision_keeps_the_outline_of_each_record_that_it_read() -> None:
    question = a_question(1, resources=3)
    question["consents"] = [a_consent(0, "Organization/hosp-1")]
    request = consent.read_question(question)
    compiled = consent.compile_consents(request, asking.tables())
    for _ in range(2):
        outlines = consent.decide(request, asking.tables(), compiled).outlines
        assert [outline.resource for outline in outlines] == [one.resource for one in request.resources]
