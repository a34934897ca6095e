"""A person's word on who somebody is: these two patients are one, or they are two after all. All of it is audited.

Joined, everything of the one is the other's: records, consents, the partners' identifiers and what waits. Parted, what
came along goes back, and what has come since goes to whom it names (`whose.py`); the rest a person has to sort. Both
are in doubt until then, so that nothing of either leaves or is shown (DM-28).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gateway.audit import append, of_patient
from gateway.clock import instant_text, new_row_id
from gateway.disclosure.consent_standing import LOST, TAKEN_BACK, TOLD
from gateway.disclosure.handovers import may_have_arrived
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotNow, NotUnderstood
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.judged import judged
from gateway.flows.own_page_ends import end_for_another
from gateway.flows.own_silence import silent_apart
from gateway.flows.people import related
from gateway.flows.whose import Sorted, references_in, sort_out
from gateway.identity import description_keys
from gateway.store import Intent, Record, Transaction, consents, intents, patients, records, same_person

JOINED, PARTED = "identity_joined", "identity_parted"
TOLD_APART, SORTED = "identity_apart", "identity_sorted"


async def join(premises: Premises, leaves: str, to: str, reason: str) -> dict[str, Any]:
    """Somebody has made sure that the patient `leaves` is the patient `to`. Everything of the one is the other's then.

    Raises NotFound `NO_SUCH_PATIENT`, NotUnderstood `SAME_PATIENT`, `TO_BE_SORTED` or `REASON_MISSING`, AlreadyReceived
    `JOINED` when either is another one already, NotNow `BEING_SENT` while something of either may be on its way.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        _are_two(tx, leaves, to)
        for patient_id in (leaves, to):
            _nothing_in_flight(tx, patient_id)
            _nothing_to_sort(tx, patient_id)
        at = instant_text(premises.clock.now())
        seq = _log(tx, JOINED, at, said, leaves, to)
        came = same_person.join(tx, leaves, to, seq)
        for one in (leaves, to):
            end_for_another(premises, tx, one, "found to be one with another patient")
        _describe(premises, tx, to, patients.match_keys_of(tx, to))
        _hear_and_unhear(premises, tx, to)
        if not patients.certain(tx, leaves):
            patients.settle_doubt(tx, leaves)
        woken = intents.wake_patient(tx, to, at) if patients.certain(tx, to) else 0
        done = {"patient": leaves, "is": to, "outcome": JOINED, "records": len(came.records)}
        return {**done, "woken": woken, "entry": seq}

    return await carry_out(premises, work)


