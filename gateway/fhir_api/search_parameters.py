"""From search parameters to what is searched. HL7 FHIR 4.0.1, search.html.

A search names its patient: by the gateway's own id (GET or POST) or by an identifier of the caller (POST
`_search` only, because addresses are written to logs on the way). `search_table.py` lists what else is served;
any other parameter is ignored, or refused under `Prefer: handling=strict`. A modifier that is not served is
always refused, because ignoring it would change what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from gateway.errors import NotUnderstood
from gateway.fhir_api.chained import links_in
from gateway.fhir_api.includes import BACKWARD, FORWARD, ITERATE, includes_in
from gateway.fhir_api.media import format_named
from gateway.fhir_api.search_limits import limit_of
from gateway.fhir_api.search_table import parameters_of
from gateway.fhir_api.served import SERVED
from gateway.flows.answers import MOST_ON_A_PAGE, SearchCriteria
from gateway.flows.in_part import SUMMARY, WITHOUT_TEXT
from gateway.resources.searching import Filter

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MOST_PARAMETERS = 64
_MOST_FILTERS = 16
_PLAIN = frozenset({"_format", "_pretty", "_count", "_sort", "_total", "_elements", "_summary"})
_DEMOGRAPHIC = frozenset(
    {"identifier", "name", "family", "given", "birthdate", "gender", "phone", "email", "telecom", "phonetic"}
)
_REFUSED_ALWAYS = frozenset({"_content", "_text", "_filter", "_query"})

_WITHOUT_PATIENT = {name for name, served in SERVED.items() if served.without_patient}

_ORGANIZATIONS = (("owner",), ("requester",))
_WORKLIST = (
    "; without a patient `owner=Organization/[yours]` or `requester=Organization/[yours]`, one by `_id`, or all of "
    "those referred to you with `Group/referred/$export`"
)

_COUNTED = "count"
_SUMMARIES: Mapping[str, tuple[str, ...]] = {
    "false": (),
    "data": (WITHOUT_TEXT,),
    "text": ("text",),
    "true": (SUMMARY,),
}
_ELEMENT = re.compile(r"[a-z][A-Za-z]{0,63}")
_MOST_ELEMENTS = 64

Parameters = tuple[tuple[str, str], ...]


def read_query(text: str) -> Parameters:
    """The parameters of a query string or a form.

    Raises NotUnderstood `PARAMETER_INVALID`.
    """
    if not text:
        return ()
    try:
        return tuple(
            parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
        )
    except ValueError:
        raise NotUnderstood("PARAMETER_INVALID", "the parameters cannot be read") from None


def refuse_identifying(resource_type: str, parameters: Parameters) -> None:
    """Nothing, unless an address carries what identifies a patient. What agencies, places and their workers are called
    identifies none.

    Raises NotUnderstood `SEARCH_BY_POST`.
    """
    for name, value in parameters:
        if _is_of_workers(resource_type, name):
            continue
        parts = re.split(r"[.:]", name)
        told = any(part in _DEMOGRAPHIC or part.startswith("address") for part in parts)
        if told or name in _REFUSED_ALWAYS or (parts[0] in ("patient", "subject", "_id") and "|" in value):
            text = "search by identifiers with `POST [type]/_search`, never in an address"
            if resource_type == "Patient":
                text += "; by name and birth date with `POST Patient/$match`"
            raise NotUnderstood("SEARCH_BY_POST", text)


def _is_of_workers(resource_type: str, name: str) -> bool:
    """Whether a parameter is of what agencies, places and workers are, or a chain of one step that ends at such."""
    if resource_type not in _WITHOUT_PATIENT or name.startswith("_"):
        return False
    reference, dot, wanted = name.partition(".")
    plain, _, typed = reference.partition(":")
    parameter = parameters_of(resource_type).get(plain)
    if parameter is None or not dot:
        return parameter is not None
    ends = {typed} if typed else {*parameter.targets}
    known = ends <= _WITHOUT_PATIENT and all(wanted.partition(":")[0] in parameters_of(one) for one in ends)
    return bool(ends) and known and "." not in wanted


def criteria_of(
    resource_type: str, parameters: Parameters, *, strict: bool, base: str = ""
) -> SearchCriteria:
    """What is searched. `base`: the address of the type, for the links of the answer.

    Raises NotUnderstood: `PARAMETER_UNKNOWN` (strict only), `PARAMETER_INVALID`, `PARAMETER_TWICE`,
    `PARAMETER_MODIFIER`, `PARAMETER_MISSING` when no patient is named.
    """
    pages = values_of(parameters, ("_page",))
    if pages:
        if not pages[0]:
            raise NotUnderstood("PARAMETER_INVALID", "`_page` must be the token of a page", "http._page")
        return SearchCriteria(page=pages[0], page_address=f"{base}?_page=")
    parameters = _as_relative(parameters, base)
    patient_names, identifier_names = _names(resource_type)
    filters, used = _filters(resource_type, parameters)
    includes = includes_in(resource_type, parameters, strict=strict)
    links, linking = links_in(resource_type, parameters)
    along = {FORWARD, BACKWARD, f"{FORWARD}:{ITERATE}", f"{BACKWARD}:{ITERATE}"}
    known = {*patient_names, *identifier_names, *_PLAIN, *used, *linking, *along}
    if strict and any(name not in known for name, _ in parameters):
        served = ", ".join(sorted(parameters_of(resource_type)))
        raise NotUnderstood(
            "PARAMETER_UNKNOWN", f"a search parameter is not supported; beside the patient: {served}"
        )
    worklist = _is_worklist(resource_type, parameters, filters)
    patient, identifier, named = (None, None, "") if worklist else _whose(resource_type, parameters)
    sort, descending = _sort(resource_type, values_of(parameters, ("_sort",)))
    count = count_in(parameters, least=0)
    return SearchCriteria(
        patient=patient,
        identifier=identifier,
        named=named,
        filters=filters,
        sort=sort,
        descending=descending,
        count=max(count, 1),
        includes=includes,
        links=links,
        elements=elements_in(parameters, counted=True),
        only_count=count == 0 or values_of(parameters, ("_summary",)) == [_COUNTED],
        worklist=worklist,
        address=base,
        page_address=f"{base}?_page=",
    )


def _as_relative(parameters: Parameters, base: str) -> Parameters:
    """References by our whole address are as relative ones. HL7 FHIR 4.0.1, search.html#reference."""
    ours = f"{base.rpartition('/')[0]}/"
    if len(ours) == 1:
        return parameters
    return tuple((name, value.removeprefix(ours)) for name, value in parameters)


