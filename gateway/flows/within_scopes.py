"""Scopes with a search limit (`system/CarePlan.rs?category=…`): of a limited type nothing is shown but what meets it.

Looked at after the gate, in what may be seen. SMART App Launch 2.2, scopes for requesting FHIR resources.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gateway.disclosure.premises import Premises
from gateway.resources.searching import meets
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes

Resource = Mapping[str, Any]
Keep = Callable[[Sequence[Resource]], list[Resource]]


def within_scopes(premises: Premises, caller: Caller, searched: Collection[str] = ()) -> Keep:
    """What keeps of some resources those that the scopes reach; of the types `searched` by `s`, of others by `r`."""
    if not is_limited(caller):
        return list
    granted, zone = read_scopes(caller.scopes), ZoneInfo(premises.network.zone_of(caller.partner))

    def is_reached(resource: Resource) -> bool:
        name = resource["resourceType"]
        letter = "s" if name in searched else "r"
        return granted.permits(name, letter) or any(
            limit.resource_type == name
            and letter in limit.letters
            and all(meets(resource, one, zone) for one in limit.filters)
            for limit in caller.limits
        )

    return lambda resources: [one for one in resources if is_reached(one)]


def is_limited(caller: Caller) -> bool:
    """Whether any of its scopes has a search limit."""
    return any("?" in scope for scope in caller.scopes)
