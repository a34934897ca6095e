"""The checks that everything submitted passes: located, and by our own door module alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import NotSupported, NotUnderstood
from gateway.resources import check_resource, supported_types


def checked(resource: Mapping[str, Any], expected_type: str | None = None, at: str = "") -> None:
    """Nothing, when `resource` is a FHIR R4 resource we take in. `at` is put before the place of a fault.

    Raises NotSupported `RESOURCE_TYPE_UNKNOWN`, NotUnderstood with the first fault's code and place.
    """
    resource_type = resource.get("resourceType")
    if not isinstance(resource_type, str) or resource_type not in supported_types():
        raise NotSupported("RESOURCE_TYPE_UNKNOWN", "this resource type is not taken in", at + "resourceType")
    if expected_type is not None and resource_type != expected_type:
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", f"must be a `{expected_type}`", at + "resourceType")
    for issue in check_resource(resource):
        raise NotUnderstood(issue.code, issue.message, at + issue.place)


def checked_entries(bundle: Mapping[str, Any], most: int) -> Sequence[Mapping[str, Any]]:
    """The entries of a submitted Bundle, each an object with a resource we take in and a request of text.

    Raises NotUnderstood `ENTRY_COUNT` and `BUNDLE_SHAPE`, and as `checked` does, with the place.
    """
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise NotUnderstood("BUNDLE_SHAPE", "must be a list", "Bundle.entry")
    if not 0 < len(entries) <= most:
        raise NotUnderstood("ENTRY_COUNT", f"must hold 1 to {most} entries", "Bundle.entry")
    for index, entry in enumerate(entries):
        place = f"Bundle.entry[{index}]"
        _require(entry, Mapping, place)
        resource, request = entry.get("resource", {}), entry.get("request", {})
        _require(resource, Mapping, f"{place}.resource")
        _require(request, Mapping, f"{place}.request")
        _require(entry.get("fullUrl", ""), str, f"{place}.fullUrl")
        for name in ("method", "url"):
            _require(request.get(name, ""), str, f"{place}.request.{name}")
        checked(resource, None, f"{place}.resource.")
    return entries


def _require(value: object, kind: type, place: str) -> None:
    if not isinstance(value, kind):
        wanted = "an object" if kind is Mapping else "text"
        raise NotUnderstood("BUNDLE_SHAPE", f"must be {wanted}", place)
