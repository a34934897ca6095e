"""A caller asks for records: searched, then shown through the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway import care_plan
from gateway.clock import instant_text
from gateway.disclosure.content import collection_bundle, searchset_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.show import in_order, show
from gateway.flows.answers import Pulled, SearchCriteria
from gateway.flows.nothing import NothingToShow
from gateway.flows.people import kept_as
from gateway.flows.search_pages import BEFORE_EVERYTHING, SearchPage, page_of, token_of
from gateway.flows.waiting_text import with_waiting_text
from gateway.identity import IDENTIFIER
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.store import Reading, Record, patients, records


async def search(premises: Premises, caller: Caller, resource_type: str, criteria: SearchCriteria) -> Pulled:
    """A FHIR searchset of what `caller` may see. Unknown patient, no consent and withheld all give an empty one.

    Raises NotUnderstood `PAGE_INVALID`.
    """
    after = BEFORE_EVERYTHING
    if criteria.page:
        criteria, after = page_of(premises, caller, resource_type, criteria)
    page = SearchPage(criteria, premises.network.zone_of(caller.partner), after)
    found = ""

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        nonlocal found
        patient_id = _patient_of(premises, reading, caller, criteria)
        found = patient_id or ""
        if patient_id is None:
            return None, ()
        return patient_id, _of_type(reading, patient_id, resource_type, caller.partner)

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        links = {"self": criteria.address} if criteria.address else {}
        if page.last is not None:
            token = token_of(premises, caller, resource_type, criteria, found, page.last)
            links["next"] = f"{criteria.page_address}{token}"
        told = [with_waiting_text(premises, caller.partner, r) for r in resources]
        return searchset_bundle(told, notices, at, total=page.whole, links=links)

    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        select=select,
        write=write,
        choose=page.choose,
    )
    return Pulled(shown.content, shown.request_id)


async def read(premises: Premises, caller: Caller, resource_type: str, resource_id: str) -> Pulled:
    """One resource as `caller` may see it.

    Raises NotFound `NO_SUCH_RECORD`, the same for unknown, no consent and withheld; it carries the request id.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        if resource_type == "Patient":
            patient_id = _patient_named(reading, caller.partner, resource_id)
            if patient_id is None:
                return None, ()
            return patient_id, _of_type(reading, patient_id, "Patient", caller.partner)
        record = records.get(reading, resource_type, resource_id)
        if record is None or record.deleted or record.patient_id is None:
            return None, ()
        return record.patient_id, (record,)

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        if not resources:
            return b""
        return to_json(with_waiting_text(premises, caller.partner, resources[0]))

    shown = await show(
        premises, partner=caller.partner, purpose=caller.purpose, select=select, write=write, kind="read"
    )
    if not shown.resources:
        raise NothingToShow(shown.request_id)
    meta = shown.resources[0].get("meta", {})
    return Pulled(
        shown.content, shown.request_id, str(meta.get("versionId", "")), str(meta.get("lastUpdated", ""))
    )


async def shared_plan(premises: Premises, caller: Caller, patient: str, types: Collection[str]) -> Pulled:
    """One plan of what agencies contributed to `patient` (the network's id, or that of the caller's own Patient).

    `types`: which of `SHARED_TYPES` the caller may ask for. A FHIR collection; empty for unknown, no consent and
    withheld alike.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        patient_id = _patient_named(reading, caller.partner, patient)
        if patient_id is None:
            return None, ()
        return patient_id, records.of_patient(reading, patient_id, tuple(types))

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        return collection_bundle(care_plan.shared_plan(resources, instant_text(at)), notices, at)

    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        select=select,
        write=write,
        choose=lambda seen: care_plan.parts_to_show(in_order(seen)),
    )
    return Pulled(shown.content, shown.request_id)


def _patient_of(premises: Premises, reading: Reading, caller: Caller, criteria: SearchCriteria) -> str | None:
    """The patient meant: by the network's id, or by an identifier that the caller itself has used for her."""
    found: set[str] = set()
    if criteria.identifier is not None:
        system, value = criteria.identifier
        token = premises.keys.index(IDENTIFIER, system, value)
        found = {patient_id for _, patient_id in patients.find_by_token(reading, caller.partner, token)}
        if criteria.patient and found != {_patient_named(reading, caller.partner, criteria.patient)}:
            return None
    elif criteria.patient is not None:
        named = _patient_named(reading, caller.partner, criteria.patient)
        found = {named} if named else set()
    return next(iter(found)) if len(found) == 1 else None


def _patient_named(reading: Reading, partner: str, patient_id: str) -> str | None:
    """The network's patient behind our id for her, or behind the id of a Patient that `partner` itself submitted."""
    if patients.exists(reading, patient_id):
        return kept_as(reading, partner, patient_id)
    record = records.get(reading, "Patient", patient_id)
    return record.patient_id if record is not None and record.source_partner == partner else None


def _of_type(reading: Reading, patient_id: str, resource_type: str, partner: str) -> tuple[Record, ...]:
    found = records.of_patient(reading, patient_id, (resource_type,))
    if resource_type != "Patient":
        return found
    # Several sources describe the same person: the caller's own description comes first, else the latest one.
    own = [record for record in found if set(record.sources) == {partner}]
    latest = sorted(found, key=lambda record: record.updated_at)[-1:]
    return tuple(own[:1] or latest)
