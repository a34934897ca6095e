"""References to what another server does not hold: by type and identifier alone, and back again.

`Organization/otp` is an address at our door. Pushed to a partner's own server it leads nowhere, so that a server which
checks references refuses the whole Bundle, or it leads to somebody else who happens to be `otp` there. What is no entry
of the Bundle is therefore a logical reference (FHIR R4 references.html#logical, 2.3.0.3): an agency, a worker, and as
well a record that does not go along.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from gateway.partners.network import Network, partner_of, reference_of
from gateway.resources import to_json

_TARGET = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.\-]{1,64}")
_SAID = re.compile(r'"reference":"([^"]*)')
_PARTS = frozenset({"display", "extension", "id", "identifier", "type"})
"""What a Reference may have that has no literal one."""


def logical(network: Network, recipient: str, value: Any, entries: Collection[str]) -> Any:
    """A JSON value in which each relative reference to what is none of `entries` (as `Type/id`) says its type and an
    identifier instead.

    Nothing is told by it that the reference did not tell: of a partner the first identifier that the open directory has
    of it (of the recipient its own); of who stands in no directory, of a record, of an alias and of a partner that only
    practises what the reference said, as an identifier of this network's. An identifier or display that is there stays.
    """
    return _Naming(network, recipient, frozenset(entries)).value(value)


def each_logical(
    network: Network, recipient: str, resources: Iterable[Mapping[str, Any]], entries: Collection[str]
) -> list[Any]:
    """`logical` of each: what stands for a reference is found once for all of them."""
    naming = _Naming(network, recipient, frozenset(entries))
    return [naming.resource(one) for one in resources]


class _Naming:
    """Walks JSON values; what does not change is shared with them, not copied."""

    __slots__ = ("_entries", "_named", "_network", "_recipient", "_stays")

    def __init__(self, network: Network, recipient: str, entries: frozenset[str]) -> None:
        self._network = network
        self._recipient = recipient
        self._entries = entries
        self._stays = set(entries)
        self._named: dict[str, dict[str, Any]] = {}

    def resource(self, resource: Mapping[str, Any]) -> Any:
        """As `value`; what its JSON says of references tells most resources that nothing changes."""
        said = _SAID.findall(to_json(resource).decode())
        return resource if self._stays.issuperset(said) else self.value(resource)

    def value(self, value: Any) -> Any:
        kind = value.__class__
        if kind is dict:
            return self._object(value)
        if kind is list:
            return self._list(value)
        if isinstance(value, Mapping):
            return self._object(dict(value))
        return self._list(list(value)) if kind is tuple else value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        text = value.get("reference")
        if text.__class__ is str and text not in self._stays and (named := self._name(str(text))):
            left = {name: part for name, part in value.items() if name not in ("reference", "_reference")}
            return named | left
        stays, found = self._stays, value
        for name, part in value.items():
            kind = part.__class__
            if kind is str:
                continue
            if kind is dict and len(part) == 1:  # most objects are nothing but a reference
                text = part.get("reference")
                if text.__class__ is str and text in stays:
                    continue
            made = self._object(part) if kind is dict else self.value(part)
            if made is not part:
                found = dict(value) if found is value else found
                found[name] = made
        return found

    def _list(self, value: list[Any]) -> list[Any]:
        found = value
        for place, part in enumerate(value):
            made = self.value(part)
            if made is not part:
                found = list(value) if found is value else found
                found[place] = made
        return found

    def _name(self, text: str) -> dict[str, Any] | None:
        """What is said instead of a reference; None where it stays."""
        if text in self._named:
            return self._named[text]
        target = _relative(text)
        if not target or target in self._entries:
            self._stays.add(text)
            return None
        identifier = _identifier(self._network, self._recipient, target)
        self._named[text] = {"type": target.partition("/")[0], "identifier": identifier}
        return self._named[text]


def literal(network: Network, value: Any) -> Any:
    """A JSON value in which what `logical` wrote is again the reference that it was; beside an identifier of exactly one
    partner in the open directory, given with the type, stands that partner's reference.
    """
    if isinstance(value, dict):
        identifier = value.get("identifier")
        if isinstance(identifier, dict) and value.keys() <= _PARTS:
            return _with_reference(network, value, identifier)
        return {name: part if type(part) is str else literal(network, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [literal(network, part) for part in value]
    return value


def _with_reference(
    network: Network, reference: dict[str, Any], identifier: Mapping[str, Any]
) -> dict[str, Any]:
    system, number = identifier.get("system"), identifier.get("value")
    if system == _own_system(network) and (target := _relative(number)):
        left = {name: part for name, part in reference.items() if name not in ("identifier", "type")}
        return {"reference": target, **left}
    if reference.get("type") == "Organization":
        found = [
            name
            for name, partner in network.partners.items()
            if partner.state != "test"
            and any((one.system, one.value) == (system, number) for one in partner.organization.identifiers)
        ]
        if len(found) == 1:
            return {"reference": reference_of(found[0]), **reference}
    return reference


def _relative(reference: object) -> str:
    """`Type/id` of a relative reference, without its version; empty for any other."""
    if not isinstance(reference, str):
        return ""
    target = reference.partition("/_history/")[0]
    return target if _TARGET.fullmatch(target) else ""


def _identifier(network: Network, recipient: str, target: str) -> dict[str, str]:
    name = partner_of(target)
    partner = network.partners.get(name)
    if partner is not None and (partner.state != "test" or name == recipient):
        for known in partner.organization.identifiers:
            return {"system": known.system, "value": known.value}
    return {"system": _own_system(network), "value": target}


def _own_system(network: Network) -> str:
    """The system of this network's references as identifiers: with its name, as another has an `otp` too."""
    return f"urn:warm-handoff:reference:{quote(network.content.network, safe='')}"
