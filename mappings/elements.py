"""Which elements a FHIR R4 type has, of what type, and whether they repeat.

Source: the R4 (4.0.1) definitions; the table is in `mappings/generated/r4_elements.py`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mappings.generated.r4_elements import TEXT

STAFF_TYPES = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService"})
"""Types that say nothing about a patient: record-wide sensitivity labels are not put on them."""


class Element(NamedTuple):
    """One element: the type of its values and whether it is a list."""

    type: str
    many: bool


@lru_cache(maxsize=512)
def elements_of(type_name: str) -> dict[str, Element]:
    """Elements of a resource, data type or backbone by name; empty for a primitive or unknown type."""
    found: dict[str, Element] = {}
    for item in TEXT.get(type_name, "").split():
        name, _, kind = item.partition(":")
        found[name.rstrip("*")] = Element(kind, name.endswith("*"))
    return found


def is_resource(type_name: str) -> bool:
    """Whether this is a type with a `meta` element, i.e. a resource."""
    return "meta" in elements_of(type_name)
