"""FHIR resources by version, sealed; and the HMAC tokens by which they are found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from gateway.store.model import Reading, Record, Row, Transaction


def _plain(value: object) -> object:
    """A read-only mapping as a plain dict, for the encoder."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a resource holds a {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_LIST_ENCODER = msgspec.json.Encoder()
_LIST_DECODER = msgspec.json.Decoder(tuple[str, ...])


def save(tx: Transaction, record: Record) -> Record:
    """`record` with its version. The same content with the same facts again is the same version and writes
    nothing.
    """
    content = _ENCODER.encode(record.resource)
    row = tx.row("records.current", {"type": record.resource_type, "id": record.id})
    if row is None:
        return _add(tx, record, 1, content)
    if _facts(row) == _facts_of(record) and _open(tx, row) == content:
        return replace(record, version=row["version"], updated_at=row["updated_at"])
    before = {"type": record.resource_type, "id": record.id, "version": row["version"]}
    tx.execute("records.retire", before)
    return _add(tx, record, row["version"] + 1, content)


def get(reading: Reading, resource_type: str, record_id: str) -> Record | None:
    """The present version, deleted or not; None when there never was one. Raises NotFound `KEY_GONE`."""
    row = reading.row("records.current", {"type": resource_type, "id": record_id})
    return None if row is None else _record(reading, row)


def version(reading: Reading, resource_type: str, record_id: str, number: int) -> Record | None:
    """That version, or None. Raises NotFound `KEY_GONE`."""
    row = reading.row("records.of_version", {"type": resource_type, "id": record_id, "version": number})
    return None if row is None else _record(reading, row)


def history(reading: Reading, resource_type: str, record_id: str, limit: int = 100) -> tuple[Record, ...]:
    """Its versions, newest first. Raises NotFound `KEY_GONE`."""
    rows = reading.rows("records.history", {"type": resource_type, "id": record_id, "limit": limit})
    return tuple(_record(reading, row) for row in rows)


def of_patient(reading: Reading, patient_id: str, types: Collection[str] | None = None) -> tuple[Record, ...]:
    """The patient's present records, not the deleted ones, by type and id; of some types only, if given.

    Raises NotFound `KEY_GONE`.
    """
    if types is None:
        rows = reading.rows("records.of_patient", {"patient_id": patient_id})
    else:
        rows = [
            row
            for wanted in sorted(set(types))
            for row in reading.rows("records.of_patient_and_type", {"patient_id": patient_id, "type": wanted})
        ]
    return tuple(_record(reading, row) for row in rows)


def ids_of_patient(reading: Reading, patient_id: str, resource_type: str) -> tuple[str, ...]:
    """The ids alone of the patient's present records of one type; nothing is opened."""
    wanted = {"patient_id": patient_id, "type": resource_type}
    return tuple(row["id"] for row in reading.rows("records.ids_of_patient_and_type", wanted))


def set_tokens(tx: Transaction, record: Record, tokens: Collection[tuple[str, str]]) -> None:
    """Make `record` findable by these (parameter, HMAC) pairs and no others."""
    where = {"type": record.resource_type, "id": record.id}
    tx.execute("records.drop_tokens", where)
    rows = [where | {"param": param, "token": token} for param, token in sorted(set(tokens))]
    tx.execute_each("records.add_token", rows)


def find_token(reading: Reading, resource_type: str, param: str, token: str) -> tuple[tuple[str, str], ...]:
    """(type, id) of the records found by that token, by id."""
    rows = reading.rows("records.find_token", {"type": resource_type, "param": param, "token": token})
    return tuple((row["resource_type"], row["id"]) for row in rows)


def _add(tx: Transaction, record: Record, number: int, content: bytes) -> Record:
    row_name = _row_name(record.resource_type, record.id, number)
    patient_id, source_partner, sources, part2, deleted = _facts_of(record)
    tx.execute(
        "records.add",
        {
            "type": record.resource_type,
            "id": record.id,
            "version": number,
            "patient_id": patient_id,
            "source_partner": source_partner,
            "sources": sources,
            "part2": part2,
            "updated_at": record.updated_at,
            "deleted": deleted,
            "sealed": tx.cipher.seal(tx, _scope(patient_id), row_name, content),
        },
    )
    return replace(record, version=number)


def _facts_of(record: Record) -> tuple[Any, ...]:
    sources = _LIST_ENCODER.encode(record.sources).decode()
    return (record.patient_id, record.source_partner, sources, int(record.part2), int(record.deleted))


def _facts(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("patient_id", "source_partner", "sources", "part2", "deleted"))


def _scope(patient_id: str | None) -> str:
    return "network" if patient_id is None else f"patient:{patient_id}"


def _row_name(resource_type: str, record_id: str, number: int) -> str:
    return f"record/{resource_type}/{record_id}/{number}"


def _open(reading: Reading, row: Row) -> bytes:
    row_name = _row_name(row["resource_type"], row["id"], row["version"])
    return reading.cipher.open(reading, _scope(row["patient_id"]), row_name, row["sealed"])


def _record(reading: Reading, row: Row) -> Record:
    return Record(
        resource_type=row["resource_type"],
        id=row["id"],
        version=row["version"],
        patient_id=row["patient_id"],
        source_partner=row["source_partner"],
        sources=_LIST_DECODER.decode(row["sources"]),
        part2=bool(row["part2"]),
        updated_at=row["updated_at"],
        deleted=bool(row["deleted"]),
        resource=_DECODER.decode(_open(reading, row)),
    )
