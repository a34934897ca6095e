"""Every reader sees what was committed before it looked, however old its connection is (invariant I3)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import HandoffError
from gateway.store import open_store, patients
from tests.gateway.store.samples import URL_FILE, cipher, opened, with_patient


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


@pytest.mark.parametrize("password", ["p/s3cretpw", "p@s3cretpw", "p/s3@cretpw/x"])
def test_a_password_that_breaks_the_url_is_not_told(password: str) -> None:
    """As `openssl rand -base64` makes them; a part of it would be taken for the name of the host or database."""
    with pytest.raises(HandoffError) as refused:
        open_store(f"postgresql://u:{password}@127.0.0.1:1/db", cipher())

    assert refused.value.code == "STORE_URL"
    assert "cretpw" not in str(refused.value)
