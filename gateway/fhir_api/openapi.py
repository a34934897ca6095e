"""The API as an OpenAPI 3.1 document, made from the routes, from what is served, and from `openapi_words.py`.

Made when somebody asks for it: a gateway that nobody asks keeps none of it in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from gateway.fhir_api.includes import includes_of, revincludes_of
from gateway.fhir_api.openapi_operations import OPERATIONS
from gateway.fhir_api.openapi_words import JSON, PARAMETERS, READ, TOLD, WORKLIST, WRITE, Given, Told
from gateway.fhir_api.search_table import parameters_of
from gateway.fhir_api.served import SEARCHED, SERVED, VALIDATED

FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"
FORM = "application/x-www-form-urlencoded"
Json = dict[str, Any]
_LEFT_OUT = frozenset(
    [
        "/",
        "/fhir/",
        "/fhir/.well-known/smart-configuration",
        "/.well-known/jwks.json",
        "/openapi.json",
        "/docs",
        "/docs/style.css",
    ]
)
PATCH = "application/json-patch+json"
_OWN_ALONE = "One that you alone have sent: what others have a part in is not yours to change (403), or not there (404)."
_WORDS = {**TOLD, **OPERATIONS}
_WRITES = {
    ("/fhir/{type}", "POST"): "create",
    ("/fhir/{type}/{id}", "PUT"): "update",
    ("/fhir/{type}/{id}", "PATCH"): "patch",
}
_KINDS = {
    "date": "A date, with a prefix such as `ge` before it",
    "id": "An id",
    "reference": "`[type]/[id]`",
    "token": "`code`, or `system|code`",
    "string": "A text, or its beginning, without regard to case and accents",
    "uri": "A URI",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A registered route: its path, its methods, and the function that answers."""

    path: str
    methods: frozenset[str]
    answers: Callable[..., object]


def api_document(base: str, version: str, addresses: Iterable[Address]) -> Json:
    """The whole document. `base`: the public address of the gateway."""
    examples = read_examples()
    paths: dict[str, Json] = {}
    for address in addresses:
        if address.path in _LEFT_OUT:
            continue
        for method in sorted(address.methods - {"HEAD"}):
            for path, told, names in _told_of(address, method):
                paths.setdefault(path, {})[method.lower()] = _operation(path, told, names, examples)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Warm Handoff",
            "version": version,
            "description": (
                "A consent-enforcing FHIR R4 gateway. Every answer has passed the consent gate; unknown, not permitted "
                "and withheld are answered alike. FHIR is taken and written in JSON and XML. All examples are made up."
            ),
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "securitySchemes": {"backend": _security(base)},
            "parameters": {name: _parameter(given) for name, given in PARAMETERS.items()},
            "schemas": _SCHEMAS,
            "responses": {"Refused": _refused(examples)},
        },
    }


def read_examples() -> Mapping[str, Any]:
    """The examples by name; all made up."""
    found = json.loads(files("gateway.fhir_api").joinpath("openapi_examples.json").read_bytes())
    examples = {**{name: {"resourceType": name} for name in SERVED}, **found}
    for name, served in SERVED.items():
        if "update" in served.interactions and len(examples[name]) > 1:
            examples[f"put-{name}"] = {**examples[name], "id": "9d3e-example"}
            examples[f"patch-{name}"] = [{"op": "add", "path": "/language", "value": "en-US"}]
            examples[f"patch-{name}-fhirpath"] = _adding("language", name)
    return examples


def _adding(element: str, name: str) -> Json:
    """A FHIRPath Patch that adds an element to a resource of a type."""
    part: list[Json] = [{"name": "type", "valueCode": "add"}, {"name": "path", "valueString": name}]
    part += [{"name": "name", "valueString": element}, {"name": "value", "valueCode": "en-US"}]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}


def _told_of(address: Address, method: str) -> Iterator[tuple[str, Told, tuple[str, ...]]]:
    """Path, words and the types in place of `{type}`, for each operation that a route and method stand for."""
    path = address.path
    if path in ("/fhir/{type}", "/fhir/{type}/_search") and not (path == "/fhir/{type}" and method == "POST"):
        for name in SEARCHED:
            yield path.replace("{type}", name), _search_told(name, method), (name,)
        return
    interaction = _WRITES.get((path, method))
    if interaction:
        for name, served in SERVED.items():
            if interaction in served.interactions:
                own = path.replace("{type}", name)
                yield own, _WORDS.get((method, own)) or _written(name, interaction), ()
        return
    types = tuple(VALIDATED) if path.endswith("$validate") else tuple(SERVED)
    told = _WORDS.get((method, path)) or _by_parameters(path, method) or _by_itself(address)
    yield path, told, types if "{type}" in path else ()


