"""`/openapi.json` and `/docs`: the API in words for who builds against it. Without script, made when asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.fhir_api.capability import software_version
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.openapi import Address, api_document
from gateway.resources import to_json

_FOLDER = Path(__file__).parent / "templates"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "max-age=300",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


async def openapi(request: Request) -> Response:
    """`GET /openapi.json`."""
    return Response(to_json(_document(request)), media_type="application/json")


async def docs(request: Request) -> Response:
    """`GET /docs`: the same as a page to read."""
    from jinja2 import (
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )  # for this page alone: a start need not read it

    page = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page.filters["as_json"] = lambda found: json.dumps(found, indent=2, ensure_ascii=False)
    document = _document(request)
    text = page.get_template("docs.html").render(document=document, groups=_groups(document))
    return Response(text, headers=dict(HEADERS), media_type="text/html")


async def style(_request: Request) -> Response:
    """`GET /docs/style.css`."""
    return Response((_FOLDER / "docs.css").read_bytes(), headers=dict(HEADERS), media_type="text/css")


def _document(request: Request) -> dict[str, Any]:
    desk: Desk = request.app.state.desk
    found = (
        Address(route.path, frozenset(route.methods or ()), route.endpoint)
        for route in request.app.routes
        if isinstance(route, Route) and route.include_in_schema
    )
    return api_document(desk.base_url(), software_version(), found)


def _groups(document: Mapping[str, Any]) -> Mapping[str, list[Mapping[str, Any]]]:
    """The operations by their tag, each with its parameters in full; searches at the end."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = list(_in_full(document, operation.get("parameters", ())))
            told = {**operation, "parameters": parameters, "path": path, "method": method.upper()}
            found.setdefault(operation["tags"][0], []).append(told)
    return dict(sorted(found.items(), key=lambda item: item[0].startswith("Searching")))


def _in_full(document: Mapping[str, Any], parameters: Any) -> Iterator[Mapping[str, Any]]:
    kept = document["components"]["parameters"]
    for one in parameters:
        yield kept[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
