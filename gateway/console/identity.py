"""Identity review: of whom it is not certain who she is, who she may be and what speaks for it, and a person's word.

What a person says here is what `handoff identity` says: the same flows, the same entries. The pages show how fields
agree; what they say, only with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.console.doing import Deed, Doing, Done, confirm
from gateway.console.ledger import known_patient
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.errors import HandoffError, NotFound, NotUnderstood
from gateway.flows.operator_acts import ACTS
from gateway.identity import Candidate, candidates
from gateway.store import Reading, intents, patients, records, same_person

FILTERS = frozenset({"as"})
_LISTED = 100
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_RECORD = re.compile(r"[A-Za-z]{1,64}/[A-Za-z0-9\-.]{1,64}")
_HEADS = (
    "patient",
    "since",
    "known to",
    "waiting",
    "may be",
    "that is",
    "bits",
    "same",
    "nearly",
    "other",
    "caution",
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One patient in doubt: since when, who knows her, how much waits, and who she may be."""

    patient_id: str
    since: str
    known_to: tuple[str, ...]
    waiting: int
    may_be: tuple[Candidate, ...]


def identity(look: Look) -> Shown:
    """The list."""
    doubts = tuple(
        _doubt(look.reading, one, since) for one, since in patients.in_doubt(look.reading, _LISTED)
    )
    others = (one.patient_id for doubt in doubts for one in doubt.may_be)
    ids = patients_of((*(doubt.patient_id for doubt in doubts), *others))
    sheet = Sheet("identity", _HEADS, [row for doubt in doubts for row in _rows(doubt)])
    return Shown("identity.html", {"doubts": doubts, "is_cut": len(doubts) == _LISTED}, ids, sheet)


def one_patient(look: Look) -> Shown:
    """One patient beside each whom she may be. Raises NotFound `NO_SUCH_PATIENT`."""
    patient_id = known_patient(look)
    now_is = same_person.stays(look.reading, patient_id)
    told = _doubt(look.reading, now_is, "")
    joined = same_person.joined_to(look.reading, now_is)
    shown = {
        "patient_id": patient_id,
        "now_is": now_is if now_is != patient_id else "",
        "told": told,
        "is_certain": patients.certain(look.reading, now_is),
        "unsorted": same_person.unsorted_of(look.reading, now_is),
        "joined": joined,
    }
    ids = patients_of((patient_id, now_is, *(one.patient_id for one in told.may_be), *joined))
    return Shown("identity_patient.html", shown, ids)


def _doubt(reading: Reading, patient_id: str, since: str) -> Doubt:
    waiting = [one for one in intents.of_patient(reading, patient_id) if one.state == "held"]
    return Doubt(
        patient_id, since, _known_to(reading, patient_id), len(waiting), _may_be(reading, patient_id)
    )


def _known_to(reading: Reading, patient_id: str) -> tuple[str, ...]:
    return tuple(sorted({partner for partner, _ in patients.links_of(reading, patient_id)}))


def _may_be(reading: Reading, patient_id: str) -> tuple[Candidate, ...]:
    """None where the key of either was destroyed: nothing can be compared then."""
    try:
        return candidates(reading, patient_id)
    except NotFound:
        return ()


def _rows(doubt: Doubt) -> Iterator[tuple[object, ...]]:
    own = (doubt.patient_id, doubt.since, " ".join(doubt.known_to), doubt.waiting)
    for one in doubt.may_be:
        fields = [
            ", ".join(found.field for found in one.likeness.evidence if found.agreement == how)
            for how in ("same", "nearly", "other")
        ]
        likely = (one.patient_id, one.likeness.word, round(one.likeness.bits, 1))
        yield (*own, *likely, *fields, " ".join(one.likeness.cautions))
    if not doubt.may_be:
        yield (*own, *[""] * (len(_HEADS) - len(own)))


# -------------------------------------------------------------------------------------------------- a person's word

_SAYS: Mapping[str, tuple[str, str]] = {
    "same": (
        "These two are one person",
        "Everything kept of the first is the second's from now on, and what waits is decided again.",
    ),
    "apart": ("These two are two people", "They are not proposed to each other again."),
    "confirm": ("This is a person of her own", "What was held for it is decided again."),
    "part": (
        "They were joined by mistake",
        "What is hers goes back; both wait for a person, and what left meanwhile is listed.",
    ),
    "sort": ("Whose this record is", "What was meant to be sent of it goes along."),
}


