"""The decision tables: one row a case, readable by a compliance officer, with the citation of its rule."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from consent.plan_classes import RECORD_CLASSES
from tests.consent.asking import ask_or_refuse, disclosed
from tests.consent.question_pools import ACT_REASON, ACTIONS, LOINC, TYPES, actor, label, ref
from tests.strategies import consent_around

Json = dict[str, Any]
Row = dict[str, str]

FOLDER = Path(__file__).parent / "decision_tables"
PROGRAMS = ["Organization/otp-1", "Organization/otp-2"]
SYSTEMS = {
    "loinc": LOINC,
    "icd10": "http://hl7.org/fhir/sid/icd-10-cm",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "hcpcs": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "category": "urn:gateway:care-plan-category",
}
PACKS = {"none": [], "federal": ["part2", "hipaa"]}
"""The words of the column `packs`; any other word is a pack id."""

TABLES = (
    "part2_consent",
    "standing_and_bars",
    "data_set_caps",
    "combination",
    "labels_in_provisions",
    "purposes",
    "recorded_facts",
)
CODE_ELEMENT = {"MedicationRequest": "medicationCodeableConcept"}
DATE_ELEMENT = {"Observation": "effectiveDateTime", "Condition": "recordedDate"}
SUBJECT_ELEMENT = {"Task": "for", "DetectedIssue": "patient"}
STATUS = {
    "Observation": "final",
    "MedicationRequest": "active",
    "ServiceRequest": "active",
    "CarePlan": "active",
    "Task": "requested",
    "Procedure": "completed",
    "DocumentReference": "current",
    "DetectedIssue": "final",
}


@cache
def cast() -> Json:
    """Who and what the tables talk about."""
    return dict(yaml.safe_load((FOLDER / "cast.yaml").read_text(encoding="utf-8")))


def rows(*tables: str) -> Iterator[Any]:
    for name in tables:
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                marks = [pytest.mark.requirement(*row["rules"].split())]
                yield pytest.param(row, marks=marks, id=f"{name}-{number}")


def purpose(code: str) -> Json:
    return {"system": "urn:gateway:purpose" if code == "CJ-MONITOR" else ACT_REASON, "code": code}


def designation(who: str | Json) -> Json:
    """An actor in full from its short form in the cast."""
    if isinstance(who, str):
        return actor(ref(who))
    if "class" in who:
        return actor({"display": who["class"]})
    if "delegatee" in who:
        role = {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "DELEGATEE"}]
        }
        return {"role": role, "reference": ref(who["delegatee"])}
    return actor(ref(who["name"]), who["role"])


def text_of_dates(period: Json) -> Json:
    return {end: str(value) for end, value in period.items()}


def provision(short: Json) -> Json:
    """A FHIR provision in full from its short form in the cast."""
    writers: dict[str, Callable[[Any], Any]] = {
        "period": text_of_dates,
        "dataPeriod": text_of_dates,
        "actor": lambda value: [designation(who) for who in value],
        "purpose": lambda value: [purpose(code) for code in value],
        "securityLabel": lambda value: [label(code) for code in value],
        "class": lambda value: [
            {"system": RECORD_CLASSES if code.endswith("-plan") else TYPES, "code": code} for code in value
        ],
        "action": lambda value: [{"coding": [{"system": ACTIONS, "code": code}]} for code in value],
        "provision": lambda value: [provision(child) for child in value],
    }
    return {name: writers[name](value) if name in writers else value for name, value in short.items()}


def consent_named(name: str, discloser: str) -> Json:
    """The consent of the cast as a signed form that lets the row's discloser disclose."""
    short = cast()["consent"][name]
    made = consent_around(provision(short["root"]), name.replace("_", "-"))
    made["dateTime"] = "2026-01-02"
    made["organization"] = [ref(discloser)]
    for element, value in short.get("form", {}).items():
        if value is None:
            del made[element]
        else:
            made[element] = str(value) if element == "dateTime" else value
    return made


def record_named(name: str) -> Json:
    short = cast()["record"][name]
    kind = short["type"]
    made: Json = {
        "resourceType": kind,
        "id": name.replace("_", "-"),
        "meta": {"security": [label(code) for code in short["labels"]]},
        SUBJECT_ELEMENT.get(kind, "subject"): ref("Patient/p1"),
    }
    if not short["labels"]:
        del made["meta"]["security"]
    if "source" in short:
        made["meta"]["source"] = short["source"]
    if not made["meta"]:
        del made["meta"]
    if kind in STATUS:
        made["status"] = STATUS[kind]
    if "code" in short:
        system, code = short["code"].split("|")
        concept = (
            {"text": code} if system == "text" else {"coding": [{"system": SYSTEMS[system], "code": code}]}
        )
        made[CODE_ELEMENT.get(kind, "code")] = concept
    if "date" in short:
        made[DATE_ELEMENT[kind]] = str(short["date"])
    if "category" in short:
        made["category"] = [{"coding": [{"system": SYSTEMS["category"], "code": short["category"]}]}]
    made |= {name: short[name] for name in ("intent", "lifecycleStatus", "status") if name in short}
    if kind == "DocumentReference":
        made["content"] = [{"attachment": {"contentType": "text/plain", "url": "urn:uuid:0"}}]
    if kind == "Goal":
        made["description"] = {"text": "a goal"}
    return made


