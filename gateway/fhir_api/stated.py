"""What a FHIR Parameters states, each thing once and of the form it must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import NotUnderstood

Kinds = Mapping[str, tuple[str, type]]
"""By the name of a parameter: the element that holds its value, and what that is in JSON."""


def stated(sent: Mapping[str, Any], kinds: Kinds, code: str) -> dict[str, Any]:
    """The values by name.

    Raises NotUnderstood `RESOURCE_TYPE_UNEXPECTED`, and with `code` and the place for what is none of `kinds`, stands
    there twice, or has another form.
    """
    if sent.get("resourceType") != "Parameters":
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", "must be a `Parameters`", "resourceType")
    found: dict[str, Any] = {}
    listed = sent.get("parameter")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        name = one.get("name") if isinstance(one, dict) else None
        place = f"Parameters.parameter[{index}]"
        if not isinstance(name, str) or name not in kinds or name in found:
            raise NotUnderstood(code, "is none of this operation, or stands there twice", place)
        element, kind = kinds[name]
        if set(one) != {"name", element} or type(one[element]) is not kind:
            raise NotUnderstood(code, f"must have a `{element}` alone", place)
        found[name] = one[element]
    return found
