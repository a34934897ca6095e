"""Redaction by example: what goes, what stays, and when a whole record goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from consent.model import Recipient, Resource, Scope
from consent.redact import redact
from tests.consent.releases import (
    ACT_CODE,
    CLASS_SCOPE,
    HOSPITAL,
    HOUSING,
    PATIENT,
    PROGRAM,
    SUD_SCOPE,
    Json,
    asked,
    coded,
    decided,
    resource,
    tables,
)

LEVELS = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def redacted(
    resources: Sequence[Mapping[str, Any]],
    withheld: Sequence[str] = (),
    removals: Mapping[str, tuple[str, ...]] | None = None,
    recipient: Recipient = HOSPITAL,
    scopes: tuple[Scope, ...] = (SUD_SCOPE,),
    directory: Sequence[Mapping[str, Any]] = (),
    **how: Any,
) -> tuple[Resource, ...]:
    request = asked(resources, recipient, directory)
    return redact(request, decided(request, withheld, removals, scopes=scopes, **how), tables())


def one(resources: Sequence[Mapping[str, Any]], **how: Any) -> Resource:
    (found,) = redacted(resources, **how)
    return found


PLAN = resource("CarePlan", "p1", addresses=[{"reference": "Condition/c1"}, {"reference": "Condition/c2"}])
C1, C2 = resource("Condition", "c1", code=coded("J45")), resource("Condition", "c2", code=coded("F11.20"))


@pytest.mark.requirement("FH-RED-01")
def test_a_withheld_record_and_every_reference_to_it_go() -> None:
    plan, condition = redacted([PLAN, C1, C2], withheld=["Condition/c2"])
    assert plan["addresses"] == [{"reference": "Condition/c1"}]
    assert condition["id"] == "c1"


def test_an_emptied_element_goes_as_a_whole() -> None:
    assert "addresses" not in one([PLAN, C1, C2], withheld=["Condition/c1", "Condition/c2"])


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize(
    ("reference", "stays"),
    [
        ({"reference": "https://ehr.example/fhir/Condition/c1/_history/3"}, True),
        ({"reference": "https://ehr.example/fhir/Condition/c2"}, False),
        ({"reference": "urn:uuid:c1"}, True),
        ({"reference": "urn:uuid:c2"}, False),
        ({"reference": "Condition/never-asked"}, False),
        ({"reference": "Condition?code=F11"}, False),
        ({"reference": "Organization/any"}, True),
        ({"reference": "Organization/any", "type": "Condition"}, False),
        ({"reference": "Task/in-hand"}, True),
        ({"reference": "#nowhere"}, False),
        ({"reference": "#"}, True),
        ({"display": "Opioid use disorder"}, False),
        ({"display": "asthma"}, False),
        ({"identifier": {"value": "17"}, "display": "asthma"}, True),
    ],
)
def test_references_stay_only_to_what_is_released_or_tells_nothing(reference: Json, stays: bool) -> None:
    plan = redacted([{**PLAN, "addresses": [reference]}, C1, C2], withheld=["Condition/c2"])[0]
    assert ("addresses" in plan) is stays


def test_a_reference_to_the_person_stays_although_the_person_record_is_withheld() -> None:
    patient = resource("Patient", "p1", name=[{"family": "X"}])
    found = redacted([patient, C1], withheld=[PATIENT])
    assert [row["subject"] for row in found] == [{"reference": PATIENT}]


@pytest.mark.requirement("FH-RED-01")
def test_displays_stay_only_for_people_and_places_that_may_be_named() -> None:
    plan = resource(
        "CarePlan",
        "p1",
        author={"reference": "Practitioner/x", "display": "Dr. Rivera", "type": "Practitioner"},
        contributor=[{"reference": "Organization/y", "display": "HIV clinic"}, {"display": "Dr. Rivera"}],
        addresses=[{"reference": "Condition/c1", "display": "asthma"}],
    )
    found = redacted([plan, C1])[0]
    assert found["author"] == {
        "reference": "Practitioner/x",
        "type": "Practitioner",
        "display": "Dr. Rivera",
    }
    assert found["contributor"] == [{"reference": "Organization/y"}]
    assert found["addresses"] == [{"reference": "Condition/c1"}]


@pytest.mark.requirement("FH-RED-01", "DM-25")
def test_narrative_notes_attachments_and_unknown_extensions_go() -> None:
    race = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", "valueCode": "x"}
    found = one(
        [
            resource(
                "ServiceRequest",
                "s1",
                text={"status": "generated", "div": "<div>x</div>"},
                note=[{"text": "x"}],
                patientInstruction="x",
                extension=[race, {"url": "urn:z-segment", "valueString": "x"}, "odd"],
                supportingInfo=[{"reference": "Task/t", "extension": [{"url": "urn:x"}]}],
                orderDetail=[{"text": "ride", "extension": [{"url": "urn:x"}]}],
                meta={"source": "urn:x", "tag": [{"code": "x"}], "versionId": "3", "profile": ["urn:p"]},
            )
        ]
    )
    assert found == {
        **resource("ServiceRequest", "s1"),
        "extension": [race],
        "supportingInfo": [{"reference": "Task/t"}],
        "orderDetail": [{"text": "ride"}],
        "meta": {"versionId": "3", "profile": ["urn:p"]},
    }


@pytest.mark.requirement("FH-RED-01")
def test_descriptions_in_free_text_go_but_a_goal_keeps_its_own() -> None:
    plan, goal = redacted([resource("CarePlan", "p1", description="x"), resource("Goal", "g1")])
    assert "description" not in plan
    assert goal["description"] == {"text": "find a place to live"}


def test_free_text_stays_inside_the_organisation_and_for_the_person() -> None:
    noted = resource("CarePlan", "p1", note=[{"text": "x"}])
    inside = Recipient(references=("Practitioner/x",), members_of=(PROGRAM,))
    assert one([noted], recipient=inside)["note"] == [{"text": "x"}]
    patient = Recipient(references=(PATIENT,), standing=("patient",))
    assert one([noted], recipient=patient, basis="PATIENT_ACCESS")["note"] == [{"text": "x"}]
    assert "note" not in one([noted], recipient=patient)


@pytest.mark.requirement("FH-RED-01")
def test_a_document_that_is_covered_as_a_whole_keeps_its_content_and_loses_it_otherwise() -> None:
    content = [{"attachment": {"data": "eA=="}, "format": {"code": "x"}}]
    document = resource("DocumentReference", "d1", status="current", content=content, photo=[{"data": "x"}])
    assert one([document])["content"] == content
    removed = {"DocumentReference/d1": ("/content/0/attachment",)}
    assert redacted([document], removals=removed) == (), "without its content it is no document"


@pytest.mark.requirement("FH-RED-01")
def test_sections_of_a_composition_keep_their_text_only_when_it_is_covered_as_a_whole() -> None:
    section = [{"title": "Plan", "text": {"status": "generated", "div": "<div>x</div>"}}]
    needed = {"status": "final", "type": {"text": "x"}, "date": "2026", "author": [{"reference": PATIENT}]}
    composition = resource("Composition", "c1", title="Plan", section=section, **needed)
    assert one([composition])["section"] == section
    partly = one([composition], removals={"Composition/c1": ("/confidentiality",)})
    assert partly["section"] == [{"title": "Plan"}]


@pytest.mark.requirement("FH-RED-05")
@pytest.mark.parametrize(
    ("record", "place"),
    [
        (resource("CarePlan", "x"), "/status"),
        (resource("CarePlan", "x"), "/intent"),
        (resource("Goal", "x"), "/description"),
        (resource("Task", "x"), "/intent"),
        (resource("Observation", "x"), "/code"),
        (resource("MedicationRequest", "x", status="active", intent="order", subject={}), "/subject"),
    ],
)
def test_a_record_that_cannot_stay_valid_is_withheld_whole(record: Json, place: str) -> None:
    reference = f"{record['resourceType']}/x"
    task = resource("Task", "t1", focus={"reference": reference})
    (left,) = redacted([task, record], removals={reference: (place,)})
    assert left == resource("Task", "t1"), "and nothing refers to it any more"


@pytest.mark.requirement("FH-RED-05")
def test_an_entry_that_cannot_stay_valid_goes_alone() -> None:
    coded_output = {"type": {"text": "result"}, "valueReference": {"reference": "Observation/withheld"}}
    plain_output = {"type": {"text": "count"}, "valueInteger": 3}
    found = one([resource("Task", "t1", output=[coded_output, plain_output])])
    assert found["output"] == [plain_output]


@pytest.mark.requirement("FH-RED-05")
def test_an_element_given_only_by_extension_counts_as_present() -> None:
    absent = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}
    record = resource("Observation", "o1")
    del record["status"]
    assert one([{**record, "_status": absent}])["_status"] == absent


def test_removals_point_into_the_record_as_asked() -> None:
    record = resource(
        "CarePlan", "p1", category=[{"text": "a"}, {"text": "b"}, {"text": "c"}], **{"a/b~": "x"}
    )
    found = one([record], removals={"CarePlan/p1": ("/a~1b~0", "/category/0", "/category/2/text", "/meta")})
    assert found == resource("CarePlan", "p1", category=[{"text": "b"}])
    dated = resource("CarePlan", "p1", meta={"versionId": "1", "security": [{"code": "R"}]})
    assert one([dated], removals={"CarePlan/p1": ("/meta/security/0",)})["meta"] == {"versionId": "1"}


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize("element", ["modifierExtension", "implicitRules"])
def test_a_record_under_a_rule_that_nobody_knows_is_withheld(element: str) -> None:
    assert redacted([resource("CarePlan", "p1", **{element: [{"url": "urn:x"}]})]) == ()
    inner = resource("CarePlan", "p1", activity=[{"modifierExtension": [{"url": "urn:x"}], "detail": {}}])
    assert "activity" not in one([inner])


def test_twins_of_primitives_go_when_either_half_lost_an_entry() -> None:
    names = {"given": ["A", "B"], "_given": [None, {"id": "x"}]}
    kept = one([resource("Patient", "x", name=[names])])
    assert kept["name"] == [names]
    less = one([resource("Patient", "x", name=[names])], removals={"Patient/x": ("/name/0/given/0",)})
    assert less["name"] == [{"given": ["B"]}]


@pytest.mark.requirement("FH-RED-01", "FH-LBL-05", "P2-32-01")
def test_a_contained_record_of_a_program_goes_where_its_container_is_none() -> None:
    """Else it would leave without its label, without the notice and whatever a denial of Part 2 records says."""
    inner = resource(
        "Observation",
        "x",
        meta={"security": [{"system": LEVELS, "code": "R"}, {"system": ACT_CODE, "code": "42CFRPart2"}]},
    )
    sick = resource("Condition", "c", contained=[inner], evidence=[{"detail": [{"reference": "#x"}]}])
    other = Recipient(references=("Organization/clinic-7",), standing=("treating_provider",))
    request = asked([sick], other, programs=())

    (kept,) = redact(request, decided(request, labels=("42CFRPart2", "R", "SUD")), tables())
    (cut,) = redact(request, decided(request, labels=("R", "SUD")), tables())

    assert "contained" in kept
    assert "contained" not in cut


PAGE = {
    "status": "final",
    "type": coded("52521-2", system="http://loinc.org"),
    "date": "2026-06-01",
    "author": [{"reference": "Practitioner/d"}],
    "title": "Care plan",
}


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize(
    ("kind", "text", "stays"),
    [
        ("Composition", PAGE, False),
        ("Composition", {**PAGE, "section": [{"title": "Plan"}]}, True),
        ("Communication", {"status": "completed"}, False),
        ("Communication", {"status": "completed", "payload": [{"contentString": "x"}]}, True),
    ],
)
def test_notes_stay_in_a_document_that_was_asked_about_as_one(kind: str, text: Json, stays: bool) -> None:
    """The permit of a document's class was asked for its text; beside no text, a note is a note like any other."""
    record = resource(kind, "d", note=[{"text": "words"}], subject={"reference": PATIENT}, **text)
    assert ("note" in one([record])) is stays


