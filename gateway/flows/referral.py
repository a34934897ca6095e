"""A referral becomes records and intents: who it is about, what it says, and whom it should reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

import mappings
from gateway.clock import read_instant
from gateway.disclosure.held import IDENTITY_PENDING, ask_in_doubt
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.addressee import naming_addressee
from gateway.flows.kept_labels import save_all_keeping_labels
from gateway.flows.late_messages import newer_kept
from gateway.flows.new_intents import Content, new_intent
from gateway.flows.redirected import arrived, taken_back
from gateway.flows.sources import Beside, asserted_sources, beside, comes_from_program
from gateway.flows.told_consents import without_consents
from gateway.flows.withdrawn_entries import ENTRIES, no_more_named
from gateway.identity import Identified, identify
from gateway.partners import Network, Route
from gateway.store import Intent, Record, Transaction, intents, message_times, records

_OPEN = ("due", "held", "retry", "unknown", "dead")
_NOT_YET_THERE = ("due", "held", "retry", "dead")
_WORKFLOW = ("status", "statusReason", "businessStatus", "output", "owner", "lastModified")
_REQUEST = "ServiceRequest"
_TIMED = ("Patient", _REQUEST)
"""Records of which it is kept when the newest message about them was made; that of a Task is its filler's."""
CANCEL_EVENT = "I14"
ENDED = ("cancelled", "entered-in-error")
"""States of a Task that its sender ends it with; nothing begins it again."""
SUPERSEDED = "SUPERSEDED"
POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"


@dataclass(frozen=True, slots=True)
class Referral:
    """One referral message, understood: its resources and the routes it takes. `business_key` is a keyed hash.

    `place` says where it begins when it is one of several orders in a message (`ORC[2]`), `message_type` as which
    message it came, as the sender's `messages` writes it, `said_at` when it was made, `whole` of which
    types it tells the list (`withdrawn_entries`).
    """

    partner: str
    event: str
    business_key: str
    resources: Sequence[Mapping[str, Any]]
    addressees: tuple[Route, ...]
    place: str = ""
    message_type: str = ""
    said_at: str = ""
    whole: frozenset[str] = frozenset()

    @property
    def overtakable(self) -> Sequence[Mapping[str, Any]]:
        """Who the patient is, and what is told of consents (kept by `keep_told_consents`); of the referral itself only
        its own messages are older or newer than one another (`_is_overtaken`).
        """
        return [one for one in self.resources if one["resourceType"] in ("Patient", "Consent")]


class Said(Protocol):
    """Whatever a partner sent about one person."""

    @property
    def partner(self) -> str: ...
    @property
    def resources(self) -> Sequence[Mapping[str, Any]]: ...


def addressees_of(
    network: Network, source: str, translation: mappings.Translation, unnamed: str = ""
) -> tuple[Route, ...]:
    """The routes of a referral: the one to whom the sender addressed it, then those that named routes join to it.

    `unnamed` is the type of a message that has no place for an addressee (an order): then a route of the network names
    it. Raises NotUnderstood at the sender's own place (PRD-7) when the addressee is unknown or no route leads there.
    """
    if unnamed:
        return _named_by_a_route(network, source, unnamed, translation)
    if len(translation.addressee_codes) != 1:
        raise NotUnderstood("ADDRESSEE_MISSING", "exactly one provider must be the one referred to", "PRD-7")
    code, system, place = translation.addressee_codes[0]
    addressee = network.addressee(code, system)
    routes = network.routes_from(source, "referral")
    direct = [r for r in routes if r.addressee == addressee and r.with_addressee is None]
    if addressee is None or not direct:
        message = "names no addressee this sender has a route to; ask the network's analyst to add it"
        raise NotUnderstood("ADDRESSEE_UNKNOWN", message, place or "PRD-7")
    return (direct[0], *(r for r in routes if r.with_addressee == addressee))


