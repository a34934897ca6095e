"""The check every submitted resource passes: located, and by our own door module alone."""

from __future__ import annotations

from collections.abc import Mapping
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
