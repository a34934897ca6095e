"""The small pools of values that questions are built from: one synthetic patient, a few organisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ACTIONS = "http://terminology.hl7.org/CodeSystem/consentaction"
TYPES = "http://hl7.org/fhir/resource-types"
NPI = "http://hl7.org/fhir/sid/us-npi"
LOINC = "http://loinc.org"
OWN_PURPOSES = "http://example.org/purposes"


def npi(number: int) -> Json:
    return {"system": NPI, "value": f"{1000000000 + number}"}


def organization(name: str, number: int, **more: Any) -> Json:
    return {"resourceType": "Organization", "id": name, "identifier": [npi(number)], "active": True, **more}


DIRECTORY: tuple[Json, ...] = (
    organization("hosp-1", 1),
    organization("clinic-7", 7, partOf={"reference": "Organization/hosp-1"}),
    organization("otp-1", 3),
    organization("housing-1", 4),
    {"resourceType": "Practitioner", "id": "doc-1", "identifier": [npi(11)]},
    {"resourceType": "Practitioner", "id": "psych-1", "identifier": [npi(12)]},
    {
        "resourceType": "PractitionerRole",
        "id": "doc-1-at-clinic-7",
        "practitioner": {"reference": "Practitioner/doc-1"},
        "organization": {"reference": "Organization/clinic-7"},
    },
    {
        "resourceType": "CareTeam",
        "id": "team-1",
        "subject": {"reference": "Patient/p1"},
        "participant": [{"member": {"reference": "Practitioner/psych-1"}}],
    },
    {
        "resourceType": "Group",
        "id": "group-1",
        "type": "practitioner",
        "actual": True,
        "member": [{"entity": {"reference": "Practitioner/psych-1"}}],
    },
)


def party(reference: str, *numbers: int, **more: Any) -> Json:
    return {"references": [reference], "identifiers": [npi(number) for number in numbers], **more}


RECIPIENTS: tuple[Json, ...] = (
    party("Organization/hosp-1", 1, standing=["covered_entity", "treating_provider"]),
    party("Organization/clinic-7", 7, standing=["covered_entity"]),
    party("Practitioner/doc-1", 11, standing=["treating_provider"]),
    party("Practitioner/psych-1", standing=["covered_entity"]),
    party("Organization/housing-1", 4, standing=["community"]),
    {"references": [], "identifiers": [npi(1)], "standing": ["covered_entity"]},
    party("Organization/stranger"),
    party("Practitioner/guest", members_of=["Organization/clinic-7"]),
    party("Practitioner/guest", members_of=["Group/group-2"]),
)
DISCLOSERS: tuple[Json, ...] = (
    party("Organization/otp-1", 3),
    party("Organization/clinic-7", 7),
    party("Organization/out-of-the-directory"),
)
PROGRAMS: tuple[list[str], ...] = (
    [],
    [],
    ["Organization/otp-1"],
    ["Organization/clinic-7", "Organization/x"],
)
SOURCE_POOL = (
    "Organization/otp-1",
    "https://example.org/fhir/Organization/otp-1",
    "Organization/hosp-1",
    "Organization/not-otp-1",
)
AT = (
    "2026-06-15T12:00:00-07:00",
    "2026-12-31T23:30:00-07:00",
    "2027-01-01T00:30:00-07:00",
    "2026-06-30T23:59:59Z",
    "2026-03-02T00:00:00-07:00",
)
ZONES = ("America/Phoenix", "America/New_York", "UTC")
PURPOSES: tuple[list[Json], ...] = tuple(
    [{"system": OWN_PURPOSES if code == "FooBar" else ACT_REASON, "code": code} for code in codes]
    for codes in (
        ["TREAT"],
        ["TREAT"],
        ["TREAT"],
        ["COC"],
        ["ETREAT"],
        ["BTG"],
        ["CLINTRL"],
        ["HPAYMT"],
        ["ELIGDTRM"],
        ["MILDCRG"],
        ["HOPERAT"],
        ["CAREMGT"],
        ["GOV"],
        ["HMARKT"],
        ["TREAT", "HPAYMT"],
        ["COC", "CAREMGT"],
        ["FooBar"],
    )
)


def act_reasons(*codes: str) -> list[Json]:
    return [{"system": ACT_REASON, "code": code} for code in codes]


def label(code: str) -> Json:
    if code in ("SUDCOUNSELNOTE",):
        return {"system": "urn:gateway:label", "code": code}
    return {"system": CONFIDENTIALITY if code in ("U", "L", "M", "N", "R", "V") else ACT_CODE, "code": code}


def labels(*codes: str) -> list[Json]:
    return [label(code) for code in codes]


def actor(who: Json, role: str | None = "IRCP") -> Json:
    reference: Json = {"reference": who}
    if role is not None:
        reference["role"] = {"coding": [{"system": ROLES, "code": role}]}
    return reference


def ref(reference: str) -> Json:
    return {"reference": reference}


def coded(*codes: str) -> list[Json]:
    return [{"coding": [{"system": LOINC, "code": code}]} for code in codes]


PERIOD_POOL: tuple[Json, ...] = (
    {"start": "2026-01-01"},
    {"start": "2026-01-01", "end": "2026-12-31"},
    {"start": "2026-03", "end": "2026-06"},
    {"end": "2026-06-15T12:00:00-07:00"},
    {"start": "2026-06-15T12:00:00-07:00"},
    {"start": "2025", "end": "2025"},
    {"end": "2026"},
)
BACKWARDS: Json = {"start": "2026-12-31", "end": "2026-01-01"}
ACTOR_POOL: tuple[list[Json], ...] = (
    [actor(ref("Organization/hosp-1"))],
    [actor(ref("Organization/hosp-1"), None)],
    [actor(ref("Organization/clinic-7"))],
    [actor(ref("Practitioner/doc-1"))],
    [actor(ref("CareTeam/team-1"))],
    [actor(ref("Group/group-1"))],
    [actor({"identifier": npi(1)})],
    [actor({"identifier": npi(999)})],
    [actor(ref("Organization/nowhere"))],
    [actor(ref("Group/group-2"))],
    [actor(ref("Organization/nowhere")), actor(ref("Organization/hosp-1"))],
    [actor(ref("Organization/housing-1")), actor(ref("Practitioner/psych-1"))],
    [actor(ref("Organization/otp-1"), "CST")],
    [actor(ref("Organization/hosp-1"), "PROV")],
    [actor(ref("Organization/otp-1"), "PROV"), actor(ref("Organization/hosp-1"))],
    [actor(ref("Organization/hosp-1"), "WIT")],
    [actor(ref("Organization/hosp-1"), "WIT"), actor(ref("Organization/hosp-1"))],
    [actor(ref("Organization/hosp-1"), "WIT"), actor(ref("Organization/housing-1"), "PROV")],
    [actor(ref("Organization/out-of-the-directory"))],
)
PURPOSE_POOL: tuple[list[Json], ...] = (
    act_reasons("TREAT", "HPAYMT", "HOPERAT"),
    act_reasons("TREAT", "HPAYMT", "HOPERAT"),
    act_reasons("TREAT"),
    act_reasons("TREAT"),
    act_reasons("ETREAT"),
    act_reasons("BTG"),
    act_reasons("HOPERAT"),
    act_reasons("HPAYMT", "COC"),
    act_reasons("HLEGAL"),
    [{"system": OWN_PURPOSES, "code": "FooBar"}],
)
# `access` in a denial against a disclosure is not settled by the page; the decision tables take it up.
PERMIT_ACTION_POOL: tuple[list[Json], ...] = (
    [{"coding": [{"system": ACTIONS, "code": "disclose"}]}],
    [
        {"coding": [{"system": ACTIONS, "code": "collect"}]},
        {"coding": [{"system": ACTIONS, "code": "disclose"}]},
    ],
    [{"coding": [{"system": ACTIONS, "code": "correct"}]}],
)
CLASS_POOL: tuple[list[Json], ...] = (
    [{"system": TYPES, "code": "Observation"}],
    [{"system": TYPES, "code": "Condition"}, {"system": TYPES, "code": "Encounter"}],
    [{"system": "http://example.org/classes", "code": "letters"}],
)
CODE_POOL: tuple[list[Json], ...] = (
    coded("29463-7"),
    coded("29463-7", "85354-9"),
    coded("8867-4"),
)
DATA_PERIOD_POOL: tuple[Json, ...] = (
    {"start": "2025-01-01", "end": "2025-12-31"},
    {"start": "2026"},
    {"end": "2025-06"},
)
DATA_POOL: tuple[list[Json], ...] = (
    [{"meaning": "instance", "reference": ref("Observation/r0")}],
    [{"meaning": "related", "reference": ref("Encounter/r1")}],
    [{"meaning": "related", "reference": ref("Observation/r0")}],
    [{"meaning": "dependents", "reference": ref("Observation/r0")}],
    [
        {
            "meaning": "instance",
            "reference": ref("Observation/elsewhere"),
            "extension": [
                {"url": "urn:gateway:consent:corrected-as", "valueReference": ref("Observation/r0")}
            ],
        }
    ],
    [{"meaning": "related", "reference": ref("Task/elsewhere")}],
    [{"meaning": "authoredby", "reference": ref("Practitioner/doc-1")}],
    [
        {"meaning": "instance", "reference": ref("Observation/r2")},
        {"meaning": "authoredby", "reference": ref("Practitioner/psych-1")},
    ],
)
PERMIT_LABEL_POOL: tuple[list[Json], ...] = (
    labels("N"),
    labels("N", "R"),
    labels("SUD"),
    labels("SUD", "ETH", "42CFRPart2"),
    labels("ETHUD"),
    labels("PSY"),
    labels("MH", "HIV"),
    labels("R", "SDV"),
    labels("42CFRPart2"),
)
DENY_LABEL_POOL: tuple[list[Json], ...] = (
    labels("SUD"),
    labels("ETH"),
    labels("OPIOIDUD"),
    labels("42CFRPart2"),
    labels("MH"),
    labels("PSYTHPN"),
    labels("BH"),
    labels("HIV", "SDV"),
)
DENY_LEVEL_POOL: tuple[list[Json], ...] = (labels("R"), labels("V"), labels("M"), labels("R", "HIV"))
SENSITIVITY_POOL: tuple[tuple[str, ...], ...] = (
    (),
    (),
    (),
    ("SUD",),
    ("SUD", "42CFRPart2"),
    ("ETHUD",),
    ("OPIOIDUD",),
    ("ETH",),
    ("PSY",),
    ("MH",),
    ("BH",),
    ("HIV",),
    ("SDV",),
    ("SUD", "HIV"),
    ("SUD", "PSY"),
    ("ETHUD", "PSY"),
)
LEVEL_POOL = ("N", "N", "R", "R", "V", "M", "L")
DATE_POOL = (
    None,
    "2025-03-01",
    "2025-12-31",
    "2026-01-01",
    "2026-02-02T10:00:00Z",
    "2024-05-05T23:30:00-07:00",
)
ODD_STATUS_POOL = ("inactive", "draft", "rejected", "entered-in-error", "proposed", "bogus")
PERFORMER_POOL = ("Practitioner/doc-1", "Practitioner/psych-1", None)
CODES = ("29463-7", "85354-9", "8302-2")
ELEMENT_POOLS: tuple[tuple[str, float, Sequence[Any]], ...] = (
    ("period", 0.25, PERIOD_POOL),
    ("actor", 0.3, ACTOR_POOL),
    ("purpose", 0.3, PURPOSE_POOL),
    ("class", 0.12, CLASS_POOL),
    ("code", 0.1, CODE_POOL),
    ("dataPeriod", 0.1, DATA_PERIOD_POOL),
    ("data", 0.12, DATA_POOL),
)
