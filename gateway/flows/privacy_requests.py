"""What people ask of the privacy officer, step by step: received, identity checked, extended, decided, answered.

Each step is an entry of the log under the request's id, with who did it and what she wrote; the table has days and
states alone. What leaves outside the gateway is recorded here for the account, and never sent by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gateway.audit import AuditEntry, AuditReason, append, find_by_request
from gateway.clock import instant_text, new_id
from gateway.disclosure.accounting import DISCLOSED_ON, OUTSIDE
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.decided_here import Said, act_entry, carry_out, said_under, why
from gateway.store import Reading, Transaction, patients, privacy_requests
from gateway.store.privacy_requests import PrivacyRequest

EXTENSION_DAYS = 30
LONGEST_AGO_DAYS = 366
DECISIONS = ("granted", "partly", "denied")
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request: how many days it may take, whether once more 30, under which rule, about a patient or not."""

    name: str
    days: int
    may_be_extended: bool
    rule: str
    needs_patient: bool = True


KINDS: Mapping[str, Kind] = {
    "accounting": Kind("Account of disclosures", 60, True, "42 CFR 2.25; 45 CFR 164.528"),
    "intermediary_list": Kind("List of an intermediary's disclosures", 30, False, "42 CFR 2.24"),
    "restriction": Kind("Restriction", 30, False, "42 CFR 2.26; 45 CFR 164.522"),
    "amendment": Kind("Amendment", 60, True, "45 CFR 164.526"),
    "complaint": Kind("Complaint", 30, False, "42 CFR 2.4; 45 CFR 164.530(d)", needs_patient=False),
    "auditor": Kind("Auditor's letter", 30, False, "42 CFR 2.53", needs_patient=False),
}
"""Where a rule names no days (restriction, complaint, auditor), 30 are this project's own."""
CRIME_FACTS: Mapping[str, str] = {
    "incident": "circumstances of the incident",
    "status": "that she is a patient",
    "name": "name",
    "address": "address",
    "whereabouts": "last known whereabouts",
}
"""All that a report of a crime on the premises or against personnel may say (42 CFR 2.12(c)(5))."""
_FROM = {
    "checked": ("received",),
    "decided": ("checked",),
    "answered": ("decided",),
}


async def receive(
    premises: Premises, kind: str, patient_id: str, received_on: str, words: str, by: str
) -> dict[str, Any]:
    """A request came. Its day is counted from the day on which it was received.

    Raises NotUnderstood `REQUEST_KIND`, `DAY_INVALID`, `PATIENT_MISSING`, `REASON_MISSING`, NotFound
    `NO_SUCH_PATIENT`.
    """
    said, asked = why(words), _kind(kind)
    day = day_of_last_year(premises, received_on)
    if asked.needs_patient and not patient_id:
        raise NotUnderstood("PATIENT_MISSING", "say about whom it is", "patient")
    made = PrivacyRequest(
        new_id(),
        kind,
        patient_id or None,
        day.isoformat(),
        (day + timedelta(days=asked.days)).isoformat(),
    )

    def work(tx: Transaction) -> dict[str, Any]:
        _must_exist(tx, made.patient_id)
        privacy_requests.add(tx, made)
        return _logged(premises, tx, made, "request_received", said, by)

    return await carry_out(premises, work)


async def step(
    premises: Premises, request_id: str, state: str, words: str, by: str, decision: str = ""
) -> dict[str, Any]:
    """The request comes to `state`: checked (who asks is who she says), decided (with `decision`), or answered.

    Raises NotFound `NO_SUCH_PRIVACY_REQUEST`, NotUnderstood `STEP_UNKNOWN`, `DECISION_UNKNOWN`, `REASON_MISSING`,
    AlreadyReceived `STEP_NOT_NEXT`.
    """
    said = why(words)
    if state not in _FROM:
        raise NotUnderstood("STEP_UNKNOWN", f"expected one of {', '.join(_FROM)}", "state")
    if (state == "decided") != bool(decision) or (decision and decision not in DECISIONS):
        raise NotUnderstood("DECISION_UNKNOWN", f"expected one of {', '.join(DECISIONS)}", "decision")

    def work(tx: Transaction) -> dict[str, Any]:
        found = _request(tx, request_id)
        if found.state not in _FROM[state] or not privacy_requests.move(tx, found, state, decision):
            raise AlreadyReceived(
                "STEP_NOT_NEXT", f"it is {found.state}; another step comes next", request_id
            )
        outcome = f"request_{decision or state}"
        return _logged(premises, tx, found, outcome, said, by)

    return await carry_out(premises, work)


async def extend(premises: Premises, request_id: str, words: str, by: str) -> dict[str, Any]:
    """Thirty days more, once, where the rule allows it; the person is told why in writing.

    Raises NotFound `NO_SUCH_PRIVACY_REQUEST`, NotUnderstood `NOT_EXTENDED`, `REASON_MISSING`, AlreadyReceived
    `STEP_NOT_NEXT`.
    """
    said = why(words)

    def work(tx: Transaction) -> dict[str, Any]:
        found = _request(tx, request_id)
        if not KINDS[found.kind].may_be_extended:
            raise NotUnderstood("NOT_EXTENDED", "the rule for this kind knows no extension", request_id)
        due = date.fromisoformat(found.due_on) + timedelta(days=EXTENSION_DAYS)
        if not privacy_requests.extend(tx, request_id, due.isoformat()):
            raise AlreadyReceived("STEP_NOT_NEXT", "it was extended before, or is decided", request_id)
        return _logged(premises, tx, found, "request_extended", said, by)

    return await carry_out(premises, work)


