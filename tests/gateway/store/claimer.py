"""One process of several on a database: claims, sends for a moment, settles and says in the log; until nothing is left.

Writes a line for each: lane, intent, when it was claimed and when it was settled, on the clock that all processes share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from gateway import audit
from gateway.store import Transaction, intents
from tests.gateway.store.samples import AT, entry, opened


async def claim_all(store: Any, most: int) -> list[dict[str, Any]]:
    """What this process sent."""
    sent: list[dict[str, Any]] = []

    def claim(tx: Transaction) -> Any:
        found = intents.claim_due(tx, AT, most)
        return found, time.monotonic()

    def settle(tx: Transaction, intent: Any) -> float:
        audit.append(tx, entry(intent.id, patient_id=intent.patient_id))
        intents.finish(tx, intent.id, "delivered", AT, "OK")
        return time.monotonic()

    async def send(intent: Any, claimed_at: float) -> None:
        await asyncio.sleep(0)
        settled_at = await store.write(lambda tx: settle(tx, intent))
        lane = f"{intent.patient_id} {intent.partner}"
        sent.append({"lane": lane, "id": intent.id, "claimed": claimed_at, "settled": settled_at})

    def is_left(reading: Any) -> bool:
        return bool(intents.counts_by_state(reading))

    while True:
        found, at = await store.write(claim)
        await asyncio.gather(*(send(intent, at) for intent in found))
        with store.read() as reading:
            if not found and not is_left(reading):
                return sent


async def _main(folder: Path) -> None:
    store = opened(folder)
    print("ready", flush=True)
    sys.stdin.readline()
    sent = await claim_all(store, 3)
    await store.close()
    print(json.dumps(sent))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
