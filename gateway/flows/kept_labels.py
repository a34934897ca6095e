"""Labels are raised, never lowered: what a record once carried, its later versions carry too.

Consent-semantics 5; FH-LBL-05. Only a named person may lower a label, and no way for that exists yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from gateway.store import Record, Transaction, records


def save_keeping_labels(tx: Transaction, record: Record) -> Record:
    """Save a version of a record; labels of the version before that are missing in it are put back."""
    return records.save(tx, record, _labels_kept)


def save_all_keeping_labels(
    tx: Transaction, wanted: Sequence[Record], keep: records.Keep | None = None
) -> tuple[Record, ...]:
    """As `save_keeping_labels`, for records that came together. `keep`: what else of the version before is put back."""
    if keep is None:
        return records.save_all(tx, wanted, _labels_kept)
    return records.save_all(tx, wanted, lambda before, record: _labels_kept(before, keep(before, record)))


def _labels_kept(before: Record, record: Record) -> Record:
    lost = [label for label in _labels(before.resource) if label not in _labels(record.resource)]
    if not lost:
        return record
    meta = dict(record.resource.get("meta", {}))
    meta["security"] = [*_labels(record.resource), *lost]
    return replace(record, resource={**record.resource, "meta": meta})


def _labels(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(resource.get("meta", {}).get("security", ()))