def steps_of(reading: Reading, request_id: str) -> tuple[Said, ...]:
    """What was done about a request, in order."""
    return said_under(reading, request_id, lambda code: code.startswith("request_"))


@dataclass(frozen=True, slots=True)
class Outside:
    """What left outside the gateway, as 45 CFR 164.528(b)(2) wants it told. `what` describes and never quotes."""

    basis: str
    patient_id: str
    disclosed_on: str
    recipient: str
    address: str
    what: str
    reference: str


async def record_outside(
    premises: Premises, told: Outside, words: str, by: str, once: str = ""
) -> dict[str, Any]:
    """Somebody has disclosed something outside the gateway; it stands in the person's account from now on.

    `once` is of the form that was filled in: sent again it is the same disclosure, as is the same text without one.

    Raises NotUnderstood `BASIS_UNKNOWN`, `DAY_INVALID`, `FIELD_MISSING`, `NOT_OF_A_CRIME_REPORT`, `REASON_MISSING`,
    NotFound `NO_SUCH_PATIENT`.
    """
    said, day = why(words), _checked(premises, told)
    rule, purpose = OUTSIDE[told.basis]
    text = once or "\x1f".join((*astuple(told), said, by))
    entry = AuditEntry(
        request_id=str(uuid5(NAMESPACE_URL, f"urn:gateway:outside:{told.patient_id}:{text}")),
        at=instant_text(premises.clock.now()),
        kind="disclose",
        patient_id=told.patient_id,
        partner="",
        purpose=purpose,
        outcome="disclose",
        basis=told.basis,
        reasons=(AuditReason("OUTSIDE_THE_GATEWAY", rule),),
        versions={
            DISCLOSED_ON: day.isoformat(),
            "recorded by": by,
            "words": said,
            "reference": told.reference,
        },
        recipient_name=told.recipient,
        recipient_address=told.address[:_LONGEST_TEXT],
        description=told.what,
    )

    def work(tx: Transaction) -> dict[str, Any]:
        _must_exist(tx, told.patient_id)
        recorded = find_by_request(tx, entry.request_id)
        seq = recorded[0].row.seq if recorded else append(tx, entry).seq
        return {"entry": seq, "patient": told.patient_id}

    return await carry_out(premises, work)


def _checked(premises: Premises, told: Outside) -> date:
    """The day of what left; raises as `record_outside`."""
    if told.basis not in OUTSIDE:
        raise NotUnderstood("BASIS_UNKNOWN", f"expected one of {', '.join(OUTSIDE)}", "basis")
    for name in ("recipient", "what", "reference"):
        if not 0 < len(getattr(told, name)) <= _LONGEST_TEXT:
            raise NotUnderstood("FIELD_MISSING", f"must be stated in up to {_LONGEST_TEXT} characters", name)
    if told.basis == "CRIME_REPORT" and not set(told.what.split(", ")) <= set(CRIME_FACTS.values()):
        raise NotUnderstood(
            "NOT_OF_A_CRIME_REPORT", "42 CFR 2.12(c)(5) allows five facts and nothing else", "what"
        )
    return day_of_last_year(premises, told.disclosed_on)


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise NotUnderstood("REQUEST_KIND", f"expected one of {', '.join(KINDS)}", "kind")
    return KINDS[kind]


def day_of_last_year(premises: Premises, text: str) -> date:
    """A day of the last year, in the network's zone. Raises NotUnderstood `DAY_INVALID`."""
    today = premises.clock.now().astimezone(ZoneInfo(premises.network.zone)).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.max
    if not today - timedelta(days=LONGEST_AGO_DAYS) <= day <= today:
        raise NotUnderstood("DAY_INVALID", "give a day of the last year, as 2026-11-22", "day")
    return day


def _must_exist(tx: Transaction, patient_id: str | None) -> None:
    if patient_id is not None and not patients.exists(tx, patient_id):
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")


def _request(tx: Transaction, request_id: str) -> PrivacyRequest:
    found = privacy_requests.get(tx, request_id)
    if found is None:
        raise NotFound("NO_SUCH_PRIVACY_REQUEST", "no request has that id")
    return found


def _logged(
    premises: Premises, tx: Transaction, request: PrivacyRequest, outcome: str, said: str, by: str
) -> dict[str, Any]:
    made = act_entry(
        outcome,
        instant_text(premises.clock.now()),
        said,
        patient_id=request.patient_id,
        subject=f"privacy-request/{request.kind}",
        request_id=request.id,
        rule=KINDS[request.kind].rule,
    )
    return {
        "request": request.id,
        "outcome": outcome,
        "entry": append(tx, replace(made, recipient_name=by)).seq,
    }
