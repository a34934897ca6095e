"""A Binary as the bytes that it holds, in its own media type. HL7 FHIR 4.0.1, binary.html#rest.

It is shown as the resource is: with a document that names it, and both permitted. Whatever is not all of it is nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.disclosure.show import show
from gateway.flows.nothing import NothingToShow
from gateway.flows.within_scopes import within_scopes
from gateway.security.callers import Caller
from gateway.store import Reading, Record, records

ANY_BYTES = "application/octet-stream"
"""What the log calls the media type of what left: the type of a paper may tell what it is."""


@dataclass(frozen=True, slots=True)
class Paper:
    """The exact bytes to answer with, what they are, and which version of the Binary."""

    content: bytes = field(repr=False)
    media_type: str
    version: str
    last_modified: str
    request_id: str


async def read_paper(premises: Premises, caller: Caller, binary_id: str, accepted: Collection[str]) -> Paper:
    """The content of a Binary, where the caller may see it and its media type is one of those `accepted`.

    Raises NotFound `NO_SUCH_RECORD` as `pull.read` does, also where it is of another type.
    """
    reached = within_scopes(premises, caller)

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        record = records.get(reading, "Binary", binary_id)
        if record is None or record.deleted or record.patient_id is None:
            return None, ()
        return record.patient_id, (record,)

    def choose(seen: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        return [one for one in reached(seen) if _kind(one) in accepted and _bytes(one)]

    def write(
        resources: Sequence[Mapping[str, Any]], _notices: Sequence[Mapping[str, Any]], _at: datetime
    ) -> bytes:
        return _bytes(resources[0]) if resources else b""

    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        media=ANY_BYTES,
        select=select,
        write=write,
        kind="read",
        choose=choose,
    )
    if not shown.resources:
        raise NothingToShow(shown.request_id)
    meta = shown.resources[0]["meta"]
    told = str(shown.resources[0]["contentType"])
    kind = told if told.isascii() and told.isprintable() else _kind(shown.resources[0])
    return Paper(shown.content, kind, meta["versionId"], meta.get("lastUpdated", ""), shown.request_id)


def _kind(binary: Mapping[str, Any]) -> str:
    return str(binary.get("contentType", "")).partition(";")[0].strip().lower()


def _bytes(binary: Mapping[str, Any]) -> bytes:
    """What it holds; nothing where that is gone or no base64."""
    try:
        return base64.b64decode(str(binary.get("data", "")), validate=False)
    except ValueError:  # `binascii.Error`, or a letter outside ASCII
        return b""
