"""Presentation: labels in the records, a narrative of our own, nothing that redaction took away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from consent.model import Recipient, Resource
from consent.present import alias_of, present
from consent.redact import redact
from tests.consent.releases import (
    ACT_CODE,
    CLASS_SCOPE,
    HOSPITAL,
    HOUSING,
    SUD_SCOPE,
    Json,
    asked,
    decided,
    resource,
    table_files,
    tables,
)

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def presented(one: Json, recipient: Recipient = HOSPITAL, **how: Any) -> Mapping[str, Any]:
    request = asked([one], recipient)
    decision = decided(request, **{"scopes": (SUD_SCOPE if recipient is HOSPITAL else CLASS_SCOPE,), **how})
    shown: tuple[Resource, ...] = redact(request, decision, tables())
    (found,) = present(shown, decision, request=request, alias_key=b"key", tables=tables())
    return found


def labels(one: Mapping[str, Any]) -> list[str]:
    return [coding["code"] for coding in one["meta"]["security"]]


@pytest.mark.requirement("P2-32-04", "FH-LBL-01", "FH-LBL-02")
def test_a_part_2_record_carries_the_part_2_set_and_one_confidentiality() -> None:
    found = presented(resource("Task", "t1"), labels=("42CFRPart2", "R", "SUD"))
    assert labels(found) == ["R", "42CFRPart2", "CPLYCD", "NORDSCLCD", "RedisclosureProhibitionMark", "SUD"]
    assert [coding["system"] for coding in found["meta"]["security"]] == [CONFIDENTIALITY, *[ACT_CODE] * 5]


@pytest.mark.requirement("FH-RED-04", "FH-LBL-06")
def test_a_recipient_that_may_not_know_reads_no_sensitivity_label() -> None:
    found = presented(resource("Task", "t1"), HOUSING, labels=("42CFRPart2", "R", "SUD", "HIV"))
    assert labels(found) == ["R", "42CFRPart2", "CPLYCD", "NORDSCLCD", "RedisclosureProhibitionMark"]


@pytest.mark.requirement("FH-LBL-04", "FH-LBL-05")
def test_arrived_labels_stay_in_their_active_form_beside_those_of_the_decision() -> None:
    security = [
        {"system": CONFIDENTIALITY, "code": "L"},
        {"system": ACT_CODE, "code": "NORDSLCD"},
        {"system": "urn:clinic", "code": "VAULT", "display": "x"},
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"},
        {"system": "urn:gateway:label", "code": "SUDCOUNSELNOTE"},
        "odd",
    ]
    one = resource("Observation", "o1", meta={"security": security, "versionId": "4"})
    found = presented(one, labels=("HIV", "HTEST", "NORDSCLCD", "R", "VAULT"))
    assert found["meta"]["versionId"] == "4"
    assert found["meta"]["security"] == [
        {"system": CONFIDENTIALITY, "code": "R"},
        {"system": ACT_CODE, "code": "HIV"},
        {"system": ACT_CODE, "code": "NORDSCLCD"},
        {"system": "urn:gateway:label", "code": "SUDCOUNSELNOTE"},
        {"system": "urn:clinic", "code": "VAULT"},
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"},
    ]


@pytest.mark.requirement("FH-LBL-01")
def test_a_record_without_labels_goes_out_as_normal() -> None:
    assert labels(presented(resource("Task", "t1"), labels=())) == ["N"]


@pytest.mark.requirement("FH-LBL-01")
def test_every_label_that_goes_out_is_an_active_code() -> None:
    assert b"NORDSLCD" in table_files()["labels.json"], "known, as a retired code"
    assert "NORDSLCD" not in tables().labels.kinds


@pytest.mark.requirement("FH-RED-05")
def test_the_narrative_says_kind_and_state_and_nothing_else() -> None:
    text = {"status": "generated", "div": "<div>heroin</div>"}
    plan = presented(resource("CarePlan", "p1", title="for X", text=text))
    assert plan["text"] == {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml">care plan; status: active; intent: plan</div>',
    }
    goal = presented(resource("Goal", "g1", lifecycleStatus="<b>"))
    assert goal["text"]["div"].endswith(">goal</div>"), "only plain codes are repeated"
    odd = presented({"resourceType": "A<b>", "id": "x"})
    assert odd["text"]["div"].endswith(">record</div>")


def test_binaries_have_no_narrative() -> None:
    assert "text" not in presented(resource("Binary", "b1", contentType="text/plain", data="eA=="))


@pytest.mark.requirement("FH-RED-03")
def test_a_record_with_elements_removed_is_marked_only_for_those_who_may_know() -> None:
    cut = {"removals": {"Task/t1": ("/code",)}}
    assert presented(resource("Task", "t1"), **cut)["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "tag" not in presented(resource("Task", "t1"), HOUSING, **cut)["meta"]
    agency = Recipient(references=("Organization/cm-1",), standing=("community",), category="case_management")
    assert "tag" not in presented(resource("Task", "t1"), agency, **cut)["meta"], (
        "by default no mark to an agency"
    )
    assert "tag" not in presented(resource("Task", "t1"))["meta"]


@pytest.mark.requirement("FH-RED-03")
@pytest.mark.parametrize("recipient", [HOSPITAL, HOUSING])
@pytest.mark.parametrize("cut", [{}, {"removals": {"Task/t1": ("/code",)}}])
@pytest.mark.parametrize(("marks", "marked"), [("on_every_record", True), ("never", False)])
def test_a_recipient_may_have_the_mark_on_every_record_or_on_none(
    recipient: Recipient, cut: Json, marks: str, marked: bool
) -> None:
    request = asked([resource("Task", "t1")], recipient)
    scope = SUD_SCOPE if recipient is HOSPITAL else CLASS_SCOPE
    decision = decided(request, scopes=(scope,), **cut)
    shown = redact(request, decision, tables())
    (found,) = present(
        shown, decision, request=request, alias_key=b"key", tables=tables(), subset_marks=marks
    )
    assert ([tag["code"] for tag in found["meta"].get("tag", ())] == ["SUBSETTED"]) is marked


def test_marks_that_nobody_knows_are_an_error() -> None:
    request = asked([resource("Task", "t1")], HOSPITAL)
    decision = decided(request, scopes=(SUD_SCOPE,))
    with pytest.raises(ValueError, match="marks"):
        present((), decision, request=request, alias_key=b"key", tables=tables(), subset_marks="some")


@pytest.mark.requirement("P2-32-04")
def test_a_record_without_an_id_gets_the_labels_of_all_that_have_none() -> None:
    nameless = {key: value for key, value in resource("Task", "t").items() if key != "id"}
    found = presented(nameless, labels=("42CFRPart2", "R"))
    assert "id" not in found
    assert "42CFRPart2" in labels(found)


@pytest.mark.requirement("FH-RED-04")
def test_an_alias_depends_on_the_key_and_the_recipient() -> None:
    alias = alias_of("Organization/otp-1", "Organization/housing-1", b"key")
    assert alias == alias_of("Organization/otp-1", "Organization/housing-1", b"key")
    assert (
        len(
            {
                alias,
                alias_of("Organization/otp-1", "Organization/x", b"key"),
                alias_of("Organization/otp-1", "", b"k"),
            }
        )
        == 3
    )


def test_without_a_key_there_are_no_aliases_and_no_release() -> None:
    request = asked([resource("Task", "t1")], HOUSING)
    decision = decided(request)
    with pytest.raises(ValueError, match="alias key"):
        present(
            redact(request, decision, tables()), decision, request=request, alias_key=b"", tables=tables()
        )


def test_a_contained_source_without_a_name_gets_a_neutral_one() -> None:
    clinic = {"resourceType": "Organization", "id": "c", "name": "Sunset Suboxone Clinic"}
    worker = {
        "resourceType": "Practitioner",
        "id": "w",
        "name": [{"text": "x"}],
        "qualification": [{"code": {"text": "counselor"}}],
    }
    plain = {"resourceType": "Location", "id": "l", "name": "Room 4"}
    one = resource(
        "Task",
        "t1",
        contained=[clinic, {**worker, "name": [{"text": "Methadone nurse"}]}, plain],
        requester={"reference": "#c"},
        owner={"reference": "#w"},
        location={"reference": "#l"},
    )
    assert presented(one, HOUSING)["contained"] == [
        {"resourceType": "Organization", "id": "c", "name": "Organization"},
        {"resourceType": "Practitioner", "id": "w"},
        plain,
    ]