def facts_named(names: str) -> Json:
    """The recorded facts of a row, by kind."""
    found: Json = {}
    for name in names.split(";"):
        if name:
            for kind, entries in cast()["facts"][name].items():
                found[kind] = [*found.get(kind, []), *entries]
    return found


def directory() -> list[Json]:
    """Everybody of the cast but the stranger, and whoever their memberships name."""
    names = {name for who in cast()["recipient"].values() for name in who["references"]}
    names |= {name for who in cast()["recipient"].values() for name in who.get("members_of", ())}
    names |= {name for who in cast()["discloser"].values() for name in who["references"]}
    found = sorted(names - {"Organization/unlisted", "Patient/p1"})
    return [dict(zip(("resourceType", "id"), name.split("/"), strict=True)) for name in found]


def question(row: Row) -> Json:
    """The question of a row in the shape of design section 9."""
    discloser = cast()["discloser"][row["discloser"]]
    packs = [pack for word in row["packs"].split() for pack in PACKS.get(word, [word])]
    policy = {"packs": packs, "part2_sources": PROGRAMS if packs else [], "zone": "America/Phoenix"}
    if row.get("no_consent"):
        policy["no_consent"] = row["no_consent"]
    return {
        "at": row["at"],
        "patient": "Patient/p1",
        "discloser": discloser,
        "recipient": {"roles": ["IRCP"], "identifiers": [], **cast()["recipient"][row["recipient"]]},
        "purposes": [purpose(code) for code in row["purpose"].split()],
        "action": "disclose",
        "directory": directory(),
        "consents": [
            consent_named(name, discloser["references"][0]) for name in row["consents"].split(";") if name
        ],
        "resources": [record_named(row["record"])],
        "policy": policy,
        "facts": facts_named(row.get("facts") or ""),
    }


@pytest.mark.parametrize("row", list(rows(*TABLES)))
def test_the_row_is_decided_as_the_table_says(row: Row) -> None:
    answer = ask_or_refuse(question(row))
    found = "disclose" if disclosed(answer) else "withhold"
    reasons = {reason["code"] for resource in answer["resources"] for reason in resource["reasons"]}
    assert found == row["expected"], f"{row['why']} ({row['citation']}): {answer}"
    assert reasons == set(row["because"].split()), f"{row['why']} ({row['citation']}): {answer}"


@pytest.mark.parametrize("row", list(rows("duties")))
def test_the_release_carries_the_duties_of_the_table(row: Row) -> None:
    answer = ask_or_refuse(question(row))
    found = {duty["code"] for duty in answer["obligations"]}
    assert set(row["duties"].split()) <= found, f"{row['why']}: {answer}"
    assert not found & set(row["duties_not"].split()), f"{row['why']}: {answer}"


@pytest.mark.parametrize("row", list(rows("labels")))
def test_the_record_carries_the_labels_of_the_table(row: Row) -> None:
    asked = question(
        {
            "at": "2026-06-15T12:00:00-07:00",
            "discloser": "program" if "program" in row["record"] else "primary_care",
            "recipient": "hospital",
            "purpose": "TREAT",
            "consents": "",
            "record": row["record"],
            "packs": "federal",
        }
    )
    (found,) = ask_or_refuse(asked)["resources"]
    carried = set(found["labels"])
    for wanted in row["carries"].split():
        assert carried & set(wanted.split("|")), f"{row['why']}: {sorted(carried)}"
    assert not carried & set(row["carries_not"].split()), f"{row['why']}: {sorted(carried)}"


def test_every_name_of_a_row_is_in_the_cast() -> None:
    for parameter in rows(*TABLES):
        row = parameter.values[0]
        assert row["expected"] in ("disclose", "withhold")
        assert row["citation"] and row["why"]
        assert question(row)["resources"]


def test_every_consent_of_the_cast_is_used() -> None:
    """A consent nobody asks about shows nothing."""
    used = {
        name
        for table in FOLDER.glob("*.csv")
        for parameter in rows(table.stem)
        for name in parameter.values[0].get("consents", "").split(";")
    }
    assert set(cast()["consent"]) - used == set()