def _is_worklist(resource_type: str, parameters: Parameters, filters: Iterable[Filter]) -> bool:
    """Whether Tasks of an organization are asked for, of whomever: `owner` or `requester`, and no patient nor `_id`.

    Raises NotUnderstood `PARAMETER_INVALID` for an order of it.
    """
    patient_names, identifier_names = _names(resource_type)
    if resource_type != "Task" or values_of(parameters, (*patient_names, *identifier_names, "_id")):
        return False
    found = any(one.places in _ORGANIZATIONS and one.values and not one.negated for one in filters)
    if found and values_of(parameters, ("_sort",)):
        text = (
            "without a patient Tasks come patient by patient, in no other order; `_lastUpdated` limits them"
        )
        raise NotUnderstood("PARAMETER_INVALID", text, "http._sort")
    return found


def _whose(resource_type: str, parameters: Parameters) -> tuple[str | None, tuple[str, str] | None, str]:
    """The patient by our id, by an identifier, or by `Type/id` of a record of hers; none of these: the directory.

    Raises NotUnderstood `PARAMETER_TWICE`, `PARAMETER_INVALID`, `PARAMETER_MISSING`.
    """
    patient_names, identifier_names = _names(resource_type)
    patients, identifiers = values_of(parameters, patient_names), values_of(parameters, identifier_names)
    if len(patients) > 1 or len(identifiers) > 1:
        raise NotUnderstood("PARAMETER_TWICE", "the patient may be named once", f"http.{patient_names[0]}")
    patient = _patient_id(patients[0]) if patients else None
    identifier = _identifier(identifiers[0]) if identifiers else None
    if patient or identifier:
        return patient, identifier, ""
    named = _record_named(resource_type, parameters)
    if not named and SERVED[resource_type].without_patient != "directory":
        text = f"`{patient_names[0]}` or, by POST `_search`, `{identifier_names[0]}` is needed"
        if resource_type == "Patient":
            text += "; by name and birth date a patient is found with `POST Patient/$match`"
        if resource_type == "Task":
            text += _WORKLIST
        raise NotUnderstood("PARAMETER_MISSING", text, f"http.{patient_names[0]}")
    return None, None, named


def _record_named(resource_type: str, parameters: Parameters) -> str:
    """`Type/id` of a record whose patient is meant: by its own id, or as what it is of (`Provenance?target=`)."""
    served = parameters_of(resource_type)
    for name, value in parameters:
        if name == "_id" and _ID.fullmatch(value):
            return f"{resource_type}/{value}"
        if not SERVED[resource_type].without_patient:
            continue
        plain, _, stated = name.partition(":")
        one = served.get(plain)
        kind, _, own_id = (f"{stated}/{value}" if stated else value).rpartition("/")
        if one is not None and kind in one.targets and kind != "Patient" and _ID.fullmatch(own_id):
            return f"{kind}/{own_id}"
    return ""


