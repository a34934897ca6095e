"""Every reader sees what was committed before it looked, however old its connection is (invariant I3)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.store import patients
from tests.gateway.store.samples import URL_FILE, opened, with_patient


@pytest.mark.requirement("P2-31-11")
def test_a_connection_that_has_forgotten_its_plans_sees_the_present(postgres: Any, tmp_path: Path) -> None:
    """Whatever is said in a transaction of the database fixes what it sees: forgetting, too."""
    (tmp_path / URL_FILE).write_text(postgres.url(postgres.emptied()))
    store = opened(tmp_path)
    asyncio.run(store.write(with_patient("p0")))
    with store.read() as one, store.read() as other:
        before = patients.epoch(one, "p0")
        assert patients.epoch(other, "p0") == before
    time.sleep(1.1)  # after that long a connection plans anew when it is given back
    with store.read() as one, store.read() as other:
        assert (patients.epoch(one, "p0"), patients.epoch(other, "p0")) == (before, before)

    asyncio.run(store.write(lambda tx: patients.raise_epoch(tx, "p0")))

    with store.read() as one, store.read() as other:
        seen = patients.epoch(one, "p0"), patients.epoch(other, "p0")
    asyncio.run(store.close())
    assert seen == (before + 1, before + 1)
