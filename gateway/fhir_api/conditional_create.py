"""`If-None-Exist`: nothing is created where what the caller may see meets the condition. HL7 FHIR 4.0.1, http.html.

The condition is a search like any other: it names its patient, and finds only what the caller would be shown. It is
looked at in the transaction that would create.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from gateway.disclosure.asked import question
from gateway.errors import NotUnderstood
from gateway.fhir_api.incoming import require_scope
from gateway.fhir_api.search_parameters import criteria_of, read_query
from gateway.flows.answers import SearchCriteria
from gateway.security.callers import Caller

_HEADER = "if-none-exist"


def condition_of(caller: Caller, request: Request, resource_type: str) -> SearchCriteria | None:
    """What must not be there; None where nothing is said.

    Raises NotUnderstood as a strict search does, NotAllowed `SCOPE_MISSING`.
    """
    if _HEADER not in request.headers:
        return None
    require_scope(caller, resource_type, "search-type")
    asked = read_query(request.headers[_HEADER].removeprefix("?"))
    if any(name.startswith("_") and name not in ("_id", "_lastUpdated") for name, _ in asked):
        raise NotUnderstood(
            "HEADER_INVALID", "must be what limits a search, and nothing else", "http.If-None-Exist"
        )
    criteria = criteria_of(resource_type, asked, strict=True)
    return replace(criteria, asked=question(resource_type, asked))
