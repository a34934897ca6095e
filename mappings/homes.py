"""Where each value of a document came from, kept in the complement, so that it goes back to just that place.

Documents (C-CDA) need it: their elements repeat inside each other, and one canonical form cannot hold all the ways
in which a sender may lay out the same entries. As sensitive as the complement it stands in, and never part of a
disclosure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from mappings.instances import Instance
from mappings.lenses import Lens
from mappings.syntax.ccda_tree import HERE
from mappings.times import Zone
from mappings.unfit import Partly, Unfit

Resource = Mapping[str, Any]
_ITEM = re.compile(r"\[\d+\]")


def homes_of(
    instances: Sequence[Instance], values: Mapping[str, Any], zone: Zone, mapped: Mapping[str, Any]
) -> dict[str, Any]:
    """For the complement: `homes`, places and rows of each value; `elements`, the place of each resource made for an
    `each` and the first row of that group; `found_by`, leaves that are in no value (a template id, what a condition
    looked at); and the `zone` in which times were read. Empty for other formats."""
    if not values:
        return {}
    elements: dict[str, Any] = {}
    for instance in instances:
        node = instance.scope.get(HERE)
        if node is None or instance.group.each is None:
            continue
        for role in instance.group.roles:
            made = instance.roles.get(role.name)
            if made is not None:
                first = next((row.number for row in instance.group.rows), 0)
                elements.setdefault(made.reference, [node.place, first])
    taken = {one[0] for found in values.values() for one in found}
    found_by = {place: raw for place, raw in mapped.items() if not _is_in(place, taken)}
    return {"homes": dict(values), "elements": elements, "found_by": found_by, "zone": str(zone or "")}


def _is_in(place: str, taken: Collection[str]) -> bool:
    """Whether a leaf is in one of the values."""
    while place:
        if place in taken:
            return True
        place = place.rpartition("/")[0]
    return False


def items_apart(leaves: Iterable[str], mapped: Collection[str]) -> dict[str, Any]:
    """For the complement of a JSON record: `apart`, the items of a list of which nothing was mapped, where of others
    something was. What is written back holds only those: each of these is put in again where it stood."""
    items = [(place, _ITEM.findall(place)) for place in leaves]
    told = {item for place, found in items if place in mapped for item in _begins(place, found)}
    lists = {item.rpartition("[")[0] for item in told}
    others = (item for place, found in items for item in _begins(place, found) if item not in told)
    apart = [item for item in dict.fromkeys(others) if item.rpartition("[")[0] in lists]
    return {"apart": apart} if apart else {}


def _begins(place: str, numbers: Iterable[str]) -> Iterator[str]:
    """The objects in lists that hold a place: `a[1].b[2].c` -> `a[1]`, `a[1].b[2]`; a value may be an item itself."""
    end = 0
    for number in numbers:
        end = place.index(number, end) + len(number)
        if end < len(place):
            yield place[:end]


class Homes:
    """The homes in a complement, as a rendering asks for them."""

    def __init__(self, complement: Mapping[str, Any]) -> None:
        self._homes: Mapping[str, Any] = complement.get("homes", {})
        self._elements: Mapping[str, Any] = complement.get("elements", {})
        zone = str(complement.get("zone", ""))
        self._zone: Zone = zone if zone[:1] in ("+", "-") else ZoneInfo(zone) if zone else None
        self._synonyms: Mapping[str, Any] = complement.get("synonyms", {})

    def element(self, resource: Resource) -> str:
        """The place of the element that a resource was made from; "" when it has none."""
        found = self._elements.get(_reference(resource))
        return str(found[0]) if found else ""

    def group(self, resource: Resource) -> int | None:
        """The number of the first row of the group that a resource was made by; None when it has none."""
        found = self._elements.get(_reference(resource))
        return int(found[1]) if found else None

    def value(self, resource: Resource, path: str) -> tuple[list[str], set[int]] | None:
        """Places of the value at a path of a resource, and the rows that read it there; None when it was not there."""
        found = self._homes.get(f"{_reference(resource)}#{path}")
        return ([str(one[0]) for one in found], {int(one[1]) for one in found}) if found else None

    def inside(self, resource: Resource, path: str) -> bool:
        """Whether parts of the value at a path have places of their own."""
        begin = (f"{_reference(resource)}#{path}.", f"{_reference(resource)}#{path}[")
        return any(key.startswith(begin) for key in self._homes)

    def read(self, lens: Lens, raw: Any) -> Any:
        """What a lens made of the sender's own form, with the zone of the sender's document; None if nothing."""
        try:
            return lens.forward(raw, self._zone)
        except Partly as partly:
            return partly.value
        except Unfit:
            return None

    def synonym(self, place: str) -> Any:
        """The sender's own form of the value at a place, or None."""
        return self._synonyms.get(place)


def _reference(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"
