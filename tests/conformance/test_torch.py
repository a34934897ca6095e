"""Permit and deny period arithmetic over several consents, from the TORCH project's calculator tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.conformance.published import names, or_absent, read
from tests.consent.asking import ask, disclosed

FOLDER = "consent/torch"

pytestmark = pytest.mark.conformance


def question_on(day: date, code: str, case: dict[str, Any], hour: str = "12:00:00") -> dict[str, Any]:
    return {
        "at": f"{day.isoformat()}T{hour}Z",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/data-centre"], "identifiers": []},
        "recipient": {"references": ["Organization/researcher"], "identifiers": [], "roles": ["IRCP"]},
        "purposes": ["HRESCH"],
        "action": "disclose",
        "directory": [],
        "consents": case["consents"],
        "resources": [
            {
                "resourceType": "Observation",
                "id": "o1",
                "meta": {
                    "security": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                            "code": "N",
                        }
                    ]
                },
                "status": "final",
                "subject": {"reference": "Patient/p1"},
                "code": {"coding": [{"system": "s1", "code": code}]},
            }
        ],
        "policy": {"packs": [], "part2_sources": [], "zone": "UTC"},
    }


def permitted(day: date, code: str, case: dict[str, Any], hour: str = "12:00:00") -> bool:
    return disclosed(ask(question_on(day, code, case, hour))) == {"Observation/o1"}


def edges(case: dict[str, Any]) -> list[date]:
    """Every first and last day named by a provision, and the day on either side of each."""
    days = {
        date.fromisoformat(provision["period"][end]) + timedelta(days=shift)
        for one in case["consents"]
        for provision in one["provision"]["provision"]
        for end in ("start", "end")
        for shift in (-1, 0, 1)
    }
    return sorted(days)


@pytest.mark.requirement("FH-CON-02", "FH-CON-05")
@pytest.mark.parametrize("name", or_absent(names(FOLDER, "*.json"), FOLDER))
def test_the_permitted_days_are_the_expected_days(name: str) -> None:
    case = read(f"{FOLDER}/{name}")
    for code in case["requiredCodes"]:
        periods = case["expectPermittedPeriodsByCode"].get(code, [])
        expected = {
            day: any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for first, last in periods)
            for day in edges(case)
        }
        assert {day: permitted(day, code, case) for day in edges(case)} == expected


@pytest.mark.requirement("FH-CON-02")
def test_the_last_day_of_a_period_counts_to_its_last_second() -> None:
    case = read(f"{FOLDER}/deny-punches-hole-in-permit.json")
    assert permitted(date(2021, 12, 31), "prospective", case, "23:59:59")
    assert not permitted(date(2022, 1, 1), "prospective", case, "00:00:00")
    assert not permitted(date(2022, 12, 31), "prospective", case, "23:59:59")
    assert permitted(date(2023, 1, 1), "prospective", case, "00:00:00")
    assert not permitted(date(2026, 1, 1), "prospective", case, "00:00:00")
