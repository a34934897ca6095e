"""Consents made to hurt: refused by name or decided right, in bounded time, and never permissive."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import consent
from tests.consent.asking import ask, ask_or_refuse, disclosed, tables
from tests.consent.question_pools import (
    ACT_CODE,
    DIRECTORY,
    LOINC,
    ROLES,
    TYPES,
    act_reasons,
    actor,
    label,
    labels,
    ref,
)
from tests.strategies import consent_around

Json = dict[str, Any]
pytestmark = [pytest.mark.requirement("FH-CON-07"), pytest.mark.timeout(60)]
"""The bound is far above what is needed and far below what a hostile sender would call a success."""


def observation(name: str = "r0", **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "meta": {"security": labels("N")},
        "status": "final",
        "subject": ref("Patient/p1"),
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}]},
        **more,
    }


def question(*consents: Json, **more: Any) -> Json:
    return {
        "at": "2026-06-15T12:00:00-07:00",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/otp-1"], "identifiers": []},
        "recipient": {"references": ["Organization/hosp-1"], "identifiers": [], "roles": ["IRCP"]},
        "purposes": ["TREAT"],
        "action": "disclose",
        "directory": list(DIRECTORY),
        "consents": list(consents),
        "resources": [observation()],
        "policy": {"packs": [], "part2_sources": [], "zone": "America/Phoenix"},
        **more,
    }


def permit(**more: Any) -> Json:
    return {"type": "permit", **more}


def deny(**more: Any) -> Json:
    return {"type": "deny", **more}


def around(provision: Any, name: str = "c1", **more: Any) -> Json:
    return {**consent_around(provision, name), **more}


BROAD = around(permit(), "broad")


def decided_in_time(asked: Json) -> set[str]:
    """What is disclosed, after the question was answered or refused within the bound."""
    return disclosed(ask_or_refuse(asked))


def test_the_plain_question_does_disclose() -> None:
    """Without this the rest of the file would hold for an engine that only says no."""
    assert disclosed(ask(question(BROAD))) == {"Observation/r0"}


FIVE_MEGABYTES = 5 * 1024 * 1024


@pytest.mark.parametrize(
    "swollen",
    [
        around(permit(actor=[actor({"display": "x" * FIVE_MEGABYTES})])),
        around(permit(purpose=[{"system": "x" * FIVE_MEGABYTES, "code": "TREAT"}])),
        around(permit(code=[{"text": "\u200b" * (FIVE_MEGABYTES // 3)}])),
        around(permit(securityLabel=[label("SUD")] * 50_000)),
        around(permit(purpose=act_reasons(*["HMARKT"] * 50_000))),
        around(permit(actor=[actor(ref(f"Organization/o{i}")) for i in range(30_000)])),
    ],
    ids=["display", "system", "text", "labels", "purposes", "actors"],
)
def test_five_megabytes_that_permit_nothing_here_permit_nothing(swollen: Json) -> None:
    assert decided_in_time(question(swollen)) == set()


def test_a_denial_is_not_lost_in_five_megabytes() -> None:
    bloated = around(deny(), text={"status": "generated", "div": "<div>" + "x" * FIVE_MEGABYTES + "</div>"})
    assert decided_in_time(question(BROAD, bloated)) == set()


def nested(depth: int, innermost: Json, kind: str = "permit") -> Json:
    made = innermost
    for _ in range(depth):
        made = {"type": kind, "provision": [made]}
    return made


@pytest.mark.parametrize("depth", [9, 50, 500])
@pytest.mark.parametrize("innermost", [permit(), deny()], ids=["permit", "deny"])
def test_too_deep_a_tree_permits_nothing(depth: int, innermost: Json) -> None:
    assert decided_in_time(question(around(nested(depth, innermost)))) == set()
    assert decided_in_time(question(around(nested(depth, innermost, "deny")))) == set()


@pytest.mark.parametrize("depth", [7, 9, 50, 500])
def test_a_denial_at_any_depth_is_not_lost(depth: int) -> None:
    assert decided_in_time(question(BROAD, around(nested(depth, deny())))) == set()


def test_a_denial_at_the_deepest_allowed_level_decides() -> None:
    """The limit is eight levels of provisions: what stands there is read, not refused."""
    seven_above = around(nested(7, deny(securityLabel=labels("HIV"))))
    asked = question(
        seven_above, resources=[observation(), observation("r1", meta={"security": labels("HIV")})]
    )
    assert decided_in_time(asked) == {"Observation/r0"}


def test_ten_thousand_provisions_do_not_hide_one_denial() -> None:
    many = [permit(actor=[actor(ref("Organization/hosp-1"))]) for _ in range(10_000)]
    for place in (0, 5_000, 9_999):
        rows = copy.copy(many)
        rows[place] = deny(actor=[actor(ref("Organization/hosp-1"))])
        assert decided_in_time(question(around(permit(provision=rows)))) == set()


def test_ten_thousand_denials_of_others_permit_nobody() -> None:
    rows = [deny(actor=[actor(ref(f"Organization/o{index}"))]) for index in range(10_000)]
    assert decided_in_time(question(around(deny(provision=rows)))) == set()


def test_a_thousand_consents_with_one_denial_among_them() -> None:
    many = [around(permit(), f"c{index}") for index in range(1_000)]
    many[500] = around(deny(), "c500")
    assert decided_in_time(question(*many)) == set()


CYCLES: tuple[Json, ...] = (
    {"resourceType": "Organization", "id": "ring-1", "partOf": ref("Organization/ring-2")},
    {"resourceType": "Organization", "id": "ring-2", "partOf": ref("Organization/ring-1")},
    {"resourceType": "Organization", "id": "self", "partOf": ref("Organization/self")},
    {"resourceType": "Group", "id": "g1", "member": [{"entity": ref("Group/g2")}]},
    {"resourceType": "Group", "id": "g2", "member": [{"entity": ref("Group/g1")}]},
    {
        "resourceType": "CareTeam",
        "id": "t1",
        "participant": [{"member": ref("CareTeam/t1")}, {"member": ref("Organization/ring-1")}],
    },
)


@pytest.mark.parametrize("named", ["Organization/self", "Group/g1", "CareTeam/t1"])
def test_rings_in_the_directory_end_and_name_nobody_else(named: str) -> None:
    asked = question(around(permit(actor=[actor(ref(named))])), directory=[*DIRECTORY, *CYCLES])
    assert decided_in_time(asked) == set()


def test_a_ring_of_organisations_still_names_its_members() -> None:
    asked = question(
        around(permit(actor=[actor(ref("Organization/ring-1"))])),
        directory=[*DIRECTORY, *CYCLES],
        recipient={"references": ["Organization/ring-2"], "identifiers": [], "roles": ["IRCP"]},
    )
    assert decided_in_time(asked) == {"Observation/r0"}


@pytest.mark.parametrize("meaning", ["instance", "related", "dependents"])
def test_rings_among_the_records_end(meaning: str) -> None:
    records = [
        observation("r0", hasMember=[ref("Observation/r1")]),
        observation("r1", hasMember=[ref("Observation/r0")]),
        observation("r2", hasMember=[ref("Observation/r2")]),
    ]
    data = [{"meaning": meaning, "reference": ref("Observation/r0")}]
    asked = question(around(permit(data=data)), resources=records)
    assert decided_in_time(asked) <= {"Observation/r0", "Observation/r1"}


def test_a_denial_among_junk_children_is_not_lost() -> None:
    """What stood in a child that cannot be read may have been a denial."""
    for junk in (5, "x", [5], [None], {"type": "deny"}, [[deny()]], [{"type": "deny", "actor": 7}]):
        assert decided_in_time(question(BROAD, around(permit(provision=junk), "c2"))) == set()


def test_a_denial_about_what_an_absent_record_references_denies() -> None:
    """Whether the Task refers to this record cannot be known, so the denial holds and a permit does not."""
    named = [{"meaning": "related", "reference": ref("Task/elsewhere")}]
    assert decided_in_time(question(BROAD, around(deny(data=named), "c2"))) == set()
    assert decided_in_time(question(around(permit(data=named)))) == set()


@pytest.mark.parametrize("depth", [50, 500, 900])
def test_a_record_of_any_depth_is_answered_or_refused(depth: int) -> None:
    deep: Json = {"url": "urn:x", "valueString": "x"}
    for _ in range(depth):
        deep = {"url": "urn:x", "extension": [deep]}
    asked = question(BROAD, resources=[observation(extension=[deep])])
    assert decided_in_time(asked) <= {"Observation/r0"}
    assert decided_in_time({**asked, "consents": []}) == set()


def test_a_denied_record_does_not_leave_inside_another() -> None:
    inner = {
        "resourceType": "Condition",
        "id": "c",
        "meta": {"security": labels("SUD")},
        "subject": ref("Patient/p1"),
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20"}]},
    }
    asked = question(
        around(permit(provision=[deny(securityLabel=labels("SUD"))])),
        resources=[observation(contained=[inner])],
    )
    request = consent.read_question(asked)
    leaving = consent.redact(request, consent.decide(request, tables()), tables())
    assert "F11.20" not in json.dumps(leaving)


def test_two_thousand_records_that_refer_to_each_other_are_decided_in_time() -> None:
    records = [observation(f"r{i}", hasMember=[ref(f"Observation/r{i + 1}")]) for i in range(2_000)]
    data = [{"meaning": "dependents", "reference": ref("Observation/r7")}]
    asked = question(around(permit(data=data)), resources=records)
    assert decided_in_time(asked) == {"Observation/r6", "Observation/r7"}


def test_strings_that_are_no_unicode_text_name_nobody() -> None:
    half = "Organization/hosp-1" + chr(0xD800)
    assert decided_in_time(question(around(permit(actor=[actor(ref(half))])))) == set()
    assert decided_in_time(question(BROAD, around(deny(actor=[actor(ref(half))]), "c2"))) == set()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, -0.0])
def test_odd_numbers_permit_nothing(number: float) -> None:
    assert decided_in_time(question(around(permit(period={"end": number})))) == set()
    assert decided_in_time(question(around(permit(purpose=[{"system": number, "code": "TREAT"}])))) == set()


UNKNOWN = "http://example.org/no-such-system"


@pytest.mark.parametrize(
    "limit",
    [
        {"purpose": [{"system": UNKNOWN, "code": "TREAT"}]},
        {"purpose": [{"code": "NO-SUCH-PURPOSE"}]},
        {"class": [{"system": UNKNOWN, "code": "Observation"}]},
        {"class": [{"system": TYPES, "code": "NoSuchType"}]},
        {"code": [{"coding": [{"system": UNKNOWN, "code": "29463-7"}]}]},
        {"securityLabel": [{"system": UNKNOWN, "code": "N"}]},
        {"securityLabel": [{"system": ACT_CODE, "code": "NO-SUCH-LABEL"}]},
        {"action": [{"coding": [{"system": UNKNOWN, "code": "disclose"}]}]},
        {
            "actor": [
                {
                    "role": {"coding": [{"system": UNKNOWN, "code": "IRCP"}]},
                    "reference": ref("Organization/hosp-1"),
                }
            ]
        },
        {
            "actor": [
                {
                    "role": {"coding": [{"system": ROLES, "code": "NO-SUCH-ROLE"}]},
                    "reference": ref("Organization/hosp-1"),
                }
            ]
        },
        {"actor": [actor({"identifier": {"system": UNKNOWN, "value": "1000000001"}})]},
        {"data": [{"meaning": "no-such-meaning", "reference": ref("Observation/r0")}]},
        {"actor": [], "purpose": None},
    ],
    ids=lambda limit: "-".join(limit),
)
def test_codes_of_unknown_systems_never_permit(limit: Json) -> None:
    assert decided_in_time(question(around(permit(**limit)))) == set()


@pytest.mark.parametrize(
    "limit",
    [
        {"class": [{"system": UNKNOWN, "code": "Observation"}]},
        {
            "actor": [
                {
                    "role": {"coding": [{"system": UNKNOWN, "code": "IRCP"}]},
                    "reference": ref("Organization/hosp-1"),
                }
            ]
        },
        {"actor": [actor(ref("Organization/nowhere"))]},
        {"actor": [actor({"display": "my former employer"})]},
        {"actor": [actor({"identifier": {"system": UNKNOWN, "value": "1"}})]},
        {"period": {"start": "2026-13-45"}},
        {"period": {"start": "2026-12-31", "end": "2026-01-01"}},
        {"dataPeriod": {"start": "soon"}},
        {"data": [{"meaning": "no-such-meaning", "reference": ref("Observation/r0")}]},
    ],
    ids=lambda limit: "-".join(limit),
)
def test_a_denial_that_cannot_be_read_denies(limit: Json) -> None:
    assert decided_in_time(question(BROAD, around(deny(**limit)))) == set()


@pytest.mark.parametrize(
    "period",
    [
        {"end": "10000-01-01"},
        {"end": "99999"},
        {"start": "2026-01-01", "end": "-2026-01-01"},
        {"start": "0000-01-01"},
        {"end": "2026-02-30"},
        {"end": "2026-06-15T25:00:00Z"},
        {"end": "2027-06-15T12:00:00"},
        {"end": "2027-06-15T12:00:00+99:00"},
        {"end": " 2027-01-01"},
        {"end": "2027-01-01\n"},
        {"end": "\u0662\u0660\u0662\u0667"},
        {"end": 2027},
        {"start": "2027", "end": "2026"},
    ],
    ids=str,
)
def test_dates_that_are_no_fhir_dates_permit_nothing(period: Json) -> None:
    """A dateTime with a time must have a zone; a year has four digits."""
    assert decided_in_time(question(around(permit(period=period)))) == set()


EDGES_IN_USE: tuple[Json, ...] = (
    {"end": "9999"},
    {"end": "9999-12"},
    {"end": "9999-12-31"},
    {"end": "9999-12-31T23:59:59Z"},
    {"start": "0001"},
    {"start": "0001-01-01"},
    {"start": "2026-06-15T12:00:00.000-07:00"},
)
EDGES_OVER_THE_BRINK: tuple[Json, ...] = (
    {"end": "9999-12-31T23:59:59-12:00"},
    {"start": "0001-01-01T00:00:00+14:00"},
)


@pytest.mark.parametrize("period", EDGES_IN_USE, ids=str)
@pytest.mark.parametrize("zone", ["America/Phoenix", "Pacific/Kiritimati"])
def test_the_edges_of_the_calendar_are_read_right(period: Json, zone: str) -> None:
    policy = {"packs": [], "part2_sources": [], "zone": zone}
    assert decided_in_time(question(around(permit(period=period)), policy=policy)) == {"Observation/r0"}


@pytest.mark.parametrize("period", EDGES_IN_USE + EDGES_OVER_THE_BRINK, ids=str)
@pytest.mark.parametrize("zone", ["America/Phoenix", "Pacific/Kiritimati"])
def test_a_denial_holds_up_to_the_edges_of_the_calendar(period: Json, zone: str) -> None:
    policy = {"packs": [], "part2_sources": [], "zone": zone}
    assert decided_in_time(question(BROAD, around(deny(period=period)), policy=policy)) == set()


@pytest.mark.parametrize(
    "at", ["10000-01-01T00:00:00Z", "2026-06-15", "2026-06-15T12:00:00", "", "now", None, 5]
)
def test_an_instant_that_is_none_is_refused_by_name(at: Any) -> None:
    with pytest.raises(consent.QuestionError) as refused:
        ask(question(BROAD, at=at))
    assert refused.value.code.isupper()


ODD_STRINGS = (
    "{}\x00",
    "\x00{}",
    "{}\x07",
    " {}",
    "{} ",
    "{}\n",
    "{}\u200b",
    "\ufeff{}",
    "{}\u202e",
    "{}\ud7ff",
    "{}/",
    "{}#",
    "{}/_history/1/..",
)


@pytest.mark.parametrize("odd", ODD_STRINGS, ids=ascii)
def test_control_characters_do_not_make_a_name_or_code_match(odd: str) -> None:
    hosp = odd.format("Organization/hosp-1")
    assert decided_in_time(question(around(permit(actor=[actor(ref(hosp))])))) == set()
    purpose = act_reasons(odd.format("TREAT"))
    assert decided_in_time(question(around(permit(purpose=purpose)))) == set()
    code = [{"coding": [{"system": LOINC, "code": odd.format("29463-7")}]}]
    assert decided_in_time(question(around(permit(code=code)))) == set()
    assert decided_in_time(question(around(permit(securityLabel=labels(odd.format("SUD")))))) == set()


@pytest.mark.parametrize("kind", ["Permit", "PERMIT", "permit ", "permit\x00", "allow", 1, True, [], None])
def test_what_is_not_exactly_permit_is_no_permit(kind: Any) -> None:
    assert decided_in_time(question(around({"type": kind}))) == set()
    assert decided_in_time(question(BROAD, around({"type": kind}, "c2"))) == set()


@pytest.mark.parametrize("status", ["Active", "active ", "ACTIVE", "bogus", "", None, 1, ["active"]])
def test_what_is_not_exactly_active_is_not_active(status: Any) -> None:
    assert decided_in_time(question(around(permit(), status=status))) == set()


def test_lower_case_codes_are_other_codes() -> None:
    assert decided_in_time(question(around(permit(purpose=act_reasons("treat"))))) == set()


@pytest.mark.parametrize(
    "shape",
    [
        {"provision": [permit()]},
        {"provision": [permit()], "decision": "deny"},
        {"decision": "permit"},
        {"provision": permit(), "decision": "deny"},
        {"provision": None},
        {"provision": "permit"},
        {"resourceType": "Contract"},
        {"patient": None},
        {"patient": ref("Patient/p2")},
        {"patient": {"identifier": {"system": "urn:x", "value": "1"}}},
        {"scope": {"coding": [{"system": UNKNOWN, "code": "patient-privacy"}]}},
        {"scope": {"coding": [{"system": LOINC, "code": "adr"}]}},
        {"scope": None},
        {"implicitRules": "http://example.org/rules-that-change-the-meaning"},
        {"modifierExtension": [{"url": UNKNOWN, "valueBoolean": True}]},
        {"verification": [{"verified": True}, {"verified": False}]},
        {"verification": [{"verified": "true"}]},
        {"verification": [{}]},
        {"unheardOf": "x"},
    ],
    ids=str,
)
def test_a_consent_of_another_shape_permits_nothing(shape: Json) -> None:
    """R5 shapes, other patients, other scopes, implicit rules, unknown content: no permit comes of them."""
    assert decided_in_time(question({**around(permit()), **shape})) == set()


@pytest.mark.parametrize("empty", [{}, [], None, 5, "x", [None], [5]])
def test_no_consents_or_junk_for_consents_permit_nothing(empty: Any) -> None:
    assert decided_in_time({**question(BROAD), "consents": empty}) == set()


@pytest.mark.parametrize(
    "name",
    ["at", "patient", "discloser", "recipient", "purposes", "consents", "resources", "policy"],
)
def test_a_question_without_one_of_its_parts_discloses_nothing(name: str) -> None:
    asked = question(BROAD)
    del asked[name]
    assert decided_in_time(asked) == set()


def test_an_unknown_field_of_the_question_is_refused_by_name() -> None:
    with pytest.raises(consent.QuestionError) as refused:
        ask(question(BROAD, override=True))
    assert refused.value.code.isupper()


def test_an_unknown_pack_refuses_everything() -> None:
    policy = {"packs": ["state/atlantis"], "part2_sources": [], "zone": "America/Phoenix"}
    assert decided_in_time(question(BROAD, policy=policy)) == set()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", None, 7])
def test_an_unknown_zone_is_refused(zone: Any) -> None:
    policy = {"packs": [], "part2_sources": [], "zone": zone}
    assert decided_in_time(question(BROAD, policy=policy)) == set()


@pytest.mark.parametrize("purposes", [[], None, [""], [{}], [None]])
@pytest.mark.requirement("FH-PUR-01")
def test_without_a_stated_purpose_nothing_is_disclosed(purposes: Any) -> None:
    assert decided_in_time(question(BROAD, purposes=purposes)) == set()
