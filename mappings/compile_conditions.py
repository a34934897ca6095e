"""What the generator asks of conditions and lenses (see `compile`)."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.elements import STAFF_TYPES
from mappings.rows import Condition, Role, Row
from mappings.syntax.hl7v2_tree import V2Address

CODED = frozenset({"code", "concept", "coding", "label"})
"""Lenses on codes: few different values, the same in many records, none of them tells of a person alone. Their values
are remembered and shared between resources, which nobody may change anyway."""

STAFF_LENSES = frozenset({"name", "address", "telecom", "identifier", "string"})
"""Lenses without a zone; their values are remembered where they tell of staff or an organisation."""


def few_values(row: Row, role: Role | None) -> bool:
    """Whether the row's values are few, the same in many records, and tell of no patient."""
    return row.lens_name in CODED or (
        role is not None and role.type in STAFF_TYPES and row.lens_name in STAFF_LENSES
    )


def condition_addresses(when: Condition | None) -> Iterator[V2Address]:
    """Every address it looks at."""
    if when is None:
        return
    if isinstance(when.address, V2Address):
        yield when.address
        if when.address.where is not None:
            yield V2Address("", when.address.segment, 0, None, when.address.where[0], 0, None, 0, 0)
    for part in when.parts:
        yield from condition_addresses(part)


def simple(when: Condition | None) -> Iterator[Condition]:
    """Every condition of it that looks at an address."""
    if when is None:
        return
    if when.address is not None:
        yield when
    for part in when.parts:
        yield from simple(part)
