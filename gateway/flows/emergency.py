"""Emergency access as a partner's system asks for it: a FHIR Parameters in, a Bundle or a refusal out (42 CFR §2.51).

What must be written down is asked for before anything is looked up; a refusal tells of who asks, never of the patient.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.emergency import (
    NOTHING,
    REQUEST_REUSED,
    TOO_MANY,
    TYPES,
    Barred,
    Clinician,
    EmergencyAsked,
    open_emergency,
)
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound, NotNow, NotUnderstood
from gateway.flows.answers import Pulled
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.nothing import NothingToShow
from gateway.flows.people import patient_meant
from gateway.security.callers import Caller
from gateway.store import Reading, Transaction, emergency_uses

EMERGENCY_TYPES: Collection[str] = TYPES
REVIEWED = "emergency_reviewed"
TWO_FACTORS = "mfa"
"""Authentication Method Reference of more than one factor: RFC 8176, section 2."""
_LONGEST_TEXT = 1000
_LONGEST_NAME = 200
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_FIELDS = {
    "requestId": "valueString",
    "patient": "valueReference",
    "clinician": "part",
    "facility": "valueString",
    "nature": "valueString",
    "consentUnobtainable": "valueBoolean",
    "authentication": "valueCode",
    "disclosedBy": "valueString",
    "secondPerson": "part",
}
_OPTIONAL = ("disclosedBy", "secondPerson")


class EmergencyRefused(NotAllowed):
    """Who asks, or what was stated, does not open it; with the id by which the compliance role finds the reason."""

    def __init__(self, code: str, message: str, request_id: str) -> None:
        super().__init__(code, message)
        self.request_id = request_id


async def emergency_access(
    premises: Premises, caller: Caller, parameters: Mapping[str, Any], types: Collection[str]
) -> Pulled:
    """The emergency data set of one patient, as far as `types` goes, for one clinician of the caller's facility.

    Raises NotUnderstood `EMERGENCY_RECORD_INCOMPLETE` and others with the place, EmergencyRefused with a code of
    `consent.emergency_refusal`, AlreadyReceived `REQUEST_ID_REUSED`, NotNow `EMERGENCY_TOO_MANY`, and NotFound
    `NO_SUCH_RECORD`, the same for everything that is a matter of the patient.
    """
    stated = _stated(parameters)
    reference = stated["patient"]

    def find(reading: Reading) -> str | None:
        return patient_meant(premises, reading, caller.partner, reference)

    opened = await open_emergency(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        asked=_asked(stated),
        find=find,
        types=types,
        media=caller.media,
        base=caller.base,
    )
    if isinstance(opened, Barred):
        raise refusal_of(premises, opened)
    premises.work_waiting.set()
    return Pulled(opened.content, opened.request_id)


async def reviewed(premises: Premises, use_id: str, reason: str) -> dict[str, Any]:
    """Somebody has reviewed a use of emergency access; `reason` is what she or he found.

    Raises NotFound `NO_SUCH_USE`, AlreadyReceived `USE_REVIEWED`, NotUnderstood `REASON_MISSING`.
    """
    said = why(reason)
    return await carry_out(premises, partial(_review, premises, use_id, said))


def _review(premises: Premises, use_id: str, said: str, tx: Transaction) -> dict[str, Any]:
    use = emergency_uses.get(tx, use_id)
    if use is None:
        raise NotFound("NO_SUCH_USE", "no use of emergency access has that id", use_id)
    if use.review_seq:
        raise AlreadyReceived("USE_REVIEWED", "was reviewed before", use_id)
    at = instant_text(premises.clock.now())
    entry = act_entry(
        REVIEWED,
        at,
        said,
        patient_id=use.patient_id,
        subject=use_id,
        partner=use.partner,
        request_id=use_id,
        rule="42 CFR 2.51",
    )
    emergency_uses.mark_reviewed(tx, use_id, append(tx, entry).seq)
    return {"use": use_id, "outcome": REVIEWED}


def _stated(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Each parameter by its name, of the form it must have."""
    found: dict[str, Any] = {}
    listed = parameters.get("parameter")
    if not isinstance(listed, list):
        raise _incomplete("parameter")
    for index, one in enumerate(listed):
        name = one.get("name") if isinstance(one, dict) else None
        place = f"Parameters.parameter[{index}]"
        if not isinstance(name, str) or name not in _FIELDS or name in found:
            raise NotUnderstood(
                "EMERGENCY_PARAMETER", "is none of this operation, or stands there twice", place
            )
        if set(one) != {"name", _FIELDS[name]}:
            raise NotUnderstood("EMERGENCY_PARAMETER", f"must have a `{_FIELDS[name]}` alone", place)
        found[name] = one[_FIELDS[name]]
    for name in _FIELDS:
        if name not in found and name not in _OPTIONAL:
            raise _incomplete(name)
    if not isinstance(found["patient"], dict):
        raise _incomplete("patient")
    return found


