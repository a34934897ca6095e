"""A Gravity SDOHCC referral as FHIR: what the profile asks, what is taken over, what never is."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from mappings import Library, TranslatedRecord, TranslationRefused, translate_all
from tests.mappings.conftest import FORMATS

TASK = "community/sdohcc_task"
SECRET = "synthetic text that must never leave"


def _bundle() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FORMATS / TASK / "samples/food_pantry.json").read_bytes())
    return found


def _part(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind
    )
    return found


def _run(library: Library, document: Any) -> tuple[TranslatedRecord, ...]:
    source = json.dumps(document).encode()
    return translate_all(library.mapping(TASK), source, partner="p", id_key=b"k", zone=None)


def _of(record: TranslatedRecord, kind: str) -> dict[str, Any]:
    assert record.translation is not None, record.refusal
    found: dict[str, Any] = next(r for r in record.translation.resources if r["resourceType"] == kind)
    return found


def test_the_examples_of_the_page_are_accepted_and_refused(library: Library) -> None:
    text = (FORMATS / TASK / "README.md").read_text("utf-8")
    good, bad = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    assert [record.refusal for record in _run(library, good)] == [None]
    refused = _run(library, bad)[0].refusal
    assert refused is not None
    assert (refused.code, refused.place) == ("KEY_MISSING", "focus.id")


@pytest.mark.requirement("SD-01")
@pytest.mark.parametrize(
    ("kind", "element", "value", "code", "place"),
    [
        ("Task", "status", "ready", "NO_CONCEPT", "Task.status"),
        ("Task", "status", "received", "NO_CONCEPT", "Task.status"),
        ("Task", "status", "rejected", "REQUIRED_MISSING", "Task.statusReason.text"),
        ("Task", "statusReason", {"coding": [{"code": "x"}]}, "REQUIRED_MISSING", "Task.statusReason.text"),
        ("Task", "intent", "plan", "NO_CONCEPT", "Task.intent"),
        ("Task", "code", None, "REQUIRED_MISSING", "Task.code"),
        ("Task", "authoredOn", None, "REQUIRED_MISSING", "Task.authoredOn"),
        ("Task", "requester", None, "REQUIRED_MISSING", "Task.requester.display"),
        ("Task", "for", None, "KEY_MISSING", "for.id"),
        ("Task", "for", {"reference": "Patient/other"}, "KEY_MISSING", "for.id"),
        ("Task", "focus", {"reference": "Organization/o-1"}, "NO_CONCEPT", "focus.resourceType"),
        ("ServiceRequest", "status", "odd", "NO_CONCEPT", "focus.status"),
    ],
)
def test_a_task_against_the_profile_is_refused_at_its_place(
    library: Library, kind: str, element: str, value: Any, code: str, place: str
) -> None:
    bundle = _bundle()
    _part(bundle, kind).pop(element, None)
    if value is not None:
        _part(bundle, kind)[element] = value
    refusal = _run(library, bundle)[0].refusal
    assert refusal is not None
    assert (refusal.code, refusal.place) == (code, place)


def test_a_reason_in_words_lets_a_decline_through(library: Library) -> None:
    bundle = _bundle()
    _part(bundle, "Task").update(status="rejected", statusReason={"text": "No room this month"})
    assert _of(_run(library, bundle)[0], "Task")["statusReason"] == {"text": "No room this month"}


def test_references_lead_to_the_new_resources_by_url_and_by_id(library: Library) -> None:
    [record] = _run(library, _bundle())
    task = _of(record, "Task")
    assert record.translation is not None
    made = {f"{r['resourceType']}/{r['id']}" for r in record.translation.resources}
    assert {task[name]["reference"] for name in ("for", "focus", "requester", "owner")} <= made
    assert _of(record, "ServiceRequest")["subject"]["reference"] == task["for"]["reference"]


def test_notes_narrative_and_extensions_stay_and_are_accounted_for(library: Library) -> None:
    [record] = _run(library, _bundle())
    assert record.translation is not None
    assert SECRET not in json.dumps(record.translation.resources, default=str)
    assert "extension" not in json.dumps(record.translation.resources, default=str)
    assert record.translation.accounting.unmapped == 0
    carried = record.translation.complement["carried"]
    assert isinstance(carried, dict)
    assert carried["for.identifier[0].type.extension[0].valueCode"] == "y"


@pytest.mark.parametrize("kind", ["Task", "ServiceRequest", "Patient"])
def test_labels_of_the_sender_are_taken_over(library: Library, kind: str) -> None:
    bundle = _bundle()
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SUD"}
    _part(bundle, kind)["meta"] = {"security": [label]}
    assert _of(_run(library, bundle)[0], kind)["meta"] == {"security": [label]}


def test_an_element_that_means_something_else_by_an_extension_is_not_taken(library: Library) -> None:
    bundle = _bundle()
    code = {"text": "food", "modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}
    _part(bundle, "ServiceRequest")["code"] = code
    [record] = _run(library, bundle)
    assert "code" not in _of(record, "ServiceRequest")
    assert record.translation is not None
    assert [(issue.code, issue.place) for issue in record.translation.issues] == [("MODIFIED", "focus.code")]


def test_an_element_nobody_named_is_told(library: Library) -> None:
    bundle = _bundle()
    _part(bundle, "ServiceRequest")["asNeededBoolean"] = True
    [record] = _run(library, bundle)
    assert record.translation is not None
    assert [(issue.code, issue.place) for issue in record.translation.issues] == [
        ("UNMAPPED", "focus.asNeededBoolean")
    ]


def test_several_tasks_are_several_records_and_a_stranger_is_told(library: Library) -> None:
    bundle = _bundle()
    second = copy.deepcopy(_part(bundle, "Task"))
    second["id"] = "t-2"
    second["status"] = "ready"
    bundle["entry"] += [{"resource": second}, {"resource": {"resourceType": "Device", "id": "d"}}]
    first, other, stranger = _run(library, bundle)
    assert first.translation is not None
    assert other.refusal is not None
    assert other.place == "entry[7].resource"
    assert stranger.refusal is not None
    assert (stranger.refusal.code, stranger.refusal.place) == ("NO_OWNER", "entry[8].resource.resourceType")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"{}", "NOT_FHIR"),
        (b"[1]", "NOT_FHIR"),
        (b'{"resourceType": "Bundle"}', "NO_RECORD"),
        (b'{"resourceType": "Patient", "id": "p"}', "NO_RECORD"),
        (b'{"resourceType": "Bundle", "entry": [{"resource": 1}]}', "NOT_FHIR"),
        (b'{"resourceType": "Task", "resourceType": "Task"}', "DUPLICATE_KEY"),
        (b"\xff", "CHARSET_WRONG"),
    ],
)
def test_what_is_no_referral_is_refused(library: Library, source: bytes, code: str) -> None:
    with pytest.raises(TranslationRefused) as refused:
        translate_all(library.mapping(TASK), source, partner="p", id_key=b"k", zone=None)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "value",
    [[], "text", 7, {"reference": 7}, {"reference": {}}, {"reference": "Task/t-1"}, [{"x": None}], None],
)
def test_odd_shapes_are_refused_or_told_and_never_crash(library: Library, value: Any) -> None:
    for kind in ("Task", "ServiceRequest", "Patient"):
        for element in list(_part(_bundle(), kind)):
            bundle = _bundle()
            if element != "resourceType":
                _part(bundle, kind)[element] = value
            for record in _run(library, bundle):
                if record.translation is not None:
                    accounting = record.translation.accounting
                    classes = (
                        accounting.mapped + accounting.carried + accounting.dropped + accounting.unmapped
                    )
                    assert classes == accounting.leaves
