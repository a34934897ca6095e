"""The stories of `./dev faults SCENE`, small. One runs always, the others with `./dev test --long`."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from tests.faults import revocation
from tests.faults.killing import SCENES
from tests.faults.soak import Sample, _grown
from tests.warm_gateway import start_warm_gateway

SMALL: dict[str, dict[str, Any]] = {
    "duplicates": {"rounds": 10, "resends": 5},
    "mutated": {"messages": 2000},
    "oversized": {"megabytes": 24, "at_once": 6},
    "partner_down": {"queued": 400, "rounds": 2},
    "reload": {"messages": 200, "times": 3},
    "restore": {"messages": 200},
    "revocation": {"queued": 200, "in_flight": 20},
    "slow": {"messages": 120, "slow_seconds": 45},
    "soak": {"minutes": 0.5},
    "trouble": {"messages": 300, "locked_seconds": 3, "full_seconds": 2},
    "upgrade": {"messages": 200, "kills": 2},
}


@pytest.mark.unmeasured
@pytest.mark.requirement("P2-31-11", "P2-31-12")
def test_nothing_of_what_waits_is_sent_once_everybody_has_withdrawn() -> None:
    found = revocation.run(seed=7, queued=45, in_flight=6, start_one=start_warm_gateway)
    assert found["broken"] == []
    assert found["referrals that arrived"] < found["accepted"] // 2, "most of it still waited"


@pytest.mark.long
@pytest.mark.unmeasured
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("scene", SCENES)
def test_each_story_ends_well(scene: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = importlib.import_module(f"tests.faults.{scene}").run(
        seed=7, start_one=start_warm_gateway, **SMALL[scene]
    )
    with capsys.disabled():
        print("\n" + json.dumps({scene: found}))
    assert found["broken"] == []


def test_what_grows_is_told_and_what_only_began_is_not() -> None:
    begins = [Sample(100 + n, 20, 8, 1.0) for n in range(10)]
    steady = [Sample(112, 20, 8, 1.0)] * 30
    leaks = [Sample(112 + 2 * n, 20 + n, 8, 70.0) for n in range(30)]
    assert _grown(begins + steady) == []
    assert [one.split()[0] for one in _grown(begins + leaks)] == ["megabytes", "files", "the"]
