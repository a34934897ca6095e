"""Labels are raised, never lowered: what a record once carried, its later versions carry too.

Consent-semantics 5; FH-LBL-05. Only a named person may lower a label, and no way for that exists yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.store import Record, Transaction, records


def save_keeping_labels(tx: Transaction, record: Record) -> Record:
    """Save a version of a record; labels of the version before that are missing in it are put back."""
    saved = records.save(tx, record)
    if saved.version == 1:
        return saved
    before = records.version(tx, record.resource_type, record.id, saved.version - 1)
    if before is None:
        return saved
    lost = [label for label in _labels(before.resource) if label not in _labels(record.resource)]
    if not lost:
        return saved
    meta = dict(record.resource.get("meta", {}))
    meta["security"] = [*_labels(record.resource), *lost]
    return records.save(tx, replace(record, resource={**record.resource, "meta": meta}))


def _labels(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(resource.get("meta", {}).get("security", ()))
