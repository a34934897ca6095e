"""What linking and proposing are worth on made-up people: nobody is taken for another, and few are overlooked."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway.identity import identify
from gateway.identity.review import candidates
from gateway.store import Record, SqliteStore, Transaction, records
from tests.gateway.identity.population import County, Person, as_another_agency_has_her, patient
from tests.gateway.identity.test_match import index
from tests.gateway.store.samples import AT, opened
from tests.strategies import examples

AGAIN = 0.6
"""The share of the people whom the second agency has too."""


def _known(tx: Transaction, agency: str, person: Person) -> str:
    resource = patient(agency, person)
    who = identify(tx, partner=agency, patient=resource, index=index, at=AT)
    made = Record("Patient", resource["id"], 0, who.patient_id, agency, (agency,), False, AT, False, resource)
    records.save(tx, made)
    return who.patient_id


async def _evaluate(store: SqliteStore, size: int) -> dict[str, Any]:
    chance = random.Random(42)
    county = County(chance)
    county.grow(size)
    everybody, county.people[size * 9 // 10 :] = list(county.people), []
    newcomers = everybody[len(county.people) :]
    again = [person for person in county.people if chance.random() < AGAIN]

    def first(tx: Transaction) -> dict[int, str]:
        return {person.number: _known(tx, "hospital", person) for person in county.people}

    def second(tx: Transaction) -> dict[int, str]:
        both = [*again, *newcomers]
        told = {one.number: as_another_agency_has_her(chance, one, county.people) for one in both}
        return {number: _known(tx, "housing", one) for number, one in told.items()}

    known, found = await store.write(first), await store.write(second)
    whose = {patient_id: number for number, patient_id in known.items()}
    linked = {number: whose[patient_id] for number, patient_id in found.items() if patient_id in whose}
    seen: Counter[str] = Counter()
    with store.read() as reading:
        for number in found.keys() - linked.keys():
            near = candidates(reading, found[number])
            right = next((one for one in near if one.patient_id == known.get(number)), None)
            seen["proposed"] += right is not None
            seen["proposed first"] += bool(near) and near[0].patient_id == known.get(number)
            seen["called very likely"] += sum(one.likeness.word == "very likely" for one in near)
            seen["rightly called very likely"] += right is not None and right.likeness.word == "very likely"
            seen["shown"] += len(near)
    await store.close()
    right = sum(number == other for number, other in linked.items())
    return {
        "people": size,
        "joined by the first agency": len(county.people) - len(set(known.values())),
        "known to the second alone": len(newcomers),
        "known to both": len(again),
        "linked": len(linked),
        "rightly linked": right,
        "left for a person": len(again) - right,
        **seen,
    }


@pytest.mark.unmeasured
@pytest.mark.requirement("DM-28")
@pytest.mark.timeout(900)
def test_of_made_up_people_none_is_taken_for_another_and_few_are_overlooked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = examples(1000, 10_000)
    found = asyncio.run(_evaluate(opened(tmp_path), size))

    with capsys.disabled():
        print("\n" + json.dumps(found))
    assert found["joined by the first agency"] <= size // 1000, (
        "namesakes of one day under one shelter's roof"
    )
    assert found["rightly linked"] / found["linked"] >= 0.999
    assert found["linked"] / found["known to both"] >= 0.6
    overlooked = found["left for a person"] - found["proposed"]
    assert overlooked / found["known to both"] <= 0.03
    assert found["rightly called very likely"] / found["called very likely"] >= 0.95
