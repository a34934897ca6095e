"""References to what another server does not hold: by type and identifier alone, and back again.

`Organization/otp` is an address at our door. Pushed to a partner's own server it leads nowhere, so that a server which
checks references refuses the whole Bundle, or it leads to somebody else who happens to be `otp` there. What is no entry
of the Bundle is therefore a logical reference (FHIR R4 references.html#logical, 2.3.0.3): an agency, a worker, and as
well a record that does not go along.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from gateway.partners.network import Network, partner_of, reference_of

_TARGET = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.\-]{1,64}")
_PARTS = frozenset({"display", "extension", "id", "identifier", "type"})
"""What a Reference may have that has no literal one."""


def logical(network: Network, recipient: str, value: Any, entries: Collection[str]) -> Any:
    """A JSON value in which each relative reference to what is none of `entries` (as `Type/id`) says its type and an
    identifier instead.

    Nothing is told by it that the reference did not tell: of a partner the first identifier that the open directory has
    of it (of the recipient its own); of who stands in no directory, of a record, of an alias and of a partner that only
    practises what the reference said, as an identifier of this network's. An identifier or display that is there stays.
    """
    if isinstance(value, (dict, Mapping)):
        target = _relative(value.get("reference"))
        if target and target not in entries:
            left = {name: part for name, part in value.items() if name not in ("reference", "_reference")}
            named = {"type": target.partition("/")[0], "identifier": _identifier(network, recipient, target)}
            return named | left
        return {
            name: part if isinstance(part, str) else logical(network, recipient, part, entries)
            for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [logical(network, recipient, part, entries) for part in value]
    return value


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
