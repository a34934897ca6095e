"""FHIR resources by version, sealed; and the HMAC tokens by which they are found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from gateway.errors import Internal
from gateway.store.model import Key, Params, Reading, Record, Row, Transaction


def _plain(value: object) -> object:
    """A read-only mapping as a plain dict, for the encoder."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a resource holds a {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_SET_DECODER = msgspec.json.Decoder(list[Record], float_hook=Decimal)
_LIST_ENCODER = msgspec.json.Encoder()
_LARGEST_SET = 64
_SETS_IN_TURN = 2
_ABOVE_ALL = 2**62


_New = tuple[Record, msgspec.Raw, bytes]
"""A record to be added, its resource as JSON, its digest."""
Keep = Callable[[Record, Record], Record]
"""Given the present version and the one to be saved in its place: the one to save."""


def save(tx: Transaction, record: Record, keep: Keep | None = None) -> Record:
    """`record` with its version. The same content with the same facts again is the same version and writes nothing.

    `keep` is asked before something else takes the place of a present version. Raises NotFound `KEY_GONE`.
    """
    return save_all(tx, (record,), keep)[0]


def save_all(tx: Transaction, wanted: Sequence[Record], keep: Keep | None = None) -> tuple[Record, ...]:
    """Each of `wanted` as `save` returns it, in their order; what is new is sealed together.

    A new version of a Patient raises the epoch of the patient, and of whose it was before: what was decided is decided
    again.
    """
    keys = [(record.resource_type, record.id) for record in wanted]
    if len(set(keys)) < len(keys):
        return tuple(save(tx, record, keep) for record in wanted)
    present = _current(tx, keys)
    saved: list[Record] = []
    news: dict[str | None, list[_New]] = {}
    for record in wanted:
        row = present.get((record.resource_type, record.id))
        content, digest = _written(tx, record)
        # A present version without a digest is one whose key was destroyed: nothing of it can be kept, and the same
        # person's number may come again for whom the network now knows as somebody new.
        readable = row is not None and bool(row["digest"])
        if row is not None and readable and row["digest"] != digest and keep is not None:
            record = keep(_records(tx, [row])[0], record)
            content, digest = _written(tx, record)
        if row is not None and row["digest"] == digest:
            saved.append(_renewed(record, row["version"], row["updated_at"]))
            continue
        if row is not None:
            retired = place_of(record.resource_type, record.id) | {"version": row["version"]}
            tx.execute("records.retire", retired)
            if record.resource_type == "Patient" and row["patient_id"] not in (None, record.patient_id):
                tx.execute("patients.raise_epoch", {"id": row["patient_id"]})  # it speaks for her no more
        made = _renewed(record, 1 if row is None else row["version"] + 1, record.updated_at)
        saved.append(made)
        news.setdefault(record.patient_id, []).append((made, content, digest))
    for patient_id, added in news.items():
        if patient_id is not None and any(record.resource_type == "Patient" for record, *_ in added):
            tx.execute(
                "patients.raise_epoch", {"id": patient_id}
            )  # age and identity are read from her Patients
        for start in range(0, len(added), _LARGEST_SET):
            _add_set(tx, patient_id, added[start : start + _LARGEST_SET])
    return tuple(saved)


def get(reading: Reading, resource_type: str, record_id: str) -> Record | None:
    """The present version, deleted or not; None when there never was one, or its key was destroyed.

    The two are not told apart: whoever asks for a record must not learn that there once was one.
    """
    row = reading.row("records.current", place_of(resource_type, record_id))
    if row is None or not row["digest"]:
        return None
    found: dict[Key, Record] = {}
    _open_set(reading, row["patient_id"], row["set_id"], row["sealed"], found)
    return _that_of(row, found)


