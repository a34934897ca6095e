"""Requests: which consent is asked for and by whom, who must be told to stop, what ends soon, whose identity is open."""

from __future__ import annotations

from datetime import timedelta

from gateway.clock import instant_text, read_instant
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.held import owner_of
from gateway.flows.stop_notices import ToTell
from gateway.store import Intent, consent_requests, emergency_uses, intents, patients
from gateway.store.consent_requests import WaitingRequest

FILTERS = frozenset({"owner", "as"})
_LISTED = 100
_IN_DOUBT = 50


def requests(look: Look) -> Shown:
    """The screen."""
    owner = look.address["owner"]
    now = instant_text(look.now)
    waiting = consent_requests.waiting(look.reading, owner or None, _LISTED)
    stops = look.told.found
    today = look.today
    ending, is_whole = look.endings.soon(look.reading, today, look.office.network.zone)
    uses = emergency_uses.not_reviewed(look.reading, _LISTED)
    events = look.endings.by_event(look.reading, look.office.network.zone)[:_LISTED]
    doubt = patients.in_doubt(look.reading, _IN_DOUBT)
    owners = sorted({one.request.owner for one in waiting} | ({owner} if owner else set()))
    shown = {
        "waiting": [(one, *_about(look, one)) for one in waiting],
        "is_cut": len(waiting) == _LISTED,
        "stops": stops,
        "uses": [(one, one.review_due <= now) for one in uses],
        "is_told": look.told.is_known,
        "is_told_cut": look.told.is_cut,
        "ending": [(one, owner_of(look.office.network, one.state.recorded_by)) for one in ending[:_IN_DOUBT]],
        "events": events,
        "is_whole": is_whole,
        "today": today,
        "doubt": doubt,
        "owners": owners,
        "desk": look.office.network.content.operator.consent_desk,
    }
    ids = patients_of(
        (
            *(one.request.patient_id for one in waiting),
            *(one.patient for one in stops),
            *(one.patient_id for one in uses),
            *(one.state.patient_id for one in ending[:_IN_DOUBT]),
            *(one.state.patient_id for one in events),
            *(patient for patient, _ in doubt),
        )
    )
    heads = ("kind", "about", "owner", "ask", "held since", "patient", "from", "to")
    return Shown("requests.html", shown, ids, Sheet("requests", heads, _rows(look, waiting, stops)))


def _about(look: Look, one: WaitingRequest) -> tuple[Intent | None, bool, str]:
    """What is held, whether somebody has to be asked now, and the day on which it is given up."""
    intent = intents.get(look.reading, one.request.intent_id)
    return intent, one.request.due_at <= instant_text(look.now), _given_up(look, one)


def _given_up(look: Look, one: WaitingRequest) -> str:
    """The day on which a held referral is given up; empty: never."""
    days = look.office.held_days
    if not days:
        return ""
    return f"{read_instant(one.since) + timedelta(days=days):%Y-%m-%d}"


def _rows(
    look: Look, waiting: tuple[WaitingRequest, ...], stops: tuple[ToTell, ...]
) -> list[tuple[object, ...]]:
    desk = look.office.network.content.operator.consent_desk.name
    told = [("stop", one.consent, desk, one.withdrawn_at, "", one.patient, "", one.partner) for one in stops]
    asked = [
        ("consent", one.request.intent_id, one.request.owner, one.request.due_at, one.since, one.request.patient_id,
         one.source_partner, one.partner)
        for one in waiting
    ]  # fmt: skip
    return [*told, *asked]
