"""What left, element by element, beside what was kept: for the compliance role's view of one disclosure.

A withheld value is never part of what comes back: only where it stands. What left is told by the exact bytes of the
release, what was there by the version of the record that the audit entry names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.audit import AuditEntry, LoggedEntry
from gateway.errors import HandoffError
from gateway.store import Reading, ReleaseRow, outbox, records

LEFT, CHANGED, WITHHELD = "left", "changed", "withheld"
_OURS = ("meta", "text", "id", "resourceType")
_NUMBER = re.compile(r"\[\d+\]")
_FHIR = ("application/fhir+json", "application/json")
_NOTICE_TITLE = "Notice on the use of these records"


@dataclass(frozen=True, slots=True)
class Element:
    """One value of a record. `became`: `left`, `changed` (it left as another value, such as the network's own reference
    to the patient) or `withheld`. `value` is what left; empty when nothing did, or when no values were asked for.
    """

    path: str
    became: str
    value: str

    @property
    def left(self) -> bool:
        """Whether something left for it."""
        return self.became != WITHHELD


@dataclass(frozen=True, slots=True)
class Part:
    """One record: what of it left. `is_known` is False when the version that was read can no longer be opened."""

    reference: str
    is_known: bool
    elements: tuple[Element, ...]

    @property
    def withheld(self) -> int:
        """How many of its values did not leave."""
        return sum(not element.left for element in self.elements)


@dataclass(frozen=True, slots=True)
class Parts:
    """One disclosure: its records, the notice that went with it, and whether the bytes could be told apart."""

    records: tuple[Part, ...]
    notice: str
    media_type: str
    is_fhir: bool
    is_kept: bool


def attempts_of(reading: Reading, logged: LoggedEntry) -> tuple[ReleaseRow, ...]:
    """Every release of what the entry is about, oldest first: of its intent, or the answer that it was."""
    own = outbox.of_audit(reading, logged.row.seq)
    intent_id = own[0].intent_id if own else None
    return outbox.of_intent(reading, intent_id) if intent_id else own


def releases_of(reading: Reading, intent_id: str) -> tuple[ReleaseRow, ...]:
    """Every release that was made for an intent, oldest first."""
    return outbox.of_intent(reading, intent_id)


def parts_of(
    reading: Reading, logged: LoggedEntry, entries: tuple[LoggedEntry, ...], *, values: bool
) -> Parts | None:
    """What left by an entry, None where nothing was released for it. `entries` are those of the same request: an answer
    to a question is released once, for the first of them. With `values` what left is told too.
    """
    entry = logged.entry
    found = [release for one in entries for release in outbox.of_audit(reading, one.row.seq)]
    if entry is None or not found or not entry.bytes_sha256:
        return None
    release = next((one for one in found if one.sha256 == entry.bytes_sha256), found[0])
    is_fhir = release.media_type in _FHIR
    try:
        content = outbox.content(reading, release.id)
    except HandoffError:
        return Parts((), "", release.media_type, is_fhir, is_kept=False)
    left = _resources(content) if is_fhir else {}
    made = tuple(_parts(reading, entry, left, values=values)) if is_fhir else ()
    return Parts(made, _notice_in(content) if is_fhir else "", release.media_type, is_fhir, is_kept=True)


def part_between(reference: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Part:
    """A record as it is and as it would leave: where each value stands and what becomes of it, no value."""
    return Part(reference, is_known=True, elements=tuple(_compared(before, after, values=False)))


def released_text(reading: Reading, release_id: str) -> str:
    """The bytes of a release as text. Raises NotFound `NO_SUCH_RELEASE`, `KEY_GONE`."""
    return outbox.content(reading, release_id).decode("utf-8", "replace")


def _resources(content: bytes) -> dict[str, Mapping[str, Any]]:
    bundle = json.loads(content)
    entries = bundle.get("entry", ()) if bundle.get("resourceType") == "Bundle" else ({"resource": bundle},)
    found = [entry["resource"] for entry in entries if "resource" in entry]
    return {f"{one.get('resourceType')}/{one.get('id')}": one for one in found}


def _notice_in(content: bytes) -> str:
    for reference, resource in _resources(content).items():
        if reference.startswith("OperationOutcome/"):
            return " ".join(str(issue.get("diagnostics", "")) for issue in resource.get("issue", ()))
        attached = [one.get("attachment", {}) for one in resource.get("content", ()) if isinstance(one, dict)]
        if any(one.get("title") == _NOTICE_TITLE for one in attached):
            return str(resource.get("description", ""))
    return ""


def _parts(
    reading: Reading, entry: AuditEntry, left: Mapping[str, Mapping[str, Any]], *, values: bool
) -> Iterator[Part]:
    for number, row in enumerate(entry.resources):
        read = entry.read[number] if number < len(entry.read) else ""
        before = _as_read(reading, row.reference, read)
        after = left.get(row.reference, {})
        known = before if before is not None else after
        yield Part(row.reference, before is not None, tuple(_compared(known, after, values=values)))


def _compared(before: Mapping[str, Any], after: Mapping[str, Any], *, values: bool) -> Iterator[Element]:
    """Each value of `before`: it left when `after` has it at the same place, whatever its number in a list is there."""
    left: dict[str, list[str]] = {}
    for path, value in leaves_of(after):
        left.setdefault(_NUMBER.sub("", path), []).append(value)
    same: dict[str, str] = {}
    for path, value in leaves_of(before):
        there = left.get(_NUMBER.sub("", path), [])
        if value in there:
            there.remove(value)
            same[path] = value
    for path, _ in leaves_of(before):
        there = left.get(_NUMBER.sub("", path), [])
        if path in same:
            yield Element(path, LEFT, same[path] if values else "")
        elif there:
            other = there.pop(0)
            yield Element(path, CHANGED, other if values else "")
        else:
            yield Element(path, WITHHELD, "")


def _as_read(reading: Reading, reference: str, read: str) -> Mapping[str, Any] | None:
    """The record in the version that was read; None when it is not there any more."""
    kind, _, record_id = reference.partition("/")
    named, _, number = read.rpartition("/")
    if not number.isdecimal():
        return None
    try:
        found = records.version(reading, kind, named or record_id, int(number))
    except HandoffError:
        return None
    return None if found is None else found.resource


def leaves_of(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and value of everything in a resource that is no container; what the gateway itself puts there left out."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if path or name not in _OURS:
                yield from leaves_of(value, f"{path}.{name}" if path else str(name))
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from leaves_of(value, f"{path}[{number}]")
    else:
        yield path, str(node)
