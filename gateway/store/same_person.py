"""Two patients found to be one person, and one found to be two: whose is what, and the journal by which it goes back.

Records move by a new version under the other patient's key; earlier versions, messages and releases stay with whom they
were kept for, and so does every audit entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import msgspec

from gateway.errors import Internal
from gateway.store import consents, intents, patients, records
from gateway.store.model import Intent, Reading, Record, Transaction

Link = tuple[str, str]
"""(partner, token) of an identifier by which a partner knows somebody."""
Version = tuple[str, str, int]
"""(type, id, version) of a record."""


class Holdings(msgspec.Struct, frozen=True):
    """What is kept of one of the two at the moment they are joined; of who was joined, as it is after the move."""

    records: tuple[Version, ...]
    links: tuple[Link, ...]
    match_keys: tuple[str, ...]
    intents: tuple[str, ...]


class Joined(msgspec.Struct, frozen=True):
    """`patient_id` is `joined_to` from audit entry `joined_seq` on, to `parted_seq` (0: still)."""

    patient_id: str
    joined_to: str
    joined_seq: int
    parted_seq: int
    hers: Holdings
    theirs: Holdings


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(tuple[Holdings, Holdings])


def joined(reading: Reading, patient_id: str) -> Joined | None:
    """Whom this patient was found to be, and what came along; None when she is herself."""
    row = reading.row("same_person.joined_now", {"patient_id": patient_id})
    if row is None:
        return None
    scope = f"patient:{row['joined_to']}"
    sealed = reading.cipher.open(reading, scope, _name(patient_id, row["joined_seq"]), row["sealed"])
    hers, theirs = _DECODER.decode(sealed)
    return Joined(patient_id, row["joined_to"], row["joined_seq"], row["parted_seq"], hers, theirs)


def periods(reading: Reading, patient_id: str) -> tuple[tuple[str, str, int, int], ...]:
    """(who was joined, to whom, from audit entry, to audit entry or 0), each time this patient was one with another."""
    rows = reading.rows("same_person.of_patient", {"patient_id": patient_id})
    return tuple((row["patient_id"], row["joined_to"], row["joined_seq"], row["parted_seq"]) for row in rows)


def stays(reading: Reading, patient_id: str) -> str:
    """The id under which everything about this patient is kept now: her own, or that of whom she was found to be."""
    row = reading.row("same_person.joined_now", {"patient_id": patient_id})
    return patient_id if row is None else stays(reading, row["joined_to"])


def joined_to(reading: Reading, patient_id: str) -> tuple[str, ...]:
    """The patients who were found to be this one, in the order it was found; theirs included."""
    found: list[str] = []
    for row in reading.rows("same_person.joined_to", {"patient_id": patient_id}):
        found += [row["patient_id"], *joined_to(reading, row["patient_id"])]
    return tuple(found)


def join(tx: Transaction, leaves: str, to: str, joined_seq: int) -> Holdings:
    """Make everything of `leaves` the other patient's; what came along. Neither may have anything in flight."""
    theirs = _holdings(tx, to)
    hers = _holdings(tx, leaves)
    moved = move(
        tx, records.of_patient(tx, leaves), hers.links, intents.of_patient(tx, leaves), from_=leaves, to=to
    )
    hers = msgspec.structs.replace(hers, records=tuple(map(_version, moved)))
    find_by(tx, leaves, ())
    for key in hers.match_keys:
        patients.add_match_key(tx, to, key)
    content = _ENCODER.encode((hers, theirs))
    sealed = tx.cipher.seal(tx, f"patient:{to}", _name(leaves, joined_seq), content)
    asked = {"patient_id": leaves, "joined_to": to, "joined_seq": joined_seq, "sealed": sealed}
    tx.execute("same_person.join", asked)
    return hers


def part(tx: Transaction, patient_id: str, parted_seq: int) -> None:
    """Say that the patient is herself again. Raises Internal `NOT_JOINED`."""
    if not tx.execute("same_person.part", {"patient_id": patient_id, "parted_seq": parted_seq}):
        raise Internal("NOT_JOINED", "the patient is nobody else")


def move(
    tx: Transaction,
    held: Sequence[Record],
    links: Iterable[Link],
    theirs: Sequence[Intent],
    *,
    from_: str,
    to: str,
) -> tuple[Record, ...]:
    """Make these records, identifiers and intents of `from_` the patient `to`'s; the records as they are now.

    What is decided about either after this is decided anew, and what was decided before can be decided again as it was.
    """
    saved = records.save_all(tx, [msgspec.structs.replace(record, patient_id=to) for record in held])
    patients.raise_epoch(tx, from_)
    patients.raise_epoch(tx, to)
    for record in saved:
        state = consents.get(tx, record.id) if record.resource_type == "Consent" else None
        if state is not None:
            consents.give_away(tx, state)
            consents.save(tx, replace(state, patient_id=to, version=record.version))
    for partner, token in links:
        tx.execute("same_person.move_link", {"partner": partner, "token": token, "from": from_, "to": to})
    now_is = {_place(old): _place(new) for old, new in zip(held, saved, strict=True)}
    now_is |= _earlier_versions(tx, theirs, {record.reference: record for record in saved}, from_)
    intents.move(tx, theirs, now_is, to)
    tx.after_commit(partial(tx.fresh.forget, from_))
    return saved


