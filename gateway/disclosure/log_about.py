"""The audit entries about one person, under whatever id of ours she was kept when they were written.

While two were one by mistake, entries about both stand under one id: each is told to whom it was about.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.audit import LoggedEntry, of_patient
from gateway.store import Reading, intents, outbox, records, same_person


def log_about(reading: Reading, patient_id: str) -> tuple[LoggedEntry, ...]:
    """The entries in order; entries of which it cannot be told are left with the id they stand under."""
    found = {one.row.seq: one for one in _all(reading, patient_id)}
    return tuple(found[seq] for seq in sorted(found))


def _all(reading: Reading, patient_id: str) -> Iterator[LoggedEntry]:
    ids = (patient_id, *same_person.joined_to(reading, patient_id))
    shared = [
        (leaves, to, since, until)
        for one in ids
        for leaves, to, since, until in same_person.periods(reading, one)
        if until
    ]
    for known in ids:
        for logged in of_patient(reading, known):
            others = [
                leaves
                for leaves, to, since, until in shared
                if to == known and since < logged.row.seq < until
            ]
            if not any(_is_about(reading, logged, other) for other in others):
                yield logged
    for leaves, to, since, until in shared:
        if leaves in ids:
            for logged in of_patient(reading, to):
                if since < logged.row.seq < until and _is_about(reading, logged, leaves):
                    yield logged


def _is_about(reading: Reading, logged: LoggedEntry, patient_id: str) -> bool:
    """Whether the intent or the records of the entry are that patient's now."""
    entry = logged.entry
    if entry is None:
        return False
    release = outbox.get(reading, entry.subject)
    meant = release.intent_id if release is not None else entry.subject
    intent = intents.get(reading, meant) if meant else None
    if intent is not None:
        return same_person.stays(reading, intent.patient_id) == same_person.stays(reading, patient_id)
    named = (row.reference.partition("/") for row in entry.resources)
    found = (records.get(reading, kind, record_id) for kind, _, record_id in named)
    return any(record is not None and record.patient_id == patient_id for record in found)