def _written(name: str, interaction: str) -> Told:
    """What creating or changing a resource is, of a type of which nothing more is to be said."""
    if interaction == "create":
        return Told(WRITE, f"Send a {name}", sent=name, body="fhir", answered=name, status=201)
    told = Told(WRITE, f"Change a {name}", _OWN_ALONE, answered=name, parameters=("if-match", "prefer"))
    if interaction == "patch":
        return replace(told, summary=f"Change a part of a {name}", sent=f"patch-{name}", body="fhir-patch")
    return replace(told, sent=f"put-{name}", body="fhir")


def _by_parameters(path: str, method: str) -> Told | None:
    """An operation that is told of for GET, called by POST: what is asked stands in a Parameters."""
    told = _WORDS.get(("GET", path)) if method == "POST" and "$" in path else None
    if told is None:
        return None
    summary = f"{told.summary}, asked by a Parameters"
    return replace(told, summary=summary, body="fhir", sent="no-parameters", parameters=())


def _by_itself(address: Address) -> Told:
    """What a route says of itself."""
    first = (address.answers.__doc__ or address.path).strip().split("\n")[0]
    said = first.rpartition("`: ")[2] if first.startswith("`") else first
    return Told(READ, said[:1].upper() + said[1:])


def _search_told(name: str, method: str) -> Told:
    text = "Filters, order and pages look at what you may see. `total` stands only where all of it is shown."
    if name == "Task":
        text += f" {WORKLIST}"
    where = "by form, also by your own identifier of the patient" if method == "POST" else "by our id"
    return Told(
        f"Searching {name}",
        f"Search {name} {where}",
        text,
        answered="searchset",
        body="form" if method == "POST" else "",
        sent="",
        parameters=("handling",),
    )


def _operation(path: str, told: Told, types: tuple[str, ...], examples: Mapping[str, Any]) -> Json:
    given = [{"$ref": f"#/components/parameters/{name}"} for name in told.parameters]
    given += [_ref(name) for name in ("id", "version", "name") if f"{{{name}}}" in path]
    if "{type}" in path:
        kinds = Given("path", "type", "The resource type", choices=types, example=types[0])
        given.append(_parameter(kinds))
    form: Mapping[str, Json] = {}
    if types and told.tag.startswith("Searching"):
        limits = [_parameter(one) for one in _limits(types[0])]
        if told.body == "form":
            form = {**{one["name"]: one["schema"] for one in limits}, **_identifier(types[0])}
        else:
            given += limits
    made: Json = {
        "tags": [told.tag],
        "summary": told.summary,
        "responses": _responses(told, examples),
        "security": [] if told.open_to_all else [{"backend": []}],
    }
    if told.text:
        made["description"] = told.text
    if given:
        made["parameters"] = given
    if told.body:
        made["requestBody"] = _body(told, form, examples)
    return made


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _limits(name: str) -> Iterator[Given]:
    """What may stand in a search for a type."""
    yield Given("query", SERVED[name].by_patient, "The patient, by our id", example="5d2c-example")
    for plain in ("_count", "_page", "_elements", "_summary", "_format") + (
        () if name == "Patient" else ("_sort",)
    ):
        yield PARAMETERS[plain]
    for plain, found in (("_include", includes_of(name)), ("_revinclude", revincludes_of(name))):
        if found:
            yield replace(PARAMETERS[plain], choices=found)
    for parameter, served in parameters_of(name).items():
        yield Given("query", parameter, _KINDS[served.kind])


def _identifier(name: str) -> Mapping[str, Json]:
    own = "identifier" if name == "Patient" else f"{SERVED[name].by_patient}.identifier"
    return {own: {"type": "string", "description": "Your own identifier of the patient: `system|value`"}}


def _parameter(given: Given) -> Json:
    schema: Json = {"type": "integer", "minimum": 1} if given.whole_number else {"type": "string"}
    if given.pattern:
        schema["pattern"] = given.pattern
    if given.choices:
        schema["enum"] = list(given.choices)
    made: Json = {"name": given.name, "in": given.place, "description": given.text, "schema": schema}
    if given.place == "path":
        made["required"] = True
    if given.example:
        made["example"] = int(given.example) if given.whole_number else given.example
    return made


