"""A row of a sheet, a record of a JSON file, a FHIR Task or a C-CDA Consultation Note that names a referral its sender
was sent: the answer to it.

Named is it by the gateway's id of its Task, or by a number of it that its sender is shown. Looked for is only among what
that very partner was sent: the number of another's referral is told in nothing from that of nobody, and the row is then
a record of the partner's own. What a note says besides is the partner's own in any case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import mappings
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking
from gateway.disclosure.shown_versions import present_state
from gateway.errors import NotUnderstood
from gateway.flows import status
from gateway.flows.contribution import Contribution, contribution, record_contribution
from gateway.flows.messages import ReceivedMessage
from gateway.flows.order_status import OrderStatus, record_order_status
from gateway.flows.people import patient_meant, related
from gateway.identity import IDENTIFIER, Identified, description_keys, identifiers_of
from gateway.store import Intent, Reading, Record, Transaction, intents, patients, records, same_person

_READ_AS_ROWS = ("csv", "xlsx", "json", "fhir")
_RESOURCES = "fhir"
_DOCUMENT, _FULFILLED = "ccda", "completed"
_PLACES = ("inFulfillmentOf/order/id", "inFulfillmentOf", "recordTarget/patientRole")
"""Where a note names its order and the person; it has no word for the status, as it comes when the work is done."""
_ORDER = frozenset({"ServiceRequest", "Task"})
URN = "urn:uuid:"
_SAYS_NO_MORE = frozenset(
    {"Patient", "ServiceRequest", "Task", "PractitionerRole", "Practitioner", "Organization"}
)
_SENDERS_WORD = "requested"


@dataclass(frozen=True, slots=True)
class Row(Contribution):
    """One row, and how it was read."""

    translation: mappings.Translation | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RowAnswer(OrderStatus):
    """A row that answers a referral. `columns`: where its number, its status (also for the reason) and the person's
    number stand. `is_said`: whether the row has a status at all. `findings`: what a note says beside its order.
    """

    columns: tuple[str, str, str] = ("", "", "")
    is_said: bool = True
    findings: Sequence[Mapping[str, Any]] = ()

    @property
    def is_answer(self) -> bool:
        return True

    @property
    def places(self) -> tuple[str, str, str, str]:
        number, state, who = self.columns
        return number, state, state, who

    def step(self, before: str) -> str:
        """The status as it stands in the row: a sheet has a word for each. `requested` is the sender's word, which came
        with the referral: what was not answered yet is not answered by it.
        """
        said = str(self.said["status"])
        return before if not self.is_said or (said == _SENDERS_WORD and before == "received") else said


def row_said(premises: Premises, message: ReceivedMessage, translation: mappings.Translation) -> Contribution:
    """What a record of an agency's own format says of one person; a `Row` where it may answer a referral."""
    made = contribution(premises, message.partner, translation)
    types = [str(one["resourceType"]) for one in made.resources]
    read_as = premises.library.mapping(message.format).format
    if types.count("Task") != 1:
        return made
    if read_as == _DOCUMENT:
        is_answer = _task(made)["status"] == _FULFILLED
    else:
        # A whole order with its Task asks, also under the number of the one that it passes on.
        asks = read_as == _RESOURCES and "ServiceRequest" in types and _task(made)["status"] == _SENDERS_WORD
        is_answer = read_as in _READ_AS_ROWS and _SAYS_NO_MORE.issuperset(types) and not asks
    if not is_answer:
        return made
    return Row(**{one.name: getattr(made, one.name) for one in fields(made)}, translation=translation)