def _named_by_a_route(
    network: Network, source: str, message_type: str, translation: mappings.Translation
) -> tuple[Route, ...]:
    route = network.route_when_none_named(source, message_type)
    if route is None:
        message = "messages of this type refer nobody and name no addressee"
        if any(resource["resourceType"] == "Task" for resource in translation.resources):
            message = (
                "messages of this type name no addressee; the network's analyst names it by adding "
                f"`{message_type}` to `when_none_named` of the one route in network.yaml that they take"
            )
        raise NotUnderstood("ADDRESSEE_MISSING", message, "PRD-7")
    routes = network.routes_from(source, "referral")
    return (route, *(r for r in routes if r.with_addressee == route.addressee))


def require_addressees_unnamed(library: mappings.Library, network: Network) -> None:
    """Nothing, when a route names the addressee only of messages that refer somebody and cannot name theirs.

    Raises NotUnderstood `ADDRESSEE_NAMED`: what has a place for its addressee and leaves it empty must not go elsewhere;
    `NOTHING_REFERRED`: without a request and its Task nothing would ever be released.
    """
    for route in network.content.routes:
        for kind in route.when_none_named:
            mapping = library.mapping(network.partners[route.source].messages[kind])
            mapping = mapping.taking((kind,)) if "^" in kind else mapping
            place = f"{route.name}.when_none_named {kind}"
            if mapping.names_addressee:
                message = "messages of this type name their addressee themselves; remove it from the route"
                raise NotUnderstood("ADDRESSEE_NAMED", message, place)
            if not refers(mapping):
                message = "messages of this type refer nobody, so that a route has nothing to send; remove it"
                raise NotUnderstood("NOTHING_REFERRED", message, place)


def refers(mapping: mappings.Mapping_) -> bool:
    """Whether messages of this mapping ask somebody to do something; all others are only kept."""
    return mapping.resource_types >= {"ServiceRequest", "Task"}


def identify_patient(premises: Premises, tx: Transaction, said: Said, at: str) -> Identified:
    """The network's patient that a message is about. Raises NotUnderstood when she cannot be told."""
    patient = next((r for r in said.resources if r["resourceType"] == "Patient"), None)
    if patient is None:
        place = "PID" if isinstance(said, Referral) else None
        raise NotUnderstood("PATIENT_MISSING", "the message is about no patient", place)
    return identify(tx, partner=said.partner, patient=patient, index=premises.keys.index, at=at)


def record_referral(
    premises: Premises, tx: Transaction, referral: Referral, who: Identified, message_id: str, at: str
) -> None:
    """Save the referral's records and the intents for its addressees. A Consent goes along with none of them.

    Raises NotUnderstood `REFERRAL_OF_ANOTHER_PATIENT`.
    """
    before = _tasks_before(tx, referral)
    if any(task.patient_id != who.patient_id for task in before.values()):
        message = "this referral number was used for another patient; cancel that referral and send a new one"
        raise NotUnderstood("REFERRAL_OF_ANOTHER_PATIENT", message, referral.place or "PID-3")
    ended = any(task.resource.get("status") in ENDED for task in before.values())
    resources = naming_addressee(premises.network, without_consents(referral.resources), referral.addressees)
    around = beside(resources)
    made = [_record(premises, referral, r, before, around, who.patient_id, at) for r in resources]
    is_overtaken = _is_overtaken(tx, referral)
    wanted = _as_it_stands(tx, referral, made, is_overtaken=is_overtaken)
    gone = () if is_overtaken or not before else _said_no_more(tx, referral, who, at)
    is_cancel = referral.event == CANCEL_EVENT
    elsewhere = _elsewhere(tx, referral, who.patient_id) if before else []
    if is_cancel or not (is_overtaken or ended):
        for route, content in taken_back(premises, tx, before, elsewhere, message_id, at):
            _ask(premises, tx, route, content, "cancel", who, at)
        finish_not_yet_there(tx, elsewhere, at)
    saved = save_all_keeping_labels(tx, (*wanted, *gone), partial(_sources_kept, premises))
    if referral.said_at:
        message_times.keep(tx, [key for key in map(_key, resources) if key[0] in _TIMED], referral.said_at)
    tx.after_commit(partial(tx.fresh.keep, saved))
    named = tuple(f"{r.resource_type}/{r.id}/{r.version}" for r in saved)
    said, withdrawn = named[: len(wanted)], named[len(wanted) :]
    versions_before = {task.id: task.version for task in before.values()}
    task_is_news = any(r.resource_type == "Task" and r.version != versions_before.get(r.id, 0) for r in saved)
    for route in referral.addressees:
        known = intents.of_key(tx, who.patient_id, route.addressee, referral.business_key)
        theirs = [i for i in known if i.kind in ("referral", "cancel")]
        if not is_cancel and (ended or (is_overtaken and (theirs or elsewhere))):
            continue  # a cancellation that overtook its referral stands, as a change does; a new one needs a new number
        focus = said + _known_there(tx, theirs, withdrawn)
        if still_needed(tx, referral, theirs, focus, at, task_is_news=task_is_news):
            content = Content(
                referral.partner, referral.business_key, focus, message_id, referral.message_type
            )
            _ask(premises, tx, route, content, "cancel" if is_cancel else "referral", who, at)