def _asked(stated: Mapping[str, Any]) -> EmergencyAsked:
    key = stated["requestId"]
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        raise NotUnderstood("EMERGENCY_PARAMETER", "must be 8 to 128 visible characters", "requestId")
    return EmergencyAsked(
        key=key,
        clinician=_person("clinician", stated["clinician"]),
        facility=_text("facility", stated["facility"], _LONGEST_NAME),
        nature=_text("nature", stated["nature"], _LONGEST_TEXT),
        consent_unobtainable=stated["consentUnobtainable"] is True,
        second_factor=stated["authentication"] == TWO_FACTORS,
        disclosed_by=_text("disclosedBy", stated["disclosedBy"], _LONGEST_NAME)
        if "disclosedBy" in stated
        else "",
        second_person=_person("secondPerson", stated["secondPerson"]) if "secondPerson" in stated else None,
    )


def _person(place: str, parts: object) -> Clinician:
    """A person by `identifier` (`valueIdentifier`: system and value) and `name` (`valueString`)."""
    found = {}
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict) or part.get("name") not in ("identifier", "name"):
            raise NotUnderstood("EMERGENCY_PARAMETER", "has parts `identifier` and `name` alone", place)
        found[part["name"]] = part
    identifier = found.get("identifier", {}).get("valueIdentifier")
    pair = (
        [identifier.get("system"), identifier.get("value")] if isinstance(identifier, dict) else [None, None]
    )
    texts = [
        _text(f"{place}.identifier", each.strip() if isinstance(each, str) else each, _LONGEST_NAME)
        for each in pair
    ]
    name = _text(f"{place}.name", found.get("name", {}).get("valueString"), _LONGEST_NAME)
    return Clinician("|".join(texts), name)


def _text(place: str, value: object, longest: int) -> str:
    """Words on one line. Raises NotUnderstood where there are none, or too many."""
    if not isinstance(value, str) or not value.strip():
        raise _incomplete(place)
    if len(value) > longest:
        raise NotUnderstood("EMERGENCY_PARAMETER", f"must have at most {longest} characters", place)
    return " ".join(value.split())


def _incomplete(place: str) -> NotUnderstood:
    return NotUnderstood("EMERGENCY_RECORD_INCOMPLETE", "must be stated (42 CFR 2.51(c))", place)


def refusal_of(premises: Premises, barred: Barred) -> HandoffError:
    """What a caller is told where nothing is released."""
    on_call = premises.network.content.operator.on_call
    call = f"call {on_call.name}, {on_call.phone}, or 988"
    error: HandoffError
    if barred.code == NOTHING:
        return NothingToShow(barred.request_id)
    if barred.code == REQUEST_REUSED:
        return AlreadyReceived(REQUEST_REUSED, "this request id was used for another emergency", "requestId")
    if barred.code == TOO_MANY:
        return NotNow(
            TOO_MANY, f"too many uses in an hour; {call}", retry_after_seconds=600
        )  # a person decides faster than a queue
    said = {
        "CONSENT_OBTAINABLE": "emergency access is for when consent cannot be obtained",
        "EMERGENCY_OVER": "this use was opened over 4 hours ago; state the emergency anew",
        "SECOND_FACTOR_MISSING": f"the clinician must have proved her or his identity by two factors; {call}",
        "SECOND_PERSON_MISSING": f"the third use in 24 hours needs the approval of a second person; {call}",
    }
    error = EmergencyRefused(
        barred.code, said.get(barred.code, f"your role cannot use this; {call}"), barred.request_id
    )
    return error
