"""Versions as one recipient knows them: what changed for it and when, and nothing of what it may not see.

`meta.versionId` (and the `ETag`) is a keyed hash of what is shown, `meta.lastUpdated` the instant since which this
recipient is shown just that: versions that differ only in what it may not see are one to it. FHIR R4 http.html#versions.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from gateway.disclosure.answered import older_versions
from gateway.disclosure.premises import First, Premises
from gateway.disclosure.seen import (
    Asking,
    Seen,
    is_own,
    own_words,
    seen_alone,
    shown_instead,
)
from gateway.resources import to_json
from gateway.store import Reading, Record, patients

Dress = Callable[[Reading, Mapping[str, Any]], Mapping[str, Any]]
"""Words of the gateway's own, added to what is shown."""


def undressed(_reading: Reading, resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """`resource` as it is."""
    return resource


@dataclass(frozen=True, slots=True)
class State:
    """What was shown for a while: the last version that is shown so, and how, with its version and time."""

    record: Record
    resource: Mapping[str, Any]


def dated(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str, seen: Seen
) -> Mapping[str, Any]:
    """What is seen, with the instant since which it is; `Task.lastModified` moves with that and not before."""
    first = _first_of(premises, reading, asking, patient_id, seen.record)
    return _since(seen.resource, first, own=is_own(seen.record, asking.partner))


def _since(resource: Mapping[str, Any], first: First, *, own: bool) -> Mapping[str, Any]:
    found = {**resource, "meta": {**resource.get("meta", {}), "lastUpdated": first.updated_at}}
    if "lastModified" in found and not own:
        if first.last_modified is None:
            del found["lastModified"]
        else:
            found["lastModified"] = first.last_modified
    return found


def tagged(premises: Premises, partner: str, resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """`resource` with a version id made of all that stands in it, for `partner` alone."""
    digest = hashlib.blake2b(key=_key(premises.keys.alias_key), digest_size=16)
    digest.update(partner.encode() + b"\x00" + to_json(resource))
    return {**resource, "meta": {**resource.get("meta", {}), "versionId": digest.hexdigest()}}


def new_version(premises: Premises, partner: str, record: Record) -> str:
    """The version id of what `partner` alone wrote, and has now written for the first time."""
    shown = _since(own_words(record), _facts(record), own=True)
    return str(tagged(premises, partner, shown)["meta"]["versionId"])


def present_state(
    premises: Premises,
    reading: Reading,
    asking: Asking,
    patient_id: str,
    record: Record,
    dress: Dress = undressed,
) -> Mapping[str, Any] | None:
    """`record` as a read would show it now; None where it would show nothing.

    May be asked inside a transaction: nothing is remembered of what might yet be rolled back.
    """
    alone = premises.remembering_nothing()
    shown = _present(alone, reading, asking, patient_id, record)
    if shown is None:
        return None
    return tagged(alone, asking.partner, dress(reading, dated(alone, reading, asking, patient_id, shown)))


def latest_seen(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str, found: Sequence[Record]
) -> tuple[Record, ...]:
    """Of several records of which one speaks for all, the one that may be seen, with a name if any is, and changed last
    for who asks; where none may be seen, one of them.
    """
    dated_records = []
    for record in found:
        seen = _present(premises, reading, asking, patient_id, record)
        if seen is not None:
            first = _first_of(premises, reading, asking, patient_id, seen.record)
            dated_records.append((("name" in seen.resource, first.updated_at, record.id), record))
    latest = max(dated_records, key=lambda pair: pair[0], default=None)
    return tuple(found[:1]) if latest is None else (latest[1],)


def states(
    premises: Premises,
    reading: Reading,
    asking: Asking,
    patient_id: str,
    record: Record,
    dress: Dress = undressed,
) -> Iterator[State]:
    """What this recipient could see of `record` one after the other, the present first, by what is permitted today.

    Nothing at all where it may not see the present one; versions about another patient end it.
    """
    now = _present(premises, reading, asking, patient_id, record)
    if now is None:
        return
    last, first, same = now, now.record, _comparable(now.resource, now.record, asking.partner)
    for older in older_versions(reading, now.record):
        shown, _ = seen_alone(premises, reading, asking, patient_id, older)
        if shown is None:
            continue
        content = _comparable(shown, older, asking.partner)
        if content != same:
            yield _state(premises, reading, asking.partner, last, first, dress)
            if older.patient_id != patient_id:
                return
            last, same = Seen(shown, older), content
        first = older
    yield _state(premises, reading, asking.partner, last, first, dress)


def _state(
    premises: Premises, reading: Reading, partner: str, last: Seen, first: Record, dress: Dress
) -> State:
    shown = _since(last.resource, _facts(first), own=is_own(last.record, partner))
    return State(last.record, tagged(premises, partner, dress(reading, shown)))


def _present(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str, record: Record
) -> Seen | None:
    shown, _ = seen_alone(premises, reading, asking, patient_id, record)
    if shown is not None:
        return Seen(shown, record)
    earlier = shown_instead(premises, reading, asking, patient_id, record)
    if earlier is None:
        return None
    return Seen(seen_alone(premises, reading, asking, patient_id, earlier)[0] or {}, earlier)


def _first_of(premises: Premises, reading: Reading, asking: Asking, patient_id: str, record: Record) -> First:
    """Of the first version that is shown as this one is; those between that are not shown at all do not count."""
    if record.version == 1:
        return _facts(record)
    kept, epoch = premises.first_shown, str(patients.epoch(reading, patient_id))
    to = (patient_id, asking.partner, asking.purpose, premises.network.version, epoch)
    known = kept.get((record.version_reference, *to), asking.at)
    if known is not None:
        return known[0]
    shown, until = seen_alone(premises, reading, asking, patient_id, record)
    first = _facts(record)
    same = None if shown is None else _comparable(shown, record, asking.partner)
    for older in older_versions(reading, record):
        earlier, theirs = seen_alone(premises, reading, asking, patient_id, older)
        until = _sooner(until, theirs)
        if earlier is None:
            continue
        if _comparable(earlier, older, asking.partner) != same:
            break
        first = _facts(older)
        known = kept.get((older.version_reference, *to), asking.at)
        if known is not None:
            first, until = known[0], _sooner(until, known[1])
            break
    kept.keep((record.version_reference, *to), first, asking.at, until)
    return first


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _facts(record: Record) -> First:
    return First(record.updated_at, record.resource.get("lastModified"))


def _comparable(resource: Mapping[str, Any], record: Record, partner: str) -> bytes:
    """What is shown, by which two versions are the same to who sees them. `Task.lastModified` moves with what is
    withheld as well, and says nothing by itself.
    """
    if "lastModified" in resource and not is_own(record, partner):
        resource = {name: value for name, value in resource.items() if name != "lastModified"}
    return to_json(resource)


@lru_cache(maxsize=8)
def _key(alias_key: bytes) -> bytes:
    return hmac.digest(alias_key, b"derived\x00shown-versions", "sha256")
