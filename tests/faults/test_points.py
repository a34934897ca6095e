"""Every named fault point is a place in the shipped code, and an armed one is passed there, no sooner and no later."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.audit import journal
from gateway.clock import instant_text
from gateway.delivery import sender
from gateway.store import patients
from gateway.wiring import opening
from tests.faults import serve
from tests.faults.serve import POINTS, arm, holder_of
from tests.gateway.county import County

SIDES = ("commit", "ack", "send", "mark", "release", "seal", "journal", "start")


@pytest.mark.parametrize("name", POINTS)
def test_a_point_is_a_place_in_the_code(name: str) -> None:
    holder, attribute = holder_of(POINTS[name])
    assert callable(getattr(holder, attribute))


@pytest.mark.parametrize("side", SIDES)
def test_there_is_a_point_on_both_sides_of_everything_that_counts(side: str) -> None:
    """`reliability.md` section 3: before and after every commit, send, acknowledgement and mark."""
    of_it = [name for name in POINTS if side in name]
    assert len(of_it) >= 2, of_it
    if side != "commit":  # the store itself tells these two apart
        assert {POINTS[name].after for name in of_it} == {False, True} or side in ("ack", "send")


def test_an_armed_point_is_passed_at_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "append_rows", lambda *given: calls.append("wrote"))
    calls: list[str] = []
    armed = tmp_path / "armed"
    arm("journal.before_write", 2, armed, lambda: calls.append("died"))

    journal.append_rows(tmp_path, [])
    armed.touch()
    for _ in range(3):
        journal.append_rows(tmp_path, [])

    assert calls == ["wrote", "wrote", "died", "wrote", "wrote"]


def test_after_a_wait_only_what_counts_is_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[str, ...]] = [(), ("intent",)]
    died: list[int] = []

    async def claim(_sender: object) -> tuple[str, ...]:
        return found.pop(0)

    monkeypatch.setattr(sender.Sender, "_claim", claim)
    (tmp_path / "armed").touch()
    arm("lane.claimed", 1, tmp_path / "armed", lambda: died.append(len(found)))

    for _ in range(2):
        asyncio.run(sender.Sender._claim(None))  # type: ignore[arg-type]  # the stand-in needs none

    assert died == [0], "not when nothing was claimed"


@pytest.mark.parametrize("name", ["store.before_commit", "store.after_commit"])
def test_commits_are_told_apart_by_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    county, armed = County(tmp_path), tmp_path / "armed"
    seen: list[bool] = []

    def look() -> None:
        with county.store.read() as reading:
            seen.append(patients.exists(reading, "somebody"))

    county.close()
    monkeypatch.setattr(opening, "open_store", opening.open_store)
    arm(name, 1, armed, look)
    county.store = opening.open_writing_store(county.folder, None)
    armed.touch()
    at = instant_text(county.clock.now())
    county.write(lambda tx: patients.create(tx, at, True, "somebody"))
    county.close()

    assert seen == [name == "store.after_commit"]


def test_what_must_be_armed_from_the_start_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[str] = []

    async def recover(_premises: object) -> None:
        died.append("recovered")

    monkeypatch.setattr("gateway.wiring.serving._recover", recover)
    arm("start.before_recovery", 1, tmp_path / "never", lambda: died.append("died"))
    holder, attribute = holder_of(serve.POINTS["start.before_recovery"])
    asyncio.run(getattr(holder, attribute)(None))
    assert died == ["died", "recovered"]
