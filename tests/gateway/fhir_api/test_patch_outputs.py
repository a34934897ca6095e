"""A patch of a Task's outputs beside hidden ones, and what a patch may cost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.errors import NotUnderstood
from gateway.flows.json_patch import LARGEST, MOST_OPERATIONS, patched
from gateway.flows.patched import patch
from gateway.flows.status import next_version, update_task
from gateway.store import records
from tests.gateway.county import County, caller
from tests.gateway.fhir_api.test_patch import OTP, Patches, code_of, to

MINE = {"type": {"text": "visit"}, "valueString": "done"}
SHOWN = {"type": {"text": "probe"}, "valueString": "p"}
IN_PART = {
    "extension": [{"url": "urn:x:probe", "valueReference": {"reference": "Observation/none"}}],
    **SHOWN,
}


def hidden(name: str) -> dict[str, Any]:
    """An output of which the addressee sees nothing: it points to what it may not see."""
    return {"type": {"text": "note"}, "valueReference": {"reference": f"Observation/{name}"}}


@pytest.fixture
def patches(county: County) -> Patches:
    made = Patches(county)
    made.task([to("accepted")])
    return made


def put(patches: Patches, *outputs: dict[str, Any]) -> None:
    """Another's word comes in: these are the outputs now."""
    county, task = patches.county, patches.county.task()
    told = {"status": "accepted", "output": list(outputs)}
    new = next_version(county.premises, task, told, "hospital", task.updated_at)
    county.write(lambda tx: records.save(tx, new))


def shown(patches: Patches) -> Any:
    task = patches.api.ask(OTP, "GET", f"/fhir/Task/{patches.county.task().id}").json()
    return task.get("output")


def held(patches: Patches) -> Any:
    return patches.county.task().resource.get("output")


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize("beside", [(), (hidden("h"),)])
def test_a_patch_beside_what_is_hidden_shows_what_it_shows_without_it(
    patches: Patches, beside: tuple[dict[str, Any], ...]
) -> None:
    put(patches, IN_PART, *beside)
    assert shown(patches) == [SHOWN]
    assert patches.task([{"op": "add", "path": "/output/-", "value": MINE}]).status_code == 200
    assert shown(patches) == [SHOWN, MINE]
    assert held(patches) == [IN_PART, MINE, *beside]
    assert patches.task([{"op": "remove", "path": "/output/0"}]).status_code == 200
    assert shown(patches) == [MINE]
    assert held(patches) == [MINE, *beside]
    assert patches.task([{"op": "remove", "path": "/output"}]).status_code == 200
    assert shown(patches) is None
    assert held(patches) == (list(beside) or None)


@pytest.mark.requirement("FH-RED-01")
def test_two_that_look_alike_stay_two(patches: Patches) -> None:
    put(patches, IN_PART, hidden("h"), SHOWN)
    assert patches.task([{"op": "add", "path": "/output/1", "value": MINE}]).status_code == 200
    assert held(patches) == [IN_PART, MINE, SHOWN, hidden("h")]


@pytest.mark.requirement("FH-RED-01")
def test_a_hidden_output_that_came_in_between_is_not_lost(patches: Patches) -> None:
    put(patches, hidden("first"))
    county, task_id = patches.county, patches.county.task().id
    looked = patches.api.ask(OTP, "GET", f"/fhir/Task/{task_id}")
    put(patches, hidden("first"), hidden("second"))
    version = looked.json()["meta"]["versionId"]
    resource = {name: value for name, value in looked.json().items() if name not in ("meta", "output")}
    county.run(update_task(county.premises, caller("otp", "TREAT"), task_id, resource, version, [MINE]))
    assert held(patches) == [MINE, hidden("first"), hidden("second")]


class _Noted(list[Any]):
    """Operations that note in which thread they are gone through."""

    threads: set[int] = set()  # noqa: RUF012

    def __iter__(self) -> Iterator[Any]:
        self.threads.add(threading.get_ident())
        return super().__iter__()


def test_operations_are_worked_off_beside_the_event_loop(patches: Patches) -> None:
    county, asked = patches.county, _Noted([to("in-progress")])
    county.run(patch(county.premises, caller("otp", "TREAT"), "Task", county.task().id, asked, None))
    assert asked.threads
    assert threading.get_ident() not in asked.threads


def test_few_operations_are_taken_and_little_may_be_added(patches: Patches) -> None:
    test = {"op": "test", "path": "/status", "value": "accepted"}
    before = patches.county.task()
    assert patches.task([test] * MOST_OPERATIONS).status_code == 200
    assert code_of(patches.task([test] * (MOST_OPERATIONS + 1))) == "PATCH_INVALID"
    grown = [{"op": "add", "path": "/note", "value": "a" * LARGEST}]
    assert code_of(patches.task(grown)) == "PATCH_FAILED"
    assert patches.task([{"op": "test", "path": "/x", "value": "a" * 2 * LARGEST}]).status_code in (413, 422)
    assert patches.county.task() == before


def test_what_is_large_already_may_be_changed_and_not_made_larger() -> None:
    held = {"resourceType": "Consent", "status": "active", "note": "a" * 2 * LARGEST}
    before = json.dumps(held)
    assert patched(held, [to("inactive")])["status"] == "inactive"
    with pytest.raises(NotUnderstood, match="size"):
        patched(held, [{"op": "copy", "from": "/note", "path": "/again"}])
    assert json.dumps(held) == before
