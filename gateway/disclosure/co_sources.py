"""Records that several parties have written to: each of them must be permitted to disclose, not only the last one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import consent
from gateway.disclosure.gather import gather
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.premises import Premises
from gateway.store import Reading, Record


def gather_with_vetoes(
    premises: Premises,
    reading: Reading,
    *,
    patient_id: str,
    discloser: str,
    recipient: str,
    purpose: str,
    held_records: Sequence[Record],
    at: datetime,
) -> Gathered:
    """The question to `discloser`, with the references that another source of the same record may not disclose.

    So a record of a program cannot leave on another party's consent because that party has written to it as well.
    """

    def ask(source: str, records: Sequence[Record]) -> Gathered:
        return gather(
            premises,
            reading,
            patient_id=patient_id,
            discloser=source,
            recipient=recipient,
            purpose=purpose,
            held_records=records,
            at=at,
        )

    def decided(source: str, records: Sequence[Record]) -> consent.Decision:
        asked = ask(source, records)
        return consent.decide(asked.request, premises.tables, asked.compiled)

    vetoed = vetoes(held_records, discloser, recipient, decided)
    gathered = ask(discloser, held_records)
    return replace(gathered, vetoed=gathered.vetoed | vetoed) if vetoed else gathered


def vetoes(
    held_records: Sequence[Record],
    discloser: str,
    recipient: str,
    decided: Callable[[str, Sequence[Record]], consent.Decision],
) -> frozenset[str]:
    """References that a source other than `discloser` may not disclose whole; `decided` asks one source."""
    found: set[str] = set()
    for source, records in _by_other_source(held_records, discloser, recipient).items():
        rows = decided(source, records).resources
        found |= {row.reference for row in rows if row.outcome != "disclose"}
    return frozenset(found)


def _by_other_source(
    held_records: Sequence[Record], discloser: str, recipient: str
) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in held_records:
        for source in record.sources:
            if source not in (discloser, recipient):
                found.setdefault(source, []).append(record)
    return dict(sorted(found.items()))
