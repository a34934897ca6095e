"""Records that name their patients among those who take part: another patient's is never released. 42 CFR §2.13(a)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.bench_consent import a_question
from tests.consent.asking import ask

Json = dict[str, Any]
MINE, OTHERS, WORKER = (
    {"reference": "Patient/p1"},
    {"reference": "Patient/p2"},
    {"reference": "Practitioner/d"},
)


def people(kind: str, *actors: Json) -> Json:
    """A record of one of the types, with these people in it."""
    shapes: dict[str, Json] = {
        "Appointment": {
            "status": "booked",
            "participant": [{"actor": one, "status": "accepted"} for one in actors],
        },
        "AppointmentResponse": {"participantStatus": "accepted", "actor": actors[0]},
        "Group": {"type": "person", "actual": True, "member": [{"entity": one} for one in actors]},
        "Person": {"link": [{"target": one} for one in actors]},
        "Schedule": {"actor": list(actors)},
    }
    return {"resourceType": kind, "id": "a", **shapes[kind]}


def found(record: Json, packs: tuple[str, ...] = ("part2", "hipaa")) -> set[str]:
    question = a_question(1, packs)
    question["resources"] = [*question["resources"], record]
    return {reason["code"] for reason in ask(question)["resources"][1]["reasons"]}


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize("kind", ["Appointment", "AppointmentResponse", "Group", "Person", "Schedule"])
def test_who_takes_part_is_whom_it_is_about(kind: str) -> None:
    assert found(people(kind, MINE)) == {"PERMITTED_BY_CONSENT"}
    assert found(people(kind, OTHERS)) == {"OTHER_PATIENT"}
    assert found(people(kind, OTHERS), packs=()) == {"OTHER_PATIENT"}
    assert found(people(kind, {"type": "Patient", "display": "who"})) == {"OTHER_PATIENT"}
    assert found(people(kind, {"display": "a worker"})) == {"PERMITTED_BY_CONSENT"}


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize("kind", ["Appointment", "Group", "Schedule"])
def test_a_group_meeting_is_about_everybody_in_it(kind: str) -> None:
    assert found(people(kind, MINE, WORKER)) == {"PERMITTED_BY_CONSENT"}
    assert found(people(kind, MINE, WORKER, OTHERS)) == {"OTHER_PATIENT"}


@pytest.mark.requirement("P2-12-01", "P2-11-01")
@pytest.mark.parametrize(
    "source", ["urn:ehr:main", "http://x/Organization/otp-1#ab12", "Organization/pcp-1", " ", "#ab12"]
)
def test_a_source_of_any_kind_does_not_hide_the_program_that_discloses(source: str) -> None:
    question = a_question(1, ("part2", "hipaa"))
    question["resources"][0]["meta"] = {"source": source}
    assert "42CFRPart2" in ask(question)["resources"][0]["labels"]


@pytest.mark.requirement("P2-12-01")
def test_the_fragment_of_a_source_is_no_part_of_its_name() -> None:
    question = a_question(1, ("part2", "hipaa"))
    question["discloser"] = {"references": ["Organization/hosp-9"], "identifiers": []}
    question["resources"][0]["meta"] = {"source": "http://x/Organization/otp-1#ab12"}
    assert "42CFRPart2" in ask(question)["resources"][0]["labels"]