def _ask(
    premises: Premises, tx: Transaction, route: Route, content: Content, kind: str, who: Identified, at: str
) -> None:
    held_for = "" if who.certain else IDENTITY_PENDING
    intent = new_intent(premises, route, who.patient_id, content, kind, at, held_for)
    intents.add(tx, intent)
    if held_for:
        ask_in_doubt(premises, tx, intent, read_instant(at))


def finish_not_yet_there(tx: Transaction, elsewhere: Sequence[Intent], at: str) -> None:
    """End those of the intents, to partners who are asked no more, that have certainly not arrived."""
    for intent in elsewhere:
        if intent.state in _NOT_YET_THERE:
            intents.finish(tx, intent.id, "cancelled", at, SUPERSEDED)


def _elsewhere(tx: Transaction, referral: Referral, patient_id: str) -> list[Intent]:
    """What is or was on its way of this referral to partners whom the message does not name; but their cancellations,
    which stand.
    """
    named = {route.addressee for route in referral.addressees}
    return [
        one
        for one in intents.of_patient(tx, patient_id)
        if (one.source_partner, one.business_key) == (referral.partner, referral.business_key)
        and one.kind == "referral"
        and one.partner not in named
    ]


def _as_it_stands(
    tx: Transaction, referral: Referral, made: Sequence[Record], *, is_overtaken: bool
) -> list[Record]:
    """The records with the newer word where one is held; without what an overtaken message alone lists."""
    late = newer_kept(tx, referral) | (_as_held(tx, referral, made) if is_overtaken else {})
    left_out = ENTRIES if is_overtaken else frozenset()
    return [late.get(r.reference, r) for r in made if r.reference in late or r.resource_type not in left_out]


def _said_no_more(tx: Transaction, referral: Referral, who: Identified, at: str) -> tuple[Record, ...]:
    return no_more_named(tx, referral.partner, referral.whole, referral.resources, who.patient_id, at)


def _known_there(tx: Transaction, theirs: Sequence[Intent], withdrawn: tuple[str, ...]) -> tuple[str, ...]:
    """Of what is said no more, that of which the partner may have an earlier version: nobody else is told of it."""
    if not withdrawn:
        return ()
    known = {reference.rpartition("/")[0] for i in arrived(tx, theirs) for reference in i.focus}
    return tuple(one for one in withdrawn if one.rpartition("/")[0] in known)


def _key(resource: Mapping[str, Any]) -> tuple[str, str]:
    return str(resource["resourceType"]), str(resource["id"])


def _is_overtaken(tx: Transaction, referral: Referral) -> bool:
    """Whether a message of this very referral that was made later has come before this one."""
    requests = [key for key in map(_key, referral.resources) if key[0] == _REQUEST]
    return bool(referral.said_at) and any(
        message_times.latest(tx, *key) > referral.said_at for key in requests
    )


def _as_held(tx: Transaction, referral: Referral, made: Sequence[Record]) -> dict[str, Record]:
    """What is held already of an overtaken referral, by reference: its newer word stands. A cancellation, whenever it
    was made, ends the Task all the same.
    """
    is_cancel = referral.event == CANCEL_EVENT
    keys = [(one.resource_type, one.id) for one in made if not (is_cancel and one.resource_type == "Task")]
    held = (records.get(tx, *key) for key in keys)
    return {one.reference: one for one in held if one is not None and not one.deleted}


