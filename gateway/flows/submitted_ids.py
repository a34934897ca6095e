"""Ids in a submitted transaction: everything gets ours, and what refers to it inside the transaction follows.

A partner's own ids are never looked up among other partners' records: an id chosen by the caller resolves only among
what the caller submitted (design section 10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from gateway.errors import NotSupported, NotUnderstood
from gateway.flows.own_ids import own_id

_ADDRESSES = ("reference", "url")
"""Where a resource names another: a reference, and the content of a document (FHIR R4 http.html#trules)."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One entry with our id on it and its references inside the transaction resolved.

    `only_new`: nothing is changed where it is there already (`ifNoneExist`). `named`: under which id its sender put it.
    """

    resource: Mapping[str, Any]
    only_new: bool = False
    named: str = ""


def submitted(id_key: bytes, partner: str, entries: Sequence[Mapping[str, Any]]) -> tuple[Submitted, ...]:
    """The entries with our ids. Raises NotSupported and NotUnderstood with the place."""
    names: dict[str, str] = {}
    ids = []
    for index, entry in enumerate(entries):
        place = f"Bundle.entry[{index}]"
        resource_type = str(entry["resource"]["resourceType"])
        resource_id = _id_of(id_key, partner, entry, place)
        ids.append(resource_id)
        ours = f"{resource_type}/{resource_id}"
        for name in (entry.get("fullUrl"), _theirs(entry, resource_type)):
            if name and names.setdefault(str(name), ours) != ours:
                raise NotUnderstood(
                    "ENTRY_TWICE", "is in this transaction more than once", f"{place}.fullUrl"
                )
    return tuple(
        Submitted({**resolved(entry["resource"], names), "id": resource_id}, only_new, _put_under(entry))
        for entry, resource_id, only_new in zip(entries, ids, _conditions(entries), strict=True)
    )


def _conditions(entries: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Whether each entry is for what is new alone. A condition that cannot be kept is refused, never left out."""
    found = []
    for index, entry in enumerate(entries):
        request, place = entry.get("request", {}), f"Bundle.entry[{index}].request"
        for name in ("ifMatch", "ifNoneMatch", "ifModifiedSince"):
            if name in request:
                raise NotSupported("ENTRY_CONDITION", "is not supported in an entry", f"{place}.{name}")
        condition = request.get("ifNoneExist")
        if condition is not None and parse_qsl(str(condition).removeprefix("?")) != _by_identifier(entry):
            text = "must be `identifier=` and the first identifier of the resource, with its system"
            raise NotSupported("ENTRY_CONDITION", text, f"{place}.ifNoneExist")
        found.append(condition is not None)
    return found


def _by_identifier(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The search that finds what the entry would make."""
    if entry.get("request", {}).get("method") != "POST":
        return []
    named = [one for one in _identifiers(entry["resource"]) if one.get("system") and one.get("value")]
    return [("identifier", f"{one['system']}|{one['value']}") for one in named[:1]]


def _id_of(id_key: bytes, partner: str, entry: Mapping[str, Any], place: str) -> str:
    """PUT and an identifier name the same thing each time; anything else is named by its place in this Bundle."""
    request = entry.get("request", {})
    method, url = str(request.get("method", "")), str(request.get("url", ""))
    resource = entry["resource"]
    resource_type = str(resource["resourceType"])
    if method not in ("POST", "PUT"):
        raise NotSupported("METHOD_UNKNOWN", "must be `POST` or `PUT`", f"{place}.request.method")
    if re.split("[/?]", url, maxsplit=1)[0] != resource_type:
        message = f"must address the resource of the entry, a `{resource_type}`"
        raise NotUnderstood("ENTRY_TYPE_DIFFERS", message, f"{place}.request.url")
    if method == "PUT" and url.startswith(f"{resource_type}/") and "?" not in url:
        return own_id(id_key, partner, resource_type, url.partition("/")[2])
    for identifier in _identifiers(resource):
        if identifier.get("system") and identifier.get("value"):
            return own_id(id_key, partner, resource_type, identifier["system"], identifier["value"])
    name = str(entry.get("fullUrl", ""))
    if not name.startswith("urn:uuid:"):
        message = "must be a `urn:uuid:` where the resource has no identifier, so that it can be told again"
        raise NotUnderstood("ENTRY_UNNAMED", message, f"{place}.fullUrl")
    return own_id(id_key, partner, resource_type, name)


def _identifiers(resource: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = resource.get("identifier", ())
    return (found,) if isinstance(found, Mapping) else tuple(found)


def _theirs(entry: Mapping[str, Any], resource_type: str) -> str | None:
    url = str(entry.get("request", {}).get("url", ""))
    if url.startswith(f"{resource_type}/"):
        return url
    resource_id = entry["resource"].get("id")
    return f"{resource_type}/{resource_id}" if resource_id else None


def _put_under(entry: Mapping[str, Any]) -> str:
    """The id in the address of a PUT; empty where there is none."""
    request = entry.get("request", {})
    return str(request.get("url", "")).partition("/")[2] if request.get("method") == "PUT" else ""


def resolved(value: Any, names: Mapping[str, str]) -> Any:
    """A JSON value in which what is one of `names`, where a resource names another, stands as what it is named there."""
    if isinstance(value, dict):
        return {
            # most are texts: they need no call of their own
            key: (names.get(child, child) if key in _ADDRESSES else child)
            if type(child) is str
            else resolved(child, names)
            for key, child in value.items()
        }
    if isinstance(value, list | tuple):
        return [resolved(child, names) for child in value]
    return value
