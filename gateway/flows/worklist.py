"""An agency's worklist: the Tasks that its own organization is asked to do, or has asked others for, of whomever.

Whose they may be is known to the caller anyway: of whom a referral was released and delivered to it, or whom it has
referred itself. Each of these people is asked about by herself, through the gate and with an entry of her own in the
log; what comes of it is written as one searchset. Another organization's list is empty, as one's own without anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from gateway.disclosure.content import searchset_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.show import Write, show
from gateway.errors import NotNow, NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import Pulled, SearchCriteria
from gateway.flows.directory import directory_of_types
from gateway.flows.in_part import in_part
from gateway.flows.included import types_along
from gateway.flows.search_pages import BEFORE_EVERYTHING, Key, SearchPage, page_of, token_of
from gateway.flows.waiting_text import with_waiting_text
from gateway.flows.within_scopes import within_scopes
from gateway.partners import reference_of
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes
from gateway.store import Reading, Record, bulk_exports, intents, patients

MOST_PATIENTS = 50
"""So many people are asked about for one page at most; it may be empty and have a next one."""

_TASK, _TRIES = "Task", 5
_AFTER_EVERYTHING: Key = (1e16, "")
_NOBODY: tuple[None, tuple[Record, ...]] = (None, ())


@dataclass(frozen=True, slots=True)
class _Hers:
    """What is shown of one patient, and where it ends: `last` is None where nothing more of hers is left."""

    patient_id: str
    epoch: int | None
    matches: int
    last: Key | None
    resources: tuple[Mapping[str, Any], ...] = field(repr=False)
    notices: tuple[Mapping[str, Any], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A page: what is shown of each, and after whom and what the next begins, if there is one."""

    hers: tuple[_Hers, ...]
    after: tuple[str, Key] | None


async def search(premises: Premises, caller: Caller, resource_type: str, criteria: SearchCriteria) -> Pulled:
    """What `pull.search` gives, or a page of the caller's own worklist where that is asked for (`criteria.worklist`).

    Raises as `pull.search` does, NotUnderstood `PARAMETER_INVALID` for a count of too many, NotNow
    `CONSENT_KEEPS_CHANGING`.
    """
    begins, after = "", BEFORE_EVERYTHING
    asked = criteria
    if criteria.page:
        asked, after = page_of(premises, caller, resource_type, criteria)
        begins = asked.patient or ""
    if not asked.worklist:
        return await pull.search(premises, caller, resource_type, criteria)
    asked, roles = _own(caller, asked)
    _refuse_long_count(premises, caller, asked, roles)
    for _ in range(_TRIES):
        listed = await _listed(premises, caller, asked, roles, begins, after)
        pulled = await _answered(premises, caller, asked, listed, first=not criteria.page)
        if _unmoved(premises, listed):
            return pulled
    raise NotNow("CONSENT_KEEPS_CHANGING", "consents change faster than they can be decided")


def _own(caller: Caller, criteria: SearchCriteria) -> tuple[SearchCriteria, tuple[str, ...]]:
    """The search with every name of the caller's own organization as the only one of its parameter, and those of `owner`
    and `requester` that so are.
    """
    own, roles, filters = reference_of(caller.partner), [], []
    for one in criteria.filters:
        if one.places in (("owner",), ("requester",)) and own in one.values:
            roles.append(one.places[0])
            one = replace(one, values=(own,))  # of alternatives the caller's own alone
        filters.append(one)
    return replace(criteria, filters=tuple(filters)), tuple(roles)


def _whose(premises: Premises, caller: Caller, roles: Sequence[str], after: str) -> Iterator[str]:
    """The patients of whom there may be such a Task, by id after `after`; each is looked up when she is wanted."""
    while roles:
        with premises.store.read() as reading:
            if "owner" in roles:
                found = bulk_exports.next_patient(reading, caller.partner, after, known=False, referred=True)
            else:
                found = intents.next_referred_by(reading, caller.partner, after)
        if found is None:
            return
        yield found
        after = found


def _refuse_long_count(
    premises: Premises, caller: Caller, criteria: SearchCriteria, roles: Sequence[str]
) -> None:
    if not criteria.only_count:
        return
    if sum(1 for _ in islice(_whose(premises, caller, roles, ""), MOST_PATIENTS + 1)) > MOST_PATIENTS:
        text = f"of more than {MOST_PATIENTS} patients Tasks are not counted at once; go through the pages"
        raise NotUnderstood("PARAMETER_INVALID", text, "http._summary")