@pytest.mark.requirement("FH-RED-01")
def test_contained_records_stay_only_when_they_tell_no_more_than_their_container() -> None:
    sick = resource("Condition", "sick", code=coded("F32.9"))
    well = resource("Condition", "well", code=coded("J45"), meta={"security": []})
    note = resource("DocumentReference", "note", type={"text": "counseling note"})
    unused = resource("Organization", "unused", name="x")
    inner = {"resourceType": "Organization", "id": "used", "partOf": {"reference": "#deep"}, "name": "A"}
    deep = {"resourceType": "Organization", "id": "deep", "name": "B"}
    plan = resource(
        "CarePlan",
        "p1",
        contained=[sick, well, note, unused, inner, deep, "odd", {"resourceType": "Organization"}],
        addresses=[{"reference": "#sick"}, {"reference": "#well"}],
        supportingInfo=[{"reference": "#note"}],
        author={"reference": "#used", "display": "A"},
    )
    found = one([plan])
    assert [entry["id"] for entry in found["contained"]] == ["well", "used", "deep"]
    assert "meta" not in found["contained"][0], "FHIR dom-5: no labels inside"
    assert found["addresses"] == [{"reference": "#well"}]
    assert "supportingInfo" not in found
    assert "contained" not in one([plan], removals={"CarePlan/p1": ("/contained",)})


