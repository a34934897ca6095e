"""JSON Patch (RFC 6902) of a resource, under the same limits as what is sent whole."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import NotUnderstood
from gateway.resources import parse_json, to_json

MOST_OPERATIONS, LARGEST = 20, 65_536
"""How many operations are taken, and to how many bytes a resource may grow by them."""
_A_LITTLE = 1_024
_GROWS_BY = frozenset({"add", "copy", "replace", "move"})
_OURS = ("versionId", "lastUpdated")


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
