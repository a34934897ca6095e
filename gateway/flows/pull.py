"""A caller asks for records: searched, then shown through the gate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from gateway import care_plan
from gateway.clock import instant_text
from gateway.disclosure.content import collection_bundle, history_bundle, searchset_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, is_own, seen_alone, shown_instead
from gateway.disclosure.show import Also, Select, Write, in_order, show
from gateway.disclosure.shown_versions import State, latest_seen, states
from gateway.flows.answers import MOST_STATES, HistoryAsked, Pulled, SearchCriteria
from gateway.flows.directory import directory_of_types, in_directory
from gateway.flows.in_part import in_part
from gateway.flows.included import types_along
from gateway.flows.nothing import NothingToShow
from gateway.flows.people import kept_as
from gateway.flows.search_pages import BEFORE_EVERYTHING, SearchPage, page_of, token_of
from gateway.flows.waiting_text import with_waiting_text
from gateway.flows.within_scopes import Keep, within_scopes
from gateway.identity import IDENTIFIER
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes
from gateway.store import Reading, Record, patients, records


def _alone(
    resources: Sequence[Mapping[str, Any]], _notices: Sequence[Mapping[str, Any]], _at: datetime
) -> bytes:
    """The one resource, with nothing around it."""
    return to_json(resources[0]) if resources else b""


async def search(premises: Premises, caller: Caller, resource_type: str, criteria: SearchCriteria) -> Pulled:
    """A FHIR searchset of what `caller` may see, with what it asked to go along, as far as its scopes let it read that.

    Unknown patient, no consent and withheld all give an empty one. Raises NotUnderstood `PAGE_INVALID`.
    """
    types = (resource_type,)
    return await _searched(
        premises, caller, resource_type, types, criteria, within_scopes(premises, caller, types)
    )


async def everything(
    premises: Premises, caller: Caller, types: Collection[str], criteria: SearchCriteria
) -> Pulled:
    """A FHIR searchset of all of these types that `caller` may see about a patient. Raises as `search` does."""
    keep = within_scopes(premises, caller)
    return await _searched(premises, caller, " ".join(sorted(types)), tuple(sorted(types)), criteria, keep)


async def _searched(
    premises: Premises, caller: Caller, name: str, types: Sequence[str], criteria: SearchCriteria, keep: Keep
) -> Pulled:
    """`name`: what is searched, to which the token of a page is bound; `keep`: what its scopes reach."""
    found, after = "", BEFORE_EVERYTHING
    if criteria.page:
        criteria, after = page_of(premises, caller, name, criteria)
    page = SearchPage(criteria, types, premises.network.zone_of(caller.partner), after)
    granted = read_scopes(caller.scopes)
    followed = (*criteria.includes, *(link.by for link in criteria.links))
    along = [one for one in types_along(types, followed) if granted.permits(one, "r", limited=True)]

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        nonlocal found
        patient_id = patient_asked(premises, reading, caller, criteria)
        found = patient_id or ""
        if patient_id is None:
            return None, ()
        hidden = _hidden(premises, reading, caller, patient_id, criteria.named)
        return patient_id, hidden or of_types(premises, reading, caller, patient_id, (*types, *along))

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        more = page.last and token_of(premises, caller, name, criteria, found, page.last)
        return _written(criteria, page, resources, notices, at, caller.base, more or "")

    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        media=caller.media,
        select=select,
        write=write,
        choose=lambda seen: page.choose(keep(seen)),
        dress=partial(with_waiting_text, premises, caller.partner),
        asked=criteria.asked,
        credentials=caller.credentials,
        directory=directory_of_types(premises, along if criteria.is_of_a_patient else (*types, *along)),
    )
    return Pulled(shown.content, shown.request_id)


def _hidden(
    premises: Premises, reading: Reading, caller: Caller, patient_id: str, named: str
) -> tuple[Record, ...]:
    """The record by which a patient was named, where the caller may see no version of it: then nothing else is looked
    at, or what the caller itself has said of it would tell that it is there.
    """
    record = records.get(reading, *named.split("/")) if named else None
    if record is None:
        return ()
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    if seen_alone(premises, reading, asking, patient_id, record)[0] is not None:
        return ()
    return () if shown_instead(premises, reading, asking, patient_id, record) is not None else (record,)


def _written(
    criteria: SearchCriteria,
    page: SearchPage,
    resources: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
    at: datetime,
    base: str,
    more: str,
) -> bytes:
    """A page of a search as a Bundle; `base`: the address of the API; `more`: the token of the next page."""
    links = {"self": criteria.address} if criteria.address else {}
    if more:
        links["next"] = f"{criteria.page_address}{more}"
    return searchset_bundle(
        [in_part(one, criteria.elements) for one in resources],
        notices,
        at,
        base,
        total=page.whole,
        links=links,
        matches=page.matches,
        listed=not criteria.only_count,
    )


async def read(
    premises: Premises, caller: Caller, resource_type: str, resource_id: str, elements: Collection[str] = ()
) -> Pulled:
    """One resource as `caller` may see it; of it those `elements` that are named (as `in_part` has them).

    Raises NotFound `NO_SUCH_RECORD`, the same for unknown, no consent and withheld; it carries the request id.
    """

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        return _alone([in_part(one, elements) for one in resources], notices, at)

    select = partial(_held, premises, caller, resource_type, resource_id)
    return await _one(
        premises, caller, select, write, directory=in_directory(premises, resource_type, resource_id)
    )


async def read_version(
    premises: Premises, caller: Caller, resource_type: str, resource_id: str, version: str
) -> Pulled:
    """One of the states in which `caller` may see a resource, by the version id that it was shown with.

    Raises NotFound as `read` does, also for a version of anybody else and where the present state is not to be seen.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        patient_id, found = _held(premises, caller, resource_type, resource_id, reading)
        for state in _states(premises, caller, reading, patient_id, found):
            if state.resource["meta"]["versionId"] == version:
                return patient_id, (state.record,)
            found = ()
        return patient_id, found  # where none is to be seen, the log says why

    directory = in_directory(premises, resource_type, resource_id)
    pulled = await _one(premises, caller, select, directory=directory)
    if pulled.version != version:  # a consent has begun or ended in between
        raise NothingToShow(pulled.request_id)
    return pulled