@pytest.mark.requirement("FH-RED-01")
def test_contained_records_outside_the_permitted_classes_go() -> None:
    plan = resource(
        "CarePlan",
        "p1",
        contained=[resource("Condition", "c"), {"resourceType": "Practitioner", "id": "x"}],
        addresses=[{"reference": "#c"}],
        author={"reference": "#x"},
    )
    limited = replace(SUD_SCOPE, classes=("CarePlan",))
    assert [entry["id"] for entry in one([plan], scopes=(limited,))["contained"]] == ["x"]
    assert [entry["id"] for entry in one([plan], scopes=(limited, SUD_SCOPE))["contained"]] == ["c", "x"]


def test_elements_of_a_contained_record_can_be_removed() -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "A", "alias": ["B"]}
    plan = resource("CarePlan", "p1", contained=[inner], author={"reference": "#o"})
    found = one([plan], removals={"CarePlan/p1": ("/contained/0/alias",)})
    assert found["contained"] == [{"resourceType": "Organization", "id": "o", "name": "A"}]
    without = one([plan], removals={"CarePlan/p1": ("/contained/0",)})
    assert "contained" not in without
    assert "author" not in without


def test_a_contained_record_that_cannot_stay_valid_goes() -> None:
    plan = resource(
        "CarePlan",
        "p1",
        contained=[{"resourceType": "Condition", "id": "c", "code": coded("J45")}],
        addresses=[{"reference": "#c"}],
    )
    found = one([plan])
    assert "contained" not in found
    assert "addresses" not in found