async def part(premises: Premises, patient_id: str, reason: str) -> dict[str, Any]:
    """The patient was joined to another by mistake: what is hers goes back, and both wait for `identity confirm`.

    The answer lists what left while the two were one, for the privacy officer, and what has to be sorted first. Raises
    NotFound `NOT_JOINED`, NotUnderstood `REASON_MISSING`, AlreadyReceived `JOINED_ON` when the other was joined to a
    third since, NotNow `BEING_SENT`.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        found = same_person.joined(tx, patient_id)
        if found is None:
            raise NotFound("NOT_JOINED", "this patient was never found to be another one", patient_id)
        to = found.joined_to
        if same_person.stays(tx, to) != to:
            raise AlreadyReceived("JOINED_ON", "was found to be a third since; part that one first", to)
        _nothing_in_flight(tx, to)
        at = instant_text(premises.clock.now())
        heard = _heard(tx, to)
        told = _give_back(premises, tx, found)
        for one in (patient_id, to):
            _hear_and_unhear(premises, tx, one, heard)
        same_person.tell_apart(tx, patient_id, to, at)
        for one in (patient_id, to):
            patients.doubt(tx, one)
            end_for_another(premises, tx, one, "found to be two people")
        silent_apart(premises, tx, to, patient_id)
        seq = _log(tx, PARTED, at, said, patient_id, to)
        same_person.part(tx, patient_id, seq)
        return {
            "patient": patient_id,
            "was": to,
            "outcome": PARTED,
            "records": len(told.hers),
            "to be sorted": [record.reference for record in told.unsure],
            "numbers to be learned again": len(told.contested),
            "left while joined": _left(tx, to, found.joined_seq),
            "entry": seq,
        }

    return await carry_out(premises, work)


def _give_back(premises: Premises, tx: Transaction, found: same_person.Joined) -> Sorted:
    """Give her who was joined what is hers; what it was, and what has to be sorted."""
    patient_id, to = found.patient_id, found.joined_to
    told = sort_out(
        premises,
        found,
        records.of_patient(tx, to),
        intents.of_patient(tx, to),
        patients.links_of(tx, to),
        same_person.joined_to(tx, patient_id),
    )
    same_person.move(tx, told.hers, told.links, told.intents, from_=to, to=patient_id)
    same_person.take_messages(tx, told.intents, patient_id)
    same_person.drop_links(tx, told.contested, to)
    for record in told.unsure:
        same_person.add_unsorted(tx, record, patient_id, to)
    _describe(premises, tx, to, found.theirs.match_keys)
    _describe(premises, tx, patient_id, found.hers.match_keys)
    return told


async def sort(premises: Premises, reference: str, patient_id: str, reason: str) -> dict[str, Any]:
    """Somebody has found out whose a record is that came while two were one; what was meant to be sent of it goes along.

    Raises NotFound `NOTHING_TO_SORT`, NotUnderstood `NEITHER_OF_BOTH` or `REASON_MISSING`.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        kind, _, record_id = reference.partition("/")
        both, record = same_person.unsorted(tx, kind, record_id), records.get(tx, kind, record_id)
        if both is None or record is None:
            raise NotFound("NOTHING_TO_SORT", "no such record waits to be sorted", reference)
        if patient_id not in both:
            raise NotUnderstood("NEITHER_OF_BOTH", "it is one of the two's who were parted", patient_id)
        at = instant_text(premises.clock.now())
        same_person.drop_unsorted(tx, kind, record_id)
        one, other = both
        if patient_id == one:
            heard = _heard(tx, other)
            theirs = tuple(_all_of_them(tx, intents.of_patient(tx, other), record, one))
            same_person.move(tx, (record,), (), theirs, from_=other, to=one)
            same_person.take_messages(tx, theirs, one)
            for each in both:
                _hear_and_unhear(premises, tx, each, heard)
        _describe(premises, tx, patient_id, patients.match_keys_of(tx, patient_id))
        seq = _log(tx, SORTED, at, f"{reference}: {said}", *both)
        return {"record": reference, "is of": patient_id, "outcome": SORTED, "entry": seq}

    return await carry_out(premises, work)


