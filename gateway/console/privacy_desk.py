"""What people ask of the privacy officer: the list, one request with its steps and letter; and what left outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from gateway import audit
from gateway.clock import new_id, read_instant
from gateway.console import words
from gateway.console.decision import Proof, proof_of
from gateway.console.doing import Deed, Doing, Done, confirm
from gateway.console.letter_words import LANGUAGES, WORDS, what_went
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.accounting import OUTSIDE, AccountLine, account_of
from gateway.disclosure.desk_forms import purpose_in_words, spoken_day
from gateway.disclosure.log_about import log_about
from gateway.errors import NotFound
from gateway.flows.privacy_requests import (
    CRIME_FACTS,
    DECISIONS,
    KINDS,
    Outside,
    extend,
    receive,
    record_outside,
    step,
    steps_of,
)
from gateway.flows.restriction_ends import restriction_ended
from gateway.store import patients, privacy_requests
from gateway.store.privacy_requests import PrivacyRequest

FILTERS = frozenset({"state", "as"})
LETTER = frozenset({"language"})
STATES = ("open", "all")
_LISTED = 200
_SOON = timedelta(days=7)
_LAWS = {"accounting": "all", "intermediary_list": "intermediary"}
_HEADS = ("request", "kind", "patient", "received", "due", "state", "extended", "decision")


def privacy(look: Look) -> Shown:
    """The list, with the form by which a request is recorded."""
    listed = (privacy_requests.newest if look.address["state"] == "all" else privacy_requests.not_answered)(
        look.reading, _LISTED
    )
    today = look.today
    shown = {
        "listed": listed,
        "kinds": KINDS,
        "today": today,
        "soon": (today + _SOON).isoformat(),
        "states": STATES,
    }
    rows = [
        (
            one.id,
            one.kind,
            one.patient_id or "",
            one.received_on,
            one.due_on,
            one.state,
            one.extended,
            one.decision,
        )
        for one in listed
    ]
    ids = patients_of(one.patient_id for one in listed)
    return Shown("privacy.html", shown, ids, Sheet("privacy-requests", _HEADS, rows))


def one_request(look: Look) -> Shown:
    """One request by its steps, with what can be done next. Raises NotFound `NO_SUCH_PRIVACY_REQUEST`."""
    found = _request(look)
    today = look.today
    shown = {
        "found": found,
        "kind": KINDS[found.kind],
        "steps": steps_of(look.reading, found.id),
        "decisions": DECISIONS,
        "said": lambda outcome: _of_complaint(outcome) if found.kind == "complaint" else outcome,
        "today": today.isoformat(),
    }
    return Shown("privacy_request.html", shown, patients_of((found.patient_id,)))


def _of_complaint(outcome: str) -> str:
    """The code under which a decision on a complaint has its words: nothing is granted by it."""
    decision = outcome.removeprefix("request_")
    return f"complaint_{decision}" if decision in DECISIONS else outcome


def letter(look: Look) -> Shown:
    """The letter that answers a request, to be printed, in English or Spanish; an account of disclosures goes with it
    where that was asked for.

    Raises NotFound `NO_SUCH_PRIVACY_REQUEST`, `NOT_DECIDED`.
    """
    found = _request(look)
    language = look.address["language"] if look.address["language"] in LANGUAGES else "en"
    if not found.decision:
        raise NotFound("NOT_DECIDED", "there is no letter before a decision")
    steps = steps_of(look.reading, found.id)
    decided = next(
        (one for one in reversed(steps) if one.outcome.removeprefix("request_") in DECISIONS), None
    )
    shown = {
        "found": found,
        "kind": KINDS[found.kind],
        "decided": decided,
        "lines": _account(look, found),
        "proof": _proof(look, decided.seq) if decided is not None else None,
        "operator": look.office.network.content.operator,
        "is_account": found.kind in _LAWS,
        "language": language,
        "today": look.today.isoformat(),
        "local_day": lambda at: (
            read_instant(at).astimezone(words.zone_of(look.office.network.zone)).date().isoformat()
        ),
        "say": WORDS[language],
        "spoken": lambda day: spoken_day(date.fromisoformat(day[:10]), language),
        "what_went": lambda line: what_went(line.description, language),
        "why": lambda line: ", ".join(purpose_in_words(one, language) for one in line.purpose.split()),
    }
    return Shown("letter.html", shown, patients_of((found.patient_id,)))


def outside(look: Look) -> Shown:
    """What the gateway never sends: the words for it, and the form that records it for the account."""
    today = look.today
    return Shown("outside.html", {"bases": OUTSIDE, "facts": CRIME_FACTS, "today": today})


def _request(look: Look) -> PrivacyRequest:
    found = privacy_requests.get(look.reading, look.path["id"])
    if found is None:
        raise NotFound("NO_SUCH_PRIVACY_REQUEST", "no request has that id")
    return found


def _account(look: Look, found: PrivacyRequest) -> tuple[AccountLine, ...]:
    law = _LAWS.get(found.kind)
    if law is None or found.patient_id is None or found.decision == "denied":
        return ()
    logged = log_about(look.reading, found.patient_id)
    return account_of([one.entry for one in logged if one.entry is not None], law, look.now)


def _proof(look: Look, seq: int) -> Proof | None:
    logged = audit.get(look.reading, seq)
    return None if logged is None else proof_of(look, logged)


# -------------------------------------------------------------------------------------------------- acts


async def _receive(doing: Doing) -> Done:
    told = await receive(
        doing.office.premises,
        doing["kind"],
        doing["patient"],
        doing["day"],
        doing.reason,
        doing.visitor.name,
    )
    return Done(location=f"requests/privacy/{told['request']}")


async def _step(doing: Doing) -> Done:
    request_id = doing.path["id"]
    premises, by = doing.office.premises, doing.visitor.name
    if doing["state"] == "extended":
        await extend(premises, request_id, doing.reason, by)
    else:
        await step(premises, request_id, doing["state"], doing.reason, by, doing["decision"])
    return Done(location=f"requests/privacy/{request_id}")


def _told(doing: Doing) -> Outside:
    is_crime = doing["basis"] == "CRIME_REPORT"
    ticked = ", ".join(said for name, said in CRIME_FACTS.items() if is_crime and doing[f"told.{name}"])
    return Outside(
        basis=doing["basis"],
        patient_id=doing["patient"],
        disclosed_on=doing["day"],
        recipient=" ".join(doing["recipient"].split()),
        address=" ".join(doing["address"].split()),
        what=ticked or " ".join(doing["what"].split()),
        reference=" ".join(doing["reference"].split()),
    )


def _ask_outside(doing: Doing) -> Done:
    told = _told(doing)
    with doing.office.read() as reading:
        if not told.patient_id or not patients.exists(reading, told.patient_id):
            raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    asked = confirm(
        doing,
        heading="Record what left outside the gateway",
        lines=(
            f"{words.basis_words(told.basis)}, {told.reference}",
            f"About patient {told.patient_id}, on {told.disclosed_on}",
            f"To {told.recipient}, {told.address or 'no address known'}: {told.what}",
            "It stands in this person's account from now on and cannot be taken back. Nothing is sent.",
        ),
        button="Yes, record it",
        back="requests/outside",
        action="requests/outside/record",
        patients=frozenset({told.patient_id}),
    )
    # Sent a second time, as by a second click, it is the same one.
    return replace(asked, facts={**asked.facts, "fields": {**doing.fields, "once": new_id()}})


async def _record(doing: Doing) -> Done:
    told = _told(doing)
    await record_outside(doing.office.premises, told, doing.reason, doing.visitor.name, doing["once"])
    return Done(location=f"patients/{told.patient_id}?law=hipaa")


def _ask_restriction(doing: Doing) -> Done:
    return confirm(
        doing,
        heading="End a restriction without the person",
        lines=(
            f"Consent {doing['consent']}; she was told on {doing['day']}",
            "It goes on for every record of that day, earlier, or of no day. What is newer follows her consents again.",
            "Only one that she asked for under Requests and was granted; what she refused herself, only she ends.",
            "One that may keep a bill paid in full from a health plan is not ended so (45 CFR 164.522(a)(2)).",
        ),
        button="Yes, end it for what is newer",
        back="requests/privacy",
        action="requests/privacy/restriction-ended",
    )


async def _end_restriction(doing: Doing) -> Done:
    told = await restriction_ended(doing.office.premises, f"{doing['consent']} {doing['day']}", doing.said)
    return Done(location=f"consents/{told['patient']}")


DEEDS = (
    Deed("requests/privacy/restriction-ended", "requests", _end_restriction, _ask_restriction),
    Deed("requests/privacy/received", "requests", _receive),
    Deed("requests/privacy/{id}/step", "requests", _step),
    Deed("requests/outside/record", "requests", _record, _ask_outside),
)
