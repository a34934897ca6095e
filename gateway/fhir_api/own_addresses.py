"""References that name what is here by our whole address, as every Bundle of ours does: the same as the relative ones.

HL7 FHIR 4.0.1, references: a server may be named either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_relative_references(resource: dict[str, Any], raw: bytes, base: str) -> dict[str, Any]:
    """`resource`, read from `raw`, with references that begin with `base` (our FHIR address) made relative; but those
    that name an entry beside it by its `fullUrl`.
    """
    if f"{base}/".encode() not in raw:
        return resource
    entries = resource.get("entry")
    beside = {
        one["fullUrl"]
        for one in (entries if isinstance(entries, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("fullUrl"), str)
    }
    found: dict[str, Any] = _relative(resource, f"{base}/", beside)
    return found


def _relative(value: Any, base: str, beside: set[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: child.removeprefix(base)
            if name == "reference" and isinstance(child, str) and child not in beside
            else _relative(child, base, beside)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [_relative(child, base, beside) for child in value]
    return value