async def tell_apart(premises: Premises, one: str, other: str, reason: str) -> dict[str, Any]:
    """Somebody has made sure that two patients who look alike are two people; they are not proposed again.

    Raises NotFound `NO_SUCH_PATIENT`, NotUnderstood `SAME_PATIENT` or `REASON_MISSING`, AlreadyReceived `JOINED`.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        _are_two(tx, one, other)
        at = instant_text(premises.clock.now())
        same_person.tell_apart(tx, one, other, at)
        seq = _log(tx, TOLD_APART, at, said, one, other)
        return {"patient": one, "is not": other, "outcome": TOLD_APART, "entry": seq}

    return await carry_out(premises, work)


def _are_two(tx: Transaction, one: str, other: str) -> None:
    for patient_id in (one, other):
        if not patients.exists(tx, patient_id) or patients.is_destroyed(tx, patient_id):
            raise NotFound("NO_SUCH_PATIENT", "no patient has that id", patient_id)
        if same_person.stays(tx, patient_id) != patient_id:
            raise AlreadyReceived("JOINED", "this patient was found to be another one", patient_id)
    if one == other:
        raise NotUnderstood("SAME_PATIENT", "give two patients", one)


def _nothing_in_flight(tx: Transaction, patient_id: str) -> None:
    """Sent under one name and repeated under another, the recipient could not tell that it is the same."""
    for intent in intents.of_patient(tx, patient_id):
        repeated = intent.state in ("due", "retry") and may_have_arrived(tx, intent)
        if repeated or intent.state in ("sending", "unknown"):
            message = "something of hers is being sent or may have arrived; settle that first"
            raise NotNow("BEING_SENT", message, intent.id)


def _nothing_to_sort(tx: Transaction, patient_id: str) -> None:
    if waiting := same_person.unsorted_of(tx, patient_id):
        raise NotUnderstood("TO_BE_SORTED", "say first whose these records are", ", ".join(waiting))


def _heard(tx: Transaction, patient_id: str) -> frozenset[str]:
    """The Consents of the patient whose recorders have to do with her, by id."""
    states = consents.of_patient(tx, patient_id)
    return frozenset(one.consent_id for one in states if related(tx, one.recorded_by, patient_id))


def _hear_and_unhear(
    premises: Premises, tx: Transaction, patient_id: str, heard: Collection[str] = ()
) -> None:
    """A denial by somebody who had nothing to do with her, and has by what has just become hers, binds now; in the
    version that it has, so that it goes back with whom it came along with. Of those `heard` before, one whose recorder
    had to do with the other of the two alone is a stranger's again, and stops nobody's care.
    """
    for state in consents.of_patient(tx, patient_id):
        reasons = json.loads(state.reasons)
        if related(tx, state.recorded_by, patient_id):
            if state.standing == "unrelated":
                left = [one for one in reasons if one != "RECORDER_NOT_RELATED"]
                consents.save(tx, replace(state, standing="unverified", reasons=json.dumps(left)))
        elif state.consent_id in heard and not {TAKEN_BACK, LOST} & set(reasons):
            record = records.get(tx, "Consent", state.consent_id)
            about = state.recorded_by, patient_id, TOLD if TOLD in reasons else ""
            found = None if record is None else judged(premises, tx, record.resource, *about)
            if found is not None and found.standing == "unrelated":
                consents.save(tx, replace(state, standing="unrelated", reasons=json.dumps(found.reasons)))


def _describe(
    premises: Premises, tx: Transaction, patient_id: str, keys: Sequence[str] | frozenset[str]
) -> None:
    """Find the patient by these keys and by what her Patients say of her."""
    described = records.of_patient(tx, patient_id, ("Patient",))
    index = premises.keys.index
    told = [key for record in described for key in description_keys(record.resource, index, patient_id)]
    same_person.find_by(tx, patient_id, (*keys, *told))


def _all_of_them(
    tx: Transaction, theirs: Sequence[Intent], record: Record, patient_id: str
) -> Iterator[Intent]:
    """The intents that mean this record, and otherwise only what is that patient's or nobody's."""
    for intent in theirs:
        meant = [reference.rpartition("/")[0] for reference in intent.focus]
        if record.reference not in meant:
            continue
        others = (records.get(tx, *one.split("/", 1)) for one in meant if one != record.reference)
        if all(one is None or one.patient_id == patient_id or not _names_a_patient(one) for one in others):
            yield intent


def _names_a_patient(record: Record) -> bool:
    references = (str(one.get("reference", "")) for one in references_in(record.resource))
    return record.resource_type == "Patient" or any(one.startswith("Patient/") for one in references)


def _left(tx: Transaction, patient_id: str, since: int) -> list[dict[str, Any]]:
    """What left of either while they were one, also while the other was one with a third."""
    seen = [(patient_id, since, 0)]
    seen += [
        (to, max(since, began), ended)
        for leaves, to, began, ended in same_person.periods(tx, patient_id)
        if leaves == patient_id and (ended == 0 or ended > since)
    ]
    return [
        {"entry": one.row.seq, "at": one.row.at, "to": one.row.partner, "purpose": one.row.purpose}
        for known, began, ended in seen
        for one in of_patient(tx, known)
        if one.row.kind == "disclose" and began < one.row.seq and (ended == 0 or one.row.seq < ended)
    ]


def _log(tx: Transaction, outcome: str, at: str, said: str, one: str, other: str) -> int:
    """An entry for each of the two, its subject the other; the number of the second. The reason stands sealed."""
    request_id, seq = new_row_id(), 0
    for patient_id, subject in ((one, other), (other, one)):
        entry = act_entry(outcome, at, said, patient_id=patient_id, subject=subject, request_id=request_id)
        seq = append(tx, entry).seq
    return seq
