"""What is hidden and what is not there leave in the same class of time, by the work that each takes and not by a clock.

The work of a question is the calls that it takes in its own thread, the same on every machine. Each is given three
microseconds, some five times what it takes: if both stay within one tick then, no clock tells them apart.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.fhir_api.answers_out import ticks_of
from gateway.fhir_api.doors import Desk
from tests.gateway.county import County
from tests.gateway.disclosure.hidden_county import ASKERS, hidden_ids, hide, known_to_housing
from tests.gateway.disclosure.twins import Api

pytestmark = [pytest.mark.requirement("FH-RED-02"), pytest.mark.unmeasured]
TICK, CALL = Desk.__dataclass_fields__["tick_seconds"].default, 3e-6
NOBODY = "00000000-0000-8000-8000-000000000000"


def work(api: Api, who: str, path: str) -> tuple[int, int]:
    """The status of the answer, and how many calls it took."""
    calls = 0

    def count(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        answer = api.ask(who, "GET", path)
    finally:
        sys.setprofile(None)
    return answer.status_code, calls


def test_a_guess_cannot_tell_hidden_from_missing_by_their_time(tmp_path: Path) -> None:
    county = County(tmp_path)
    known_to_housing(county)
    hide(county)
    api = Api(county)
    api.ask(ASKERS[0], "GET", f"/fhir/Goal/{NOBODY}")  # what a process loads once is nobody's
    differ, told = 0, []
    for who, most in zip(ASKERS, (99, 4), strict=False):
        for kind, held in [*hidden_ids(county).items()][:most]:
            for asked in (f"/fhir/{kind}/{{}}", f"/fhir/{kind}/{{}}/_history")[: 1 + (kind == "Goal")]:
                hidden, missing = (work(api, who, asked.format(one)) for one in (held[0], NOBODY))
                assert hidden[0] == missing[0] == 404, asked
                classes = [ticks_of(calls * CALL, TICK) for _, calls in (hidden, missing)]
                told.append((who, asked, hidden[1], missing[1], classes))
                differ += hidden[1] != missing[1]
        for asked in (f"/fhir/Goal?patient={one}" for one in (county.patient_id, NOBODY)):
            told.append((who, asked, 0, 0, [ticks_of(work(api, who, asked)[1] * CALL, TICK), 1]))
    county.close()
    assert differ > 12, "or nothing would have to be evened out"
    assert [one for one in told if one[4] != [1, 1]] == []


def test_beyond_some_ticks_only_the_order_of_magnitude_shows() -> None:
    assert [ticks_of(0.025 * n, 0.025) for n in (0, 0.1, 1, 1.1, 8, 8.1, 16, 17, 33)] == [
        1,
        1,
        1,
        2,
        8,
        16,
        16,
        32,
        64,
    ]
