"""From search parameters to what is searched. HL7 FHIR 4.0.1, search.html.

A search names its patient: by the gateway's own id (GET or POST) or by an identifier of the caller (POST
`_search` only, because addresses are written to logs on the way). Every other parameter is not supported
yet: ignored, or refused under `Prefer: handling=strict`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from gateway.errors import NotUnderstood
from gateway.fhir_api.served import SERVED
from gateway.flows.answers import SearchCriteria

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MOST_PARAMETERS = 64
_FORMATS = frozenset({"json", "application/json", "application/fhir+json"})
_PLAIN = frozenset({"_format", "_pretty"})
_DEMOGRAPHIC = frozenset(
    {"identifier", "name", "family", "given", "birthdate", "gender", "phone", "email", "telecom", "phonetic"}
)
_REFUSED_ALWAYS = frozenset({"_content", "_text", "_filter", "_query"})

Parameters = tuple[tuple[str, str], ...]


def read_query(text: str) -> Parameters:
    """The parameters of a query string or a form.

    Raises NotUnderstood `PARAMETER_INVALID`.
    """
    try:
        return tuple(
            parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
        )
    except ValueError:
        raise NotUnderstood("PARAMETER_INVALID", "the parameters cannot be read") from None


def refuse_identifying(parameters: Parameters) -> None:
    """Nothing, unless an address carries what identifies a person.

    Raises NotUnderstood `SEARCH_BY_POST`.
    """
    for name, value in parameters:
        parts = re.split(r"[.:]", name)
        told = any(part in _DEMOGRAPHIC or part.startswith("address") for part in parts)
        if told or name in _REFUSED_ALWAYS or (parts[0] in ("patient", "subject", "_id") and "|" in value):
            raise NotUnderstood(
                "SEARCH_BY_POST",
                "search by identifiers or demographics with `POST [type]/_search`, never in an address",
            )


def criteria_of(resource_type: str, parameters: Parameters, *, strict: bool) -> SearchCriteria:
    """What is searched.

    Raises NotUnderstood: `PARAMETER_UNKNOWN` (strict only), `PARAMETER_INVALID`, `PARAMETER_TWICE`,
    `PARAMETER_MISSING` when no patient is named.
    """
    patient_names, identifier_names = _names(resource_type)
    patients = _values(parameters, patient_names)
    identifiers = _values(parameters, identifier_names)
    known = {*patient_names, *identifier_names, *_PLAIN}
    if strict and any(name not in known for name, _ in parameters):
        raise NotUnderstood("PARAMETER_UNKNOWN", "a search parameter is not supported")
    if len(patients) > 1 or len(identifiers) > 1:
        raise NotUnderstood("PARAMETER_TWICE", "the patient may be named once")
    patient = _patient_id(patients[0]) if patients else None
    identifier = _identifier(identifiers[0]) if identifiers else None
    if patient is None and identifier is None:
        raise NotUnderstood("PARAMETER_MISSING", f"`{patient_names[0]}` or `{identifier_names[0]}` is needed")
    return SearchCriteria(patient=patient, identifier=identifier)


def refuse_other_formats(parameters: Parameters) -> None:
    """Nothing, unless `_format` asks for something other than JSON.

    Raises NotUnderstood `MEDIA_TYPE_ASKED`.
    """
    for name, value in parameters:
        if name == "_format" and value.replace(" ", "+") not in _FORMATS:
            raise NotUnderstood("MEDIA_TYPE_ASKED", "only FHIR JSON is written", "http._format")


def _names(resource_type: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if resource_type == "Patient":
        return ("_id",), ("identifier",)
    first = SERVED[resource_type].by_patient
    names = (first, *(name for name in ("patient", "subject") if name != first))
    typed = ("patient:Patient", "subject:Patient")
    return (*names, *typed), tuple(f"{name}.identifier" for name in (*names, *typed))


def _values(parameters: Parameters, names: Iterable[str]) -> list[str]:
    wanted = frozenset(names)
    return [value for name, value in parameters if name in wanted]


def _patient_id(value: str) -> str:
    text = value.removeprefix("Patient/")
    if _ID.fullmatch(text) is None:
        raise NotUnderstood("PARAMETER_INVALID", "the patient must be given as `[id]` or `Patient/[id]`")
    return text


def _identifier(value: str) -> tuple[str, str]:
    system, bar, plain = value.partition("|")
    if not bar or not system or not plain or "|" in plain or "," in plain:
        raise NotUnderstood("PARAMETER_INVALID", "an identifier must be one `system|value`")
    return system, plain
