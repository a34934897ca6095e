"""A patch: applied to a resource as the caller may see it, and then decided like an update of it.

What is kept from the caller is not in what the operations work on: they can neither test it nor take it away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.disclosure.content import FHIR_JSON
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import Saved
from gateway.flows.checked import checked
from gateway.flows.consent_record import replace_consent
from gateway.flows.fhirpath_patch import patched_along_paths
from gateway.flows.json_patch import patched
from gateway.flows.own_update import update_own, update_task
from gateway.resources import parse_json, to_json
from gateway.security.callers import Caller

_OURS = ("versionId", "lastUpdated")


async def patch(
    premises: Premises,
    caller: Caller,
    resource_type: str,
    resource_id: str,
    operations: Sequence[Any] | Mapping[str, Any],
    if_match: str | None,
) -> Saved:
    """The resource after `operations`, JSON Patch or the Parameters of a FHIRPath Patch, as its submitter may see it.

    Raises NotFound as a read does, AlreadyReceived `VERSION_CONFLICT` where `if_match` is not the version shown now,
    NotUnderstood `PATCH_INVALID` and `PATCH_FAILED`, NotSupported `PATCH_PATH`; and what an update of the type raises.
    """
    pulled = await pull.read(premises, replace(caller, media=FHIR_JSON), resource_type, resource_id)
    is_stale = if_match is not None and if_match != pulled.version
    if is_stale and resource_type != "Consent":
        raise _conflict()
    shown = parse_json(pulled.content)
    wanted: Mapping[str, Any] = await asyncio.to_thread(_patched, shown, operations)
    if is_stale and not shown.get("status") == "active" != wanted.get("status"):
        raise _conflict()  # but what she takes back is taken back, whatever version her agency has seen
    for name in ("resourceType", "id"):
        if wanted.get(name) != shown.get(name):
            raise NotUnderstood("PATCH_INVALID", "must stay as it is", f"{resource_type}.{name}")
    # By the version that was looked at: nothing is overwritten that came in between.
    if resource_type == "Consent":
        return await replace_consent(premises, caller, resource_id, wanted, pulled.version)
    if resource_type != "Task":
        made, request_id = await update_own(premises, caller, wanted, to_json(wanted), pulled.version)
        plain = {name: value for name, value in wanted.get("meta", {}).items() if name not in _OURS}
        dated = {**plain, "versionId": made.tag, "lastUpdated": made.last_modified}
        return Saved({**wanted, "meta": dated}, made.tag, made.last_modified, request_id)
    checked(wanted, "Task")
    outputs = wanted.get("output", [])
    saved = await update_task(premises, caller, resource_id, wanted, pulled.version, outputs)
    told = {name: value for name, value in wanted.items() if name != "meta"}
    meta = saved.resource.get("meta")
    return replace(saved, resource={**told, "meta": meta} if meta else told)


def _conflict() -> AlreadyReceived:
    return AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")


def _patched(shown: Mapping[str, Any], operations: Sequence[Any] | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(operations, Mapping):
        return patched_along_paths(shown, operations)
    return patched(shown, operations)
