"""What may have taken the place of a record that a provision names: its sender withdrew that and said another one."""

from __future__ import annotations

from collections.abc import Mapping

CORRECTED = "urn:gateway:consent:corrected-as"
"""Extension of `provision.data`, a Reference: a denial of the one that is named reaches this one, a permit does not."""


def corrected_as(row: Mapping[str, object]) -> list[object]:
    """The References that one `provision.data` bears as such."""
    found = row.get("extension")
    rows = found if isinstance(found, list | tuple) else ()
    return [
        one.get("valueReference") for one in rows if isinstance(one, Mapping) and one.get("url") == CORRECTED
    ]


__all__ = ["CORRECTED", "corrected_as"]