def _asked(doing: Doing) -> tuple[str, str, frozenset[str]]:
    """The act, what it is about as the command says it, and the patients. Raises NotUnderstood, NotFound."""
    act, patient_id = doing["act"], doing.path["id"]
    if act not in _SAYS:
        raise NotUnderstood("WORD_UNKNOWN", f"expected one of {', '.join(_SAYS)}", "act")
    other, record = doing["other"], doing["record"]
    if act in ("same", "apart"):
        _are_ids(patient_id, other)
        return act, f"{patient_id} {other}", frozenset({patient_id, other})
    if act == "sort":
        _are_ids(patient_id)
        if _RECORD.fullmatch(record) is None:
            raise NotFound("NOTHING_TO_SORT", "no such record waits to be sorted")
        return act, f"{record} {patient_id}", frozenset({patient_id})
    _are_ids(patient_id)
    return act, patient_id, frozenset({patient_id})


def _are_ids(*ids: str) -> None:
    if any(_ID.fullmatch(one) is None for one in ids):
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")


def _ask(doing: Doing) -> Done:
    act, _, about = _asked(doing)
    with doing.office.read() as reading:
        if not all(patients.exists(reading, one) for one in about):
            raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    heading, follows = _SAYS[act]
    patient_id, other = doing.path["id"], doing["other"] or doing["record"]
    lines = (f"Patient {patient_id}", *((f"and {other}",) if other else ()), follows)
    home = f"identity/{patient_id}"
    return confirm(
        doing,
        heading=heading,
        lines=lines,
        button="Yes, record it",
        back=home,
        action=f"{home}/word",
        patients=about,
    )


async def _say(doing: Doing) -> Done:
    act, about, known = _asked(doing)
    told = await ACTS[f"identity {act}"](doing.office.premises, about, doing.said)
    facts = {"heading": _SAYS[act][0], "told": _flat(told), "back": f"identity/{doing.path['id']}"}
    return Done(
        template="done.html", facts=facts, patients=known, subject=f"identity/{doing.path['id']}/word"
    )


def _flat(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a flow answers, as lines: a list of entries as their number and their entries."""
    found = []
    for name, value in told.items():
        if isinstance(value, list):
            names = [str(one.get("entry", one)) if isinstance(one, dict) else str(one) for one in value]
            value = f"{len(value)}: {', '.join(names)}" if names else "none"
        found.append((name, str(value)))
    return tuple(found)


# -------------------------------------------------------------------------------------------------- side by side


@dataclass(frozen=True, slots=True)
class Described:
    """What one Patient resource says of her: by whom it was sent, and the words by field."""

    source: str
    words: Mapping[str, str]


FIELDS = ("name", "birth date", "sex", "phone and mail", "address", "identifiers")


async def _values(doing: Doing) -> Done:
    """Both as they are described, side by side, with the reason that the log keeps. Raises NotFound."""
    one, other = doing.path["id"], doing["other"]
    _are_ids(one, other)
    reason = doing.reason
    with doing.office.read() as reading:
        both = {patient_id: _described(reading, patient_id) for patient_id in (one, other)}
    facts = {"both": both, "fields": FIELDS, "back": f"identity/{one}"}
    subject = f"identity/{one}/content?patient={other}"
    known = frozenset({one, other})
    return Done(template="identity_values.html", facts=facts, patients=known, subject=subject, reason=reason)


def _described(reading: Reading, patient_id: str) -> tuple[Described, ...]:
    if not patients.exists(reading, patient_id):
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    try:
        found = records.of_patient(reading, patient_id, ("Patient",))
    except HandoffError:
        return ()
    return tuple(Described(record.source_partner, _words(record.resource)) for record in found)


def _words(resource: Mapping[str, Any]) -> Mapping[str, str]:
    def every(name: str, *parts: str) -> str:
        return "; ".join(
            " ".join(text for part in parts for text in _texts(one.get(part)))
            for one in resource.get(name, ())
            if isinstance(one, Mapping)
        )

    said = (
        every("name", "text", "given", "family"),
        str(resource.get("birthDate", "")),
        str(resource.get("gender", "")),
        every("telecom", "value"),
        every("address", "text", "line", "city", "state", "postalCode"),
        every("identifier", "value"),
    )
    return dict(zip(FIELDS, said, strict=True))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (str(one) for one in value)


DEEDS = (
    Deed("identity/{id}/word", "identity", _say, _ask),
    Deed("identity/{id}/content", "content", _values),
)