def answered_in(premises: Premises, tx: Transaction, one: Row, at: str) -> Contribution | RowAnswer:
    """The row as the answer to the referral that it names, if it was sent to who sends it; else as it is.

    Raises NotUnderstood `ORDER_AMBIGUOUS` at the column of the number, when several are meant by it.
    """
    assert one.translation is not None
    task = _task(one)
    found = {held.id: sent for held, sent in referrals_named(premises, tx, one.partner, one.resources, task)}
    if not found:
        return one
    says_more = not _SAYS_NO_MORE.issuperset(str(r["resourceType"]) for r in one.resources)
    columns, is_said = (_PLACES, True) if says_more else _columns(one.translation, str(task["id"]))
    findings = [r for r in one.resources if r["resourceType"] not in _ORDER] if says_more else ()
    if len(found) > 1:
        text = "is the number of several referrals that were sent to you"
        raise NotUnderstood("ORDER_AMBIGUOUS", text, columns[0])
    ((task_id, sent),) = found.items()
    tasks = {sent.source_partner: task_id}
    return RowAnswer(
        one.partner,
        one.business_key,
        one.resources,
        tasks,
        "",
        at,
        columns=columns,
        is_said=is_said,
        findings=findings,
    )


def record_row_answer(premises: Premises, tx: Transaction, made: RowAnswer, message_id: str, at: str) -> None:
    """The answer through the door of all answers; the number under which its sender has the person is the sender's own
    from now on, in a Patient that holds the number alone: what it was told of her stays who told it.

    Raises as `record_order_status` does, NotUnderstood `REFERRAL_OF_ANOTHER_PATIENT`.
    """
    (task_id,) = made.tasks.values()
    task = records.get(tx, "Task", task_id)
    assert task is not None and task.patient_id is not None
    patient_id = task.patient_id
    numbers = []
    patient = next((r for r in made.resources if r["resourceType"] == "Patient"), None)
    for identifier in () if patient is None else patient.get("identifier", ()):
        for system, value in identifiers_of({"identifier": [identifier]}):
            meant = gateways_id(tx, made.partner, value)
            if meant is None:
                numbers.append(identifier)
                patients.link(tx, made.partner, premises.keys.index(IDENTIFIER, system, value), patient_id)
            elif meant != patient_id:
                raise NotUnderstood(
                    "REFERRAL_OF_ANOTHER_PATIENT", "is another patient's than the referral", made.places[3]
                )
    record_order_status(premises, tx, made, at)
    own: list[Mapping[str, Any]] = [one for one in made.findings if one["resourceType"] != "Patient"]
    if made.findings and patient is not None:
        require_same_birth(premises, tx, made.partner, task, patient, made.places[3])
        unnumbered = {name: value for name, value in patient.items() if name != "identifier"}
        own.append({**unnumbered, "identifier": numbers} if numbers else unnumbered)
    elif numbers and patient is not None and records.get(tx, "Patient", str(patient["id"])) is None:
        own.append({"resourceType": "Patient", "id": patient["id"], "identifier": numbers})
    if own:
        who = Identified(patient_id, certain=True, created=False)
        kept = Contribution(made.partner, made.business_key, own)
        record_contribution(premises, tx, kept, who, message_id, at)


def require_same_birth(
    premises: Premises, tx: Transaction, partner: str, task: Record, patient: Mapping[str, Any], place: str
) -> None:
    """A note with a mistyped number of its order would give her another's findings. Compared is what the note's sender
    is shown of her: by a guess nobody learns when others say she was born, nor that they know her.

    Raises NotUnderstood `REFERRAL_OF_ANOTHER_PATIENT` at `place`.
    """
    said, sent = str(patient.get("birthDate", "")), status.sent_to(tx, task, partner)
    if not said or sent is None:
        return
    asking, patient_id = Asking(partner, sent.purpose, premises.clock.now()), str(task.patient_id)
    known = records.of_patient(tx, patient_id, ("Patient",))
    shown = [present_state(premises, tx, asking, patient_id, one) for one in known]
    held = {str(one["birthDate"]) for one in shown if one is not None and "birthDate" in one}
    if held and not any(said.startswith(one) or one.startswith(said) for one in held):
        text = "is another patient's than the referral"
        raise NotUnderstood("REFERRAL_OF_ANOTHER_PATIENT", text, place)


