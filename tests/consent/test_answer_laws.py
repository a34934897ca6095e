"""What every answer keeps: its shape (design section 9), notes apart, the hard bars, the duties of a release."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.consent.asking import ask, disclosed
from tests.consent.question_pools import labels
from tests.consent.test_laws import PACKS, SOUND, law
from tests.strategies import every_provision, examples, questions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(examples(300, 12 * 3600)),
    pytest.mark.unmeasured,  # measuring it would double its time; other tests reach the same lines
]

Json = dict[str, Any]
LAWFUL = questions(PACKS[2:], valid=True)
"""Questions under the packs only."""


@pytest.mark.requirement("FH-CON-05", "P2-13-02")
@law()
@given(SOUND)
def test_every_row_says_what_was_asked_and_why(question: Json) -> None:
    answer = ask(question)
    note(json.dumps(answer))
    rows = answer["resources"]
    assert [row["reference"] for row in rows] == [
        f"{one['resourceType']}/{one['id']}" for one in question["resources"]
    ]
    for row in rows:
        assert row["outcome"] in ("disclose", "redact", "withhold")
        assert row["labels"] == sorted(set(row["labels"]))
        assert row["reasons"]
        for reason in row["reasons"]:
            assert reason["code"].replace("_", "").isupper() and reason["citation"]
    said = {row["outcome"] for row in rows}
    assert answer["outcome"] == (said.pop() if said in ({"disclose"}, {"withhold"}) else "partial")
    assert answer["consents"] == sorted(set(answer["consents"]))


def test_nothing_asked_is_nothing_released() -> None:
    question = {
        "at": "2026-06-15T12:00:00Z",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/otp-1"], "identifiers": []},
        "recipient": {"references": ["Organization/hosp-1"], "identifiers": [], "roles": ["IRCP"]},
        "purposes": ["TREAT"],
        "action": "disclose",
        "directory": [],
        "consents": [],
        "resources": [],
        "policy": {"packs": [], "part2_sources": [], "zone": "UTC"},
    }
    answer = ask(question)
    assert answer["outcome"] == "withhold"
    assert answer["resources"] == [] and answer["obligations"] == []


@pytest.mark.requirement("P2-32-01", "P2-32-03", "P2-13-02")
@law()
@given(LAWFUL)
def test_the_notice_goes_with_part_2_records_and_only_with_them(question: Json) -> None:
    """On another release or on a refusal the notice itself would mark the person (§2.13(c))."""
    answer = ask(question)
    duties = {duty["code"] for duty in answer["obligations"]}
    part2_leaves = any(
        "42CFRPart2" in row["labels"] for row in answer["resources"] if row["outcome"] != "withhold"
    )
    assert ("NOTICE" in duties) is part2_leaves
    if answer["outcome"] == "withhold":
        assert duties == set()
    else:
        assert {"SCOPE_TEXT", "ACCOUNTING"} <= duties


def permitted_labels(question: Json) -> list[Json]:
    nodes = [node for one in question["consents"] for node in every_provision(one["provision"])]
    return [row for node in nodes if node.get("type") == "permit" for row in node.get("securityLabel", ())]


@pytest.mark.requirement("P2-31-13", "HI-508-03")
@law()
@given(LAWFUL, st.sampled_from(("PSYTHPN", "SUDCOUNSELNOTE")))
def test_notes_need_their_own_consent(question: Json, kind: str) -> None:
    changed = copy.deepcopy(question)
    for one in changed["resources"]:
        one["meta"] = {**one.get("meta", {}), "security": labels(kind, "V")}
    assert all(row["code"] != kind for row in permitted_labels(changed))
    assert disclosed(ask(changed)) == set()


@pytest.mark.requirement("P2-12-03", "P2-61-01", "DM-12")
@law()
@given(LAWFUL, st.sampled_from(("law_enforcement", "court")))
def test_law_enforcement_and_courts_get_nothing(question: Json, standing: str) -> None:
    recipient = question["recipient"]
    barred = {**recipient, "standing": [*recipient.get("standing", []), standing]}
    assert disclosed(ask({**question, "recipient": barred})) == set()


@pytest.mark.requirement("P2-12-03", "P2-31-14", "FH-PUR-01")
@law()
@given(LAWFUL)
def test_proceedings_among_the_purposes_bar_the_release(question: Json) -> None:
    legal = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HLEGAL"}
    assert disclosed(ask({**question, "purposes": [*question["purposes"], legal]})) == set()


@pytest.mark.requirement("ST-01")
@law(100)
@given(LAWFUL)
def test_an_unknown_pack_refuses_everything(question: Json) -> None:
    packs = [*question["policy"]["packs"], "state/nowhere"]
    assert disclosed(ask({**question, "policy": {**question["policy"], "packs": packs}})) == set()
