"""Codes of other people's systems in the community formats: each stands here with where it was looked up.

A new code fails until somebody has looked it up; codes bound by R4 itself are held by the resource check instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.mappings.conftest import FORMATS

FAMILIES = (
    "benefits", "case_management", "community", "counseling", "crisis", "directory", "employment", "housing",
    "legal_aid", "otp", "peer_support",
)  # fmt: skip
GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
CHECKED = {
    # the Gravity PRAPARE and Hunger Vital Sign questionnaires; AHC: answer list of LOINC 71802-3
    "http://loinc.org": "LA30189-7 LA30190-5 LA30122-8 LA31993-1 LA31994-9 LA31995-6 LA33-6 LA32-8 LA14072-5 LA28397-0 "
    "LA6729-3 LA28398-8 LA17956-6 LA30138-4 LA30136-8 LA30137-6 LA30133-5 LA30134-3 LA30257-2 LA30125-1 LA30126-9 "
    "LA30124-4 LA30127-7 LA30128-5 LA30129-3 LA46-8",
    # examples of the Gravity guide
    GRAVITY: "homelessness housing-instability inadequate-housing food-insecurity transportation-insecurity "
    "employment-status material-hardship",
    # fee schedules of two states
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "H0004 H0005 H0006 H0015 H0038",
    # Source of Payment Typology 9.2
    "https://nahdo.org/sopt": "1 2 23",
    # THO, employmentStatus 3.0.0
    "http://terminology.hl7.org/CodeSystem/v2-0066": "1 2 3 4 C",
    # the v2-to-FHIR guide's table of discharge dispositions
    "http://terminology.hl7.org/CodeSystem/discharge-disposition": "home psy other-hcf aadvice",
    # value sets v3-ActEncounterCode and v3-InformationSensitivityPolicy
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": "AMB VR FLD SS SDV",
    # value set v3-ParticipationMode of R4
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode": "PHONE ONLINEWRIT EMAILWRIT",
    # ingredients of the published C2S value sets
    "http://www.nlm.nih.gov/research/umls/rxnorm": "6813 1819 7243",
    "http://terminology.hl7.org/CodeSystem/condition-clinical": "active relapse remission resolved",
}
BOUND_BY_R4 = "http://hl7.org/fhir/"


def _targets() -> Iterator[tuple[str, str, str]]:
    for family in FAMILIES:
        for path in (FORMATS / family).glob("*/concept_maps/*.json"):
            for group in json.loads(path.read_bytes())["group"]:
                for element in group["element"]:
                    for target in element["target"]:
                        yield path.name, group["target"], target["code"]


def test_every_code_of_another_system_was_looked_up() -> None:
    unknown = [
        (name, system, code)
        for name, system, code in _targets()
        if not system.startswith("urn:")
        and code not in CHECKED.get(system, "").split()
        and not (system.startswith(BOUND_BY_R4) and system not in CHECKED)
    ]
    assert unknown == []


def test_nothing_stands_here_that_no_table_uses() -> None:
    used = {(system, code) for _, system, code in _targets()}
    assert {(s, code) for s, codes in CHECKED.items() for code in codes.split()} - used == set()
