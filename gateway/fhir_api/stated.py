"""What a FHIR Parameters states, each thing once and of the form it must have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request

from gateway.errors import NotUnderstood
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import resource_in
from gateway.fhir_api.search_parameters import Parameters, read_query

Kinds = Mapping[str, tuple[str, type]]
"""By the name of a parameter: the element that holds its value, and what that is in JSON."""
_LARGEST = 16_384


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


async def parameters_asked(request: Request) -> Parameters:
    """What an operation is asked by: what stands in its address, and in a Parameters where it is called by POST.

    HL7 FHIR 4.0.1, operations.html: any can be called by POST, and many clients know no other way. Raises
    NotUnderstood: see `resource_in`; `RESOURCE_TYPE_UNEXPECTED`, and `PARAMETER_INVALID` for what is no simple value.
    """
    desk: Desk = request.app.state.desk
    found = read_query(request.scope["query_string"].decode("latin-1"))
    if request.method != "POST" or "content-type" not in request.headers:
        return found
    sent, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    if sent.get("resourceType") != "Parameters":
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", "must be a `Parameters`", "resourceType")
    return found + tuple(_simple(sent.get("parameter", [])))


def _simple(listed: object) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(listed if isinstance(listed, list) else [None]):
        values = [each for name, each in one.items() if name != "name"] if isinstance(one, dict) else []
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or len(values) != 1 or type(values[0]) not in (str, int):
            place = f"Parameters.parameter[{index}]"
            raise NotUnderstood("PARAMETER_INVALID", "must have a `name` and one simple value", place)
        yield name, str(values[0])
