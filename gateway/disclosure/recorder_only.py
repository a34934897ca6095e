"""What nobody but who wrote it is ever shown, whatever is permitted: consents, signed forms, a desk's own notes.

A Consent is so by its type: it names other parties and carries the signed form, of which no part can be redacted. Any
other record is so by a label that this gateway alone puts on: it is taken off what partners send, and what once carried
it carries it in all later versions, as every label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.store import Record

_BY_TYPE = "Consent"
_CODE = "RECORDER-ONLY"
_LABEL = {"system": "urn:gateway:kept", "code": _CODE}


def is_recorder_only(record: Record) -> bool:
    """Whether only who wrote the record is shown it."""
    return record.resource_type == _BY_TYPE or _is_marked(record.resource)


def marked_ones(held_records: Sequence[Record]) -> frozenset[str]:
    """References of those among the records that carry the label."""
    return frozenset(record.reference for record in held_records if _is_marked(record.resource))


def marked(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The resource with the label, as the last of its labels."""
    plain = unmarked(resource)
    meta = plain.get("meta", {})
    return {**plain, "meta": {**meta, "security": [*meta.get("security", ()), _LABEL]}}


def unmarked(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The resource without the label, as anything that a partner sends is taken in."""
    if not _is_marked(resource):
        return resource
    meta = resource["meta"]
    left = [one for one in meta["security"] if not _is_label(one)]
    kept = {name: value for name, value in meta.items() if name != "security"}
    kept |= {"security": left} if left else {}
    without = {name: value for name, value in resource.items() if name != "meta"}
    return {**without, "meta": kept} if kept else without


def _is_marked(resource: Mapping[str, Any]) -> bool:
    meta: Mapping[str, Any] = resource.get("meta") or {}
    return any(_is_label(one) for one in meta.get("security", ()))


def _is_label(label: Mapping[str, Any]) -> bool:
    return label.get("code") == _CODE and label.get("system") == _LABEL["system"]
