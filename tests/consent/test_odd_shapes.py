"""Corners: questions, records and tables of a shape that nobody sends on purpose."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import consent
from consent.disclosers import disclosers_of
from consent.instants import LATEST, months_after
from consent.rules.minors import Ages, ages_of
from consent.rules.state_law import birthdays
from consent.validity_report import validate_consent
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ROOM, ask, tables
from tests.consent.question_pools import ACT_REASON, actor, label, ref
from tests.consent.releases import HOSPITAL, SUD_SCOPE, asked, decided, resource
from tests.consent.releases import tables as value_sets
from tests.consent.test_present import labels
from tests.consent.test_redact import one, redacted

Json = dict[str, Any]
INLINE = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"


# --- questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"patient": "p1"}, "REFERENCE_INVALID", "patient"),
        ({"action": "sell"}, "CODE_UNKNOWN", "action"),
        (
            {"facts": {"relationships": [{"recipient": "Organization/hosp-1", "since": "long ago"}]}},
            "INSTANT_INVALID",
            "facts.relationships[0].since",
        ),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_by_name_and_place(
    changes: Json, code: str, place: str
) -> None:
    with pytest.raises(consent.QuestionError) as refused:
        consent.read_question({**a_question(1), **changes})

    assert (refused.value.code, refused.value.place) == (code, place)


def test_a_purpose_without_a_system_is_one_of_the_purposes_of_use() -> None:
    alone = ask({**a_question(1), "purposes": [{"code": "TREAT"}]})

    assert alone == ask({**a_question(1), "purposes": [{"system": ACT_REASON, "code": "TREAT"}]})
    assert alone["outcome"] == "disclose"


# --- what a consent is asked ----------------------------------------------------------------------------------------


def test_an_advance_directive_that_says_nothing_about_sharing_opens_nobodys_records() -> None:
    directive = {
        name: value for name, value in a_consent(0, "Organization/hosp-1").items() if name != "provision"
    }
    directive["scope"] = {"coding": [{**directive["scope"]["coding"][0], "code": "adr"}]}

    assert disclosers_of(directive) == frozenset()


@pytest.mark.requirement("FH-CON-03")
def test_a_discloser_among_the_actors_is_outside_the_profiles_of_pcf() -> None:
    one_more = a_consent(0, "Organization/hosp-1")
    one_more["provision"]["actor"].append(actor(ref("Organization/otp-1"), "CST"))
    unmet = {profile.name: profile.unmet for profile in validate_consent(one_more).profiles}

    assert unmet
    assert all("provision.actor.role" in lines for name, lines in unmet.items() if name.startswith("PCF"))
    assert not any(
        "provision.actor.role" in profile.unmet
        for profile in validate_consent(a_consent(0, "Organization/hosp-1")).profiles
    )


# --- records ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("FH-LBL-05")
def test_a_label_on_the_record_as_an_element_protects_the_whole_record() -> None:
    question = a_question(1)
    question["resources"][0]["extension"] = [{"url": INLINE, "valueCoding": label("HIV")}]

    (row,) = ask(question)["resources"]

    assert row["outcome"] == "withhold"
    assert "LABEL_NOT_COVERED" in {reason["code"] for reason in row["reasons"]}
    question["resources"][0]["extension"][0]["valueCoding"] = label("MH")
    assert ask(question)["outcome"] == "disclose"


@pytest.mark.requirement("FH-LBL-05")
def test_a_label_inside_a_name_protects_the_name() -> None:
    question = a_question(1)
    question["resources"][0]["subject"]["identifier"] = {
        "value": "7",
        "extension": [{"url": INLINE, "valueCoding": label("HIV")}],
    }

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert (row.outcome, row.removals) == ("redact", ("/subject/identifier",))


def test_exact_decimals_are_numbers_like_others() -> None:
    question = a_question(1)
    question["resources"][0]["valueQuantity"] = {"value": Decimal("70.50"), "unit": "kg"}
    question["resources"][0]["referenceRange"] = [Decimal("1"), (Decimal("2"),)]
    denial = a_consent(2, "Organization/hosp-1")
    denial["provision"] = {
        "type": "deny",
        "code": [{"coding": [{"system": "http://loinc.org", "code": "c"}]}],
    }

    assert ask({**question, "consents": [*question["consents"], denial]})["outcome"] == "disclose"


@pytest.mark.requirement("FH-CON-04")
@pytest.mark.parametrize(
    "when",
    [
        {"effectivePeriod": {"start": "2026-02-02", "end": "2026-01-01"}},
        {"effectivePeriod": {"end": "2026-02-02"}},
        {"effectivePeriod": {"start": "2026-02-02", "end": "soon"}},
        {"effectiveDateTime": "recently"},
        {},
    ],
)
def test_a_record_whose_date_cannot_be_told_is_never_permitted_by_date_and_always_denied(when: Json) -> None:
    question = a_question(1)
    record = question["resources"][0]
    del record["effectiveDateTime"]
    record.update(when)
    february = {"dataPeriod": {"start": "2026-02"}}
    question["consents"][0]["provision"].update(february)
    assert ask(question)["outcome"] == "withhold"
    deny = a_consent(2, "Organization/hosp-1")
    deny["provision"] = {"type": "deny", **february}
    del question["consents"][0]["provision"]["dataPeriod"]
    assert ask(question)["outcome"] == "disclose"
    assert ask({**question, "consents": [*question["consents"], deny]})["outcome"] == "withhold"


@pytest.mark.requirement("FH-CON-04")
def test_whoever_takes_part_in_a_visit_is_among_its_authors() -> None:
    question = a_question(1)
    question["resources"][0]["participant"] = [{"individual": {"reference": "Practitioner/d"}}]
    question["consents"][0]["provision"]["data"] = [
        {"meaning": "authoredby", "reference": {"reference": "Practitioner/d"}}
    ]
    assert ask(question)["outcome"] == "disclose"
    question["resources"][0]["participant"] = [{"individual": "Practitioner/d"}]
    assert ask(question)["outcome"] == "withhold"


def test_two_rows_of_one_reference_give_their_record_the_labels_of_both() -> None:
    from consent.present import present
    from consent.redact import redact

    request = asked([resource("Task", "t1"), resource("Task", "t1")], HOSPITAL)
    decision = decided(request, scopes=(SUD_SCOPE,))
    rows = decision.resources
    from dataclasses import replace

    rows = (replace(rows[0], labels=("R", "SUD")), replace(rows[1], labels=("R", "HIV"), outcome="redact"))
    decision = replace(decision, resources=rows)
    shown = redact(request, decision, value_sets())
    found = present(shown, decision, request=request, alias_key=b"key", tables=value_sets())

    assert [labels(record) for record in found] == [["R", "HIV", "SUD"]] * 2
    assert [record["meta"]["tag"][0]["code"] for record in found] == ["SUBSETTED"] * 2


# --- redaction ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("FH-RED-01")
def test_of_two_contained_records_of_one_id_the_removed_one_goes() -> None:
    first, second = ({"resourceType": "Organization", "id": "o", "name": name} for name in "AB")
    plan = resource("CarePlan", "p1", contained=[first, second], author={"reference": "#o"})

    assert one([plan], removals={"CarePlan/p1": ("/contained/0",)})["contained"] == [second]


@pytest.mark.requirement("FH-RED-01")
def test_contained_records_that_name_each_other_stay_once_and_only_where_they_are_named() -> None:
    inner = [
        {"resourceType": "Organization", "id": "a", "partOf": {"reference": "#b"}},
        {"resourceType": "Organization", "id": "b", "partOf": {"reference": "#a"}},
    ]
    plan = resource(
        "CarePlan", "p1", contained=inner, author={"reference": "#a"}, contributor=[{"reference": "#a"}]
    )

    assert one([plan])["contained"] == inner
    assert "contained" not in one([resource("CarePlan", "p1", contained=inner)])


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize("part", ["type", "identifier"])
def test_parts_of_a_reference_can_be_removed_alone(part: str) -> None:
    named = {
        "reference": "Organization/o",
        "type": "Organization",
        "identifier": {"system": "s", "value": "v"},
    }
    plan = resource("CarePlan", "p1", author=named)

    found = one([plan], removals={"CarePlan/p1": (f"/author/{part}",)})

    assert found["author"] == {name: value for name, value in named.items() if name != part}


@pytest.mark.requirement("FH-RED-01")
def test_an_identifier_without_its_value_goes() -> None:
    person = resource(
        "Patient", "x", identifier=[{"system": "s", "value": "v"}, {"system": "t", "value": "w"}]
    )

    found = one([person], removals={"Patient/x": ("/identifier/0/value",)})

    assert found["identifier"] == [{"system": "t", "value": "w"}]


@pytest.mark.parametrize("odd", [{}, [], {"reference": 5}, {"reference": 5, "display": "x"}, [[]], [{}]])
def test_elements_that_are_no_fhir_do_not_keep_anything_else_from_being_removed(odd: object) -> None:
    plan = resource("CarePlan", "p1", odd=odd, addresses=[{"reference": "Condition/c1"}])
    condition = resource("Condition", "c1", code={"coding": [{"system": "s", "code": "c"}]})

    (found,) = redacted([plan, condition], withheld=["Condition/c1"])

    assert "addresses" not in found
    assert found["status"] == "active"


# --- tables and packs ---------------------------------------------------------------------------------------------


def files() -> dict[str, bytes]:
    """The packaged tables."""
    return {
        file.relative_to(ROOM).as_posix(): file.read_bytes()
        for folder in ("value_sets", "rules")
        for file in sorted((ROOM / folder).rglob("*.json"))
    }


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize("change", [{"categories": []}, {"uncapped": {}}, {"shapes": []}, {"required": None}])
def test_a_table_of_caps_that_cannot_be_read_releases_nothing(change: Json) -> None:
    found = files()
    caps = json.loads(found["rules/caps.json"])
    found["rules/caps.json"] = json.dumps({**caps, **change}).encode()
    question = a_question(1, ("part2", "hipaa"))
    question["recipient"] = {**question["recipient"], "standing": ["community"], "category": "housing"}
    broken = consent.read_tables(found)

    decision = consent.decide(consent.read_question(question), broken)

    assert {reason.code for row in decision.resources for reason in row.reasons} == {"RULE_FAILED"}


@pytest.mark.requirement("DM-01")
def test_text_where_a_coded_element_should_stand_goes_under_a_cap() -> None:
    question = a_question(1, ("part2", "hipaa"))
    permit = a_consent(0, "Organization/housing-1")
    permit["provision"]["class"] = [
        {"system": "http://hl7.org/fhir/resource-types", "code": "ServiceRequest"}
    ]
    question["consents"] = [permit]
    question["recipient"] = {
        "references": ["Organization/housing-1"],
        "identifiers": [],
        "roles": ["IRCP"],
        "standing": ["community"],
        "category": "housing",
    }
    question["directory"].append({"resourceType": "Organization", "id": "housing-1"})
    question["resources"] = [
        {
            "resourceType": "ServiceRequest",
            "id": "s",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/p1"},
            "category": ["heroin", {"coding": ["heroin", {"system": "s", "code": "c", "display": "heroin"}]}],
            "code": {"coding": [{"display": "heroin"}], "text": "heroin"},
        }
    ]

    shown = consent.read_question(question)
    (row,) = consent.decide(shown, tables()).resources

    assert row.outcome == "redact"
    assert set(row.removals) == {
        "/category/0",
        "/category/1/coding/0",
        "/category/1/coding/1/display",
        "/code",
    }
    assert "heroin" not in json.dumps(consent.redact(shown, consent.decide(shown, tables()), tables()))


@pytest.mark.requirement("ST-03")
def test_a_pack_without_ages_adds_no_birthday() -> None:
    born = date(2009, 3, 4)
    ages = {"minors": {"majority": 18, "consents_alone_from": 12}}

    assert ages_of(({"id": "state/x", "rules": []},)) == ages_of(()) == Ages()
    assert set(birthdays(born, ages_of(({"id": "state/x", "rules": []}, ages)))) > set(
        birthdays(born, Ages())
    )


@pytest.mark.requirement("ST-02")
@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2026, 3, 31), 1, (2026, 4, 30)),
        ((2026, 12, 15), 1, (2027, 1, 15)),
        ((2026, 11, 30), 13, (2027, 12, 30)),
        ((2023, 12, 31), 2, (2024, 2, 29)),
        ((9998, 12, 31), 12, (9999, 12, 31)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_the_month(
    start: tuple[int, int, int], months: int, end: tuple[int, int, int]
) -> None:
    assert months_after(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


@pytest.mark.requirement("ST-02", "ST-03", "FH-CON-07")
@pytest.mark.parametrize("late", ["9999-12-31", "9999-01", "9999"])
def test_the_end_of_the_calendar_refuses_nothing_else(late: str) -> None:
    question = a_question(1, ("part2", "hipaa", "state/sample-expiry-12m"))
    signed = {**a_consent(5, "Organization/hosp-1"), "dateTime": late}
    assert ask({**question, "consents": [signed, *question["consents"]]})["outcome"] == "disclose"

    born = {"resourceType": "Patient", "id": "p1", "birthDate": late}
    answer = ask({**question, "directory": [*question["directory"], born]})

    assert {reason["code"] for reason in answer["resources"][0]["reasons"]} == {"MINOR_SIGNATURE_MISSING"}
    assert months_after(datetime(9999, 12, 31, tzinfo=UTC), 1) == LATEST
