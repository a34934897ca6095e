"""The bytes of a release: FHIR Bundles, or what a mapping renders for the recipient's own format."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import consent
from gateway.clock import instant_text
from gateway.disclosure.local_format import in_local_format
from gateway.disclosure.premises import Premises
from gateway.partners import MllpDelivery, Network, partner_of
from gateway.partners.deliveries import Delivery
from gateway.partners.logical_references import each_logical
from gateway.resources import is_xml, parse_json, to_json

FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"
SHORT_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The statement of 42 CFR §2.32(a)(2), for what has room for one line."""
_ANY_URI = "urn:ietf:rfc:3986"
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_MOST_AT_ONCE = 32_768
"""Octets of JSON that are written as XML on the event loop: about 3 ms."""
_OF_WHAT_IS_HELD = frozenset({"source", "versionId", "lastUpdated"})


def as_it_leaves(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """`resource` without where it came from, which the audit log tells those who may know, and without the version and
    time of what is held of it, which move with what is withheld as well.
    """
    meta = resource.get("meta")
    if not meta or _OF_WHAT_IS_HELD.isdisjoint(meta):
        return resource
    left = {name: value for name, value in meta.items() if name not in _OF_WHAT_IS_HELD}
    if left:
        return {**resource, "meta": left}
    return {name: value for name, value in resource.items() if name != "meta"}


def in_media(content: bytes, media: str) -> bytes:
    """FHIR JSON as `media` has it: XML, or as it is."""
    if not content or media != FHIR_XML:
        return content
    from gateway.resources.xml_writing import to_xml  # commands that write none start without lxml

    return to_xml(parse_json(content))


async def in_media_apart(content: bytes, media: str) -> bytes:
    """As `in_media`; what is long is written on another thread, so that nobody else waits for it."""
    if media != FHIR_XML or len(content) <= _MOST_AT_ONCE:
        return in_media(content, media)
    return await asyncio.to_thread(in_media, content, media)


def media_of(content: bytes) -> str:
    """Which of the two FHIR is written in."""
    return FHIR_XML if is_xml(content) else FHIR_JSON


def known_elsewhere(
    network: Network,
    recipient: str,
    resources: Sequence[Mapping[str, Any]],
    tasks: Mapping[str, Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    """Resources as another server keeps them under ids of its own: Tasks with what they are answered by; and what is
    none of them, as the agencies of the network, named by identifier, as our ids lead nowhere there (or to another).

    `tasks`: as they are held, by reference; what is shown may no longer say whom it asks.
    """
    entries = frozenset(f"{one['resourceType']}/{one['id']}" for one in resources)
    answerable = (_answerable(network, recipient, one, tasks) for one in resources)
    return each_logical(network, recipient, answerable, entries)


def _answerable(
    network: Network,
    recipient: str,
    shown: Mapping[str, Any],
    tasks: Mapping[str, Mapping[str, Any]],
) -> Mapping[str, Any]:
    """A Task with our id as an identifier, by which an answer names it, and, where it asks `recipient`, with that one's
    own identifier: nobody else knows our ids and its sender's roles.
    """
    if shown["resourceType"] != "Task":
        return shown
    ours = {"system": _ANY_URI, "value": f"urn:uuid:{shown['id']}"}
    found = {**shown, "identifier": [*shown.get("identifier", ()), ours]}
    named = [
        {"system": i.system, "value": i.value} for i in network.partners[recipient].organization.identifiers
    ]
    owner, asked = shown.get("owner", {}), tasks.get(f"Task/{shown['id']}", {}).get("owner", {})
    is_asked = partner_of(str(asked.get("reference", ""))) == recipient or asked.get("identifier") in named
    if named and owner and is_asked and "identifier" not in owner:
        found["owner"] = {**owner, "identifier": named[0]}
    return found


def transaction_bundle(
    resources: Sequence[Mapping[str, Any]], notice: consent.Notice, patient: str, at: datetime
) -> bytes:
    """A FHIR R4 transaction that puts every resource under its own id, so that sending it twice changes nothing.

    `resources` are as they leave (`as_it_leaves`): no version of ours goes along, the recipient's server gives its own.
    """
    entries = [
        {
            "fullUrl": f"urn:uuid:{resource['id']}",
            "resource": resource,
            "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
        }
        for resource in (*resources, *_notice_documents(resources, notice, patient, at))
    ]
    return to_json(_bundle("transaction", entries, resources, at))


def searchset_bundle(
    resources: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
    at: datetime,
    base: str = "",
    *,
    total: bool = True,
    links: Mapping[str, str] | None = None,
    matches: int | None = None,
    listed: bool = True,
) -> bytes:
    """A FHIR R4 searchset: what may be seen (without `listed`: how many that are), and the notices that go with it.

    `matches`: how many of the resources are what was searched (None: all); the rest goes along with them. `total`:
    whether that is all there is to be shown, and its number is told. `links` are its addresses by relation (`self`,
    `next`).
    """
    found = len(resources) if matches is None else matches
    entries = [
        {
            "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}".lstrip("/"),
            "resource": resource,
            "search": {"mode": "match" if number < found else "include"},
        }
        for number, resource in enumerate(resources if listed else ())
    ]
    entries += [{"resource": notice, "search": {"mode": "outcome"}} for notice in notices]
    bundle = _bundle("searchset", entries, resources, at)
    if total:
        bundle["total"] = found
    if links:
        bundle["link"] = [{"relation": relation, "url": url} for relation, url in links.items()]
    return to_json(bundle)


def history_bundle(
    resources: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
    at: datetime,
    base: str,
    *,
    whole: bool,
    total: bool | None = None,
    links: Mapping[str, str] | None = None,
) -> bytes:
    """A FHIR R4 history of one resource, its states in the order given (the latest first). `whole`: the last of them is
    the first there was; `total`: they are all there are (None: as `whole`). `links` are its addresses by relation.

    What the notices say stands in the `outcome` of the first entry's response: a history has no place beside entries.
    """
    entries: list[dict[str, Any]] = []
    for number, resource in enumerate(resources, 1):
        reference, meta = f"{resource['resourceType']}/{resource['id']}", resource["meta"]
        first = whole and number == len(resources)
        entries.append(
            {
                "fullUrl": f"{base}/{reference}".lstrip("/"),
                "resource": resource,
                "request": {"method": "PUT", "url": reference},
                "response": {
                    "status": "201" if first else "200",
                    "etag": f'W/"{meta["versionId"]}"',
                    **({"lastModified": meta["lastUpdated"]} if "lastUpdated" in meta else {}),
                },
            }
        )
    if entries and notices:
        issues = [issue for notice in notices for issue in notice["issue"]]
        entries[0]["response"]["outcome"] = {"resourceType": "OperationOutcome", "issue": issues}
    bundle = _bundle("history", entries, resources, at)
    if whole if total is None else total:
        bundle["total"] = len(resources)
    if links:
        bundle["link"] = [{"relation": relation, "url": url} for relation, url in links.items()]
    return to_json(bundle)


def collection_bundle(
    resources: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
    at: datetime,
    base: str = "",
) -> bytes:
    """A FHIR R4 collection: what may be seen, in the order given, and the notices that go with it."""
    entries: list[dict[str, Any]] = [
        {"fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}".lstrip("/"), "resource": resource}
        if "id" in resource
        else {"resource": resource}
        for resource in (*resources, *notices)
    ]
    return to_json(_bundle("collection", entries, resources, at))


def rendered_message(
    premises: Premises,
    delivery: Delivery,
    written_in: str,
    resources: Sequence[Mapping[str, Any]],
    notice: consent.Notice,
    *,
    at: datetime,
    control_id: str,
    zone: str,
) -> tuple[bytes, str]:
    """The resources, as they leave, in the recipient's own format, by the mapping `written_in`, with its media type.

    Raises NotUnderstood as `in_local_format` does.
    """
    settings = {
        "sending_application": "WARM-HANDOFF",
        "sending_facility": premises.network.content.network,
    }
    if isinstance(delivery, MllpDelivery):
        settings["receiving_application"] = delivery.receiving_application
        settings["receiving_facility"] = delivery.receiving_facility
    mapping = premises.library.mapping(written_in)
    made = in_local_format(
        mapping, resources, notice, at=at, control_id=control_id, zone=zone, settings=settings
    )
    if isinstance(delivery, MllpDelivery) and delivery.acknowledgement == "accept":
        return _asking_to_accept(made.content), made.media_type
    return made.content, made.media_type


def _asking_to_accept(message: bytes) -> bytes:
    """The same HL7 v2 message with MSH-15 `AL` and MSH-16 `NE` (table 0155): that it is safely there is all we ask."""
    head, end, rest = message.partition(b"\r")
    separator = head[3:4]
    fields = head.split(separator)
    fields += [b""] * (16 - len(fields))
    fields[14:16] = b"AL", b"NE"
    return separator.join(fields) + end + rest


def sha256_of(content: bytes) -> str:
    """The hex SHA-256 by which the audit entry names these bytes."""
    return hashlib.sha256(content).hexdigest()


def notice_of(premises: Premises, decision: consent.Decision) -> consent.Notice:
    """The notice for a decision, with the recipient named as people know it."""
    notice = consent.notice_for(decision)
    partner = premises.network.partners.get(partner_of(decision.recipient))
    if partner is None:
        return notice
    return replace(
        notice, scope_text=notice.scope_text.replace(decision.recipient, partner.organization.name)
    )


def notice_outcomes(notices: Iterable[consent.Notice]) -> tuple[Mapping[str, Any], ...]:
    """The notices of several decisions as OperationOutcomes, each once."""
    found: dict[tuple[str | None, str], Mapping[str, Any]] = {}
    for notice in notices:
        if notice.statement or notice.scope_text:
            found.setdefault((notice.statement, notice.scope_text), consent.notice_outcome(notice))
    return tuple(found.values())


def _notice_documents(
    resources: Sequence[Mapping[str, Any]], notice: consent.Notice, patient: str, at: datetime
) -> tuple[Mapping[str, Any], ...]:
    if not resources or not (notice.statement or notice.scope_text):
        return ()
    document_id = _derived_id(notice.statement or "", notice.scope_text, *(str(r["id"]) for r in resources))
    made = consent.notice_document(notice, at, patient, document_id)
    if not any(f"{one['resourceType']}/{one['id']}" == patient for one in resources):
        made.pop("subject")  # she is not told of in this Bundle: it would lead nowhere there
    return (made,)


def _derived_id(*parts: str) -> str:
    """An id that is the same for the same notice on the same resources, in UUID form (version 8, RFC 9562)."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _bundle(
    kind: str, entries: list[dict[str, Any]], resources: Sequence[Mapping[str, Any]], at: datetime
) -> dict[str, Any]:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    level = _highest_confidentiality(resources)
    if level:
        # Only confidentiality on the outside: other labels would tell what is within (DS4P, FH-LBL-06).
        bundle["meta"] = {"security": [{"system": _CONFIDENTIALITY, "code": level}]}
    bundle["timestamp"] = instant_text(at)
    if entries:  # FHIR JSON knows no empty array
        bundle["entry"] = entries
    return bundle


def _highest_confidentiality(resources: Sequence[Mapping[str, Any]]) -> str | None:
    order = "ULMNRV"
    levels = {
        label.get("code", "")
        for resource in resources
        for label in resource.get("meta", {}).get("security", ())
        if label.get("system") == _CONFIDENTIALITY
    }
    return max((level for level in levels if level in order), key=order.index, default=None)
