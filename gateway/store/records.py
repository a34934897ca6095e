"""FHIR resources by version, sealed; and the HMAC tokens by which they are found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from gateway.errors import Internal
from gateway.store.model import Params, Reading, Record, Row, Transaction


def _plain(value: object) -> object:
    """A read-only mapping as a plain dict, for the encoder."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a resource holds a {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_SET_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST_ENCODER = msgspec.json.Encoder()
_LIST_DECODER = msgspec.json.Decoder(tuple[str, ...])
_LARGEST_SET = 64


Keep = Callable[[Record, Record], Record]
"""Given the present version and the one to be saved in its place: the one to save."""


def save(tx: Transaction, record: Record, keep: Keep | None = None) -> Record:
    """`record` with its version. The same content with the same facts again is the same version and writes nothing.

    `keep` is asked before something else takes the place of a present version. Raises NotFound `KEY_GONE`.
    """
    return save_all(tx, (record,), keep)[0]


def save_all(tx: Transaction, wanted: Sequence[Record], keep: Keep | None = None) -> tuple[Record, ...]:
    """Each of `wanted` as `save` returns it, in their order; what is new is sealed together."""
    keys = [(record.resource_type, record.id) for record in wanted]
    if len(set(keys)) < len(keys):
        return tuple(save(tx, record, keep) for record in wanted)
    present = {(row["resource_type"], row["id"]): row for row in _of_keys(tx, "records.all_current", keys)}
    saved: list[Record] = []
    news: dict[str | None, list[tuple[Record, bytes, bytes]]] = {}
    for record in wanted:
        row = present.get((record.resource_type, record.id))
        content, digest = _content_of(tx, record)
        if row is not None and not _same(row, record, digest) and keep is not None:
            record = keep(_records(tx, [row])[0], record)
            content, digest = _content_of(tx, record)
        if row is not None and _same(row, record, digest):
            saved.append(_renewed(record, row["version"], row["updated_at"]))
            continue
        if row is not None:
            key = {"type": record.resource_type, "id": record.id, "version": row["version"]}
            tx.execute("records.retire", key)
        made = _renewed(record, 1 if row is None else row["version"] + 1, record.updated_at)
        saved.append(made)
        news.setdefault(record.patient_id, []).append((made, content, digest))
    for patient_id, added in news.items():
        for start in range(0, len(added), _LARGEST_SET):
            _add_set(tx, patient_id, added[start : start + _LARGEST_SET])
    return tuple(saved)


def get(reading: Reading, resource_type: str, record_id: str) -> Record | None:
    """The present version, deleted or not; None when there never was one. Raises NotFound `KEY_GONE`."""
    row = reading.row("records.current", {"type": resource_type, "id": record_id})
    return None if row is None else _records(reading, [row])[0]


def version(reading: Reading, resource_type: str, record_id: str, number: int) -> Record | None:
    """That version, or None. Raises NotFound `KEY_GONE`."""
    row = reading.row("records.of_version", {"type": resource_type, "id": record_id, "version": number})
    return None if row is None else _records(reading, [row])[0]


def versions(reading: Reading, wanted: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], Record]:
    """The records of these (type, id, version), as far as they are there. Raises NotFound `KEY_GONE`."""
    found = _records(reading, _of_keys(reading, "records.of_versions", wanted))
    return {(record.resource_type, record.id, record.version): record for record in found}


def history(reading: Reading, resource_type: str, record_id: str, limit: int = 100) -> tuple[Record, ...]:
    """Its versions, newest first. Raises NotFound `KEY_GONE`."""
    rows = reading.rows("records.history", {"type": resource_type, "id": record_id, "limit": limit})
    return _records(reading, rows)


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
    return _records(reading, rows)


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


def _of_keys(reading: Reading, query: str, keys: Sequence[tuple[object, ...]]) -> list[Row]:
    return reading.rows(query, {"wanted": _LIST_ENCODER.encode(keys).decode()})


