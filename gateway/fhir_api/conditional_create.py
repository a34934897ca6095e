"""`If-None-Exist`: nothing is created where what the caller may see meets the condition. HL7 FHIR 4.0.1, http.html.

The condition is a search like any other: it names its patient, and finds only what the caller would be shown.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field

from starlette.requests import Request

from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import require_scope
from gateway.fhir_api.search_parameters import criteria_of, read_query
from gateway.flows.answers import Saved
from gateway.security.callers import Caller

HEADER = "if-none-exist"


@dataclass(frozen=True, slots=True)
class Turns:
    """One conditional create of a partner at a time, so that two at once do not both find nothing."""

    of_partner: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))


async def found_already(desk: Desk, caller: Caller, request: Request, resource_type: str) -> Saved | None:
    """The one resource that meets the condition; None where nothing does.

    Raises NotUnderstood as a strict search does, AlreadyReceived `CONDITION_SEVERAL`.
    """
    require_scope(caller, resource_type, "search-type")
    asked = read_query(request.headers[HEADER].removeprefix("?"))
    if any(name.startswith("_") and name not in ("_id", "_lastUpdated") for name, _ in asked):
        raise NotUnderstood(
            "HEADER_INVALID", "must be what limits a search, and nothing else", "http.If-None-Exist"
        )
    criteria = criteria_of(resource_type, asked, strict=True, base=f"{desk.base_url()}/fhir/{resource_type}")
    pulled = await desk.doors.search(caller, resource_type, criteria)
    entries = json.loads(pulled.content).get("entry", ())
    matches = [one["resource"] for one in entries if one["search"]["mode"] == "match"]
    if len(matches) > 1:
        raise AlreadyReceived("CONDITION_SEVERAL", "is met by several resources", "http.If-None-Exist")
    if not matches:
        return None
    meta = matches[0].get("meta", {})
    version, at = str(meta.get("versionId", "")), str(meta.get("lastUpdated", ""))
    return Saved(matches[0], version, at, pulled.request_id)
