"""Records that another party has answered: what an answer is, and what stood before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.store import Intent, Reading, Record, records

_IN_ONE_LOOK = 8
ANSWERED = frozenset(
    {"status", "statusReason", "businessStatus", "output", "executionPeriod", "lastModified"}
)
"""All that the answer to a record may change in it: what `flows.status` takes over from an addressee."""


def older_versions(reading: Reading, record: Record) -> Iterable[Record]:
    """The versions before that of `record`, newest first, opened as they are asked for."""
    below = record.version
    while below > 1:
        found = records.history(reading, record.resource_type, record.id, _IN_ONE_LOOK, below)
        yield from found
        if len(found) < _IN_ONE_LOOK:
            return
        below = found[-1].version


def only_answers(later: Record, earlier: Record) -> bool:
    """Whether `later` is another party's answer to `earlier`, with every other word as it was."""
    if earlier.deleted or later.deleted or later.patient_id != earlier.patient_id:
        return False
    added = later.source_partner != earlier.source_partner and {*earlier.sources} < {*later.sources}
    return added and _but_answers(later.resource) == _but_answers(earlier.resource)


def _but_answers(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in ANSWERED}


def sent_before_answers(reading: Reading, intent: Intent, record: Record) -> Record:
    """Of what a referral takes along: the sender's own last version, where others than the recipient have only answered
    it since; else `record`.
    """
    if intent.kind != "referral" or intent.partner in record.sources:
        return record
    since = [record]
    for older in older_versions(reading, record) if len(record.sources) > 1 else ():
        if older.source_partner == intent.source_partner:
            return older if all(only_answers(one, older) for one in since) else record
        since.append(older)
    return record