async def history(
    premises: Premises, caller: Caller, resource_type: str, resource_id: str, asked: HistoryAsked
) -> Pulled:
    """A FHIR history Bundle: the states in which `caller` may see a resource, the latest first, in pages.

    Raises NotFound as `read` does, also for a page after what is none of these states.
    """
    more = False
    count = min(asked.count, MOST_STATES)

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        nonlocal more
        patient_id, found = _held(premises, caller, resource_type, resource_id, reading)
        left = _states(premises, caller, reading, patient_id, found)
        if asked.page:
            for state in left:
                found = ()
                if state.resource["meta"]["versionId"] == asked.page:
                    break
        states = list(islice(left, count + 1))
        more = len(states) > count
        return patient_id, tuple(state.record for state in states[:count]) or found

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        links = {}
        if more and resources:
            last = resources[-1]["meta"]["versionId"]
            address = f"{asked.base}/{resource_type}/{resource_id}/_history"
            links["next"] = f"{address}?_count={count}&_page={last}"
        total = not more and not asked.page
        return history_bundle(resources, notices, at, asked.base, whole=not more, total=total, links=links)

    directory = () if asked.page else in_directory(premises, resource_type, resource_id)
    pulled = await _one(premises, caller, select, write, each_alone=True, directory=directory)
    return Pulled(pulled.content, pulled.request_id)  # a list has no version of its own


async def _one(
    premises: Premises,
    caller: Caller,
    select: Select,
    write: Write = _alone,
    *,
    each_alone: bool = False,
    directory: Sequence[Mapping[str, Any]] = (),
) -> Pulled:
    """What is shown of one resource, with the version and time of the first that is."""
    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        media=caller.media,
        select=select,
        write=write,
        kind="read",
        choose=within_scopes(premises, caller),
        dress=partial(with_waiting_text, premises, caller.partner),
        each_alone=each_alone,
        credentials=caller.credentials,
        directory=directory,
    )
    if not shown.resources:
        raise NothingToShow(shown.request_id)
    meta = shown.resources[0]["meta"]
    return Pulled(shown.content, shown.request_id, meta["versionId"], meta.get("lastUpdated", ""))