def referrals_named(
    premises: Premises,
    tx: Transaction,
    partner: str,
    resources: Sequence[Mapping[str, Any]],
    task: Mapping[str, Any],
) -> Iterator[tuple[Record, Intent]]:
    """The referrals that were sent to `partner` and are meant by a number of the `task` that it sends among others."""
    numbers = [(str(i.get("system", "")), str(i.get("value", ""))) for i in task.get("identifier", ())]
    for _, value in numbers:
        held = records.get(tx, "Task", value.removeprefix(URN).lower())
        sent = None if held is None else _sent(tx, held, partner)
        if held is not None and sent is not None:
            yield held, sent
            return
    if not any(value for _, value in numbers):
        return
    for patient_id in _maybe_about(premises, tx, partner, resources):
        if not any(one.partner == partner for one in intents.of_patient(tx, patient_id)):
            continue  # how many referrals to others she has is told in no time that is taken
        for held in records.of_patient(tx, patient_id, ("Task",)):
            sent = _sent(tx, held, partner)
            if sent is not None and _is_shown(premises, tx, partner, held, sent, numbers):
                yield held, sent


def _task(one: Contribution) -> Mapping[str, Any]:
    (task,) = (r for r in one.resources if r["resourceType"] == "Task")
    return task


def _sent(tx: Transaction, task: Record, partner: str) -> Intent | None:
    sent = None if task.deleted else status.sent_to(tx, task, partner)
    return None if sent is None or sent.source_partner == partner else sent


def _is_shown(
    premises: Premises,
    tx: Transaction,
    partner: str,
    task: Record,
    sent: Intent,
    numbers: list[tuple[str, str]],
) -> bool:
    """Whether one of the numbers is the referral's, as far as the partner is shown it."""
    held = _values(task.resource)
    if not any(value in held for _, value in numbers):
        return False
    asking = Asking(partner, sent.purpose, premises.clock.now())
    shown = present_state(premises, tx, asking, str(task.patient_id), task)
    seen = {} if shown is None else _values(shown)
    return any(value in seen and system in ("", *seen[value]) for system, value in numbers)


def _values(task: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each number of a Task with the systems it is given under."""
    found: dict[str, list[str]] = {}
    for one in task.get("identifier", ()):
        if one.get("value"):
            found.setdefault(str(one["value"]), []).append(str(one.get("system", "")))
    return found


def _maybe_about(
    premises: Premises, tx: Transaction, partner: str, resources: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Who the row may be about: by its sender's own number or the gateway's, and only where neither is known, by how she
    is described. Whoever else is found has no such referral.
    """
    hers = [r for r in resources if r["resourceType"] == "Patient"]
    numbers = [identifier for patient in hers for identifier in patient.get("identifier", ())]
    known = {patient_meant(premises, tx, partner, {"identifier": each}) for each in numbers}
    known |= {gateways_id(tx, partner, str(each.get("value", ""))) for each in numbers}
    if found := sorted(filter(None, known)):
        return found
    keys = [key for patient in hers for key in description_keys(patient, premises.keys.index, "")]
    return sorted({patient_id for key in keys for patient_id in patients.find_by_match_key(tx, key)})


def gateways_id(reading: Reading, partner: str, value: str) -> str | None:
    """The patient whom the gateway has named to the partner by this id of its own; None where it is no such id."""
    kept = same_person.stays(reading, value)
    return kept if patients.exists(reading, kept) and related(reading, partner, kept) else None


def _columns(translation: mappings.Translation, task_id: str) -> tuple[tuple[str, str, str], bool]:
    """Where the number, the status and the person's number stand in the row; whether there is a status."""
    found = {line.output: line.inputs for line in translation.lineage if line.inputs}
    (number, *_) = found.get(f"Task/{task_id}#identifier[0].value", ("",))
    (state, *_) = found.get(f"Task/{task_id}#status", ("",))
    who = next(
        (
            inputs[0]
            for output, inputs in found.items()
            if output.startswith("Patient/") and output.endswith("#identifier[0].value")
        ),
        "",
    )
    return (number, state, who), bool(state)
