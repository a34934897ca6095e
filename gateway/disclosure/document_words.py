"""What a document says of itself holds for each piece of free text that was taken out of it: `Psychotherapy note` stands
once, over all of its sections (42 CFR 2.11, 2.31(b); 45 CFR 164.508(a)(2)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import consent
from gateway.disclosure.premises import Premises

_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_FREE_TEXT = "DocumentReference"
Resource = Mapping[str, Any]


def labelled_as_document(premises: Premises, resources: Sequence[Resource]) -> Sequence[Resource]:
    """The resources of one record, with the labels of its kind and title on its free text too. They only raise."""
    found: set[str] = set()
    for one in resources:
        if one["resourceType"] == "Composition":
            found |= consent.label_resource(one, False, premises.tables).sensitive
    return tuple(_labelled(one, found) for one in resources) if found else resources


def _labelled(resource: Resource, codes: set[str]) -> Resource:
    if resource["resourceType"] != _FREE_TEXT:
        return resource
    meta = resource.get("meta", {})
    there = meta.get("security", ())
    more = sorted(codes - {one.get("code") for one in there})
    labels = [*there, *({"system": _ACT, "code": code} for code in more)]
    return {**resource, "meta": {**meta, "security": labels}}
