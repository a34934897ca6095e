"""A person's word on who somebody is: these two patients are one, or they are two after all. Both are audited.

Joined, everything of the one is the other's: records, consents, the partners' identifiers and what waits. Parted, what
came along goes back, and so does what has come since about a Patient of hers; both are in doubt until a person has
looked, so that nothing more leaves of either (DM-28).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.audit import AuditEntry, AuditReason, append, of_patient
from gateway.clock import instant_text, new_row_id
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotNow, NotUnderstood
from gateway.identity import IDENTIFIER, description_keys, identifiers_of
from gateway.store import Intent, Reading, Record, Transaction, intents, patients, records, same_person

JOINED, PARTED, TOLD_APART = "identity_joined", "identity_parted", "identity_apart"


async def join(premises: Premises, leaves: str, to: str, reason: str) -> dict[str, Any]:
    """Somebody has made sure that the patient `leaves` is the patient `to`. Everything of the one is the other's then.

    Raises NotFound `NO_SUCH_PATIENT`, NotUnderstood `SAME_PATIENT` or `REASON_MISSING`, AlreadyReceived `JOINED` when
    either is another one already, NotNow `BEING_SENT` while something of either is on its way.
    """
    said = _said(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        _both_stand_alone(tx, leaves, to)
        at = instant_text(premises.clock.now())
        held = records.of_patient(tx, leaves, ("Patient",))
        entry = append(tx, _entry(JOINED, at, said, leaves, to))
        journal = same_person.join(tx, leaves, to, at, entry.seq)
        _found_by(premises, tx, to, held)
        if not patients.certain(tx, leaves):
            patients.settle_doubt(tx, leaves)
        woken = intents.wake_patient(tx, to, at) if patients.certain(tx, to) else 0
        return {
            "patient": leaves,
            "is": to,
            "outcome": JOINED,
            "records": len(journal.records),
            "woken": woken,
            "entry": entry.seq,
        }

    return await _done(premises, work, leaves, to)


async def part(premises: Premises, patient_id: str, reason: str) -> dict[str, Any]:
    """The patient was joined to another by mistake: what is hers goes back, and both wait for `identity confirm`.

    The answer lists what left while the two were one, for the privacy officer. Raises NotFound `NOT_JOINED`,
    NotUnderstood `REASON_MISSING`, NotNow `BEING_SENT`.
    """
    said = _said(reason)
    to = ""

    def work(tx: Transaction) -> dict[str, Any]:
        nonlocal to
        found = same_person.joined(tx, patient_id)
        if found is None:
            raise NotFound("NOT_JOINED", "this patient was never found to be another one", patient_id)
        to = found.joined_to
        _nothing_in_flight(tx, to)
        at = instant_text(premises.clock.now())
        parting = _sorted_out(premises, tx, found)
        same_person.move(tx, parting.records, parting.links, parting.intents, patient_id, to)
        same_person.forget_descriptions(tx, to)
        for one in (patient_id, to):
            _found_by(premises, tx, one, records.of_patient(tx, one, ("Patient",)))
        same_person.part(tx, patient_id, at)
        same_person.tell_apart(tx, patient_id, to, at)
        for one in (patient_id, to):
            patients.doubt(tx, one)
        entry = append(tx, _entry(PARTED, at, said, patient_id, to))
        left = of_patient(tx, to)
        return {
            "patient": patient_id,
            "was": to,
            "outcome": PARTED,
            "records": len(parting.records),
            "to be sorted": [record.reference for record in parting.unsure],
            "left while joined": [
                {"entry": one.row.seq, "at": one.row.at, "to": one.row.partner, "purpose": one.row.purpose}
                for one in left
                if one.row.kind == "disclose" and found.audit_seq < one.row.seq
            ],
            "entry": entry.seq,
        }

    done = await _done(premises, work, patient_id)
    premises.compiled.forget(to)
    return done


async def tell_apart(premises: Premises, one: str, other: str, reason: str) -> dict[str, Any]:
    """Somebody has made sure that two patients who look alike are two people; they are not proposed again.

    Raises NotFound `NO_SUCH_PATIENT`, NotUnderstood `SAME_PATIENT` or `REASON_MISSING`, AlreadyReceived `JOINED`.
    """
    said = _said(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        _are_two(tx, one, other)
        at = instant_text(premises.clock.now())
        same_person.tell_apart(tx, one, other, at)
        entry = append(tx, _entry(TOLD_APART, at, said, one, other))
        return {"patient": one, "is not": other, "outcome": TOLD_APART, "entry": entry.seq}

    return await _done(premises, work, one, other)


def _both_stand_alone(tx: Transaction, leaves: str, to: str) -> None:
    _are_two(tx, leaves, to)
    for patient_id in (leaves, to):
        _nothing_in_flight(tx, patient_id)


def _are_two(tx: Transaction, one: str, other: str) -> None:
    for patient_id in (one, other):
        if not patients.exists(tx, patient_id):
            raise NotFound("NO_SUCH_PATIENT", "no patient has that id", patient_id)
        if same_person.stays(tx, patient_id) != patient_id:
            raise AlreadyReceived("JOINED", "this patient was found to be another one", patient_id)
    if one == other:
        raise NotUnderstood("SAME_PATIENT", "give two patients", one)


def _nothing_in_flight(tx: Transaction, patient_id: str) -> None:
    if any(intent.state == "sending" for intent in intents.of_patient(tx, patient_id)):
        raise NotNow("BEING_SENT", "something about her is being sent; try again in a moment", patient_id)


@dataclass(frozen=True, slots=True)
class _Own:
    """By what a record is told to be one of two people's: her Patients, and the partners' identifiers for her."""

    patients: frozenset[str]
    links: frozenset[tuple[str, str]]

    @property
    def partners(self) -> frozenset[str]:
        return frozenset(partner for partner, _ in self.links)


@dataclass(frozen=True, slots=True)
class _Parting:
    """What goes back to who was joined; `unsure`: records that name both, and stay for a person to sort."""

    records: tuple[Record, ...]
    unsure: tuple[Record, ...]
    links: frozenset[tuple[str, str]]
    intents: tuple[Intent, ...]


def _sorted_out(premises: Premises, tx: Transaction, found: same_person.Joined) -> _Parting:
    """Hers is what came along, what has come since and names her, and what has come since from who knows only her."""
    held = records.of_patient(tx, found.joined_to)
    came = frozenset(found.journal.records)
    hers, theirs = _own_of_both(premises, tx, found, held)
    back: list[Record] = []
    rest: list[Record] = []
    unsure: list[Record] = []
    for record in held:
        names_her, names_them = (_names(premises, record, one) for one in (hers, theirs))
        only_hers = record.source_partner in hers.partners - theirs.partners
        if (record.resource_type, record.id) in came or (not names_them and (names_her or only_hers)):
            back.append(record)
        elif names_them:
            unsure += [record] if names_her else []
        else:
            rest.append(record)
    moved = _about(intents.of_patient(tx, found.joined_to), back, frozenset(found.journal.intents))
    # Who names nobody (a practitioner, a place) goes along with the referral that she is in.
    named = {reference.rpartition("/")[0] for intent in moved for reference in intent.focus}
    back += [record for record in rest if record.reference in named]
    return _Parting(tuple(back), tuple(unsure), hers.links, moved)


def _own_of_both(
    premises: Premises, tx: Transaction, found: same_person.Joined, held: Sequence[Record]
) -> tuple[_Own, _Own]:
    """By what is told who was joined, and by what the other."""
    described = [record for record in held if record.resource_type == "Patient"]
    own = [record for record in described if (record.resource_type, record.id) in found.journal.records]
    links = frozenset(found.journal.links) | _links_of(premises, own)
    hers = _Own(frozenset(record.reference for record in own), links)
    others = frozenset(record.reference for record in described) - hers.patients
    return hers, _Own(others, frozenset(patients.links_of(tx, found.joined_to)) - links)


def _names(premises: Premises, record: Record, own: _Own) -> bool:
    if record.resource_type == "Patient":
        return not own.links.isdisjoint(_links_of(premises, [record]))
    for reference in _references_in(record.resource):
        target, identifier = reference.get("reference"), reference.get("identifier")
        if isinstance(target, str) and target in own.patients:
            return True
        for system, value in identifiers_of(
            {"identifier": [identifier]} if isinstance(identifier, Mapping) else {}
        ):
            if (record.source_partner, premises.keys.index(IDENTIFIER, system, value)) in own.links:
                return True
    return False


def _references_in(value: object) -> Iterator[Mapping[str, Any]]:
    """Everything within a resource that may be a Reference."""
    if isinstance(value, Mapping):
        if "reference" in value or "identifier" in value:
            yield value
        for part in value.values():
            yield from _references_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _references_in(part)


def _found_by(premises: Premises, tx: Transaction, patient_id: str, described: Sequence[Record]) -> None:
    for record in described:
        for key in description_keys(record.resource, premises.keys.index, patient_id):
            patients.add_match_key(tx, patient_id, key)


def _links_of(premises: Premises, described: Sequence[Record]) -> frozenset[tuple[str, str]]:
    """The identifiers by which the sources of these Patients know her."""
    return frozenset(
        (record.source_partner, premises.keys.index(IDENTIFIER, system, value))
        for record in described
        for system, value in identifiers_of(record.resource)
    )


def _about(theirs: Sequence[Intent], hers: Sequence[Record], came: frozenset[str]) -> tuple[Intent, ...]:
    """The intents that came along, and those since that are about her."""
    own = {record.reference for record in hers}
    return tuple(
        intent
        for intent in theirs
        if intent.id in came or not own.isdisjoint(reference.rpartition("/")[0] for reference in intent.focus)
    )


async def _done(
    premises: Premises, work: Callable[[Transaction], dict[str, Any]], *about: str
) -> dict[str, Any]:
    found = await premises.store.write(work)
    for patient_id in about:
        premises.compiled.forget(patient_id)
    premises.work_waiting.set()
    return found


def _said(reason: str) -> str:
    if not reason.strip():
        raise NotUnderstood("REASON_MISSING", "say why; the audit log keeps it", "--reason")
    return reason.strip()


def _entry(outcome: str, at: str, said: str, patient_id: str, other: str) -> AuditEntry:
    """Kept with the patient it is said of; the subject is the other. The reason stands in the sealed part."""
    return AuditEntry(
        request_id=new_row_id(),
        at=at,
        kind="outcome",
        patient_id=patient_id,
        partner="",
        purpose="",
        outcome=outcome,
        reasons=(AuditReason("BY_A_PERSON", "a person at the gateway decided"),),
        description=said,
        subject=other,
    )


def known_as(reading: Reading, patient_id: str) -> tuple[str, ...]:
    """Every id under which entries about the patient stand: hers, and those of who was found to be her."""
    return (patient_id, *same_person.joined_to(reading, patient_id))
