"""Records that several parties have written to: each of them must be permitted to disclose, not only the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import consent
from gateway.disclosure.gather import Gathered, gather
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

    others = _by_other_source(held_records, discloser, recipient)
    if not others:
        return ask(discloser, held_records)
    vetoed: set[str] = set()
    for source, records in others.items():
        asked = ask(source, records)
        decision = consent.decide(asked.request, premises.tables, asked.compiled)
        vetoed |= {row.reference for row in decision.resources if row.outcome != "disclose"}
    return replace(ask(discloser, held_records), vetoed=frozenset(vetoed))


def _by_other_source(
    held_records: Sequence[Record], discloser: str, recipient: str
) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in held_records:
        for source in record.sources:
            if source not in (discloser, recipient):
                found.setdefault(source, []).append(record)
    return dict(sorted(found.items()))