def _filters(resource_type: str, parameters: Parameters) -> tuple[tuple[Filter, ...], set[str]]:
    """What limits the search, and the names that were understood."""
    served, found, used = parameters_of(resource_type), [], set()
    for name, value in parameters:
        plain, _, modifier = name.partition(":")
        parameter = served.get(plain)
        if parameter is None or "." in name:
            continue
        used.add(name)
        found.append(limit_of(plain, parameter, modifier, value))
    if len(found) > _MOST_FILTERS:
        raise NotUnderstood("PARAMETER_INVALID", f"at most {_MOST_FILTERS} limits are taken in one search")
    return tuple(found), used


def _sort(resource_type: str, asked: list[str]) -> tuple[tuple[str, ...], bool]:
    """The element paths to sort by, and whether the latest comes first."""
    if not asked:
        return (), False
    name = asked[0].removeprefix("-")
    parameter = parameters_of(resource_type).get(name)
    if len(asked) > 1 or parameter is None or parameter.kind != "date":
        raise NotUnderstood(
            "PARAMETER_INVALID",
            "`_sort` must be one date parameter of this type, or `-` and one",
            "http._sort",
        )
    return parameter.places, asked[0].startswith("-")


def elements_in(parameters: Parameters, *, counted: bool = False) -> tuple[str, ...]:
    """What of each resource is to be shown; nothing for the whole. `counted`: `_summary=count` may be asked for.

    Raises NotUnderstood `PARAMETER_INVALID`.
    """
    if not parameters:
        return ()
    named, summary = values_of(parameters, ("_elements",)), values_of(parameters, ("_summary",))
    known = {*_SUMMARIES, *([_COUNTED] if counted else ())}
    if len(summary) > 1 or (summary and (named or summary[0] not in known)):
        listed = "`, `".join(sorted(known))
        raise NotUnderstood(
            "PARAMETER_INVALID", f"`_summary` must be `{listed}`, without `_elements`", "http._summary"
        )
    if summary:
        return _SUMMARIES.get(summary[0], ())
    found = tuple(sorted({part for value in named for part in value.split(",")}))
    if not all(_ELEMENT.fullmatch(one) for one in found) or len(found) > _MOST_ELEMENTS:
        raise NotUnderstood("PARAMETER_INVALID", "`_elements` must be names of elements", "http._elements")
    return found


def count_in(parameters: Parameters, least: int = 1) -> int:
    """How many a page is to hold. Raises NotUnderstood `PARAMETER_INVALID`."""
    asked = values_of(parameters, ("_count",))
    if not asked:
        return MOST_ON_A_PAGE
    if len(asked) > 1 or not re.fullmatch(r"[0-9]{1,6}", asked[0]) or int(asked[0]) < least:
        text = f"`_count` must be one whole number, {least} or more"
        raise NotUnderstood("PARAMETER_INVALID", text, "http._count")
    return min(int(asked[0]), MOST_ON_A_PAGE)


def refuse_other_formats(parameters: Parameters) -> None:
    """Nothing, unless `_format` asks for something other than JSON and XML.

    Raises NotUnderstood `MEDIA_TYPE_ASKED`.
    """
    for name, value in parameters:
        if name == "_format" and format_named(value) is None:
            raise NotUnderstood("MEDIA_TYPE_ASKED", "only FHIR JSON and FHIR XML are written", "http._format")


def _names(resource_type: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if resource_type == "Patient":
        return ("_id",), ("identifier",)
    first = SERVED[resource_type].by_patient
    names = (first, *(name for name in ("patient", "subject") if name != first))
    typed = ("patient:Patient", "subject:Patient")
    return (*names, *typed), tuple(f"{name}.identifier" for name in (*names, *typed))


def values_of(parameters: Parameters, names: Iterable[str]) -> list[str]:
    """The values of the parameters of these names."""
    wanted = frozenset(names)
    return [value for name, value in parameters if name in wanted]


def _patient_id(value: str) -> str:
    text = value.removeprefix("Patient/")
    if _ID.fullmatch(text) is None:
        text = "the patient must be given as `[id]` or `Patient/[id]`"
        raise NotUnderstood("PARAMETER_INVALID", text, "http.patient")
    return text


def _identifier(value: str) -> tuple[str, str]:
    system, bar, plain = value.partition("|")
    if not bar or not system or not plain or "|" in plain or "," in plain:
        raise NotUnderstood(
            "PARAMETER_INVALID", "an identifier must be one `system|value`", "http.identifier"
        )
    return system, plain
