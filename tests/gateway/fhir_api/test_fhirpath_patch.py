"""FHIRPath Patch: every operation along simple paths, and a plain refusal of all beyond."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.errors import NotSupported, NotUnderstood
from gateway.flows.fhirpath_patch import patched_along_paths
from gateway.flows.json_patch import LARGEST, MOST_OPERATIONS
from gateway.resources import to_json
from gateway.resources.xml_writing import to_xml
from tests.gateway.county import County
from tests.gateway.fhir_api.test_patch import OTP, Patches, code_of
from tests.gateway.fhir_api.test_patch_outputs import IN_PART, MINE, SHOWN, held, hidden, put, shown

TASK = {
    "resourceType": "Task",
    "id": "t",
    "status": "accepted",
    "intent": "order",
    "_description": {"id": "d"},
    "description": "d",
    "output": [{"type": {"text": name}, "valueString": name} for name in "abc"],
    "input": [{"type": {"text": "i"}, "valueBoolean": True}],
}


def op(kind: str, path: str, **parts: Any) -> dict[str, Any]:
    """One operation; a part is a value as `{"valueString": …}`, or a list of parts."""
    made = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    for name, value in parts.items():
        made.append({"name": name, **({"part": value} if isinstance(value, list) else value)})
    return {"name": "operation", "part": made}


def parameters(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def text(value: str) -> dict[str, Any]:
    return {"valueString": value}


def number(value: int) -> dict[str, Any]:
    return {"valueInteger": value}


OUTPUT = [{"name": "type", "valueCodeableConcept": {"text": "d"}}, {"name": "value", "valueString": "d"}]
NEW = {"type": {"text": "d"}, "valueString": "d"}
A, B, C = TASK["output"]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        (op("replace", "Task.status", value={"valueCode": "completed"}), {"status": "completed"}),
        (op("replace", "Task.status[0]", value={"valueCode": "completed"}), {"status": "completed"}),
        (op("add", "Task", name=text("businessStatus"), value={"valueCodeableConcept": {"text": "x"}}),
         {"businessStatus": {"text": "x"}}),
        (op("add", "Task", name=text("output"), value=OUTPUT), {"output": [A, B, C, NEW]}),
        (op("add", "Task", name=text("note"), value={"valueAnnotation": {"text": "n"}}), {"note": [{"text": "n"}]}),
        (op("add", "Task", name=text("restriction"), value=[
            {"name": "repetitions", "valuePositiveInt": 1},
            {"name": "recipient", "valueReference": {"display": "r"}},
            {"name": "recipient", "valueReference": {"display": "s"}},
        ]), {"restriction": {"repetitions": 1, "recipient": [{"display": "r"}, {"display": "s"}]}}),
        (op("add", "Task.output[1].type", name=text("coding"), value={"valueCoding": {"code": "k"}}),
         {"output": [A, {**B, "type": {"text": "b", "coding": [{"code": "k"}]}}, C]}),
        (op("insert", "Task.output", index=number(1), value=OUTPUT), {"output": [A, NEW, B, C]}),
        (op("insert", "Task.output", index=number(3), value=OUTPUT), {"output": [A, B, C, NEW]}),
        (op("insert", "Task.note", index=number(0), value={"valueAnnotation": {"text": "n"}}),
         {"note": [{"text": "n"}]}),
        (op("delete", "Task.output[1]"), {"output": [A, C]}),
        (op("delete", "Task.output[9]"), {}),
        (op("delete", "Task.note[0]"), {}),
        (op("delete", "Task.input[0]"), {"input": None}),
        (op("delete", "Task.description"), {"description": None, "_description": None}),
        (op("delete", "Task.output[0].value"), {"output": [{"type": {"text": "a"}}, B, C]}),
        (op("replace", "Task.description", value=text("e")), {"description": "e", "_description": None}),
        (op("replace", "Task.output[0].value", value=text("z")), {"output": [{**A, "valueString": "z"}, B, C]}),
        (op("replace", "Task.output[0].value", value=number(7)),
         {"output": [{"type": {"text": "a"}, "valueInteger": 7}, B, C]}),
        (op("replace", "Task.output[2]", value=OUTPUT), {"output": [A, B, NEW]}),
        (op("move", "Task.output", source=number(2), destination=number(0)), {"output": [C, A, B]}),
    ],
)  # fmt: skip
def test_each_operation_does_what_it_says(operation: dict[str, Any], changed: dict[str, Any]) -> None:
    wanted = {name: value for name, value in {**TASK, **changed}.items() if value is not None}
    assert patched_along_paths(TASK, parameters(operation)) == wanted


def test_operations_follow_one_another() -> None:
    first = op("delete", "Task.output[0]")
    assert patched_along_paths(TASK, parameters(first, first))["output"] == [C]
    assert patched_along_paths(TASK, {"resourceType": "Parameters"}) == TASK


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        *((op("delete", path), "PATCH_PATH") for path in (
            "Task", "Task.output.where(valueString = 'a')", "Task.output.first()", "Task.output[0] | Task.input[0]",
            "Task.output[-1]", "Task.output[0]..type", "Task.colour", "Task.output[0].colour", "Task.contained[0]",
            "Task.extension('urn:x')", "Task.output[0].value.ofType(string)", "Task.%x",
        )),
        (op("add", "Task", name=text("output[0]"), value=OUTPUT), "PATCH_PATH"),
        (op("add", "Task", name=text("a b"), value=OUTPUT), "PATCH_PATH"),
        (op("delete", "Consent.status"), "PATCH_FAILED"),
        (op("delete", "%resource.status"), "PATCH_FAILED"),
        (op("delete", "Task.output"), "PATCH_FAILED"),
        (op("delete", "Task.output[7].type"), "PATCH_FAILED"),
        (op("delete", "Task.status[1]"), "PATCH_FAILED"),
        (op("delete", "Task.output.type"), "PATCH_FAILED"),
        (op("add", "Task", name=text("status"), value={"valueCode": "completed"}), "PATCH_FAILED"),
        (op("add", "Task.output[0]", name=text("value"), value=number(1)), "PATCH_FAILED"),
        (op("replace", "Task.output[0].value", value={"valueNonsense": 1}), ""),
        (op("replace", "Task.output[0].value", value=OUTPUT), "PATCH_FAILED"),
        (op("replace", "Task.businessStatus", value={"valueCodeableConcept": {}}), ""),
        (op("replace", "Task.businessStatus", value={"valueCodeableConcept": {"text": "x"}}), "PATCH_FAILED"),
        (op("insert", "Task.output", index=number(4), value=OUTPUT), "PATCH_FAILED"),
        (op("insert", "Task.output[0]", index=number(0), value=OUTPUT), "PATCH_FAILED"),
        (op("insert", "Task.status", index=number(0), value={"valueCode": "x"}), "PATCH_FAILED"),
        (op("move", "Task.output", source=number(3), destination=number(0)), "PATCH_FAILED"),
        (op("move", "Task.output", source=text("0"), destination=number(0)), "PATCH_FAILED"),
        (op("dance", "Task.status"), "PATCH_INVALID"),
        (op("replace", "Task.status"), "PATCH_INVALID"),
        (op("delete", "Task.status", index=number(0)), "PATCH_INVALID"),
        ({"name": "operation", "part": [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueCode": "x"}]},
         "PATCH_INVALID"),
        ({**op("delete", "Task.status"), "name": "other"}, "PATCH_INVALID"),
        ({"name": "operation"}, "PATCH_INVALID"),
        (op("add", "Task", name=text("input"), value=[{"name": "type", "part": []}]), ""),
        (op("add", "Task", name=text("input"), value=[{"name": "type"}]), ""),
        (op("add", "Task", name=text("input"), value=[
            {"name": "type", "valueCodeableConcept": {"text": "x"}},
            {"name": "type", "valueCodeableConcept": {"text": "y"}},
        ]), "PATCH_FAILED"),
    ],
)  # fmt: skip
def test_what_is_beyond_is_refused(operation: dict[str, Any], code: str) -> None:
    with pytest.raises((NotUnderstood, NotSupported)) as refused:
        patched_along_paths(TASK, parameters(operation))
    assert not code or refused.value.code == code


SAID = {"extension": [{"url": "urn:x", "valueString": "of B"}]}


@pytest.mark.parametrize(
    ("operation", "beside"),
    [
        (op("delete", "Patient.name[0].given[0]"), [None, SAID]),
        (op("delete", "Patient.name[0].given[7]"), [None, SAID]),
        (op("replace", "Patient.name[0].given[1]", value=text("C")), [None, SAID]),
        (op("insert", "Patient.name[0].given", index=number(0), value=text("C")), [None, SAID]),
        (op("move", "Patient.name[0].given", source=number(1), destination=number(0)), [None, SAID]),
        (op("add", "Patient.name[0]", name=text("given"), value=text("C")), [None, None, SAID]),
    ],
)
def test_what_stands_beside_a_value_of_a_list_lands_on_no_other(
    operation: dict[str, Any], beside: list[Any]
) -> None:
    her = {"resourceType": "Patient", "name": [{"given": ["A", "B"], "_given": beside}]}
    with pytest.raises(NotUnderstood) as refused:
        patched_along_paths(her, parameters(operation))
    assert refused.value.code == "PATCH_FAILED"


def test_a_list_is_added_to_behind_what_stands_beside_its_values() -> None:
    her = {"resourceType": "Patient", "name": [{"given": ["A", "B"], "_given": [None, SAID]}]}
    found = patched_along_paths(
        her, parameters(op("add", "Patient.name[0]", name=text("given"), value=text("C")))
    )
    assert found["name"] == [{"given": ["A", "B", "C"], "_given": [None, SAID]}]


def test_few_operations_are_taken_and_little_may_be_added() -> None:
    delete = op("delete", "Task.output[9]")
    assert patched_along_paths(TASK, parameters(*[delete] * MOST_OPERATIONS)) == TASK
    with pytest.raises(NotUnderstood, match="PATCH_INVALID"):
        patched_along_paths(TASK, parameters(*[delete] * (MOST_OPERATIONS + 1)))
    with pytest.raises(NotUnderstood, match="PATCH_FAILED"):
        patched_along_paths(
            TASK, parameters(op("replace", "Task.description", value=text("a" * LARGEST * 2)))
        )


@pytest.fixture
def patches(county: County) -> Patches:
    return Patches(county)


def ask(patches: Patches, sent: dict[str, Any], who: str = OTP, xml: bool = False) -> httpx.Response:
    place, media = f"/fhir/{patches.county.task().reference}", f"application/fhir+{'xml' if xml else 'json'}"
    content = to_xml(sent) if xml else to_json(sent)
    return patches.api.send(
        who, "PATCH", place, content, {"Content-Type": media, "Accept": "application/json"}
    )


@pytest.mark.requirement("SD-02", "FH-RED-01")
@pytest.mark.parametrize("xml", [False, True])
def test_an_addressee_patches_beside_what_is_hidden(patches: Patches, xml: bool) -> None:
    accept = op("replace", "Task.status", value={"valueCode": "accepted"})
    assert ask(patches, parameters(accept), xml=xml).json()["status"] == "accepted"
    put(patches, IN_PART, hidden("h"))
    assert shown(patches) == [SHOWN]
    mine = [
        {"name": "type", "valueCodeableConcept": MINE["type"]},
        {"name": "value", "valueString": MINE["valueString"]},
    ]
    add = op("add", "Task", name=text("output"), value=mine)
    assert ask(patches, parameters(add), xml=xml).status_code == 200
    assert shown(patches) == [SHOWN, MINE]
    assert held(patches) == [IN_PART, MINE, hidden("h")]
    for refused, code in (
        (op("delete", "Task.output.last()"), "PATCH_PATH"),
        (op("replace", "Task.output[2].type.text", value=text("x")), "PATCH_FAILED"),
    ):
        assert code_of(ask(patches, parameters(refused), xml=xml)) == code
    assert held(patches) == [IN_PART, MINE, hidden("h")]


def test_a_recorder_takes_its_consent_back_by_a_path(patches: Patches) -> None:
    path = f"/fhir/Consent/{patches.consent.resource['id']}"
    sent = to_json(parameters(op("replace", "Consent.status", value={"valueCode": "inactive"})))
    answer = patches.api.send(
        "hospital TREAT", "PATCH", path, sent, {"Content-Type": "application/fhir+json"}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "inactive")


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_who_may_not_see_it_gets_the_answer_for_nothing(patches: Patches) -> None:
    texts = set()
    for operation in (op("delete", "Task.output[0]"), op("delete", "Task.first()"), op("dance", "Task")):
        answer = ask(patches, parameters(operation), who="housing COC")
        texts.add((answer.status_code, answer.text.replace(answer.headers["x-request-id"], "")))
    assert len(texts) == 1
    assert next(iter(texts))[0] == 404
