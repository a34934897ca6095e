"""JSON Patch (RFC 6902): applied to a resource as the caller may see it, and then decided like an update of it.

What is kept from the caller is not in what the operations work on: they can neither test it nor take it away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotSupported, NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import Saved
from gateway.flows.consent_record import replace_consent
from gateway.flows.status import update_task
from gateway.resources import parse_json, to_json
from gateway.security.callers import Caller
from gateway.store import records

MOST_OPERATIONS, LARGEST = 100, 1_048_576
_STAYS_AS_HELD = ("output", "executionPeriod")
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
    pulled = await pull.read(premises, caller, resource_type, resource_id)
    is_stale = if_match is not None and if_match != pulled.version
    if is_stale and resource_type != "Consent":
        raise _conflict()
    shown = parse_json(pulled.content)
    wanted = patched(shown, operations)
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
    saved = await update_task(
        premises, caller, resource_id, _with_what_is_hidden(premises, shown, wanted), pulled.version
    )
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
    found: Any = dict(document)
    for number, one in enumerate(operations):
        place = f"operation {number}"
        if not isinstance(one, dict):
            raise NotUnderstood("PATCH_INVALID", "must be an object", place)
        try:
            found = JsonPatch([one]).apply(found)
            size = len(to_json(found)) if isinstance(found, dict) else LARGEST + 1
        except InvalidJsonPatch:
            raise NotUnderstood("PATCH_INVALID", "is no operation of JSON Patch", place) from None
        except (JsonPatchException, JsonPointerException, TypeError, ValueError, LookupError, RecursionError):
            raise NotUnderstood("PATCH_FAILED", "does not apply to the resource", place) from None
        if size > LARGEST:
            raise NotUnderstood("PATCH_FAILED", "makes what is no resource of a size that is taken", place)
    made: dict[str, Any] = parse_json(to_json(found))
    meta = made.get("meta")
    if isinstance(meta, dict):
        kept = {name: value for name, value in meta.items() if name not in _OURS}
        made = {**made, "meta": kept} if kept else {k: v for k, v in made.items() if k != "meta"}
    return made


def _with_what_is_hidden(
    premises: Premises, shown: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """The Task to save: what the operations did not touch stays as it is held, and so does every output not shown."""
    left = {name: value for name, value in wanted.items() if name not in _STAYS_AS_HELD}
    left |= {
        name: wanted[name] for name in _STAYS_AS_HELD if name in wanted and wanted[name] != shown.get(name)
    }
    seen = list(shown.get("output", ()))
    if wanted.get("output", []) == seen:
        return left
    with premises.store.read() as reading:
        record = records.get(reading, "Task", str(shown["id"]))
    held = [] if record is None else list(record.resource.get("output", ()))
    said = (
        list(wanted.get("output", ())) if isinstance(wanted.get("output", []), list) else [wanted["output"]]
    )
    if len(held) == len(seen):  # of each there is something to be seen
        as_held = [held[seen.index(one)] if one in seen else one for one in said]
    else:
        as_held = [*said, *(one for one in held if one not in seen)]
    if as_held:
        left["output"] = as_held
    return left
