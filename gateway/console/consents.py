"""Consents: how they stand, which end soon, which lack something; and one patient's, in plain English over time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway import audit
from gateway.console import words
from gateway.console.ledger import known_patient
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.what_if_questions import outlook_sentences
from gateway.errors import HandoffError
from gateway.flows.held_requests import last_day
from gateway.flows.stop_notices import to_tell
from gateway.resources import to_json
from gateway.store import (
    ConsentState,
    Intent,
    Record,
    desk_lists,
    intents,
    records,
)
from gateway.store import (
    consents as consent_states,
)
from gateway.store.model import AuditFilter

FILTERS = frozenset({"standing", "after", "as"})
STANDINGS = ("usable", "unverified", "deficient", "unrelated")
_SCANNED = 5_000
_AT_ONCE = 500
_ENTRIES = 200
_WITHDRAWN = "CONSENT_WITHDRAWN"
_HEADS = ("consent", "patient", "standing", "recorded by", "recorded at", "missing or wrong")


@dataclass(frozen=True, slots=True)
class Listed:
    """One consent in the list; `now` is how it stands today, `reasons` are the codes of what is missing or wrong."""

    state: ConsentState
    now: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One consent of a patient: how it stands today, what it means in sentences, its period, and every state it has had.

    `is_known` is False when it cannot be opened any more.
    """

    state: ConsentState
    now: str
    reasons: tuple[str, ...]
    is_known: bool
    status: str
    begins: str
    ends: str
    signed: str
    sentences: tuple[str, ...]
    steps: tuple[desk_lists.ConsentStep, ...]


def consents(look: Look) -> Shown:
    """The list."""
    wanted = look.address["standing"]
    listed, further = _listed(look, wanted)
    today = look.now.astimezone(words.zone_of(look.office.network.zone)).date()
    ending, is_whole = look.endings.soon(look.reading, today, look.office.network.zone)
    shown = {
        "listed": listed,
        "further": look.address.to(after=further) if further else "",
        "standings": STANDINGS,
        "ending": ending[:PAGE],
        "ending_more": max(0, len(ending) - PAGE),
        "is_whole": is_whole,
        "today": today,
    }
    rows = [
        (one.state.consent_id, one.state.patient_id, one.now, one.state.recorded_by, one.state.recorded_at,
         " ".join(one.reasons))
        for one in listed
    ]  # fmt: skip
    ids = patients_of(
        (*(one.state.patient_id for one in listed), *(one.state.patient_id for one in ending[:PAGE]))
    )
    return Shown("consents.html", shown, ids, Sheet("consents", _HEADS, rows))


PAGE = 50


def of_patient(look: Look) -> Shown:
    """One patient's consents over time. Raises NotFound `NO_SUCH_PATIENT`."""
    patient_id = known_patient(look)
    steps: dict[str, list[desk_lists.ConsentStep]] = {}
    for step in desk_lists.consent_steps(look.reading, patient_id):
        steps.setdefault(step.consent_id, []).append(step)
    told = tuple(
        _told(look, state, tuple(steps.get(state.consent_id, ())))
        for state in consent_states.of_patient(look.reading, patient_id)
    )
    events = [
        one
        for kind in ("consent", "revoke")
        for one in audit.newest(look.reading, _ENTRIES, AuditFilter(patient_id=patient_id, kind=kind))
    ]
    stopped = tuple(one for one in intents.of_patient(look.reading, patient_id) if _was_stopped(one))
    shown = {
        "patient_id": patient_id,
        "told": tuple(sorted(told, key=lambda one: one.state.recorded_at, reverse=True)),
        "events": tuple(sorted(events, key=lambda one: one.row.seq)),
        "stopped": stopped,
        "held": tuple(one for one in intents.of_patient(look.reading, patient_id) if one.state == "held"),
        "to_tell": tuple(to_tell(look.reading, patient_id)),
    }
    rows = [
        (one.state.consent_id, patient_id, one.now, one.state.recorded_by, one.state.recorded_at,
         " ".join(one.reasons))
        for one in told
    ]  # fmt: skip
    return Shown("patient_consents.html", shown, frozenset({patient_id}), Sheet("consents", _HEADS, rows))