def present(reading: Reading, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    """The present versions of these (type, id), deleted or not, as `get` finds each."""
    rows = _current(reading, wanted) if wanted else {}
    found = _records(reading, [row for row in rows.values() if row["digest"]])
    return {(record.resource_type, record.id): record for record in found}


def version(reading: Reading, resource_type: str, record_id: str, number: int) -> Record | None:
    """That version, or None. Raises NotFound `KEY_GONE`."""
    row = _row_of_version(reading, resource_type, record_id, number)
    return None if row is None else _records(reading, [row])[0]


def versions(reading: Reading, wanted: Sequence[Key]) -> dict[Key, Record]:
    """The records of these (type, id, version), as far as they are there. Raises NotFound `KEY_GONE`.

    What was saved together is looked for together: one of them leads to the set of all.
    """
    found = reading.fresh.take(wanted)
    left = [key for key in wanted if key not in found]
    for _ in range(_SETS_IN_TURN):
        row = _row_of_version(reading, *left[0]) if left else None
        if row is None:
            break
        found |= _of_sets(reading, {row["set_id"]: row["patient_id"]})
        left = [key for key in left if key not in found]
    for record in _records(reading, _of_versions(reading, left) if left else ()):
        found[record.resource_type, record.id, record.version] = record
    return {key: found[key] for key in wanted if key in found}


def history(
    reading: Reading, resource_type: str, record_id: str, limit: int = 100, below: int = _ABOVE_ALL
) -> tuple[Record, ...]:
    """Its versions before number `below`, newest first; without those about a patient whose key was destroyed."""
    asked = place_of(resource_type, record_id) | {"limit": limit, "below": below}
    rows = reading.rows("records.history", asked)
    gone = {
        row["patient_id"]
        for row in {row["patient_id"]: row for row in rows}.values()
        if reading.row("data_key.is_destroyed", {"scope": _scope(row["patient_id"])}) is not None
    }
    return _records(reading, [row for row in rows if row["patient_id"] not in gone])


def of_patient(reading: Reading, patient_id: str, types: Collection[str] | None = None) -> tuple[Record, ...]:
    """The patient's present records, not the deleted ones, by type and id; of some types only, if given.

    Raises NotFound `KEY_GONE`.
    """
    if types is None:
        rows = _in_order(reading.rows("records.of_patient", {"patient_id": patient_id}))
    else:
        rows = [
            row
            for wanted in sorted(set(types))
            for row in _in_order(
                reading.rows("records.of_patient_and_type", {"patient_id": patient_id, "type": wanted})
            )
        ]
    return tuple(record for record in _records(reading, rows) if not record.deleted)


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


def _row_of_version(reading: Reading, resource_type: str, record_id: str, number: int) -> Row | None:
    return reading.row("records.of_version", place_of(resource_type, record_id) | {"version": number})


def _current(reading: Reading, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """The present rows of these (type, id), by them."""
    places = _LIST_ENCODER.encode([_place(*key) for key in keys]).decode()
    wanted = set(keys)
    rows = reading.rows("records.all_current", {"wanted": places})
    return {key: row for row in rows if (key := (row["resource_type"], row["id"])) in wanted}


def _of_versions(reading: Reading, keys: Sequence[Key]) -> list[Row]:
    """The rows of these versions."""
    wanted = [(_place(kind, record_id), kind, record_id, number) for kind, record_id, number in keys]
    return reading.rows("records.of_versions", {"wanted": _LIST_ENCODER.encode(wanted).decode()})


def place_of(resource_type: str, record_id: str) -> dict[str, object]:
    """Where the record stands, for a statement: `place`, `type`, `id`."""
    return {"place": _place(resource_type, record_id), "type": resource_type, "id": record_id}


@lru_cache(maxsize=8192)
def _place(resource_type: str, record_id: str) -> int:
    """A number of 63 bits. Two records of the same number are told apart by type and id."""
    digest = hashlib.blake2b(f"{resource_type}/{record_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["resource_type"], row["id"]))


def _written(tx: Transaction, record: Record) -> tuple[msgspec.Raw, bytes]:
    """The resource as JSON, written once for all that is made of it, and the digest of it with its facts."""
    content = msgspec.Raw(_ENCODER.encode(record.resource))
    facts = (
        record.patient_id,
        record.source_partner,
        record.sources,
        record.part2,
        record.deleted,
        content,
    )
    return content, tx.cipher.digest(f"{record.resource_type}/{record.id}", _ENCODER.encode(facts))


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


def _add_set(tx: Transaction, patient_id: str | None, added: Sequence[_New]) -> None:
    """Seal the records as one, and add a row for each."""
    number = _next_set(tx)
    contents = _ENCODER.encode([replace(record, resource=content) for record, content, _ in added])
    sealed = tx.cipher.seal(tx, _scope(patient_id), set_name(number), contents)
    tx.execute("records.add_set", {"id": number, "patient_id": patient_id, "sealed": sealed})
    tx.execute_each("records.add", [_row_of(record, digest, number) for record, _, digest in added])


def _next_set(tx: Transaction) -> int:
    row = tx.row("records.next_set")
    return int(row["id"]) if row is not None else 1


def _row_of(record: Record, digest: bytes, set_id: int) -> Params:
    return {
        "place": _place(record.resource_type, record.id),
        "type": record.resource_type,
        "id": record.id,
        "version": record.version,
        "patient_id": record.patient_id,
        "updated_at": record.updated_at,
        "deleted": int(record.deleted),
        "digest": digest,
        "set_id": set_id,
    }


def _scope(patient_id: str | None) -> str:
    return "network" if patient_id is None else f"patient:{patient_id}"


def set_name(number: int) -> str:
    """The identity that a set of records is sealed to."""
    return f"record-set/{number}"


def _records(reading: Reading, rows: Sequence[Row]) -> tuple[Record, ...]:
    """The records of `rows`; each set is opened once. Raises NotFound `KEY_GONE`."""
    if not rows:
        return ()
    found = _of_sets(reading, {row["set_id"]: row["patient_id"] for row in rows})
    return tuple([_that_of(row, found) for row in rows])


def _that_of(row: Row, found: Mapping[Key, Record]) -> Record:
    try:
        return found[row["resource_type"], row["id"], row["version"]]
    except KeyError:
        raise Internal("SEAL_BROKEN", "a record is not in the set that its row names") from None


def _of_sets(reading: Reading, patients: Mapping[int, str | None]) -> dict[Key, Record]:
    """Every record of these sets, by type, id and version. What a set says was sealed with it and cannot be altered."""
    rows = reading.rows("records.sets", {"wanted": _LIST_ENCODER.encode(list(patients)).decode()})
    found: dict[Key, Record] = {}
    for number, sealed in rows:
        _open_set(reading, patients[number], number, sealed, found)
    return found


def _open_set(
    reading: Reading, patient_id: str | None, number: int, sealed: bytes, found: dict[Key, Record]
) -> None:
    """Add the records of one set to what was found."""
    held = reading.cipher.read(reading, _scope(patient_id), set_name(number), sealed, _SET_DECODER.decode)
    for record in held:
        found[record.resource_type, record.id, record.version] = record
