"""JSON Patch (RFC 6902): applied to a resource as the caller may see it, and then decided like an update of it.

What is kept from the caller is not in what the operations work on: they can neither test it nor take it away.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.disclosure.content import FHIR_JSON
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotSupported, NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import Saved
from gateway.flows.checked import checked
from gateway.flows.consent_record import replace_consent
from gateway.flows.status import update_task
from gateway.resources import parse_json, to_json
from gateway.security.callers import Caller

MOST_OPERATIONS, LARGEST = 20, 65_536
"""How many operations are taken, and to how many bytes a resource may grow by them."""
_A_LITTLE = 1_024
_GROWS_BY = frozenset({"add", "copy", "replace", "move"})
_OURS = ("versionId", "lastUpdated")


async def patch(
    premises: Premises,
    caller: Caller,
    resource_type: str,
    resource_id: str,
    operations: Sequence[Any],
    if_match: str | None,
) -> Saved:
    """The resource after `operations`, as its submitter may see it.

    Raises NotFound as a read does, AlreadyReceived `VERSION_CONFLICT` where `if_match` is not the version shown now,
    NotUnderstood `PATCH_INVALID` and `PATCH_FAILED`, NotSupported for a type that is not updated; and what an update
    of the type raises.
    """
    pulled = await pull.read(premises, replace(caller, media=FHIR_JSON), resource_type, resource_id)
    is_stale = if_match is not None and if_match != pulled.version
    if is_stale and resource_type != "Consent":
        raise _conflict()
    shown = parse_json(pulled.content)
    wanted = await asyncio.to_thread(patched, shown, operations)
    if is_stale and not shown.get("status") == "active" != wanted.get("status"):
        raise _conflict()  # but what she takes back is taken back, whatever version her agency has seen
    for name in ("resourceType", "id"):
        if wanted.get(name) != shown.get(name):
            raise NotUnderstood("PATCH_INVALID", "must stay as it is", f"{resource_type}.{name}")
    # By the version that was looked at: nothing is overwritten that came in between.
    if resource_type == "Consent":
        return await replace_consent(premises, caller, resource_id, wanted, pulled.version)
    if resource_type != "Task":
        raise NotSupported("METHOD_NOT_SERVED", "this interaction is not served for this type")
    checked(wanted, "Task")
    outputs = wanted.get("output", [])
    saved = await update_task(premises, caller, resource_id, wanted, pulled.version, outputs)
    told = {name: value for name, value in wanted.items() if name != "meta"}
    meta = saved.resource.get("meta")
    return replace(saved, resource={**told, "meta": meta} if meta else told)


def _conflict() -> AlreadyReceived:
    return AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")


def patched(document: Mapping[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """`document` after the operations, under the same limits as what is sent whole.

    Raises NotUnderstood `PATCH_INVALID` (they cannot be read) and `PATCH_FAILED` (one does not apply), with the place.
    """
    from jsonpatch import InvalidJsonPatch, JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    if len(operations) > MOST_OPERATIONS:
        raise NotUnderstood("PATCH_INVALID", f"at most {MOST_OPERATIONS} operations are taken")
    found: Any = copy.deepcopy(dict(document))
    # What is large already, as a Consent with its form, may be changed, as to withdraw it, and hardly made larger.
    largest = max(LARGEST, len(to_json(found)) + _A_LITTLE)
    for number, one in enumerate(operations):
        place = f"operation {number}"
        if not isinstance(one, dict):
            raise NotUnderstood("PATCH_INVALID", "must be an object", place)
        try:
            found = JsonPatch([one]).apply(found, in_place=True)
            fits = isinstance(found, dict) and (one["op"] not in _GROWS_BY or len(to_json(found)) <= largest)
        except InvalidJsonPatch:
            raise NotUnderstood("PATCH_INVALID", "is no operation of JSON Patch", place) from None
        except (JsonPatchException, JsonPointerException, TypeError, ValueError, LookupError, RecursionError):
            raise NotUnderstood("PATCH_FAILED", "does not apply to the resource", place) from None
        if not fits:
            raise NotUnderstood("PATCH_FAILED", "makes what is no resource of a size that is taken", place)
    made: dict[str, Any] = parse_json(to_json(found))
    meta = made.get("meta")
    if isinstance(meta, dict):
        kept = {name: value for name, value in meta.items() if name not in _OURS}
        made = {**made, "meta": kept} if kept else {k: v for k, v in made.items() if k != "meta"}
    return made