def _held(
    premises: Premises, caller: Caller, resource_type: str, resource_id: str, reading: Reading
) -> tuple[str | None, Sequence[Record]]:
    """The patient and the one present record that are asked for, whether or not it may be seen."""
    if resource_type == "Patient":
        patient_id = patient_named(reading, caller.partner, resource_id)
        if patient_id is None:
            return None, ()
        named = records.get(reading, "Patient", resource_id)
        if named is not None and is_own(named, caller.partner) and named.resource.get("name"):
            return patient_id, (
                named,
            )  # of several of its own the one it names, or its change would seem lost
        return patient_id, _patient_shown(premises, reading, caller, patient_id)
    record = records.get(reading, resource_type, resource_id)
    if record is None or record.deleted or record.patient_id is None:
        return None, ()
    return record.patient_id, (record,)


def _states(
    premises: Premises, caller: Caller, reading: Reading, patient_id: str | None, found: Sequence[Record]
) -> Iterator[State]:
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    dress = partial(with_waiting_text, premises, caller.partner)
    keep = within_scopes(premises, caller)
    for record in found:
        for state in states(premises, reading, asking, patient_id or "", record, dress):
            if not keep((state.resource,)):
                return  # what it was before leaves with what it is
            yield state


async def shared_plan(
    premises: Premises, caller: Caller, patient: str, types: Collection[str], also: Also | None = None
) -> Pulled:
    """One plan of what agencies contributed to `patient` (the network's id, or that of the caller's own Patient).

    `types`: which of `SHARED_TYPES` the caller may ask for. A FHIR collection; empty for unknown, no consent and
    withheld alike.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        patient_id = patient_named(reading, caller.partner, patient)
        if patient_id is None:
            return None, ()
        return patient_id, records.of_patient(reading, patient_id, tuple(types))

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        plan = care_plan.shared_plan(resources, instant_text(at))
        return collection_bundle(plan, notices, at, caller.base)

    keep = within_scopes(premises, caller, types)
    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        media=caller.media,
        select=select,
        write=write,
        choose=lambda seen: care_plan.parts_to_show(in_order(keep(seen))),
        also=also,
        asked=f"Patient/{patient}/$shared-plan",
        credentials=caller.credentials,
    )
    return Pulled(shown.content, shown.request_id)


def patient_asked(
    premises: Premises, reading: Reading, caller: Caller, criteria: SearchCriteria
) -> str | None:
    """The patient meant: by the network's id, or by an identifier that the caller itself has used for her."""
    found: set[str] = set()
    if criteria.identifier is not None:
        system, value = criteria.identifier
        token = premises.keys.index(IDENTIFIER, system, value)
        found = {patient_id for _, patient_id in patients.find_by_token(reading, caller.partner, token)}
        if criteria.patient and found != {patient_named(reading, caller.partner, criteria.patient)}:
            return None
    elif criteria.patient is not None:
        named = patient_named(reading, caller.partner, criteria.patient)
        found = {named} if named else set()
    elif criteria.named:
        record = records.get(reading, *criteria.named.split("/"))
        if record is not None and record.patient_id is not None and not record.deleted:
            found = {record.patient_id}
    return next(iter(found)) if len(found) == 1 else None


def patient_named(reading: Reading, partner: str, patient_id: str) -> str | None:
    """The network's patient behind our id for her, or behind the id of a Patient that `partner` itself submitted."""
    if patients.exists(reading, patient_id):
        return kept_as(reading, partner, patient_id)
    record = records.get(reading, "Patient", patient_id)
    return record.patient_id if record is not None and record.source_partner == partner else None


def of_types(
    premises: Premises, reading: Reading, caller: Caller, patient_id: str, types: Sequence[str]
) -> tuple[Record, ...]:
    """Her present records of these types, of several Patients the one that speaks for all; whether or not they may be
    seen.
    """
    others = tuple(name for name in types if name != "Patient")
    found = records.of_patient(reading, patient_id, others) if others else ()
    return (*_patient_shown(premises, reading, caller, patient_id), *found) if "Patient" in types else found


def _patient_shown(
    premises: Premises, reading: Reading, caller: Caller, patient_id: str
) -> tuple[Record, ...]:
    """Several sources describe the same person: the caller's own description comes first, else the latest that it may
    see; one that is no more than a number, also its own, where it may see nobody's word on who she is. What it may not
    see of another does not change which of them it gets.
    """
    found = records.of_patient(reading, patient_id, ("Patient",))
    own = [one for one in found if is_own(one, caller.partner) and one.resource.get("name")]
    if own or len(found) < 2:
        return tuple((own or found)[:1])
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    return latest_seen(premises, reading, asking, patient_id, found)