def _body(told: Told, form: Mapping[str, Json], examples: Mapping[str, Any]) -> Json:
    example = examples.get(told.sent)
    if told.body == "form":
        fields = form or {name: {"type": "string"} for name in told.form}
        plain = {"type": "string"}
        schema: Json = {"type": "object", "properties": dict(fields), "additionalProperties": plain}
        content: Json = {FORM: {"schema": schema, **({"example": example} if example else {})}}
        return {"required": True, "content": content}
    if told.body == "fhir-patch":
        steps: Json = {"type": "array", "items": {"type": "object", "required": ["op", "path"]}}
        by_path = {"schema": _of_kind("Parameters"), "example": examples[f"{told.sent}-fhirpath"]}
        patches = {FHIR_JSON: by_path, PATCH: {"schema": steps, "example": example}}
        return {"required": True, "content": patches}
    kind = example.get("resourceType") if isinstance(example, dict) else None
    schema = {"type": "object"} if told.body == "json" else _of_kind(kind)
    media = JSON if told.body == "json" else FHIR_JSON
    return {"required": True, "content": {media: {"schema": schema, "example": example}}}


def _of_kind(kind: str | None) -> Json:
    """The schema of a resource, of a type where one is meant."""
    schema: Json = {"$ref": "#/components/schemas/Resource"}
    return {"allOf": [schema, {"properties": {"resourceType": {"const": kind}}}]} if kind else schema


def _responses(told: Told, examples: Mapping[str, Any]) -> Json:
    well: Json = {"description": "As asked"}
    if told.answered:
        kind = "Resource" if told.media == FHIR_JSON else "Plain"
        schema = {"$ref": f"#/components/schemas/{kind}"}
        well["content"] = {told.media: {"schema": schema, "example": examples[told.answered]}}
        if told.media == FHIR_JSON:
            well["content"][FHIR_XML] = {}
    elif told.media != FHIR_JSON:
        well["content"] = {told.media: {"schema": {"type": "string"}}}
    found: Json = {str(told.status): well}
    if told.status == 201:
        found["200"] = {"description": "It was there already"}
    found |= {str(status): {"description": text} for status, text in told.also.items()}
    if told.media == JSON and told.body == "form" and told.open_to_all:
        refused = {"schema": {"$ref": "#/components/schemas/Plain"}, "example": examples["token-refused"]}
        found["4XX"] = {
            "description": "Refused; RFC 6749 section 5.2",
            "content": {JSON: refused, FHIR_JSON: {}, FHIR_XML: {}},
        }
    else:
        found["4XX"] = {"$ref": "#/components/responses/Refused"}
    return {**found, "503": found.get("503", {"$ref": "#/components/responses/Refused"})}


def _refused(examples: Mapping[str, Any]) -> Json:
    schema = {"$ref": "#/components/schemas/OperationOutcome"}
    return {
        "description": "An OperationOutcome that says what is wrong, and where: 400 the request, 401 the token, 403 the "
        "scope or purpose, 404 nothing to show, 409 and 412 a conflict, 422 the content, 429 and 503 ask again later.",
        "content": {FHIR_JSON: {"schema": schema, "example": examples["refused"]}, FHIR_XML: {}},
    }


def _security(base: str) -> Json:
    return {
        "type": "oauth2",
        "description": "SMART Backend Services: `private_key_jwt` with RS384 or ES384; a token is good for five "
        "minutes, for one organization and one purpose of use. Scopes: `system/[type].[letters of cruds]`.",
        "flows": {"clientCredentials": {"tokenUrl": f"{base}/oauth/token", "scopes": {}}},
    }


_CODING: Json = {"type": "object", "required": ["system", "code"]}
_DETAILS: Json = {
    "type": "object",
    "required": ["coding", "text"],
    "properties": {"coding": {"type": "array", "minItems": 1, "items": _CODING}, "text": {"type": "string"}},
}
_ISSUE: Json = {
    "type": "object",
    "required": ["severity", "code", "details"],
    "properties": {
        "severity": {"enum": ["fatal", "error", "warning", "information"]},
        "code": {"type": "string"},
        "details": _DETAILS,
        "expression": {"type": "array", "items": {"type": "string"}},
        "location": {"type": "array", "items": {"type": "string"}},
        "diagnostics": {"type": "string"},
    },
}
_SCHEMAS: Json = {
    "Resource": {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string"}},
    },
    "Plain": {"type": "object"},
    "OperationOutcome": {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {"type": "array", "minItems": 1, "items": _ISSUE},
        },
    },
}
