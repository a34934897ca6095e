"""A look at the shell, taken down in the audit log before anything of it is shown.

By the gateway that runs, else in this process, as a person's acts are. A file that is not the network's own store is a
copy: nothing is written into it, and the network's own log, where it has one here, says that a copy was looked at.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from gateway.audit import append, look_entries
from gateway.clock import Clock, SystemClock, instant_text, new_row_id
from gateway.errors import HandoffError, NotNow
from gateway.settings import read_settings
from gateway.store import Store, Transaction, open_store
from gateway.store.opening import is_empty
from gateway.store.sqlite_store import is_postgres, store_path
from gateway.wiring.asking import ask
from gateway.wiring.network_folder import NetworkFolder

LOOK, COMMAND_LINE = "look", "command_line"
OF_A_COPY = " (another store)"
A_COPY = "this is not the network's own store: nothing is written into it"
IN_OWN_LOG = "the network's own log says that you looked"
IN_NO_LOG = "no log of the network is here to say that you looked"
MOST_NAMED = 1_000
"""Of a longer list the log says how many patients are on it, and not who."""
PATIENCE_SECONDS, _STEP = 5.0, 0.1
"""So long another process of this machine may hold the store: another look, or a gateway that is starting."""
Act = Callable[[str, str], Awaitable[dict[str, Any]]]


def look_acts(store: Store, clock: Clock) -> Mapping[str, Act]:
    """What the gateway that runs is asked to take down, by the words of the command."""

    async def look(asked: str, _reason: str) -> dict[str, Any]:
        await _append(store, clock, json.loads(asked))
        return {"outcome": "look_recorded"}

    return {LOOK: look}


def record_look(
    folder: NetworkFolder, url: str | None, who: str, subject: str, patients: frozenset[str]
) -> str:
    """Take down who is about to be shown what of whom; what is to be told of a copy, empty of the network's own store.

    Raises NotNow `LOOK_NOT_RECORDED`: then nothing may be shown.
    """
    try:
        is_own, own = _own(folder, url)
        subject += "" if is_own else OF_A_COPY
        if len(patients) > MOST_NAMED:
            subject, patients = f"{subject} ({len(patients)} patients)", frozenset()
        asked = json.dumps({"who": who, "subject": subject, "patients": sorted(patients)})
        is_recorded = _take_down(folder, own, asked)
    except (HandoffError, OSError) as fault:
        code = fault.code if isinstance(fault, HandoffError) else type(fault).__name__
        text = f"the audit log could not take down who looks ({code}), so nothing is shown"
        raise NotNow("LOOK_NOT_RECORDED", text) from fault
    return "" if is_own else f"{A_COPY}; {IN_OWN_LOG if is_recorded else IN_NO_LOG}"


def _own(folder: NetworkFolder, url: str | None) -> tuple[bool, str | None]:
    """Whether `url` is the network's own store, and the URL of that (None: beside the network file).

    A database is: what is copied into one goes on as the store. A file is where settings or the folder say so; and where
    they name none that is there, one beside which a gateway has left its lock.
    """
    if url is None or is_postgres(url):
        return True, url
    own = read_settings().store or None
    if own is None or not is_postgres(own):
        path, its = store_path(url), store_path(own or folder.store_url, None if own else folder.path)
        has_lock = path.with_name(f"{path.name}.lock").exists()
        if path.resolve() == its.resolve() or (has_lock and not its.exists()):
            return True, url
    return False, own


def _take_down(folder: NetworkFolder, url: str | None, asked: str) -> bool:
    """Whether a log of the network was here to take it down. Raises HandoffError when that failed."""
    place, beside = url or folder.store_url, None if url else folder.path
    tries = int(PATIENCE_SECONDS / _STEP)
    for left in range(tries, -1, -1):
        answer = ask(folder.path, {"command": LOOK, "about": asked, "reason": ""})
        if answer is not None:
            if error := answer.get("error"):
                raise NotNow(error["code"], error["message"])
            return True
        if is_empty(place, beside):
            return False
        try:
            asyncio.run(_append_here(folder, place, beside, asked))
            return True
        except NotNow as busy:
            if busy.code != "STORE_IN_USE" or not left:
                raise
        time.sleep(_STEP)
    return False


async def _append_here(folder: NetworkFolder, place: str, beside: Path | None, asked: str) -> None:
    version = folder.network.version
    store = open_store(place, folder.keys.cipher, folder=beside, configuration=version)
    try:
        await _append(store, SystemClock(), json.loads(asked))
    finally:
        await store.close()


async def _append(store: Store, clock: Clock, asked: Mapping[str, Any]) -> None:
    at, who, subject = instant_text(clock.now()), str(asked["who"]), str(asked["subject"])
    entries = look_entries(new_row_id(), at, who, COMMAND_LINE, subject, asked["patients"])

    def work(tx: Transaction) -> None:
        for entry in entries:
            append(tx, entry)

    await store.write(work)
