"""Two patients found to be one person, and one found to be two: whose is what, and the journal by which it goes back.

Records move by a new version under the other patient's key; earlier versions, messages and releases stay with whom they
were kept for, and so does every audit entry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

import msgspec

from gateway.errors import Internal
from gateway.store import consents, intents, patients, records
from gateway.store.model import Intent, Reading, Record, Transaction


class Journal(msgspec.Struct, frozen=True):
    """What came along when a patient was joined to another."""

    records: tuple[tuple[str, str], ...]
    """(type, id) of each."""
    links: tuple[tuple[str, str], ...]
    """(partner, token) of each of the partners' identifiers."""
    intents: tuple[str, ...]
    certain: bool


class Joined(msgspec.Struct, frozen=True):
    """A patient who is another one now."""

    patient_id: str
    joined_to: str
    joined_at: str
    audit_seq: int
    journal: Journal


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Journal)


def joined(reading: Reading, patient_id: str) -> Joined | None:
    """Whom this patient was found to be, and what came along; None when she is herself."""
    row = reading.row("same_person.joined_now", {"patient_id": patient_id})
    if row is None:
        return None
    sealed = reading.cipher.open(reading, f"patient:{row['joined_to']}", _name(patient_id), row["sealed"])
    return Joined(
        row["patient_id"], row["joined_to"], row["joined_at"], row["audit_seq"], _DECODER.decode(sealed)
    )


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


def join(tx: Transaction, leaves: str, to: str, at: str, audit_seq: int) -> Journal:
    """Make everything of `leaves` the other patient's; what came along. Neither may have anything in flight."""
    held = records.of_patient(tx, leaves)
    links = patients.links_of(tx, leaves)
    theirs = intents.of_patient(tx, leaves)
    journal = Journal(
        records=tuple((record.resource_type, record.id) for record in held),
        links=links,
        intents=tuple(intent.id for intent in theirs),
        certain=patients.certain(tx, leaves),
    )
    move(tx, held, links, theirs, to, leaves)
    forget_descriptions(tx, leaves)
    sealed = tx.cipher.seal(tx, f"patient:{to}", _name(leaves), _ENCODER.encode(journal))
    asked = {"patient_id": leaves, "joined_to": to, "at": at, "audit_seq": audit_seq, "sealed": sealed}
    tx.execute("same_person.join", asked)
    return journal


def part(tx: Transaction, patient_id: str, at: str) -> None:
    """Say that the patient is herself again. Raises Internal `NOT_JOINED`."""
    if not tx.execute("same_person.part", {"patient_id": patient_id, "at": at}):
        raise Internal("NOT_JOINED", "the patient is nobody else")


def move(
    tx: Transaction,
    held: Sequence[Record],
    links: Collection[tuple[str, str]],
    theirs: Sequence[Intent],
    to: str,
    from_: str,
) -> None:
    """Make these records, identifiers and intents of `from_` the patient `to`'s."""
    saved = records.save_all(tx, [msgspec.structs.replace(record, patient_id=to) for record in held])
    now_is = {_place(old): _place(new) for old, new in zip(held, saved, strict=True)}
    patients.raise_epoch(tx, from_)
    patients.raise_epoch(tx, to)
    for record in saved:
        if record.resource_type == "Consent" and (state := consents.get(tx, record.id)) is not None:
            consents.save(tx, replace(state, patient_id=to, version=record.version))
    for partner, token in links:
        tx.execute("same_person.move_link", {"partner": partner, "token": token, "to": to})
    intents.move(tx, theirs, now_is, to)
    tx.after_commit(partial(tx.fresh.forget, from_))


def forget_descriptions(tx: Transaction, patient_id: str) -> None:
    """Find the patient by no description any more."""
    tx.execute("same_person.drop_match_keys", {"patient_id": patient_id})


def tell_apart(tx: Transaction, one: str, other: str, at: str) -> None:
    """Keep in mind that a person has said these are two people."""
    tx.execute("same_person.tell_apart", {**_pair(one, other), "at": at})


def are_told_apart(reading: Reading, one: str, other: str) -> bool:
    """Has a person said that these are two people?"""
    return reading.row("same_person.are_told_apart", _pair(one, other)) is not None


def _pair(one: str, other: str) -> dict[str, str]:
    first, second = sorted((one, other))
    return {"one": first, "other": second}


def _place(record: Record) -> str:
    """As an intent names it."""
    return f"{record.resource_type}/{record.id}/{record.version}"


def _name(patient_id: str) -> str:
    return f"joined/{patient_id}"
