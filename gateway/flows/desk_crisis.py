"""A worker in a crisis: a safety plan where consent lets it be seen, and the emergency data set for medical personnel.

Whoever is asked about, and whatever is or is not permitted, what cannot be shown looks the same and takes the same time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from gateway.care_plan import parts_to_show
from gateway.care_plan.parts import is_safety_plan
from gateway.disclosure.content import collection_bundle
from gateway.disclosure.emergency import Barred, Clinician, EmergencyAsked, open_emergency
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.disclosure.show import in_order, show
from gateway.errors import NotUnderstood
from gateway.flows.agency_desk import Worker, say_who
from gateway.flows.desk_clients import require_right
from gateway.flows.desk_sought import (
    Sought,
    check_sought,
    every_description,
    seen_descriptions,
    the_one,
)
from gateway.flows.desk_ticks import on_a_tick
from gateway.flows.desk_workers import is_another_here
from gateway.flows.emergency import EMERGENCY_TYPES, refusal_of
from gateway.store import Reading, Record, records

RIGHT = "crisis"
EMERGENCY_PURPOSE = "BTG"
LONGEST_NATURE, LONGEST_NAME = 1000, 200
_BESIDE = ("MedicationRequest", "MedicationStatement", "Patient", "RelatedPerson")
_INFORMATION = "informational"


@dataclass(frozen=True, slots=True)
class Found:
    """What may be seen of the one person two identifiers fit; without any resources for nobody, and for nothing to see.

    `patient_id` is empty then, too. `is_own_plan`: whether the safety plan is the worker's own organization's.
    """

    patient_id: str
    resources: tuple[Mapping[str, Any], ...] = field(repr=False)
    notices: tuple[str, ...] = field(repr=False)
    request_id: str
    is_own_plan: bool = False

    @property
    def plan(self) -> Mapping[str, Any] | None:
        """The latest safety plan; None where none can be seen."""
        return next((one for one in self.resources if one["resourceType"] == "CarePlan"), None)


@dataclass(frozen=True, slots=True)
class EmergencyStated:
    """What a clinician states. `key` is the same when the same use is asked for again; `second_person` may be empty."""

    key: str
    sought: Sought
    facility: str
    nature: str
    consent_unobtainable: bool
    second_person: str = ""


def plan_purpose(premises: Premises, partner: str) -> str:
    """The purpose for which safety plans go to `partner`: that of the route by which care plans do, else referrals.

    Empty where no route leads there; then nothing is released to it.
    """
    routes = [one for one in premises.network.content.routes if one.addressee == partner]
    ordered = sorted(routes, key=lambda one: ("care_plan", "referral", "status").index(one.carries))
    return ordered[0].purpose if ordered and ordered[0].carries != "status" else ""


def is_medical(premises: Premises, worker: Worker) -> bool:
    """Whether the worker's organization has medical personnel, who alone may use emergency access."""
    return "medical_personnel" in premises.network.partners[worker.partner].standing


async def look_up(premises: Premises, worker: Worker, sought: Sought) -> Found:
    """The safety plan (latest only) and what else of a crisis may be seen now of the one person that fits. Logged also
    when it is nobody.

    Raises NotAllowed `RIGHT_MISSING` and what `check_sought` and `show` raise.
    """
    require_right(premises, worker, RIGHT)
    check_sought(sought)
    return await on_a_tick(_looked_up(premises, worker, sought))


async def _looked_up(premises: Premises, worker: Worker, sought: Sought) -> Found:
    purpose = plan_purpose(premises, worker.partner)
    told: list[Mapping[str, Any]] = []
    with premises.store.read() as reading:
        described = seen_descriptions(premises, worker.partner, purpose)
        patient_id = the_one(premises, worker.partner, sought, described, reading)
        own = _own_ids(reading, patient_id, worker.partner)

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        if patient_id is None:
            return None, ()
        held = records.of_patient(reading, patient_id, ("CarePlan", *_BESIDE))
        return patient_id, [one for one in held if _is_asked_for(one)]

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        told[:] = notices
        return collection_bundle(resources, notices, at)

    shown = await show(
        premises,
        partner=worker.partner,
        purpose=purpose,
        select=select,
        write=write,
        kind="read",
        choose=_latest,
        also=partial(say_who, premises, worker, patient_id, purpose, "crisis"),
    )
    if patient_id is None or not shown.resources:
        return Found("", (), (), shown.request_id)
    plans = {one["id"] for one in shown.resources if one["resourceType"] == "CarePlan"}
    return Found(patient_id, shown.resources, notice_texts(told), shown.request_id, bool(plans & own))


