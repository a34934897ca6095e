"""Consents: how they stand, which end soon, which lack something; and one patient's, in plain English over time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gateway import audit
from gateway.console import words
from gateway.console.endings import Ending, facts_of, standing_now
from gateway.console.ledger import known_patient
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.what_if_questions import outlook_sentences
from gateway.errors import HandoffError
from gateway.flows.stop_notices import to_tell
from gateway.resources import to_json
from gateway.store import (
    ConsentState,
    Intent,
    Reading,
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
RECORDED = ("usable", "unverified", "deficient", "unrelated")
STANDINGS = ("usable", "later", "withdrawn", "ended", *RECORDED[1:])
"""How a consent may stand now; the four of `RECORDED` are what recording found, where nothing has changed since."""
_SCANNED = 20_000
_OPENED = 2_000
_AT_ONCE = 500
_ENTRIES = 200
_WITHDRAWN = "CONSENT_WITHDRAWN"
PAGE = 50
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
    """The list; as a file in parts."""
    listed, further = _listed(look, look.address["standing"])
    today = look.today
    ending, is_whole = _ending(look, today)
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
    return Shown("consents.html", shown, ids, Sheet("consents", _HEADS, rows), after=further)


def _ending(look: Look, today: date) -> tuple[tuple[Ending, ...], bool]:
    """Those that end soon, and whether these are all; none for a file, which holds the list."""
    if look.address.wants_sheet:
        return (), True
    return look.endings.soon(look.reading, today, look.office.network.zone)


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
    """Consents that stand so now, and after which id the list goes on (empty: nowhere).

    How one stands now is in no index: of each version that was not read before it is, some at one look.
    """
    found: list[Listed] = []
    after, scanned, opened = look.address["after"], 0, 0
    size = _AT_ONCE if wanted else look.limit + 1
    while scanned < _SCANNED and opened < _OPENED:
        page = _page(look.reading, wanted, after, size)
        may_fit = [one for one in page if _may_be(look, one, wanted)]
        found += (one for one in _as_now(look, may_fit) if wanted in ("", one.now))
        if len(found) > look.limit:
            return tuple(found[: look.limit]), found[look.limit - 1].state.consent_id
        if len(page) < size:
            return tuple(found), ""
        after, scanned, opened = page[-1].consent_id, scanned + len(page), opened + len(may_fit)
    return tuple(found), after


def _page(reading: Reading, wanted: str, after: str, size: int) -> tuple[ConsentState, ...]:
    """The next consents; of one standing alone where that is what recording found."""
    recorded = "usable" if wanted == "later" else wanted
    if recorded in RECORDED:
        return consent_states.of_standing_after(reading, recorded, after, size)
    return desk_lists.consents_after(reading, after, size)


def _may_be(look: Look, state: ConsentState, wanted: str) -> bool:
    facts = look.endings.known(state)
    return not wanted or facts is None or standing_now(state, facts, look.today) == wanted


def _as_now(look: Look, states: Sequence[ConsentState]) -> tuple[Listed, ...]:
    facts = look.endings.opened(look.reading, states, look.office.network.zone)
    today = look.today
    return tuple(
        Listed(one, standing_now(one, facts.get(one.consent_id), today), reasons_in(one.reasons))
        for one in states
    )


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
    facts = None if record is None else facts_of(record.resource, look.office.network.zone)
    return Told(
        state=state,
        now=standing_now(state, facts, look.today),
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
