"""AU-06: a long log is verified by several processes at once, and what they find is what one would."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gateway import audit
from gateway.audit import Sealer, stretches, verifier_of
from gateway.audit.verify import verify_each
from gateway.clock import SystemClock
from gateway.store import Transaction, open_store
from gateway.wiring import verifying
from gateway.wiring.network_folder import NetworkFolder, make_network_folder, open_folder
from tests.gateway.store.samples import entry

pytestmark = pytest.mark.requirement("AU-06")


@pytest.fixture
def folder(tmp_path: Path) -> NetworkFolder:
    """A network with a log of two full stretches of 256 entries and some more."""
    make_network_folder(tmp_path, None)
    made = open_folder(tmp_path)

    def append(tx: Transaction) -> None:
        for number in range(520):
            audit.append(tx, entry(f"q{number}"))

    async def fill() -> None:
        store = open_store(made.store_url, made.keys.cipher, folder=tmp_path)
        await store.write(append)
        await Sealer(store, made.keys.signer, None, SystemClock()).seal_now()
        await store.close()

    asyncio.run(fill())
    return made


def test_processes_open_the_store_themselves_and_verify_their_part(
    folder: NetworkFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with verifying.reading(folder.path, None) as (_, view):
        expected = verify_each(view, verifier_of(folder.keys.signer))
        monkeypatch.setattr(stretches, "verify_each", pytest.fail)
        assert verifying.verify_log(folder, None, view, length=256) == expected
    assert (expected.ok, expected.entries) == (True, 520)


def test_what_a_process_cannot_open_is_verified_by_whoever_asked(
    folder: NetworkFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pool:
        """Runs here."""

        map = staticmethod(map)

        def __init__(self, *_: object, **__: object) -> None: ...

        def shutdown(self, **_: object) -> None: ...

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(verifying, "ProcessPoolExecutor", Pool)
    with verifying.reading(folder.path, None) as (_, view):
        (folder.path / "keys" / "store.key").rename(folder.path / "gone.key")
        assert verifying.verify_log(folder, None, view, length=256).ok