def _tasks_before(tx: Transaction, referral: Referral) -> dict[str, Record]:
    """The Tasks of the message as they are held, by reference."""
    ids = [str(r["id"]) for r in referral.resources if r["resourceType"] == "Task"]
    held = (records.get(tx, "Task", task_id) for task_id in ids)
    return {task.reference: task for task in held if task is not None}


def _record(
    premises: Premises,
    referral: Referral,
    resource: Mapping[str, Any],
    tasks_before: Mapping[str, Record],
    around: Beside,
    patient_id: str,
    at: str,
) -> Record:
    resource_type, resource_id = str(resource["resourceType"]), str(resource["id"])
    before = tasks_before.get(f"{resource_type}/{resource_id}")
    source = referral.partner
    sources = frozenset(asserted_sources(premises.network, source, resource, around))
    if before is not None and _stands(referral, before):
        resource = with_answer(resource, before.resource)
        source, sources = before.source_partner, sources | frozenset(before.sources)
    return Record(
        resource_type=resource_type,
        id=resource_id,
        version=0,
        patient_id=patient_id,
        source_partner=source,
        sources=tuple(sorted(sources)),
        part2=comes_from_program(premises.network, sources, before),
        updated_at=at,
        deleted=False,
        resource=resource,
    )


def _sources_kept(premises: Premises, before: Record, record: Record) -> Record:
    """Whatever a record of its sender's has once come from stays its source in all later versions."""
    if before.source_partner != record.source_partner or set(before.sources) <= set(record.sources):
        return record
    sources = tuple(sorted({*before.sources, *record.sources}))
    part2 = comes_from_program(premises.network, sources, before)
    return replace(record, sources=sources, part2=part2)


def _stands(referral: Referral, before: Record) -> bool:
    """Whether the last word on the workflow stands, and stays whose it was: a sender that repeats itself neither resets
    an answer or an end nor becomes the one who discloses it.

    A cancellation is the sender's own words alone, and so is what goes to another addressee: neither has anything of an
    answer in it, and whoever may see the sender's words sees it.
    """
    ended = before.resource.get("status") in ENDED
    if before.source_partner == referral.partner:
        return ended
    return referral.event != CANCEL_EVENT and (ended or _is_addressed(referral, before))


def _is_addressed(referral: Referral, task: Record) -> bool:
    """Whether who last wrote to the Task is one of those this message is for."""
    return any(route.addressee == task.source_partner for route in referral.addressees)


def with_answer(resource: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, Any]:
    """The sender's Task with the addressee's answer, in the order we hold it, so that a repeat changes no byte."""
    found = {**{k: v for k, v in resource.items() if k not in _WORKFLOW}}
    found |= {name: answered[name] for name in _WORKFLOW if name in answered}
    known = {name: found[name] for name in answered if name in found}
    return {**known, **{name: value for name, value in found.items() if name not in known}}


def still_needed(
    tx: Transaction,
    referral: Referral,
    theirs: Sequence[Intent],
    focus: tuple[str, ...],
    at: str,
    *,
    task_is_news: bool,
) -> bool:
    """Whether a new intent is needed beside what is already there for the same referral and partner.

    The same content again adds nothing; changed content takes the place of what has not left yet; a cancellation of
    what never left ends it without telling anybody (design section 10, "Order").
    """
    known = [i.focus for i in theirs if i.state not in ("cancelled", "dead", "refused")]
    if focus in known:
        return False
    # A Task version that this message did not write is the addressee's answer to it, and no news to her.
    if not task_is_news and _without_task(focus) in [_without_task(earlier) for earlier in known]:
        return False
    waiting = [i for i in theirs if i.state in _OPEN]
    for intent in waiting:
        intents.finish(tx, intent.id, "cancelled", at, SUPERSEDED)
    return referral.event != CANCEL_EVENT or bool(arrived(tx, theirs))


def _without_task(focus: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(reference for reference in focus if not reference.startswith("Task/"))