def _earlier_versions(
    tx: Transaction, theirs: Sequence[Intent], saved: Mapping[str, Record], from_: str
) -> dict[str, str]:
    """What intents mean of the moved records that was written under the key of `from_`, as the version it has now: the
    one who moves must not hang on that key any longer.
    """
    found: dict[str, str] = {}
    for place in {place for intent in theirs for place in intent.focus}:
        kind, record_id, number = place.split("/")
        moved = saved.get(f"{kind}/{record_id}")
        if moved is not None:
            meant = records.version(tx, kind, record_id, int(number))
            if meant is not None and meant.patient_id == from_:
                found[place] = _place(moved)
    return found


def take_messages(tx: Transaction, theirs: Iterable[Intent], patient_id: str) -> None:
    """The messages that brought these intents are about the patient: their keys go with hers."""
    for message_id in {intent.message_id for intent in theirs} - {None}:
        tx.execute("inbox.set_patient", {"id": message_id, "patient_id": patient_id})


def drop_links(tx: Transaction, links: Iterable[Link], from_: str) -> None:
    """Know the patient by these identifiers no more: whose they are has to be learned again."""
    for partner, token in links:
        tx.execute("same_person.drop_link", {"partner": partner, "token": token, "from": from_})


def find_by(tx: Transaction, patient_id: str, keys: Iterable[str]) -> None:
    """Find the patient by these descriptions and no others."""
    tx.execute("same_person.drop_match_keys", {"patient_id": patient_id})
    for key in keys:
        patients.add_match_key(tx, patient_id, key)


def add_unsorted(tx: Transaction, record: Record, one: str, other: str) -> None:
    """A person has to say whether the record is `one`'s or `other`'s, who keeps it meanwhile."""
    asked = {"type": record.resource_type, "id": record.id, "one": one, "other": other}
    tx.execute("same_person.add_unsorted", asked)


def unsorted(reading: Reading, resource_type: str, record_id: str) -> tuple[str, str] | None:
    """The two patients whose the record may be, the one who keeps it last; None when it is sorted."""
    row = reading.row("same_person.unsorted", {"type": resource_type, "id": record_id})
    return None if row is None else (row["one"], row["other"])


def drop_unsorted(tx: Transaction, resource_type: str, record_id: str) -> None:
    """Somebody has said whose the record is."""
    tx.execute("same_person.drop_unsorted", {"type": resource_type, "id": record_id})


def unsorted_of(reading: Reading, patient_id: str) -> tuple[str, ...]:
    """References of the records that may be this patient's or another's; those that can still be read."""
    rows = reading.rows("same_person.unsorted_of", {"patient_id": patient_id})
    found = (records.get(reading, row["resource_type"], row["id"]) for row in rows)
    return tuple(record.reference for record in found if record is not None)


def left_behind(reading: Reading, patient_id: str) -> dict[str, int]:
    """How many versions of this patient's records are sealed under the key of one with whom she was one by mistake."""
    others = {to for leaves, to, _, until in periods(reading, patient_id) if until and leaves == patient_id}
    found = {
        other: reading.row("same_person.left_behind", {"patient_id": patient_id, "other": other})
        for other in sorted(others)
        if not patients.is_destroyed(reading, other)
    }
    return {other: row["number"] for other, row in found.items() if row is not None and row["number"]}


def tell_apart(tx: Transaction, one: str, other: str, at: str) -> None:
    """Keep in mind that a person has said these are two people."""
    tx.execute("same_person.tell_apart", {**_pair(one, other), "at": at})


def are_told_apart(reading: Reading, one: str, other: str) -> bool:
    """Has a person said that these are two people?"""
    return reading.row("same_person.are_told_apart", _pair(one, other)) is not None


def _holdings(tx: Transaction, patient_id: str) -> Holdings:
    return Holdings(
        records=tuple(map(_version, records.of_patient(tx, patient_id))),
        links=patients.links_of(tx, patient_id),
        match_keys=tuple(sorted(patients.match_keys_of(tx, patient_id))),
        intents=tuple(intent.id for intent in intents.of_patient(tx, patient_id)),
    )


def _pair(one: str, other: str) -> dict[str, str]:
    first, second = sorted((one, other))
    return {"one": first, "other": second}


def _version(record: Record) -> Version:
    return record.resource_type, record.id, record.version


def _place(record: Record) -> str:
    """As an intent names it."""
    return f"{record.resource_type}/{record.id}/{record.version}"


def _name(patient_id: str, joined_seq: int) -> str:
    return f"joined/{patient_id}/{joined_seq}"