@pytest.mark.requirement("FH-RED-01")
def test_codes_texts_and_identifiers_of_withheld_records_are_not_repeated() -> None:
    withheld = resource(
        "Condition",
        "c1",
        code={**coded("J45", "Asthma"), "text": "Asthma of Mr X"},
        identifier=[{"value": "77"}],
    )
    request = resource(
        "ServiceRequest",
        "s1",
        reasonCode=[coded("J45"), {"text": "asthma of mr x"}, {"text": "cough"}],
        identifier=[{"value": "77"}, {"value": "78"}],
        code=coded("J45"),
    )
    (found,) = redacted([request, withheld], withheld=["Condition/c1"])
    assert found["reasonCode"] == [{"text": "cough"}]
    assert found["identifier"] == [{"value": "78"}]
    assert found["code"] == coded("J45"), "what a record is was decided with it"


def test_a_tree_deeper_than_any_fhir_record_is_cut() -> None:
    deep: Json = {"text": "bottom"}
    for _ in range(400):
        deep = {"item": [deep]}
    found = one([resource("QuestionnaireResponse", "q1", status="completed", item=[deep])])
    assert "bottom" not in repr(found)


def test_a_decision_about_another_question_is_not_taken() -> None:
    request, other = asked([C1]), asked([C2])
    with pytest.raises(ValueError, match="another question"):
        redact(request, decided(other), tables())


def test_nothing_left_is_nothing_shown() -> None:
    assert redacted([C1, C2], withheld=["Condition/c1", "Condition/c2"]) == ()


def test_labels_stay_where_the_recipient_may_read_them_and_go_where_they_would_tell() -> None:
    security = [{"system": ACT_CODE, "code": "SUD"}, {"system": ACT_CODE, "code": "42CFRPart2"}, "odd"]
    profile = ["urn:plan", "urn:methadone plan"]
    plan = resource("CarePlan", "p1", meta={"security": security, "profile": profile})
    assert one([plan])["meta"]["security"] == security
    hidden = one([plan], recipient=HOUSING, scopes=(CLASS_SCOPE,))
    assert hidden["meta"] == {"security": [security[1]], "profile": ["urn:plan"]}
    bare = resource("CarePlan", "p1", meta="odd")
    assert "meta" not in one([bare], recipient=HOUSING, scopes=(CLASS_SCOPE,))


def test_half_empty_identifiers_and_codes_of_withheld_records_hide_nothing_else() -> None:
    withheld = resource(
        "Condition", "c1", identifier=[{"system": "urn:x"}], code={"coding": [{"system": "urn:x"}]}
    )
    task = resource(
        "Task",
        "t1",
        meta={"security": [], "profile": [], "versionId": "1"},
        identifier=[{"system": "urn:x", "value": "1"}],
        reasonCode={"coding": [{"system": "urn:x"}], "text": "x"},
        owner={"reference": "Organization/x", "identifier": {"system": "urn:y", "value": "9"}},
    )
    named = resource("Condition", "c2", identifier=[{"system": "urn:y", "value": "9"}])
    (found,) = redacted([task, withheld, named], withheld=["Condition/c1", "Condition/c2"])
    assert found == {**task, "meta": {"versionId": "1"}, "owner": {"reference": "Organization/x"}}
