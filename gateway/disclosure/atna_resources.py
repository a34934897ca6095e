"""An AuditEvent as the FHIR feed of ATNA carries it (ITI-20, Send Audit Resource and Send Audit Bundle).

It says what the syslog feed says (`atna_messages.py`): ids and codes, no labels, no names of organizations, no values
asked for; of whoever got something outside the gateway only that it was `outside`. A repository gives it an id of its
own; ours, with the instant, is a tag, by which a repository that takes conditional creates keeps it once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from gateway.disclosure.audit_events import OUTSIDER

Json = Mapping[str, Any]
UNSAID = "outside"
_OURS = "urn:warm-handoff:audit"


def name_of(event: Json) -> str:
    """The tag's code: the same when the event is told again, and no other's."""
    return f"{event['source']['site']}.{event['id']}.{event['recorded']}"


def if_none_exist(event: Json) -> str:
    """The search of FHIR's conditional create that finds the event where it was kept before."""
    return f"_tag={quote(f'{_OURS}|{name_of(event)}', safe='')}"


def audit_resource(event: Json) -> bytes:
    """The AuditEvent to be created, UTF-8."""
    return orjson.dumps(_told(event))


def audit_bundle(events: Sequence[Json]) -> bytes:
    """A batch that creates each of `events` unless it is there, UTF-8."""
    entries = [
        {
            "resource": _told(one),
            "request": {"method": "POST", "url": "AuditEvent", "ifNoneExist": if_none_exist(one)},
        }
        for one in events
    ]
    return orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})


def _told(event: Json) -> Json:
    tag = {"system": _OURS, "code": name_of(event)}
    source = event["source"]
    told = {name: value for name, value in event.items() if name != "id"}
    told["meta"] = {**event.get("meta", {}), "tag": [tag]}
    told["agent"] = [{**one, "who": _who(one["who"])} for one in event["agent"]]
    told["source"] = {**source, "observer": _who(source["observer"])}
    if "entity" in event:
        told["entity"] = [
            {name: value for name, value in one.items() if name != "securityLabel"} for one in event["entity"]
        ]
    return told


def _who(what: Json) -> Json:
    """Who or what, by its id alone."""
    identifier = what.get("identifier")
    if identifier is not None and identifier["system"] == OUTSIDER:
        return {"identifier": {**identifier, "value": UNSAID}}
    return {name: value for name, value in what.items() if name != "display"}
