"""C-CDA documents in and out: what they mean, their labels, and that a release says only what was released."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from mappings import Library, RenderRefused, Translation, translate
from mappings.laws import leaves_of
from mappings.render import render
from mappings.syntax.ccda import Node, counted_leaves, read_document
from mappings.syntax.ccda_tree import sections_of
from tests import strategies
from tests.mappings.conftest import FORMATS

REFERRAL = "psychiatry/ccda_referral"
PLAN = "ccda/care_plan"
SUMMARY = "ccda/ccd"
DISCHARGE = "ccda/discharge_summary"
SECRET = "synthetic text that must never leave"
NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SAMPLES = {
    REFERRAL: FORMATS / REFERRAL / "samples/referral.xml",
    PLAN: FORMATS / PLAN / "samples/care_plan.xml",
    SUMMARY: FORMATS / SUMMARY / "samples/summary.xml",
    DISCHARGE: FORMATS / DISCHARGE / "samples/discharge.xml",
}
CONSULTATION = FORMATS / REFERRAL / "samples/consultation.xml"
Resource = Mapping[str, Any]


def _read(library: Library, mapping_id: str, source: bytes, zone: str | None = None) -> Translation:
    return translate(library.mapping(mapping_id), source, partner="p", id_key=b"k", zone=zone)


def _sample(library: Library, mapping_id: str) -> Translation:
    return _read(library, mapping_id, SAMPLES[mapping_id].read_bytes())


def _written(library: Library, mapping_id: str, resources: Sequence[Resource]) -> bytes:
    return render(
        library.mapping(mapping_id),
        resources,
        at=AT,
        control_id="7",
        zone="America/Phoenix",
        settings={"sending_facility": "Example Network", "sending_application": "GATE", "notice": NOTICE},
    ).content


def _of(resources: Sequence[Resource], kind: str) -> list[Resource]:
    return [resource for resource in resources if resource["resourceType"] == kind]


def _levels(resource: Resource) -> set[str]:
    return {one["code"] for one in resource["meta"]["security"] if one["system"] == CONFIDENTIALITY}


def _plain(resources: Sequence[Resource]) -> list[dict[str, Any]]:
    """Resources without ids, labels, and what is said of the document, for comparison."""
    found = []
    for resource in resources:
        if resource["resourceType"] not in ("Composition", "DocumentReference", "Organization"):
            text = re.sub(
                r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", json.dumps(resource, default=str, sort_keys=True)
            )
            left_out = {"meta", "id", "supportingInfo"}
            if resource["resourceType"] == "AllergyIntolerance":
                left_out |= {"category"}  # written is the kind, without what it is a kind of
            found.append({k: v for k, v in json.loads(text).items() if k not in left_out})
    return sorted(found, key=lambda one: json.dumps(one, sort_keys=True))


# What a document means.


def test_a_referral_note_is_a_referral_with_its_people_and_its_reasons(library: Library) -> None:
    resources = _sample(library, REFERRAL).resources
    [task] = _of(resources, "Task")
    referral = next(one for one in _of(resources, "ServiceRequest") if one["intent"] == "order")
    assert (task["status"], referral["status"], referral["priority"]) == ("requested", "active", "urgent")
    assert task["focus"] == {"reference": f"ServiceRequest/{referral['id']}"}
    assert [one["coding"][0]["code"] for one in referral["reasonCode"]] == ["F10.20"]
    assert task["owner"] == referral["performer"][0]
    assert len(referral["supportingInfo"]) == 11


@pytest.mark.requirement("CD-01")
def test_a_consultation_note_closes_the_loop_of_the_same_referral(library: Library) -> None:
    asked, answered = _sample(library, REFERRAL), _read(library, REFERRAL, CONSULTATION.read_bytes())
    assert asked.business_key == answered.business_key
    for role in ("task", "referral", "patient"):
        assert asked.roles[role] == answered.roles[role]
    assert _of(answered.resources, "Task")[0]["status"] == "completed"


def test_what_is_negated_is_never_said_plainly_in_either_direction(library: Library) -> None:
    for mapping_id in (SUMMARY, REFERRAL):
        first = _sample(library, mapping_id).resources
        again = _read(library, mapping_id, _written(library, mapping_id, first)).resources
        for resources in (first, again):
            for medication in _of(resources, "MedicationStatement"):
                assert medication["status"] == ("not-taken" if mapping_id == SUMMARY else "active")
            for problem in _of(resources, "Condition") if mapping_id == SUMMARY else ():
                assert problem["verificationStatus"]["coding"][0]["code"] == "refuted"
            codes = [
                one["coding"][0]["code"] for one in (a["code"] for a in _of(resources, "AllergyIntolerance"))
            ]
            assert codes == (["7980"] if mapping_id == SUMMARY else ["716186003"])


def test_a_substance_is_not_written_as_negated(library: Library) -> None:
    content = _written(library, SUMMARY, _sample(library, SUMMARY).resources)
    allergy = content[content.index(b"22.4.7") - 300 : content.index(b"22.4.7")]
    assert b"negationInd" not in allergy


def test_what_was_entered_in_error_is_not_said_again(library: Library) -> None:
    resources = json.loads(json.dumps(_sample(library, REFERRAL).resources, default=str))
    for resource in resources:
        if resource["resourceType"] == "Condition":
            resource["verificationStatus"] = {"coding": [{"code": "entered-in-error"}]}
    content = _written(library, REFERRAL, resources)
    assert b"F31.12" not in content
    assert b"Bipolar" not in content


def test_a_note_is_an_unstructured_document_and_a_risk_is_no_condition(library: Library) -> None:
    notes = _of(_sample(library, REFERRAL).resources, "DocumentReference")
    texts = [base64.b64decode(one["content"][0]["attachment"]["data"]).decode() for one in notes]
    assert texts[0] == "Insight is good between episodes.\nFamily helps with sleep."
    source = SAMPLES[PLAN].read_bytes().replace(b"22.4.132", b"22.4.136")
    assert _of(_read(library, PLAN, source).resources, "Condition") == []


def test_a_goal_has_a_measure_a_detail_and_a_day(library: Library) -> None:
    goals = _of(_sample(library, PLAN).resources, "Goal")
    assert goals[0]["target"][0]["detailRange"]["high"]["code"] == "{score}"
    assert goals[0]["target"][0]["dueDate"] == "2027-01-04"
    assert goals[0]["target"][0]["measure"] == goals[0]["description"]
    assert goals[1]["description"] == {"text": "Six hours of sleep in most nights"}
    [plan] = _of(_sample(library, PLAN).resources, "CarePlan")
    assert len(plan["goal"]) == len(plan["addresses"]) == 2
    assert [sorted(one) for one in plan["activity"]] == [["reference"], ["outcomeReference"]]


@pytest.mark.parametrize(
    ("document_time", "zone", "expected", "issues"),
    [
        ("202611030930-0700", None, "2026-11-03T09:15:00-07:00", []),
        ("20261103", "America/Phoenix", "2026-11-03T09:15:00-07:00", []),
        ("20261103", None, "2026-11-03", ["ZONE_MISSING"]),
    ],
)
def test_a_time_without_zone_takes_that_of_the_document_or_the_partner(
    library: Library, document_time: str, zone: str | None, expected: str, issues: list[str]
) -> None:
    source = SAMPLES[REFERRAL].read_bytes().replace(b"202611030915-0700", b"202611030915")
    source = source.replace(
        b'<effectiveTime value="202611030930-0700"/>', f'<effectiveTime value="{document_time}"/>'.encode()
    )
    translation = _read(library, REFERRAL, source, zone)
    assert _of(translation.resources, "Observation")[0]["effectiveDateTime"] == expected
    assert [issue.code for issue in translation.issues] == issues


@pytest.mark.requirement("P2-13-01")
def test_a_social_security_number_is_dropped_and_makes_no_id(library: Library) -> None:
    source = SAMPLES[REFERRAL].read_bytes()
    translation = _read(library, REFERRAL, source)
    assert "900112345" not in json.dumps([translation.resources, translation.complement], default=str)
    other = _read(library, REFERRAL, source.replace(b"900112345", b"900112346"))
    assert other.resources == translation.resources


def test_a_section_nobody_named_is_reported_and_goes_nowhere(library: Library) -> None:
    source = SAMPLES[REFERRAL].read_bytes().replace(b"10.20.22.2.15", b"10.20.22.2.999")
    translation = _read(library, REFERRAL, source)
    assert {issue.code for issue in translation.issues} == {"UNMAPPED"}
    assert SECRET not in json.dumps(translation.resources, default=str)
    assert SECRET.encode() not in _written(library, REFERRAL, translation.resources)


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (b"10.20.22.1.14", b"10.20.22.1.7", "EVENT_UNKNOWN", "/ClinicalDocument/code/@code"),
        (b"<title>Referral note</title>", b"", "REQUIRED_MISSING", "title"),
        (b"<given>Jonas</given>", b"", None, None),
    ],
)
def test_a_document_is_refused_where_it_lacks_what_it_must_have(
    library: Library, old: bytes, new: bytes, code: str | None, place: str | None
) -> None:
    from mappings import TranslationRefused

    source = SAMPLES[REFERRAL].read_bytes().replace(old, new)
    if code == "EVENT_UNKNOWN":  # another kind by its template and by its code
        source = source.replace(b'code="57133-1"', b'code="18842-5"')
    if code is None:
        assert _of(_read(library, REFERRAL, source).resources, "Patient")[0]["name"][0]["family"]
        return
    with pytest.raises(TranslationRefused) as refusal:
        _read(library, REFERRAL, source)
    assert (refusal.value.code, refusal.value.place) == (code, place)


# Labels.


@pytest.mark.requirement("CD-01", "FH-LBL-05")
def test_the_label_of_a_document_is_on_everything_made_of_it(library: Library) -> None:
    for mapping_id in SAMPLES:
        for resource in _sample(library, mapping_id).resources:
            if resource["resourceType"] not in ("Practitioner", "PractitionerRole", "Organization"):
                assert "R" in _levels(resource), resource["resourceType"]


@pytest.mark.requirement("CD-01")
def test_labels_of_sections_and_entries_come_in_and_go_out_at_their_level(library: Library) -> None:
    source = SAMPLES[REFERRAL].read_bytes()
    first = _sample(library, REFERRAL).resources
    labels = [{one["code"] for one in c["meta"]["security"]} for c in _of(first, "Condition")]
    assert labels == [{"R", "MH"}, {"R", "ETHUD"}]
    written = _written(library, REFERRAL, first)
    again = _of(_read(library, REFERRAL, written).resources, "Condition")
    assert [{one["code"] for one in c["meta"]["security"]} for c in again] == labels
    assert b"NORDSCLCD" in written
    lifted = source.replace(
        b'<confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25"/>\n          <entry>',
        b'<confidentialityCode code="V" codeSystem="2.16.840.1.113883.5.25"/>\n          <entry>',
    )
    assert lifted != source
    document = read_document(_written(library, REFERRAL, _read(library, REFERRAL, lifted).resources))
    assert document.named("confidentialityCode")[0].attributes["code"] == "V"


@pytest.mark.requirement("CD-01")
@pytest.mark.parametrize("level", ["L", "N", "R", "V"])
def test_a_document_says_at_least_what_its_most_confidential_part_says(library: Library, level: str) -> None:
    resources = json.loads(json.dumps(_sample(library, REFERRAL).resources, default=str))
    for resource in resources:
        resource["meta"] = {"security": [{"system": CONFIDENTIALITY, "code": "L"}]}
    _of(resources, "Observation")[0]["meta"]["security"][0]["code"] = level
    document = read_document(_written(library, REFERRAL, resources))
    assert document.named("confidentialityCode")[0].attributes["code"] == level
    sections = [one for one in sections_of(document) if one.named("confidentialityCode")]
    assert sections
    for section in sections:
        assert "LMNRV".index(section.named("confidentialityCode")[0].attributes["code"]) <= "LMNRV".index(
            level
        )


@pytest.mark.requirement("CD-01")
def test_a_document_without_any_label_says_usual(library: Library) -> None:
    resources = [{k: v for k, v in one.items() if k != "meta"} for one in _sample(library, PLAN).resources]
    document = read_document(_written(library, PLAN, resources))
    assert document.named("confidentialityCode")[0].attributes["code"] == "N"


@pytest.mark.requirement("FH-LBL-05")
@pytest.mark.parametrize("place", ["document", "section", "entry"])
def test_a_label_that_nobody_knows_marks_restricted(library: Library, place: str) -> None:
    source = SAMPLES[REFERRAL].read_bytes()
    source = re.sub(rb'<confidentialityCode code="."', b'<confidentialityCode code="N"', source)
    source = re.sub(
        rb'code="R" codeSystem="2.16.840.1.113883.5.1063"',
        b'code="N" codeSystem="2.16.840.1.113883.5.1063"',
        source,
    )
    plain = _of(_read(library, REFERRAL, source).resources, "Condition")[0]
    assert "R" not in _levels(plain)
    if place == "entry":
        source = source.replace(b'code="MH"', b'code="HUSH"')
    elif place == "document":
        source = source.replace(b'<confidentialityCode code="N"', b'<confidentialityCode code="HUSH"', 1)
    else:
        source = source.replace(b'<confidentialityCode code="N"', b'<confidentialityCode code="HUSH"')
    assert "R" in _levels(_of(_read(library, REFERRAL, source).resources, "Condition")[0])


# A release.


@pytest.mark.requirement("P2-32-04")
@pytest.mark.parametrize("mapping_id", SAMPLES)
def test_a_release_is_a_document_of_its_own_with_notice_and_author(library: Library, mapping_id: str) -> None:
    first = _sample(library, mapping_id).resources
    leaves = counted_leaves(_written(library, mapping_id, first))
    assert NOTICE in leaves.values()
    assert leaves["/ClinicalDocument/effectiveTime/@value"] == "20261122050000-0700"
    assert (
        leaves["/ClinicalDocument/author/assignedAuthor/assignedAuthoringDevice/softwareName/text()"]
        == "GATE"
    )
    held = "/ClinicalDocument/custodian/assignedCustodian/representedCustodianOrganization/name/text()"
    assert leaves[held] == "Example Network"
    source = leaves_of(library.mapping(mapping_id), SAMPLES[mapping_id].read_bytes())
    assert leaves["/ClinicalDocument/id/@root"] not in source.values()
    assert _written(library, mapping_id, first) == _written(library, mapping_id, first)


@pytest.mark.requirement("P2-32-04")
@pytest.mark.parametrize("words", [NOTICE, "Smith & Sons <LLC> \u00a7 2.32", "a ]]> b & c"])
def test_the_notice_is_carried_word_for_word(library: Library, words: str) -> None:
    content = render(
        library.mapping(REFERRAL),
        _sample(library, REFERRAL).resources,
        at=AT,
        control_id="7",
        zone=None,
        settings={"notice": words},
    ).content
    assert words in counted_leaves(content).values()
    assert "]]>" in words or words.encode() in content


@pytest.mark.parametrize("mapping_id", SAMPLES)
def test_a_release_says_what_was_released_and_can_be_read_again(library: Library, mapping_id: str) -> None:
    """All but a consent that a document told of: none is written, as its reader could take it for a permission."""
    told = _sample(library, mapping_id).resources
    content = _written(library, mapping_id, told)
    first = [resource for resource in told if resource["resourceType"] != "Consent"]
    again = _read(library, mapping_id, content)
    assert again.issues == ()
    assert b"<authorization" not in content
    assert _plain(again.resources) == _plain(first)


@pytest.mark.requirement("V2-02")
@pytest.mark.parametrize("mapping_id", SAMPLES)
def test_a_release_holds_nothing_carried_and_no_text_of_the_sender(library: Library, mapping_id: str) -> None:
    translation = _sample(library, mapping_id)
    content = _written(
        library, mapping_id, [r for r in translation.resources if r["resourceType"] != "DocumentReference"]
    )
    assert SECRET.encode() not in content
    for hidden in (b"900112345", b"Rosa", b"counseling wanted", b"<paragraph>Two goals", b"concern-1"):
        assert hidden not in content


def test_texts_of_sections_come_from_what_was_released_and_from_nothing_else(library: Library) -> None:
    """Resources are taken away by chance: what they alone said is in no byte of the document."""
    chance = random.Random(22)
    for mapping_id in SAMPLES:
        resources = [
            r
            for r in _sample(library, mapping_id).resources
            if r["resourceType"] not in ("DocumentReference", "Composition")
        ]
        for _ in range(strategies.examples(20, 400)):
            kept = [r for r in resources if r["resourceType"] in ("Patient",) or chance.random() < 0.6]
            said = json.dumps(kept, default=str)
            gone = [r for r in resources if r not in kept]
            words = {
                word
                for resource in gone
                for word in re.findall(
                    r'"(?:display|code|value|family|text)": "([^"]{4,})"', json.dumps(resource, default=str)
                )
                if word not in said
            }
            try:
                content = _written(library, mapping_id, kept).decode()
            except RenderRefused:
                continue
            fixed = _written(
                library, mapping_id, [r for r in resources if r["resourceType"] == "Patient"]
            ).decode()
            for word in words:
                assert f">{word}<" not in content
                assert f"{word};" not in content
                assert f'"{word}"' not in content or f'"{word}"' in fixed or word in _CONSTANTS


_CONSTANTS = {
    "CONC",
    "ASSERTION",
    "44383000",
    "64572001",
    "55561003",
    "active",
    "completed",
    "75310-3",
    "362956003",
}


@pytest.mark.parametrize("mapping_id", SAMPLES)
def test_a_document_goes_back_the_same_with_a_complement_that_was_stored(
    library: Library, mapping_id: str
) -> None:
    """The complement is kept as JSON; with it the very document comes back, but for what was dropped."""
    mapping, source = library.mapping(mapping_id), SAMPLES[mapping_id].read_bytes()
    translation = _read(library, mapping_id, source)
    stored = json.loads(json.dumps(translation.complement))
    back = render(mapping, translation.resources, at=AT, control_id="7", zone=None, complement=stored).content
    before, after = counted_leaves(source), counted_leaves(back)
    found_by = list(stored["found_by"])  # the same bytes, the same complement, in every process
    assert found_by == [place for place in before if place in stored["found_by"]]
    assert {place for place in before if after.get(place) != before[place]} == {
        "/ClinicalDocument/recordTarget/patientRole/id[2]/@root",
        "/ClinicalDocument/recordTarget/patientRole/id[2]/@extension",
    }
    assert after.keys() <= before.keys()


def test_what_was_changed_taken_away_or_added_goes_back_with_the_rest(library: Library) -> None:
    mapping, source = library.mapping(REFERRAL), SAMPLES[REFERRAL].read_bytes()
    translation = _read(library, REFERRAL, source)
    resources = json.loads(json.dumps(translation.resources, default=str))
    first, second = _of(resources, "Condition")
    added = {
        **json.loads(json.dumps(second)),
        "id": "new",
        "identifier": [{**second["identifier"][0], "value": "9"}],
    }
    added["code"] = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G47.00"}]}
    _of(resources, "Patient")[0]["address"][0]["city"] = "Tempe"
    resources.remove(first)
    resources.append(added)
    for one in resources:
        if one["resourceType"] == "ServiceRequest" and one["intent"] == "order":
            one["supportingInfo"].append({"reference": "Condition/new"})
    back = render(
        mapping, resources, at=AT, control_id="7", zone=None, complement=translation.complement
    ).content
    again = _read(library, REFERRAL, back).resources
    codes = [one["code"]["coding"][0]["code"] for one in _of(again, "Condition")]
    assert sorted(codes) == ["F10.20", "G47.00"]
    assert _of(again, "Patient")[0]["address"][0]["city"] == "Tempe"
    assert b"F31.12" not in back
    assert b"counseling wanted" in back
    few = [one for one in translation.resources if one["resourceType"] not in ("Condition", "Observation")]
    back = render(mapping, few, at=AT, control_id="7", zone=None, complement=translation.complement).content
    left = _read(library, REFERRAL, back).resources
    assert _of(left, "Condition") == _of(left, "Observation") == []
    assert len(_of(left, "MedicationStatement")) == 1


def test_what_is_taken_only_when_needed_is_said_so(library: Library) -> None:
    [medication] = _of(_sample(library, SUMMARY).resources, "MedicationStatement")
    assert medication["dosage"][0]["asNeededCodeableConcept"]["coding"][0]["code"] == "56018004"
    source = re.sub(
        rb"<criterion>.*?</criterion>", b"<criterion/>", SAMPLES[SUMMARY].read_bytes(), flags=re.DOTALL
    )
    [medication] = _of(_read(library, SUMMARY, source).resources, "MedicationStatement")
    assert medication["dosage"] == [{"asNeededBoolean": True}]
    again = _read(library, SUMMARY, _written(library, SUMMARY, _read(library, SUMMARY, source).resources))
    assert _of(again.resources, "MedicationStatement")[0]["dosage"] == [{"asNeededBoolean": True}]


def test_no_referral_is_claimed_where_none_was_released(library: Library) -> None:
    resources = [
        r for r in _sample(library, REFERRAL).resources if r["resourceType"] in ("Patient", "Condition")
    ]
    content = _written(library, REFERRAL, resources)
    assert b"22.4.140" not in content
    assert b"44383000" not in content


def test_a_release_without_a_name_is_refused(library: Library) -> None:
    resources = [r for r in _sample(library, REFERRAL).resources if r["resourceType"] != "Patient"]
    with pytest.raises(RenderRefused) as refusal:
        _written(library, REFERRAL, resources)
    assert (refusal.value.code, refusal.value.place) == (
        "REQUIRED_MISSING",
        "recordTarget/patientRole/patient/name",
    )


def test_a_hospital_referral_goes_to_psychiatry_as_a_referral_note(library: Library, referral: bytes) -> None:
    hospital = _read(library, "hospital/ref_i12", referral, "America/Phoenix")
    note = _read(library, REFERRAL, _written(library, REFERRAL, hospital.resources))
    assert note.issues == ()
    [asked] = [one for one in _of(note.resources, "ServiceRequest") if one["intent"] == "order"]
    [sent] = _of(hospital.resources, "ServiceRequest")
    assert asked["identifier"][0]["value"] == sent["identifier"][0]["value"]
    codes = [
        [one["code"]["coding"][0]["code"] for one in _of(found, "Condition")]
        for found in (hospital.resources, note.resources)
    ]
    assert codes[0] == codes[1]
    for problem in _of(note.resources, "Condition"):
        assert "R" in _levels(problem)


def test_elements_stand_in_the_order_of_the_schema(library: Library) -> None:
    header = [
        one.name
        for one in read_document(_written(library, REFERRAL, _sample(library, REFERRAL).resources)).elements()
    ]
    wanted = [
        *("realmCode", "typeId", "templateId", "id", "code", "title", "effectiveTime", "confidentialityCode"),
        *("languageCode", "recordTarget", "author", "custodian", "informationRecipient", "participant"),
        "component",
    ]
    assert [name for number, name in enumerate(header) if name not in header[:number]] == wanted
    for content in (_written(library, m, _sample(library, m).resources) for m in SAMPLES):
        text = content.decode()
        for observation in re.findall(r"<observation .*?</observation>", text, re.DOTALL):
            names = re.findall(r"<(templateId|code|statusCode|effectiveTime|value)\b", observation)
            first = [names.index(name) for name in ("templateId", "code", "statusCode") if name in names]
            assert first == sorted(first)


DEMANDED = {
    "3": ("id", "code", "statusCode", "effectiveTime", "entryRelationship"),
    "4": ("id", "code", "statusCode", "effectiveTime", "value"),
    "30": ("id", "code", "statusCode", "effectiveTime", "entryRelationship"),
    "7": ("id", "code", "statusCode", "effectiveTime", "value", "participant"),
    "9": ("id", "code", "statusCode", "value"),
    "16": ("id", "statusCode", "effectiveTime", "consumable"),
    "1": ("id", "code", "statusCode", "component"),
    "2": ("id", "code", "statusCode", "effectiveTime", "value"),
    "26": ("id", "code", "statusCode", "effectiveTime", "component"),
    "27": ("id", "code", "statusCode", "effectiveTime", "value"),
    "49": ("id", "code", "effectiveTime"),
    "40": ("id", "code", "statusCode"),
    "140": ("id", "code", "statusCode", "effectiveTime"),
    "132": ("id", "code", "statusCode"),
    "121": ("id", "code", "statusCode"),
    "131": ("id", "code", "statusCode"),
    "146": ("id", "code", "statusCode"),
    "144": ("id", "code", "statusCode", "value"),
}
"""What an entry has at least, by the last number of its template (C-CDA R2.1, conformance verb SHALL)."""


def test_entries_have_what_their_templates_demand(library: Library) -> None:
    seen = set()

    def check(node: Node) -> None:
        for root in node.templates:
            number = root.removeprefix("2.16.840.1.113883.10.20.22.4.")
            if number in DEMANDED:
                seen.add(number)
                there = {one.name for one in node.elements()}
                assert set(DEMANDED[number]) <= there, (root, set(DEMANDED[number]) - there)
        assert node.name not in ("act", "observation", "encounter") or "classCode" in node.attributes
        assert node.name != "value" or "xsi:type" in node.attributes or node.parent is None
        for inner in node.elements():
            check(inner)

    for mapping_id in SAMPLES:
        document = read_document(_written(library, mapping_id, _sample(library, mapping_id).resources))
        check(document)
        for section in sections_of(document):
            assert [one.name for one in section.elements()][:1] == ["templateId"]
            assert all(section.named(name) for name in ("code", "title", "text"))
    assert seen == set(DEMANDED)