async def _listed(
    premises: Premises,
    caller: Caller,
    criteria: SearchCriteria,
    roles: Sequence[str],
    begins: str,
    after: Key,
) -> _Listed:
    """The page that begins with what is left of `begins` after `after`, and then with those after her."""
    found: list[_Hers] = []
    room = criteria.count
    follows = _whose(premises, caller, roles, begins)
    patient_id = begins if begins and after != _AFTER_EVERYTHING else next(follows, None)
    while patient_id is not None:
        wanted = replace(criteria, patient=patient_id, count=room)
        hers = await _shown(premises, caller, wanted, after if patient_id == begins else BEFORE_EVERYTHING)
        found.append(hers)
        room -= 0 if criteria.only_count else hers.matches
        if hers.last is not None:
            return _Listed(tuple(found), (patient_id, hers.last))
        before, patient_id = patient_id, next(follows, None)
        if patient_id is not None and (room == 0 or len(found) == MOST_PATIENTS):
            return _Listed(tuple(found), (before, _AFTER_EVERYTHING))
    return _Listed(tuple(found), None)


async def _shown(premises: Premises, caller: Caller, criteria: SearchCriteria, after: Key) -> _Hers:
    """What is shown of the patient of `criteria`, as an answer of its own in the log."""
    patient_id = criteria.patient or ""
    page = SearchPage(criteria, (_TASK,), premises.network.zone_of(caller.partner), after)
    along, keep = _along(caller, criteria), within_scopes(premises, caller, (_TASK,))
    epoch: int | None = None
    told: tuple[Mapping[str, Any], ...] = ()

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        nonlocal epoch
        if not patients.exists(reading, patient_id) or patients.is_destroyed(reading, patient_id):
            return _NOBODY
        epoch = patients.epoch(reading, patient_id)
        return patient_id, pull.of_types(premises, reading, caller, patient_id, (_TASK, *along))

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        nonlocal told
        told = tuple(notices)
        return _written(criteria, resources, notices, caller.base, page.matches)(resources, notices, at)

    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        select=select,
        write=write,
        choose=lambda seen: page.choose(keep(seen)),
        dress=partial(with_waiting_text, premises, caller.partner),
        asked=criteria.asked,
        credentials=caller.credentials,
        directory=directory_of_types(premises, along),
    )
    return _Hers(patient_id, epoch, page.matches, page.last, shown.resources, told)


def _along(caller: Caller, criteria: SearchCriteria) -> tuple[str, ...]:
    """The types beside Task that are looked at, as far as the caller's scopes let it read them."""
    followed = (*criteria.includes, *(link.by for link in criteria.links))
    granted = read_scopes(caller.scopes)
    return tuple(one for one in types_along((_TASK,), followed) if granted.permits(one, "r", limited=True))


async def _answered(
    premises: Premises, caller: Caller, criteria: SearchCriteria, listed: _Listed, *, first: bool
) -> Pulled:
    """All of a page as one searchset. That the list was asked for is in the log by itself, whoever is on it."""
    links = {"self": criteria.address} if criteria.address else {}
    if listed.after is not None:
        token = token_of(premises, caller, _TASK, criteria, *listed.after)
        links["next"] = f"{criteria.page_address}{token}"
    matches = [one for hers in listed.hers for one in hers.resources[: hers.matches]]
    along = {_name(one): one for hers in listed.hers for one in hers.resources[hers.matches :]}
    notices = {str(one): one for hers in listed.hers for one in hers.notices}
    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        media=caller.media,
        select=lambda _reading: _NOBODY,
        write=_written(
            criteria,
            (*matches, *along.values()),
            tuple(notices.values()),
            caller.base,
            len(matches),
            whole=first and listed.after is None,
            links=links,
        ),
        asked=criteria.asked,
        credentials=caller.credentials,
    )
    return Pulled(shown.content, shown.request_id)


def _written(
    criteria: SearchCriteria,
    resources: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
    base: str,
    matches: int,
    *,
    whole: bool = False,
    links: Mapping[str, str] | None = None,
) -> Write:
    """What writes a searchset of these resources, of which the first `matches` are what was searched; how many these
    are is told where that is the `whole` list.
    """
    shown = [in_part(one, criteria.elements) for one in resources]

    def write(_resources: object, _notices: object, at: datetime) -> bytes:
        listed = not criteria.only_count
        return searchset_bundle(
            shown, notices, at, base, total=whole, links=links, matches=matches, listed=listed
        )

    return write


def _unmoved(premises: Premises, listed: _Listed) -> bool:
    """Whether nobody on the page has changed her consents since she was asked about."""
    with premises.store.read() as reading:
        return all(
            patients.epoch(reading, one.patient_id) == one.epoch
            for one in listed.hers
            if one.epoch is not None
        )


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
