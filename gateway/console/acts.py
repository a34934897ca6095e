"""What is shown only with a reason: the bytes of a message, and the bytes and values that left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway import audit
from gateway.audit import LoggedEntry
from gateway.console.look import patients_of
from gateway.disclosure.release_parts import Parts, attempts_of, parts_of, released_text
from gateway.errors import NotFound
from gateway.store import Reading, inbox, intents

_SEQ = re.compile(r"[0-9]{1,15}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9\-]{1,64}")
_LONGEST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Content:
    """Content with where it is from. `parts` has what left record by record, where that can be told; `file` name and
    bytes of what is taken along instead of shown.
    """

    subject: str
    heading: str
    text: str
    is_cut: bool
    parts: Parts | None
    patients: frozenset[str]
    file: tuple[str, bytes] | None = None


def content_of_message(reading: Reading, path: Mapping[str, str]) -> Content:
    """The bytes of a message as they came. Raises NotFound `NO_SUCH_MESSAGE`, `KEY_GONE`."""
    message = inbox.get(reading, path["id"]) if _ID.fullmatch(path["id"]) else None
    if message is None:
        raise NotFound("NO_SUCH_MESSAGE", "no message has that id")
    text = inbox.raw(reading, message.id).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    brought = (intent.patient_id for intent in intents.of_message(reading, message.id))
    said = (one.row.patient_id for one in audit.find_by_request(reading, message.id))
    ids = patients_of((message.patient_id, *brought, *said))
    subject = f"messages/{message.id}"
    return Content(
        subject, "The message as it came", text[:_LONGEST_TEXT], len(text) > _LONGEST_TEXT, None, ids
    )


def content_of_question(reading: Reading, path: Mapping[str, str]) -> Content:
    """A question as it was sent. Raises NotFound `NO_SUCH_ENTRY`, `NO_SUCH_QUESTION`."""
    logged = entry_at(reading, path["seq"])
    if logged.entry is None or not logged.entry.asked:
        raise NotFound("NO_SUCH_QUESTION", "this entry is of no question")
    ids = patients_of((logged.row.patient_id,))
    heading = "The question as it was sent"
    return Content(f"decisions/{logged.row.seq}", heading, logged.entry.asked, False, None, ids)


def content_of_release(reading: Reading, path: Mapping[str, str]) -> Content:
    """What left by an entry. Raises NotFound `NO_SUCH_ENTRY`, `NO_SUCH_RELEASE`, `KEY_GONE`."""
    seq = path["seq"]
    logged = entry_at(reading, seq)
    same_request = audit.find_by_request(reading, logged.row.request_id)
    parts = parts_of(reading, logged, same_request, values=True)
    releases = [release for one in same_request for release in attempts_of(reading, one)]
    bytes_sha256 = logged.entry.bytes_sha256 if logged.entry is not None else None
    release = next((one for one in releases if one.sha256 == bytes_sha256), None)
    if release is None:
        raise NotFound("NO_SUCH_RELEASE", "nothing left by this entry")
    text = (
        "" if parts is not None and parts.is_fhir else released_text(reading, release.id).replace("\r", "\n")
    )
    ids = patients_of(one.row.patient_id for one in same_request)
    return Content(
        f"decisions/{seq}", "What left", text[:_LONGEST_TEXT], len(text) > _LONGEST_TEXT, parts, ids
    )


def entry_at(reading: Reading, seq: str) -> LoggedEntry:
    """The entry of that number. Raises NotFound `NO_SUCH_ENTRY`."""
    logged = audit.get(reading, int(seq)) if _SEQ.fullmatch(seq) else None
    if logged is None:
        raise NotFound("NO_SUCH_ENTRY", "there is no entry of that number")
    return logged