def _listed(look: Look, wanted: str) -> tuple[tuple[Listed, ...], str]:
    """Consents of that standing, and after which id the list goes on (empty: nowhere)."""
    found: list[ConsentState] = []
    after, scanned = look.address["after"], 0
    while scanned < _SCANNED:
        page = desk_lists.consents_after(look.reading, after, _AT_ONCE)
        for state in page:
            after, scanned = state.consent_id, scanned + 1
            if wanted in ("", state.standing):
                found.append(state)
            if len(found) == look.limit:
                return _as_now(look, found), after
        if len(page) < _AT_ONCE:
            return _as_now(look, found), ""
    return _as_now(look, found), after


def _as_now(look: Look, states: Sequence[ConsentState]) -> tuple[Listed, ...]:
    try:
        opened = records.present(look.reading, [("Consent", one.consent_id) for one in states])
    except HandoffError:  # one of them cannot be opened: of none more is said than what recording it found
        opened = {}
    return tuple(
        Listed(one, _now(look, one, opened.get(("Consent", one.consent_id))), reasons_in(one.reasons))
        for one in states
    )


def _now(look: Look, state: ConsentState, record: Record | None) -> str:
    """How a consent stands today: as recording it found, unless it was taken back since or is over."""
    if record is None or record.deleted:
        return state.standing
    if record.resource.get("status") == "inactive":
        return "withdrawn"
    zone = words.zone_of(look.office.network.zone)
    last = last_day(record.resource, zone)
    is_over = last is not None and last < look.now.astimezone(zone).date()
    return "ended" if is_over and state.standing == "usable" else state.standing


def reasons_in(written: str) -> tuple[str, ...]:
    """The codes in a consent's reasons."""
    return tuple(str(code) for code in json.loads(written))


def _was_stopped(intent: Intent) -> bool:
    return intent.state == "cancelled" and intent.reason == _WITHDRAWN


def _told(look: Look, state: ConsentState, steps: tuple[desk_lists.ConsentStep, ...]) -> Told:
    record = _record(look, state.consent_id)
    resource: Mapping[str, object] = record.resource if record is not None else {}
    provision = resource.get("provision")
    period = provision.get("period") if isinstance(provision, Mapping) else None
    times = period if isinstance(period, Mapping) else {}
    return Told(
        state=state,
        now=_now(look, state, record),
        reasons=reasons_in(state.reasons),
        is_known=record is not None,
        status=str(resource.get("status", "")),
        begins=str(times.get("start", "")),
        ends=str(times.get("end", "")),
        signed=str(resource.get("dateTime", "")),
        sentences=_sentences(look, record),
        steps=steps,
    )


def _plain(record: Record) -> dict[str, object]:
    """The Consent without its form, with the patient under the network's own id."""
    plain = {name: value for name, value in record.resource.items() if not name.startswith("source")}
    return {**plain, "patient": {"reference": f"Patient/{record.patient_id}"}}


def _record(look: Look, consent_id: str) -> Record | None:
    try:
        record = records.get(look.reading, "Consent", consent_id)
    except HandoffError:
        return None
    return None if record is None or record.deleted else record


def _sentences(look: Look, record: Record | None) -> tuple[str, ...]:
    """What the consent means for each agency it names, with their names."""
    if record is None or record.resource.get("status") != "active":
        return ()
    try:
        found = outlook_sentences(to_json(_plain(record)), look.now)
    except HandoffError:
        return ()
    names = [
        (f"Organization/{partner}", look.office.partner_name(partner))
        for partner in look.office.network.partners
    ]
    made = []
    for sentence in found:
        for reference, name in names:
            sentence = sentence.replace(reference, name)
        for code, text in words.PURPOSES.items():
            sentence = sentence.replace(f"({code})", f"({text.lower()})")
        made.append(sentence)
    return tuple(made)