def _content_of(tx: Transaction, record: Record) -> tuple[bytes, bytes]:
    content = _ENCODER.encode(record.resource)
    return content, tx.cipher.digest(f"{record.resource_type}/{record.id}", content)


def _same(row: Row, record: Record, digest: bytes) -> bool:
    return bool(row["digest"] == digest and _facts(row) == _facts_of(record))


def _renewed(record: Record, version: int, updated_at: str) -> Record:
    return Record(
        record.resource_type,
        record.id,
        version,
        record.patient_id,
        record.source_partner,
        record.sources,
        record.part2,
        updated_at,
        record.deleted,
        record.resource,
    )


def _add_set(tx: Transaction, patient_id: str | None, added: Sequence[tuple[Record, bytes, bytes]]) -> None:
    """Seal the contents as one, each under its own name, and add a row for each."""
    number = _next_set(tx)
    contents = _ENCODER.encode({_name(record): msgspec.Raw(content) for record, content, _ in added})
    sealed = tx.cipher.seal(tx, _scope(patient_id), _set_name(number), contents)
    tx.execute("records.add_set", {"id": number, "sealed": sealed})
    tx.execute_each("records.add", [_row_of(record, digest, number) for record, _, digest in added])


def _next_set(tx: Transaction) -> int:
    row = tx.row("records.next_set")
    return int(row["id"]) if row is not None else 1


def _row_of(record: Record, digest: bytes, set_id: int) -> Params:
    patient_id, source_partner, sources, part2, deleted = _facts_of(record)
    return {
        "type": record.resource_type,
        "id": record.id,
        "version": record.version,
        "patient_id": patient_id,
        "source_partner": source_partner,
        "sources": sources,
        "part2": part2,
        "updated_at": record.updated_at,
        "deleted": deleted,
        "digest": digest,
        "set_id": set_id,
    }


def _facts_of(record: Record) -> tuple[Any, ...]:
    sources = _LIST_ENCODER.encode(record.sources).decode()
    return (record.patient_id, record.source_partner, sources, int(record.part2), int(record.deleted))


def _facts(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("patient_id", "source_partner", "sources", "part2", "deleted"))


def _scope(patient_id: str | None) -> str:
    return "network" if patient_id is None else f"patient:{patient_id}"


def _set_name(number: int) -> str:
    return f"record-set/{number}"


def _name(record: Record) -> str:
    """What a content is called in its set, so that no other row can be given it."""
    return f"{record.resource_type}/{record.id}/{record.version}"


def _records(reading: Reading, rows: Sequence[Row]) -> tuple[Record, ...]:
    """The records of `rows`; each set is opened once. Raises NotFound `KEY_GONE`."""
    scopes = {row["set_id"]: _scope(row["patient_id"]) for row in rows}
    contents: dict[str, msgspec.Raw] = {}
    for found in reading.rows("records.sets", {"wanted": _LIST_ENCODER.encode(list(scopes)).decode()}):
        number, sealed = found
        plain = reading.cipher.open(reading, scopes[number], _set_name(number), sealed)
        contents |= _SET_DECODER.decode(plain)
    return tuple(_record(row, contents) for row in rows)


def _record(row: Row, contents: Mapping[str, msgspec.Raw]) -> Record:
    resource_type, record_id, version, patient_id, source, sources, part2, updated_at, deleted, _, _ = row
    content = contents.get(f"{resource_type}/{record_id}/{version}")
    if content is None:
        raise Internal("SEAL_BROKEN", "a record is not in the set that its row names")
    return Record(
        resource_type,
        record_id,
        version,
        patient_id,
        source,
        _sources(sources),
        bool(part2),
        updated_at,
        bool(deleted),
        _DECODER.decode(content),
    )


@lru_cache(maxsize=1024)
def _sources(text: str) -> tuple[str, ...]:
    """Partners are few."""
    return _LIST_DECODER.decode(text)
