"""Where the time of one referral goes: each stage of the main path alone, in processor time of one process.

No sockets: `forward` measures the whole with them. The ratio is against python-hl7 only parsing the same message.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import consent
import mappings
from gateway.demo import person
from gateway.disclosure import gate
from gateway.disclosure.premises import Premises
from gateway.flows import consent_record
from gateway.flows.messages import ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.store import Intent, intents
from gateway.wiring.network_folder import make_network_folder, open_folder
from gateway.wiring.opening import open_premises, open_writing_store
from tests.bench.forward import parse_rate, referral_template

MESSAGES = 300


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks, in microseconds of processor time a message."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        return asyncio.run(_run(Path(place)))


async def _run(place: Path) -> list[dict[str, object]]:
    make_network_folder(place / "network", "http://127.0.0.1:9/fhir")
    folder = open_folder(place / "network")
    store = open_writing_store(folder, None)
    try:
        premises = open_premises(folder, store)
        await permit(premises)
        template = referral_template()
        found = {"whole: accept and make durable": await _accept_all(premises, template)}
        claimed = await _claim_all(premises)
        found["whole: decide, redact, write, audit"] = await _release_all(premises, claimed)
        found |= _pure_stages(premises, template, claimed)
    finally:
        await store.close()
    parsing = 1e6 / parse_rate(template)
    rows: list[dict[str, object]] = [
        {"what": name, "value": used, "unit": "µs/message", "parses": used / parsing}
        for name, used in found.items()
    ]
    whole = sum(used for name, used in found.items() if name.startswith("whole"))
    return [
        *rows,
        {
            "what": "both wholes",
            "value": parsing / whole,
            "unit": "times",
            "than": "python-hl7 parsing alone",
        },
    ]


async def permit(premises: Premises) -> None:
    """The patient of `message` lets the treatment program have what the hospital refers her with."""
    made = person.consent("hospital", "otp", "TREAT", identifier=(person.MRN_SYSTEM, "P1"))
    caller = Caller("hospital", "hospital-client", "TREAT", frozenset({"system/*.cruds"}), "bench")
    await consent_record.record_consent(premises, caller, made, b"{}")


def message(template: bytes, number: int, premises: Premises) -> ReceivedMessage:
    """Referral `number` of one patient, as it arrives."""
    raw = template.replace(b"@CONTROL@", b"C%d" % number).replace(b"@REFERRAL@", b"R%d" % number)
    raw = raw.replace(b"@PATIENT@", b"P1").replace(b"@BIRTH@", b"19960417")
    return ReceivedMessage(
        "hospital", "bench", "hospital/ref_i12", f"C{number}", "REF^I12^REF_I12", raw, premises.clock.now()
    )


async def _accept_all(premises: Premises, template: bytes) -> float:
    messages = [message(template, number, premises) for number in range(MESSAGES)]
    await accept_message(premises, message(template, MESSAGES, premises))
    began = time.process_time()
    for start in range(0, MESSAGES, 8):  # eight at a time, as eight connections would
        await asyncio.gather(*(accept_message(premises, m) for m in messages[start : start + 8]))
    return (time.process_time() - began) / MESSAGES * 1e6


async def _claim_all(premises: Premises) -> list[Intent]:
    with premises.store.read() as reading:
        found = intents.in_state(reading, "due", MESSAGES)
    assert len(found) >= MESSAGES, len(found)
    return list(found)


async def _release_all(premises: Premises, claimed: list[Intent]) -> float:
    began = time.process_time()
    for start in range(0, len(claimed), 8):
        await asyncio.gather(*(gate.release(premises, intent) for intent in claimed[start : start + 8]))
    return (time.process_time() - began) / len(claimed) * 1e6


def _pure_stages(premises: Premises, template: bytes, claimed: list[Intent]) -> dict[str, float]:
    raw = message(template, 1, premises).raw
    mapping = premises.library.mapping("hospital/ref_i12")
    at = premises.clock.now()
    with premises.store.read() as reading:
        decided, _ = gate._records_of(reading, claimed[0])

        def gathered() -> Any:
            return gate.gather_with_vetoes(
                premises, reading, patient_id=claimed[0].patient_id, discloser="hospital", recipient="otp",
                purpose="TREAT", held_records=decided, at=at,
            )  # fmt: skip

        asked = gathered()
        decision = consent.decide(asked.request, premises.tables, asked.compiled)
        shown = consent.redact(asked.request, decision, premises.tables)
        keys, tables = premises.keys, premises.tables

        def present() -> Any:
            return consent.present(
                shown, decision, request=asked.request, alias_key=keys.alias_key, tables=tables
            )

        resources = list(present())
        stages: dict[str, Callable[[], Any]] = {
            "split and translate": lambda: mappings.translate(
                mapping, raw, partner="hospital", id_key=keys.id_key, zone="America/Phoenix"
            ),
            "read and open the records": lambda: gate._records_of(reading, claimed[0]),
            "gather consents and directory": gathered,
            "decide": lambda: consent.decide(asked.request, tables, asked.compiled),
            "redact": lambda: consent.redact(asked.request, decision, tables),
            "present": present,
            "write JSON": lambda: to_json({"entry": resources}),
        }
        return {name: _each(stage) for name, stage in stages.items()}


def _each(stage: Callable[[], Any], times: int = 200) -> float:
    for _ in range(5):
        stage()
    began = time.process_time()
    for _ in range(times):
        stage()
    return (time.process_time() - began) / times * 1e6


if __name__ == "__main__":
    print(json.dumps(run(), indent=1, default=str))