async def emergency(premises: Premises, worker: Worker, stated: EmergencyStated) -> Found:
    """The emergency data set (42 CFR 2.51) of the one person that fits, for the worker herself, under her own name.

    Raises NotUnderstood `EMERGENCY_RECORD_INCOMPLETE`, `WORDS_TOO_LONG`, EmergencyRefused with a code of
    `consent.emergency_refusal`, NotFound `NO_SUCH_RECORD` for everything that is a matter of the patient, and what
    `flows.emergency.emergency_access` raises besides.
    """
    require_right(premises, worker, RIGHT)
    check_sought(stated.sought)
    asked = _asked(worker, stated, _second_person(premises, worker, stated))
    opened = await on_a_tick(
        open_emergency(
            premises,
            partner=worker.partner,
            purpose=EMERGENCY_PURPOSE,
            asked=asked,
            find=partial(the_one, premises, worker.partner, stated.sought, every_description),
            types=EMERGENCY_TYPES,
        )
    )
    if isinstance(opened, Barred):
        raise refusal_of(premises, opened)
    premises.work_waiting.set()
    held = [one["resource"] for one in msgspec.json.decode(opened.content)["entry"]]
    told = [one for one in held if one["resourceType"] == "OperationOutcome"]
    seen = tuple(one for one in held if one["resourceType"] != "OperationOutcome")
    return Found("", seen, notice_texts(told), opened.request_id)


def _second_person(premises: Premises, worker: Worker, stated: EmergencyStated) -> Clinician | None:
    """Who agrees: another worker who has logged in at this desk within a day. Any other name is nobody."""
    second = " ".join(stated.second_person.split())
    return _clinician(worker.partner, second) if is_another_here(premises, worker, second) else None


def _asked(worker: Worker, stated: EmergencyStated, second: Clinician | None) -> EmergencyAsked:
    """Who asks is who has logged in: by a link that went to her by mail and a code told to her another way."""
    texts = {"facility": stated.facility, "nature": stated.nature, "key": stated.key}
    if len(stated.nature) > LONGEST_NATURE or any(
        len(text) > LONGEST_NAME for text in (stated.facility, stated.key, stated.second_person)
    ):
        raise NotUnderstood("WORDS_TOO_LONG", "say it in fewer words", "nature")
    for place, text in texts.items():
        if not text.strip():
            raise NotUnderstood("EMERGENCY_RECORD_INCOMPLETE", "must be stated (42 CFR 2.51(c))", place)
    return EmergencyAsked(
        key=_key_of(stated),
        clinician=_clinician(worker.partner, worker.name),
        facility=" ".join(stated.facility.split()),
        nature=" ".join(stated.nature.split()),
        consent_unobtainable=stated.consent_unobtainable,
        second_factor=True,
        second_person=second,
    )


def _key_of(stated: EmergencyStated) -> str:
    """The key of the use of one form about one description: the form sent again for somebody else is another use, and
    tells nothing of whom it was about before.
    """
    sought = stated.sought
    said = (stated.key, sought.family, sought.given, sought.born, sought.phone, sought.our_id)
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _clinician(partner: str, name: str) -> Clinician:
    return Clinician(f"urn:warm-handoff:desk-worker:{partner}|{name}", name)


def _own_ids(reading: Reading, patient_id: str | None, partner: str) -> frozenset[str]:
    if patient_id is None:
        return frozenset()
    plans = records.of_patient(reading, patient_id, ("CarePlan",))
    return frozenset(one.id for one in plans if is_own(one, partner))


def _is_asked_for(record: Record) -> bool:
    return record.resource_type != "CarePlan" or is_safety_plan(record.resource)


def _latest(seen: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The latest safety plan, one description of the person, and the rest."""
    found = parts_to_show(in_order(seen))
    described = [one for one in found if one["resourceType"] == "Patient"][1:]
    return [one for one in found if not any(one is more for more in described)]


def notice_texts(told: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The words of the notices that go with a release, each once."""
    texts = (
        str(issue.get("details", {}).get("text", ""))
        for one in told
        for issue in one.get("issue", ())
        if issue.get("code") == _INFORMATION
    )
    return tuple(dict.fromkeys(text for text in texts if text))
