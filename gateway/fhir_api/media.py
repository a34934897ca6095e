"""JSON or XML: which of the two a request asks for, and which it sends. HL7 FHIR 4.0.1, http.html#mime-type.

`_format` speaks louder than `Accept`. Where neither says anything, an answer is written as what was sent.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.disclosure.content import FHIR_JSON, FHIR_XML
from gateway.errors import NotUnderstood

_JSON = frozenset({FHIR_JSON, "application/json", "text/json"})
_XML = frozenset({FHIR_XML, "application/xml", "text/xml"})
_ANY = frozenset({"*/*", "application/*"})
_SHORT = {"json": FHIR_JSON, "xml": FHIR_XML}
_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", re.IGNORECASE)


def header_of(request: Request, name: bytes) -> str | None:
    """The first value of a header, its `name` in small letters as ASGI has it; None without."""
    for key, value in request.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def media_sent(request: Request) -> str | None:
    """`FHIR_JSON` or `FHIR_XML`; None for a body of any other kind."""
    return _known(header_of(request, b"content-type") or "")


def media_asked(request: Request) -> str | None:
    """`FHIR_JSON` or `FHIR_XML`; None where neither would be taken. Found once, unless a form says it."""
    state: dict[str, Any] = request.scope.setdefault("state", {})
    kept: str | None = state.get("media")
    if kept is None:
        kept = state["media"] = _asked(request)
    return kept


def _asked(request: Request) -> str | None:
    formats = [value for name, value in _query(request) if name == "_format"]
    if formats:
        return format_named(formats[0])
    accept = ",".join([str(value, "latin-1") for key, value in request.scope["headers"] if key == b"accept"])
    as_sent = media_sent(request) or FHIR_JSON
    if accept in (FHIR_JSON, FHIR_XML):  # what nearly every client sends
        return accept
    return _preferred(accept, as_sent) if accept.strip() else as_sent


def others_asked(request: Request) -> frozenset[str]:
    """The media types that `Accept` names and that are none of FHIR's."""
    parts = ",".join(request.headers.getlist("accept")).split(",")
    kinds = (part.partition(";")[0].strip().lower() for part in parts)
    return frozenset(kind for kind in kinds if kind and _known(kind) is None)


def take_format(request: Request, value: str) -> None:
    """From here on the request is answered as `_format` of its form says."""
    request.state.media = format_named(value) or getattr(request.state, "media", None)


def refuse_other_media(request: Request) -> None:
    """Nothing, when the caller takes what can be written.

    Raises NotUnderstood `MEDIA_TYPE_ASKED`.
    """
    if media_asked(request) is None:
        raise NotUnderstood("MEDIA_TYPE_ASKED", "only FHIR JSON and FHIR XML are written", "http.Accept")


def format_named(value: str) -> str | None:
    """What a value of `_format` means; None where it is nothing that is written."""
    return _SHORT.get(value) or _known(value.replace(" ", "+"))


def _known(told: str) -> str | None:
    plain = told.partition(";")[0].strip().lower()
    if plain in _JSON:
        return FHIR_JSON
    return FHIR_XML if plain in _XML else None


def _preferred(accept: str, as_sent: str) -> str | None:
    """Of what is accepted the best that is written: the highest weight, of equal ones the first."""
    best, found = 0.0, None
    for part in accept.split(","):
        kind, *parameters = part.split(";")
        weights = [float(one[1]) for one in map(_WEIGHT.fullmatch, parameters) if one]
        media = as_sent if kind.strip() in _ANY else _known(kind)
        weight = weights[0] if weights else 1.0
        if media is not None and weight > best:
            best, found = weight, media
    return found


def _query(request: Request) -> list[tuple[str, str]]:
    if b"format" not in request.scope["query_string"]:
        return []
    try:
        return parse_qsl(request.scope["query_string"].decode("latin-1"), max_num_fields=64)
    except ValueError:
        return []  # who reads the query refuses it
