"""Nothing lost, nothing twice, nothing leaked, whatever moment the gateway is killed at. `reliability.md` section 3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults import ledgers
from tests.faults.hospital import Referral
from tests.faults.killing import run
from tests.faults.ledgers import Told
from tests.warm_gateway import start_warm_gateway


@pytest.mark.unmeasured
@pytest.mark.requirement("P2-31-11", "P2-31-12", "DM-20")
def test_killed_again_and_again_under_load_the_laws_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = run(messages=96, kills=2, seed=7, start_one=start_warm_gateway)

    with capsys.disabled():
        print("\n" + json.dumps(found))
    assert found["broken"] == []
    assert found["accepted"] == 96
    assert found["sent again"] > 0, "no kill hit the hospital's line"


# --- the checker sees what is wrong ------------------------------------------------------------------------------------


SENT = (Referral(1, 1), Referral(2, 1), Referral(3, 3))
"""Two of a patient who has consented, and one of a patient who has not."""


def line(number: int, **changes: Any) -> dict[str, Any]:
    """What the partner wrote down of one referral."""
    told = {
        "began": float(number), "ended": number + 0.5, "mode": "ok", "key": f"k{number}", "sha256": "",
        "referrals": [f"FLTR{number:08d}"], "canary": False,
    }  # fmt: skip
    return {**told, **changes}


def told(*received: dict[str, Any], withdrawn: dict[int, float] | None = None) -> Told:
    return Told(SENT, frozenset({1, 2, 3}), received, withdrawn or {}, Path())


@pytest.mark.parametrize(
    ("law", "received", "withdrawn", "breach"),
    [
        (ledgers._one_effect, [line(1), line(1)], {}, None),
        (ledgers._one_effect, [line(1), line(1, key="other")], {}, "F2: FLTR00000001 has 2 effects"),
        (ledgers._one_effect, [line(1, key="other", mode="busy"), line(1)], {}, None),
        (ledgers._one_effect, [line(1, key="")], {}, "F2: FLTR00000001 came without a key"),
        (ledgers._in_order, [line(1), line(2)], {}, None),
        (
            ledgers._in_order,
            [line(2), line(1, ended=9.0)],
            {},
            "F3: the referrals of patient 1 arrived out of order",
        ),
        (ledgers._nothing_leaked, [line(1), line(2)], {1: 9.0}, None),
        (
            ledgers._nothing_leaked,
            [line(1)],
            {1: 0.5},
            "F4: FLTR00000001 was sent after its consent was withdrawn",
        ),
        (
            ledgers._nothing_leaked,
            [line(3, canary=True)],
            {},
            "F4: 1 requests carried somebody who has not consented",
        ),
    ],
)
def test_each_breach_is_found(
    law: Any, received: list[Any], withdrawn: dict[int, float], breach: str | None
) -> None:
    assert list(law(told(*received, withdrawn=withdrawn))) == ([] if breach is None else [breach])


def test_a_line_cut_short_by_a_kill_is_no_line(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_text(json.dumps(line(1)) + "\n" + '{"began": 1.0, "en')
    assert [one["key"] for one in ledgers.read_ledger(ledger)] == ["k1"]
